import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BigFolder } from "../../bench/bigFolder.ts";
import { type ManyKeys, startManyKeys } from "../../servers/manyKeys.ts";

describe("A bucket of a million objects", function () {
  this.timeout(30_000);
  let server: ManyKeys;
  before(async () => (server = await startManyKeys(1_000_000)));
  after(async () => await server.stop());

  it("shows its first rows after one page, and takes memory for what is shown", async () => {
    const folder = await BigFolder.open(server.answers);
    assert.equal(await folder.shown(), 1000);
    assert.equal(server.asked.length, 1);
    const first = heapMb();
    await folder.showMore(50);
    assert.equal(await folder.shown(), 51_000);
    assert.equal(server.asked.length, 51);
    const grown = heapMb() - first;
    // A row is well below a kilobyte; all of the million would be 20 times as much.
    assert.ok(grown < 50, `${grown} MB for 50,000 more rows`);
  });
});

function heapMb(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed / 1e6;
}
