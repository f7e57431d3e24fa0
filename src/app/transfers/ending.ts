/** How a run of a transfer comes to its end. */
import { PutAsideError } from "./policy.ts";
import type { TransferStatus } from "./state.ts";

/** A run was stopped from outside. */
export class Stopped extends Error {
  override readonly name = "AbortError";
  /** Another window may take for dead what has slept, and carry on with it. */
  readonly why: "paused" | "cancelled" | "closing" | "taken";

  constructor(why: Stopped["why"]) {
    super(why);
    this.why = why;
  }
}

/** How a run has ended, and why if it failed as a whole. */
export interface Ending {
  readonly status: TransferStatus;
  readonly error?: unknown;
}

export function endingOf(error: unknown, signal: AbortSignal): Ending {
  if (error instanceof PutAsideError) return { status: "paused" };
  if (!(signal.reason instanceof Stopped)) return { status: "failed", error };
  return { status: statusAfter[signal.reason.why] };
}

const statusAfter: Readonly<Record<Stopped["why"], TransferStatus>> = {
  paused: "paused",
  cancelled: "cancelled",
  // Another window goes on with it.
  closing: "running",
  taken: "queued",
};
