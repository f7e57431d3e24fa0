/** So many at once; the others wait in line. The number may change while they do. */
export class Slots {
  /** Each with how much it takes, in the order in which they came. */
  readonly #waiting = new Map<() => void, number>();
  #atOnce: number;
  #taken = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** More are let in at once; of those that are in, none is thrown out. */
  set atOnce(value: number) {
    this.#atOnce = value;
    this.#letIn();
  }

  /**
   * Waits for a slot, or for so many, and gives what frees them; rejects with the signal's own reason.
   * Who wants more than there are gets in once nobody else is.
   */
  async take(signal: AbortSignal, count = 1): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#waiting.size > 0 || !this.#hasRoom(count)) await this.#turn(signal, count);
    else this.#taken += count;
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      this.#taken -= count;
      this.#letIn();
    };
  }

  #hasRoom(count: number): boolean {
    return this.#taken === 0 || this.#taken + count <= this.#atOnce;
  }

  #turn(signal: AbortSignal, count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", giveUp);
        this.#taken += count;
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
        // It may have stood in the way of one that wants less.
        this.#letIn();
      };
      this.#waiting.set(enter, count);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #letIn(): void {
    for (const [enter, count] of this.#waiting) {
      if (!this.#hasRoom(count)) return;
      this.#waiting.delete(enter);
      enter();
    }
  }
}
