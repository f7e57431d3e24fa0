/** Two who work at one place: one by its files, as VS Code does, and another by the storage. */
import { pathOf } from "../../../src/app/location.ts";
import { type Address, RemoteFiles } from "../../../src/app/files/remoteFiles.ts";
import type { Answers, Provider } from "../../../src/storage/provider.ts";
import type { Log } from "../../../src/app/ports.ts";
import { newProfile } from "../connectionPorts.ts";
import { handClock, memoryMemento, quietLog } from "../ports.ts";

export async function people(
  provider: Provider,
  answers: Answers,
  {
    isMounted = () => false,
    log = quietLog(),
  }: { isMounted?: (address: Address) => boolean; log?: Log } = {},
) {
  const { connections } = newProfile(provider).open({ log });
  const { id } = await connections.save({ name: "Files", provider: provider.id, answers });
  const { connections: others } = newProfile(provider).open();
  const other = await others.save({ name: "Files", provider: provider.id, answers });
  const files = new RemoteFiles({
    connections,
    memento: memoryMemento(),
    clock: handClock(),
    isMounted,
  });
  const at = (key: string): Address => ({ connection: id, path: pathOf({ connection: id, key }) });
  return { files, at, connections, id, storage: await others.open(other.id) };
}
