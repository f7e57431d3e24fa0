/** How fast it goes. Averaged, so that people can read it. */
import type { Pace, TransferCounts } from "./state.ts";

/** What was longer ago than this hardly counts. */
const memoryMs = 5000;
/** A shorter stretch says nothing. */
const shortestMs = 200;

export class TransferMeter {
  readonly #bytes = new Average();
  readonly #items = new Average();
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  addBytes(bytes: number): void {
    this.#bytes.add(bytes);
  }

  addItems(count: number): void {
    this.#items.add(count);
  }

  /** Takes what came since the last time into account. */
  tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs;
    if (elapsedMs < shortestMs) return;
    this.#bytes.tick(elapsedMs);
    this.#items.tick(elapsedMs);
    this.#lastMs = nowMs;
  }

  /** How fast it goes by now, and how long the rest of it will take. */
  pace(counts: TransferCounts, nowMs: number): Pace {
    this.tick(nowMs);
    const { isComplete, found, done, skipped, failed, bytesFound, bytesDone } = counts;
    const bytesPerSecond = this.#bytes.perSecond;
    const secondsLeft = isComplete
      ? this.secondsLeft(bytesFound - bytesDone, found - done - skipped - failed)
      : undefined;
    return {
      ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      ...(secondsLeft !== undefined && { secondsLeft }),
    };
  }

  get bytesPerSecond(): number | undefined {
    return this.#bytes.perSecond;
  }

  /** How long so much more will take; many small files go by their number rather than their bytes. */
  secondsLeft(bytes: number, items: number): number | undefined {
    const byBytes = timeFor(bytes, this.#bytes.perSecond);
    const byItems = timeFor(items, this.#items.perSecond);
    if (byBytes === undefined) return bytes > 0 ? undefined : byItems;
    // One large file is no item for a long while: then only its bytes tell.
    return items > 50 && byItems !== undefined ? Math.max(byBytes, byItems) : byBytes;
  }
}

/** The average of the last seconds; at the beginning, of all there were. */
class Average {
  #amount = 0;
  #sum = 0;
  #weight = 0;

  add(amount: number): void {
    this.#amount += amount;
  }

  tick(elapsedMs: number): void {
    const kept = Math.exp(-elapsedMs / memoryMs);
    this.#sum = this.#sum * kept + (1 - kept) * (this.#amount / elapsedMs) * 1000;
    this.#weight = this.#weight * kept + (1 - kept);
    this.#amount = 0;
  }

  get perSecond(): number | undefined {
    // A reading that starts over counts backwards for a moment.
    return this.#weight === 0 ? undefined : Math.max(0, this.#sum / this.#weight);
  }
}

function timeFor(amount: number, perSecond: number | undefined): number | undefined {
  return perSecond === undefined || perSecond <= 0 || amount <= 0 ? undefined : amount / perSecond;
}
