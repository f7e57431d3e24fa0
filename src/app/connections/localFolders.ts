/** Folders of this computer as connections: a provider that asks for a path keeps files there. */
import type { Provider } from "../../storage/provider.ts";
import { providers } from "../../storage/registry.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";

/** The local folder the connection is, as an absolute path, if it is one. */
export function localFolder(connections: Connections, connection: Connection): string | undefined {
  const provider = connections.provider(connection);
  if (!provider || pathField(provider) === undefined) return undefined;
  // restic, too, takes a local folder by its path alone.
  return provider.restic?.(connection.answers, "")?.repository;
}

/** The saved connection to the local folder, or a new one that is named for it. */
export async function connectLocalFolder(
  connections: Connections,
  path: string,
): Promise<Connection> {
  const saved = connections.list().find((one) => localFolder(connections, one) === path);
  if (saved) return saved;
  const provider = providers.find((one) => pathField(one) !== undefined);
  const field = provider && pathField(provider);
  if (!provider || field === undefined)
    throw new Error("no provider keeps files in a local folder");
  const name = path.split(/[\\/]/).findLast((segment) => segment !== "") ?? path;
  return await connections.save({ name, provider: provider.id, answers: { [field]: path } });
}

function pathField(provider: Provider): string | undefined {
  return Object.entries(provider.fields).find(
    ([, field]) => field.type === "text" && field.format === "path",
  )?.[0];
}
