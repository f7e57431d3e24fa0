import assert from "node:assert/strict";
import { never } from "../../src/base/abort.ts";
import { Pace } from "../../src/storage/pace.ts";

describe("a pace", () => {
  it("lets go at once of who is called off, and of nobody before", async () => {
    const pace = new Pace(() => 5);
    await pace.pass(1, never);
    const order: string[] = [];
    const before = pace.pass(1, never).then(() => order.push("before"));
    const stop = new AbortController();
    const calledOff = pace
      .pass(1, stop.signal)
      .catch((error: unknown) => order.push(String(error)))
      .then(() => order.length);
    stop.abort("paused");
    assert.equal(await calledOff, 1, "it does not wait for its turn");
    await before;
    assert.deepEqual(order, ["paused", "before"]);
  });

  it("does not count who is called off while waiting in line", async () => {
    const pace = new Pace(() => 10);
    const begunMs = performance.now();
    await pace.pass(1, never);
    const stop = new AbortController();
    const inLine = [1, 2, 3].map(async () => await pace.pass(1000, stop.signal).catch(() => {}));
    stop.abort();
    await Promise.all(inLine);
    await pace.pass(1, never);
    assert.ok(performance.now() - begunMs < 5000, "100 seconds for each of them");
  });
});
