/** How fast it goes. Averaged, so that people can read it. */

/** What was longer ago than this hardly counts. */
const memoryMs = 5000;
/** A shorter stretch says nothing. */
const shortestMs = 200;

export class TransferMeter {
  #lastMs: number;
  #bytes = 0;
  #items = 0;
  #bytesPerMs: number | undefined;
  #itemsPerMs: number | undefined;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  addBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  addItem(): void {
    this.#items++;
  }

  /** Takes what came since the last time into account. */
  tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs;
    if (elapsedMs < shortestMs) return;
    this.#bytesPerMs = averaged(this.#bytesPerMs, this.#bytes / elapsedMs, elapsedMs);
    this.#itemsPerMs = averaged(this.#itemsPerMs, this.#items / elapsedMs, elapsedMs);
    this.#lastMs = nowMs;
    this.#bytes = 0;
    this.#items = 0;
  }

  get bytesPerSecond(): number | undefined {
    // A reading that starts over counts backwards for a moment.
    return this.#bytesPerMs === undefined ? undefined : Math.max(0, this.#bytesPerMs * 1000);
  }

  /** How long so much more will take; many small files go by their number rather than their bytes. */
  secondsLeft(bytes: number, items: number): number | undefined {
    const byBytes = timeFor(bytes, this.#bytesPerMs);
    const byItems = timeFor(items, this.#itemsPerMs);
    if (byBytes === undefined && byItems === undefined) return undefined;
    // One large file is no item for a long while: then only its bytes tell.
    if (byBytes === undefined || (byItems === undefined && bytes === 0)) return byItems;
    return items > 50 && byItems !== undefined ? Math.max(byBytes, byItems) : byBytes;
  }
}

function averaged(before: number | undefined, now: number, elapsedMs: number): number {
  if (before === undefined) return now;
  const weight = 1 - Math.exp(-elapsedMs / memoryMs);
  return before + weight * (now - before);
}

function timeFor(amount: number, perMs: number | undefined): number | undefined {
  return perMs === undefined || perMs <= 0 || amount <= 0 ? undefined : amount / perMs / 1000;
}
