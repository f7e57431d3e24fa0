/** So many at once; the others wait in line. The number may change while they do. */
export class Slots {
  readonly #waiting = new Set<() => void>();
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

  /** Waits for a slot and gives what frees it; rejects with the signal's own reason. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#taken >= this.#atOnce) await this.#turn(signal);
    else this.#taken++;
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      this.#taken--;
      this.#letIn();
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", giveUp);
        this.#taken++;
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #letIn(): void {
    for (const enter of this.#waiting) {
      if (this.#taken >= this.#atOnce) return;
      this.#waiting.delete(enter);
      enter();
    }
  }
}
