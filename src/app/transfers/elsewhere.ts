/** How far another window is with a transfer, as it writes it down for itself each second. */
import { TransferMeter } from "./meter.ts";
import type { Pace, TransferCounts } from "./state.ts";
import { countsIn } from "./store.ts";

/** Watches the record of a transfer from when it is first looked at. */
export class ElsewhereProgress {
  readonly #meter: TransferMeter;
  #last: TransferCounts | undefined;

  constructor(nowMs: number) {
    this.#meter = new TransferMeter(nowMs);
  }

  /** What the record of this moment says. */
  read(record: unknown, nowMs: number): Pace & { readonly counts: TransferCounts } {
    const counts = countsIn(record);
    const { bytesDone, done } = this.#last ?? counts;
    this.#meter.addBytes(counts.bytesDone - bytesDone);
    this.#meter.addItems(counts.done - done);
    this.#last = counts;
    return { counts, ...this.#meter.pace(counts, nowMs) };
  }
}
