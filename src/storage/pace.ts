import { orAbort, pause } from "../base/abort.ts";

/** No waiter sleeps longer before it looks whether the limit has changed. */
const longestNapMs = 500;

/**
 * Lets so much pass in a second, in the order in which it comes. `perSecond` is asked again and
 * again, so a change holds for those that wait, too: `Infinity` is no limit for now, and undefined
 * says that there will be none.
 */
export class Pace {
  readonly #perSecond: () => number | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** What may pass at once; negative as long as what has passed is being waited for. */
  #budget = 0;
  #countedMs = performance.now();

  constructor(perSecond: () => number | undefined) {
    this.#perSecond = perSecond;
  }

  /** Whether it is worth standing in anybody's way. */
  get mayLimit(): boolean {
    return this.#perSecond() !== undefined;
  }

  /** Resolves when `amount` may pass; rejects with the signal's own reason as soon as it fires. */
  async pass(amount: number, signal: AbortSignal): Promise<void> {
    const mine = this.#last.then(async () => await this.#turn(amount, signal));
    this.#last = mine.catch(() => undefined);
    // Whoever is called off need not wait for the others before it.
    await orAbort(mine, signal);
  }

  async #turn(amount: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const perSecond = this.#perSecond() ?? Infinity;
      if (perSecond === Infinity) {
        this.#budget = 0;
        this.#countedMs = performance.now();
        return;
      }
      const nowMs = performance.now();
      this.#budget = Math.min(0, this.#budget + ((nowMs - this.#countedMs) * perSecond) / 1000);
      this.#countedMs = nowMs;
      if (this.#budget >= 0) break;
      await pause(Math.min(longestNapMs, (-this.#budget * 1000) / perSecond), signal);
    }
    this.#budget -= amount;
  }
}
