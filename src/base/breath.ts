/** Work on the main thread hands it over after so long. An extension host must not stall for 50 ms. */
const breathMs = 10;

/**
 * For a long loop on the main thread: `await breathe()` in each turn lets everything else run, but
 * only as often as it is due, since a turn of the event loop costs more than most turns of a loop.
 */
export function breather(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < breathMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}
