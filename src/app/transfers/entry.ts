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
  /** When its first run began. */
  begun: Date | undefined;
  /** Items that earlier runs have carried, by their short names. */
  doneBefore: ReadonlySet<string>;
  /** Carried, and not written down yet. */
  readonly newlyDone: string[];
  run?: {
    readonly work: TransferRun;
    readonly stop: AbortController;
    readonly ended: Promise<void>;
  };
  /** Once the last run has ended, and is let go of. */
  settled: Promise<void>;
  needsSaving: boolean;
  /** Of the plan, which may be long. */
  needsPlan: boolean;
  /** Of the checkpoints alone, which change with every file that is moved. */
  needsKeeping: boolean;
  /** False for what another window may be at, until we have claimed it: its record is not ours to write. */
  isOurs: boolean;
}

/** Of a transfer that is new. */
export function newEntry(transfer: Transfer): Entry {
  return {
    transfer,
    checkpoints: new Map(),
    cursor: undefined,
    begun: undefined,
    doneBefore: new Set(),
    newlyDone: [],
    settled: Promise.resolve(),
    needsSaving: true,
    needsPlan: true,
    needsKeeping: false,
    isOurs: true,
  };
}

/** Of one that another window has left, or is at. */
export function savedEntry({ checkpoints, cursor, begun, ...saved }: SavedTransfer): Entry {
  const entry = newEntry({ ...saved, running: [] });
  const known = { needsSaving: false, needsPlan: false, isOurs: false };
  return { ...entry, ...known, checkpoints: new Map(checkpoints), cursor, begun };
}
