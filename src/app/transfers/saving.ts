/** Writes down what has changed of the transfers of this window. */
import { shortName } from "../../base/digest.ts";
import type { Log } from "../ports.ts";
import { Stopped } from "./ending.ts";
import type { Entry } from "./entry.ts";
import { recordOf, type TransferStore } from "./store.ts";

/** Whether nothing is kept of it beyond this window. */
function isForgotten({ transfer: { status } }: Entry): boolean {
  return status === "done" || status === "cancelled";
}

export class TransferSaving {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #store: TransferStore;
  readonly #log: Log;
  /** Writes follow each other, so that an older state never lands on a newer one. */
  #last: Promise<void> = Promise.resolve();
  /** The one that has not begun, and so will write down whatever has changed until then. */
  #next: Promise<void> | undefined;

  constructor(entries: ReadonlyMap<string, Entry>, store: TransferStore, log: Log) {
    this.#entries = entries;
    this.#store = store;
    this.#log = log;
  }

  /** Resolves once nothing is being written. */
  get settled(): Promise<void> {
    return this.#last;
  }

  /**
   * Resolves once all that has changed until now is written down, or cannot be. Never rejects: a
   * transfer that cannot be remembered still runs.
   */
  async save(): Promise<void> {
    this.#next ??= this.#last.then(async () => {
      this.#next = undefined;
      await this.#saveAll();
    });
    this.#last = this.#next;
    await this.#last;
  }

  async #saveAll(): Promise<void> {
    for (const entry of this.#entries.values())
      try {
        await this.#saveOne(entry);
      } catch (error) {
        this.#log.warn(`a transfer could not be saved: ${String(error)}`);
      }
  }

  async #saveOne(entry: Entry): Promise<void> {
    const { id } = entry.transfer;
    if (!entry.isOurs) return;
    // The items first: one that is carried twice does no harm, one that is left out would.
    await this.#saveDone(entry);
    if (!entry.needsSaving && !entry.needsKeeping) return;
    const isHeld = entry.run !== undefined || entry.transfer.status === "queued";
    if (isHeld && (await this.#store.claim(id)) === "theirs") {
      entry.isOurs = false;
      entry.run?.stop.abort(new Stopped("taken"));
      return;
    }
    await this.#saveCheckpoints(entry);
    await this.#savePlan(entry);
    await this.#saveRecord(entry);
  }

  async #saveDone(entry: Entry): Promise<void> {
    const { newlyDone, transfer } = entry;
    const { length } = newlyDone;
    if (length === 0 || isForgotten(entry)) return;
    await this.#store.addDone(transfer.id, newlyDone.map(shortName));
    newlyDone.splice(0, length);
  }

  async #saveCheckpoints(entry: Entry): Promise<void> {
    if (!entry.needsKeeping || isForgotten(entry)) return;
    entry.needsKeeping = false;
    try {
      await this.#store.saveCheckpoints(entry.transfer.id, [...entry.checkpoints]);
    } catch (error) {
      entry.needsKeeping = true;
      throw error;
    }
  }

  async #savePlan(entry: Entry): Promise<void> {
    if (!entry.needsPlan || isForgotten(entry)) return;
    entry.needsPlan = false;
    try {
      await this.#store.savePlan(entry.transfer.id, entry.transfer.plan);
    } catch (error) {
      entry.needsPlan = true;
      throw error;
    }
  }

  async #saveRecord(entry: Entry): Promise<void> {
    if (!entry.needsSaving) return;
    const { id } = entry.transfer;
    entry.needsSaving = false;
    try {
      // Read only now: it may have ended meanwhile.
      if (isForgotten(entry)) await this.#store.remove(id);
      else
        await this.#store.save(
          id,
          recordOf({ ...entry.transfer, cursor: entry.cursor, begun: entry.begun }),
        );
      // Only what has a record can be claimed.
      if (entry.transfer.status === "queued") await this.#store.claim(id);
    } catch (error) {
      entry.needsSaving = true;
      throw error;
    }
  }
}
