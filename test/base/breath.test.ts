import assert from "node:assert/strict";
import type * as Breath from "../../src/base/breath.ts";

describe("a breath", () => {
  const { now } = performance;
  let clockMs = 0;
  beforeEach(() => {
    clockMs = 0;
    performance.now = () => clockMs;
  });
  afterEach(() => {
    performance.now = now;
  });

  it("is taken by all loops together, so that many hold the thread no longer than one", async () => {
    // A module of its own: the other tests' clock must not run ahead of them.
    const { breather } = (await import(`../../src/base/breath.ts${"?own"}`)) as typeof Breath;
    let turnBeganMs = 0;
    let longestMs = 0;
    let goesOn = true;
    const turn = () => {
      longestMs = Math.max(longestMs, clockMs - turnBeganMs);
      turnBeganMs = clockMs;
      if (goesOn) setImmediate(turn);
    };
    setImmediate(turn);
    const loops = Array.from({ length: 8 }, async () => {
      const breathe = breather();
      for (let i = 0; i < 50; i++) {
        await breathe();
        clockMs += 2;
      }
    });
    await Promise.all(loops);
    goesOn = false;
    // Ten, and what each was about to do.
    assert.ok(longestMs <= 10 + 8 * 2, `${longestMs} ms`);
  });
});
