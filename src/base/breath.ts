/** Work on the main thread hands it over after so long. An extension host must not stall for 50 ms. */
const breathMs = 10;

// A thread has one event loop, so all its loops share this: if each counted for itself, as many of
// them would follow one another without a pause as there are.
let since = Number.NEGATIVE_INFINITY;
let turn: Promise<void> | undefined;

/**
 * For a long loop on the main thread: `await breathe()` in each turn lets everything else run, but
 * only as often as it is due, since a turn of the event loop costs more than most turns of a loop.
 */
export function breather(): () => Promise<void> | undefined {
  return () => {
    if (performance.now() - since < breathMs) return undefined;
    turn ??= new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        turn = undefined;
        resolve();
      });
    });
    return turn;
  };
}
