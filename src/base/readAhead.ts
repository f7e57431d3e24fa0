import { breather } from "./breath.ts";

/**
 * `source`, read ahead of whoever consumes it by at most `most` items. `onFound` is told of each
 * as it is found, and `onEnd` once all are. A failure of the source comes where it happened, after
 * what was found before. A source that waits for nothing does not hold the thread for long.
 */
export async function* readAhead<T>(
  source: AsyncGenerator<T, void, void>,
  most: number,
  onFound: (item: T) => void,
  onEnd: () => void,
): AsyncGenerator<T, void, void> {
  const found: T[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = () => {};
  let isWanted = true;
  const changed = () => new Promise<void>((resolve) => (wake = resolve));
  let waitForRoom = Promise.resolve();
  let room = () => {};

  const reading = (async () => {
    const breathe = breather();
    try {
      for await (const item of source) {
        if (!isWanted) return;
        found.push(item);
        onFound(item);
        wake();
        if (found.length >= most) waitForRoom = new Promise((resolve) => (room = resolve));
        await waitForRoom;
        await breathe();
      }
      end = {};
      onEnd();
    } catch (error) {
      end = { error };
    } finally {
      wake();
    }
  })();

  try {
    for (let at = 0; ;) {
      if (at < found.length) {
        const item = found[at++];
        // Cutting off what has been consumed costs as much as what is left, so not each time.
        if (at > 1000 || at === found.length) {
          found.splice(0, at);
          at = 0;
          if (found.length < most) room();
        }
        // Within the bounds, so it is there.
        yield item as T;
        continue;
      }
      if (end) break;
      await changed();
    }
    if (end && "error" in end) throw end.error;
  } finally {
    isWanted = false;
    room();
    await reading;
  }
}
