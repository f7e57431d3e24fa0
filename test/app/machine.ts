/** A computer with Offsite on it, for tests: its own state and secrets, storage shared with others. */
import type { Connection } from "../../src/app/connections/connection.ts";
import { Connections } from "../../src/app/connections/connections.ts";
import { Jobs } from "../../src/app/backups/jobs.ts";
import type { Elsewhere, Memento, Secrets } from "../../src/app/ports.ts";
import { Repositories } from "../../src/app/backups/repositories.ts";
import type { Provider } from "../../src/storage/provider.ts";
import { cheapCost, kernels } from "../engine/openRepository.ts";
import { handClock, memoryMemento, memorySecrets, quietLog } from "./ports.ts";

export interface MachineOptions {
  readonly provider: Provider;
  readonly hostname?: string;
  readonly memento?: Memento;
  readonly secrets?: Secrets;
  /** Fires when the user comes back to this window. */
  readonly elsewhere?: Elsewhere;
}

/** Starts Offsite on a computer; the same memento and secrets again are a restart of it. */
export function startMachine(options: MachineOptions) {
  const { provider, hostname = "desk" } = options;
  const memento = options.memento ?? memoryMemento();
  const secrets = options.secrets ?? memorySecrets();
  const clock = handClock();
  const log = quietLog();
  let lastId = 0;
  const connections = new Connections({
    memento,
    secrets,
    log,
    clock,
    newId: () => `connection-${++lastId}`,
    providerOf: (id) => (id === provider.id ? provider : undefined),
  });
  const repositories = new Repositories({
    connections,
    memento,
    secrets,
    kernels,
    writer: { hostname, username: "ann", program: "Offsite test" },
    keyCost: cheapCost,
    clock,
    log,
    ...(options.elsewhere && { elsewhere: options.elsewhere }),
  });
  const jobs = new Jobs({ memento: memoryMemento(), clock, log });
  const connect = async (answers: Connection["answers"] = {}) =>
    await connections.save({ name: "store", provider: provider.id, answers });
  return { connections, repositories, jobs, connect, memento, secrets, clock, log };
}

export type Machine = ReturnType<typeof startMachine>;
