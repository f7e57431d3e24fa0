import type { DatedCursor } from "./cursor.ts";
import type { TransferRun } from "./run.ts";
import type { Transfer } from "./state.ts";
import type { SavedTransfer } from "./store.ts";
import type { Checkpoint } from "./work.ts";

/** What the queue knows of a transfer beyond what everyone sees. */
export interface Entry {
  transfer: Transfer;
  readonly checkpoints: Map<string, Checkpoint>;
  cursor: DatedCursor | undefined;
  /** Items that earlier runs have carried, by their short names. */
  doneBefore: ReadonlySet<string>;
  /** Carried, and not written down yet. */
  readonly newlyDone: string[];
  run?: {
    readonly work: TransferRun;
    readonly stop: AbortController;
    readonly ended: Promise<void>;
  };
  needsSaving: boolean;
  /** Of the checkpoints alone, which change with every file that is moved. */
  needsKeeping: boolean;
  /** False for what another window may be at, until we have claimed it: its record is not ours to write. */
  isOurs: boolean;
}

/** One that has not run yet in this window. */
export function newEntry(
  transfer: Transfer,
  {
    isOurs,
    checkpoints = new Map(),
    cursor,
  }: Pick<Entry, "isOurs"> & Partial<Pick<SavedTransfer, "checkpoints" | "cursor">>,
): Entry {
  return {
    transfer,
    checkpoints: new Map(checkpoints),
    cursor,
    doneBefore: new Set(),
    newlyDone: [],
    needsSaving: isOurs,
    needsKeeping: false,
    isOurs,
  };
}
