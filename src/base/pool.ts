/** The items in groups of so many; the last may have fewer. */
export function* batches<T>(items: readonly T[], length: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += length) yield items.slice(at, at + length);
}

/**
 * Runs `work` over `items`, at most `slots` at once. The first failure stops new items from being
 * started, and is thrown once the running ones have ended, so nothing runs on behind the caller.
 */
export async function forEachPooled<T>(
  items: Iterable<T> | AsyncIterable<T>,
  slots: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const item of items) {
      if (failures.length > 0) break;
      const one: Promise<void> = work(item)
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => running.delete(one));
      running.add(one);
      if (running.size >= slots) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}
