/**
 * A few numbers that the threads of one backup share. Workers run straight through, without events,
 * so this is how they are stopped, held back, woken and watched.
 */
export class Control {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytesDone: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(32)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, 4);
    this.#bytesDone = new BigInt64Array(memory, 16, 1);
  }

  get isCancelled(): boolean {
    return Atomics.load(this.#words, cancelled) !== 0;
  }

  /** Makes every worker stop at its next step, also one that waits. */
  cancel(): void {
    Atomics.store(this.#words, cancelled, 1);
    this.wake();
  }

  /** Throws `Cancelled` once `cancel` was called. */
  throwIfCancelled(): void {
    if (this.isCancelled) throw new Cancelled();
  }

  /** Tells a waiting thread to look again. */
  wake(): void {
    Atomics.add(this.#words, wakes, 1);
    Atomics.notify(this.#words, wakes);
  }

  /** Blocks this thread until `ready` gives something: it is asked again after each `wake`. */
  waitFor<T>(ready: () => T | undefined): T {
    for (;;) {
      const seen = Atomics.load(this.#words, wakes);
      this.throwIfCancelled();
      const result = ready();
      if (result !== undefined) return result;
      // A wake between the look and the wait changes the number, so the wait returns at once.
      Atomics.wait(this.#words, wakes, seen, longestWaitMs);
    }
  }

  /** Bytes of finished packs that are not written yet. */
  get bytesWaiting(): number {
    return Atomics.load(this.#words, kibWaiting) * 1024;
  }

  /** Counts a pack that leaves a worker; `packWritten` counts it off. */
  packSent(bytes: number): void {
    Atomics.add(this.#words, kibWaiting, Math.ceil(bytes / 1024));
  }

  packWritten(bytes: number): void {
    Atomics.sub(this.#words, kibWaiting, Math.ceil(bytes / 1024));
    this.wake();
  }

  addDone(files: number, bytes: number): void {
    Atomics.add(this.#words, filesDone, files);
    Atomics.add(this.#bytesDone, 0, BigInt(bytes));
  }

  get done(): { readonly files: number; readonly bytes: number } {
    return {
      files: Atomics.load(this.#words, filesDone),
      bytes: Number(Atomics.load(this.#bytesDone, 0)),
    };
  }
}

/** Thrown in a worker that was told to stop; the thread that told it knows why. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

const cancelled = 0;
const wakes = 1;
const kibWaiting = 2;
const filesDone = 3;
/** Against a wake that is lost with the thread that should have sent it. */
const longestWaitMs = 1000;
