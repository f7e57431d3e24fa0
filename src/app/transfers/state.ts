/** What everyone sees of transfers: one immutable value, replaced with each change. */
import type { TransferPlan } from "./plan.ts";

export type TransferStatus = "queued" | "running" | "paused" | "done" | "failed" | "cancelled";

export interface TransfersState {
  /** Oldest first. */
  readonly transfers: readonly Transfer[];
}

/** How it goes at the moment. */
export interface Pace {
  /** Averaged over the last seconds; absent while nothing moves. */
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number;
}

export interface Transfer extends Pace {
  readonly id: string;
  readonly plan: TransferPlan;
  readonly status: TransferStatus;
  readonly counts: TransferCounts;
  /** Files on their way. */
  readonly running: readonly RunningItem[];
  /** The first thousand of those that failed; `counts` has their number. */
  readonly failures: readonly ItemFailure[];
  /** Why all of it came to an end. */
  readonly error?: unknown;
  /** What the first of the sources was put as, where that is not its own name. */
  readonly renamed?: string;
  /** Somebody is asked what to do with a file that is there already. */
  readonly isAsking?: true;
  /** Another window carries it, and this one waits. */
  readonly isElsewhere?: true;
}

export interface TransferCounts {
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly bytesDone: number;
  /** What has been found so far; all there is once `isComplete`. */
  readonly found: number;
  readonly bytesFound: number;
  readonly isComplete: boolean;
}

export interface RunningItem {
  readonly name: string;
  readonly bytesDone: number;
  /** Absent while it is not known. */
  readonly bytes?: number;
}

export interface ItemFailure {
  readonly name: string;
  readonly error: unknown;
}

export const nothingCounted: TransferCounts = {
  done: 0,
  skipped: 0,
  failed: 0,
  bytesDone: 0,
  found: 0,
  bytesFound: 0,
  isComplete: false,
};

/** What is gone once nothing moves. */
export const atRest = {
  running: [],
  isAsking: undefined,
  isElsewhere: undefined,
  bytesPerSecond: undefined,
  secondsLeft: undefined,
} as const;

/** Whether nothing more comes of it by itself. */
export function isOver(status: TransferStatus): boolean {
  return status === "done" || status === "failed" || status === "cancelled";
}

/** How much of it is done, from 0 to 1; undefined while that is not known. */
export function fractionDone({
  counts,
  status,
}: Pick<Transfer, "counts" | "status">): number | undefined {
  if (status === "done") return 1;
  if (!counts.isComplete) return undefined;
  const { bytesDone, bytesFound, done, skipped, found } = counts;
  // Something is left until the last file is in place, whatever the bytes say.
  if (bytesFound > 0) return Math.min(0.99, bytesDone / bytesFound);
  return found > 0 ? Math.min(0.99, (done + skipped) / found) : 0;
}
