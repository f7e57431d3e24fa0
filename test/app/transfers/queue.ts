/** A queue of transfers over storages in memory and a folder of this computer, for tests. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Location } from "../../../src/app/location.ts";
import type { TransferPlan } from "../../../src/app/transfers/plan.ts";
import type { Answer, Question } from "../../../src/app/transfers/policy.ts";
import { isOver, type Transfer } from "../../../src/app/transfers/state.ts";
import { Transfers, type TransfersOptions } from "../../../src/app/transfers/transfers.ts";
import { PlacingQueue } from "../../../src/engine/threads/placingQueue.ts";
import { TransferFiles } from "../../../src/engine/disk/transferFiles.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import type { WriteRequest } from "../../../src/storage/requests.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { kernels } from "../../engine/openRepository.ts";
import { quietLog } from "../ports.ts";

export function testPlacing(): PlacingQueue {
  return new PlacingQueue(kernels);
}

export class TransferBench {
  /** A folder of this computer, gone with the bench. */
  readonly root = mkdtempSync(join(tmpdir(), "offsite-transfers-"));
  readonly log = quietLog();
  readonly questions: Question[] = [];
  /** What the person at the screen says; nothing puts the question aside. */
  answer: (question: Question) => Answer | undefined = () => ({ choice: "skip", forAll: true });
  readonly #storages = new Map<string, Storage>();
  readonly #queues: Transfers[] = [];
  #ids = 0;

  /** A storage under the name of a connection. */
  storage(connection: string, driver: Driver): Storage {
    return this.add(connection, new Storage(driver, connection));
  }

  add(connection: string, storage: Storage): Storage {
    this.#storages.set(connection, storage);
    return storage;
  }

  /** A window's queue; what it remembers is there for the next one. */
  queue(options: Partial<TransfersOptions> = {}): Transfers {
    const queue = new Transfers({
      open: async ({ connection }) => this.#open(connection),
      store: new TransferFiles(join(this.root, "state")),
      placing: testPlacing(),
      clock: { now: () => new Date() },
      log: this.log,
      newId: () => String(++this.#ids),
      ask: async (_, question) => {
        this.questions.push(question);
        return this.answer(question);
      },
      filesAtOnce: 4,
      ...options,
    });
    this.#queues.push(queue);
    return queue;
  }

  local(...path: readonly string[]): string {
    return join(this.root, ...path);
  }

  text(...path: readonly string[]): string {
    return readFileSync(this.local(...path), "utf8");
  }

  async dispose(): Promise<void> {
    for (const queue of this.#queues) await queue.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  #open(connection: string): Storage {
    const storage = this.#storages.get(connection);
    if (!storage) throw new StorageError("not-found", "no such connection");
    return storage;
  }
}

export function at(connection: string, key = ""): Location {
  return { connection, key };
}

/** The transfer once `isWanted` holds for it. */
export async function until(
  queue: Transfers,
  id: string,
  isWanted: (transfer: Transfer) => boolean,
): Promise<Transfer> {
  const find = () => queue.state.transfers.find((one) => one.id === id);
  return await new Promise((resolve) => {
    const look = () => {
      const transfer = find();
      if (!transfer || !isWanted(transfer)) return false;
      subscription.dispose();
      resolve(transfer);
      return true;
    };
    const subscription = queue.onDidChange(look);
    look();
  });
}

/** Runs a plan to its end. */
export async function carried(queue: Transfers, plan: TransferPlan): Promise<Transfer> {
  const { id } = queue.add(plan);
  return await until(queue, id, ({ status }) => isOver(status) || status === "paused");
}

export function upload(
  paths: readonly string[],
  target: Location,
  existing: TransferPlan["existing"] = "ask",
): TransferPlan {
  return { kind: "upload", existing, target, sources: paths.map((path) => ({ path })) };
}

export function download(
  sources: readonly Location[],
  target: string,
  existing: TransferPlan["existing"] = "ask",
): TransferPlan {
  return { kind: "download", existing, target, sources: named(sources) };
}

export function copy(
  sources: readonly Location[],
  target: Location,
  kind: "copy" | "move" = "copy",
  existing: TransferPlan["existing"] = "ask",
): TransferPlan {
  return { kind, existing, target, sources: named(sources) };
}

function named(sources: readonly Location[]) {
  return sources.map((source) => ({
    at: source,
    name: source.key.replace(/\/$/, "").split("/").at(-1) ?? "",
  }));
}

/** Writes wait at a gate until it is opened, or they are called off. */
export function gated(plain: Driver, isHeld: (request: WriteRequest) => boolean = () => true) {
  const gate = Promise.withResolvers<void>();
  let writes = 0;
  const driver: Driver = {
    ...plain,
    write: async (request) => {
      writes++;
      if (!isHeld(request)) return await plain.write(request);
      const { promise, reject } = Promise.withResolvers<never>();
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
      await Promise.race([gate.promise, promise]);
      return await plain.write(request);
    },
  };
  return { driver, open: gate.resolve, writes: () => writes };
}
