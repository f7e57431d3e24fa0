/** A signal that never fires, for callers that cannot be cancelled. */
export const never: AbortSignal = new AbortController().signal;

/** Waits `ms` milliseconds; rejects with the signal's own reason as soon as it fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Made once: `abort()` would make a new one each time, and the way there with it. */
const over = new DOMException("what it was tied to is over", "AbortError");

/**
 * A signal that fires whenever `signal` does, with its reason, and when the tie is cut; which must
 * be done, since `signal` may outlive it by far.
 */
export function tiedTo(signal: AbortSignal): {
  readonly signal: AbortSignal;
  cut(reason?: unknown): void;
} {
  const controller = new AbortController();
  const follow = () => controller.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    cut(reason = over) {
      signal.removeEventListener("abort", follow);
      controller.abort(reason);
    },
  };
}

/** Waits for `work`, or until the signal fires; `work` itself goes on. Rejects with the signal's own reason. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await work;
  signal.throwIfAborted();
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
