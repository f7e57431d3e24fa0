import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { sha256 } from "../../../src/engine/format/crypto.ts";
import { IdSet } from "../../../src/engine/format/idSet.ts";

describe("a set of ids", () => {
  it("tells the first from all others", () => {
    const set = new IdSet();
    const ids = Array.from({ length: 20_000 }, () => randomBytes(32));
    assert.ok(ids.every((id) => set.add(id)));
    assert.ok(!ids.some((id) => set.add(Buffer.from(id))));
  });

  it("tells ids apart that begin alike", () => {
    const set = new IdSet();
    const ids = Array.from({ length: 300 }, (_, i) =>
      Buffer.alloc(32)
        .fill(i, 20, 21)
        .fill(i >> 8, 21),
    );
    assert.equal(ids.filter((id) => set.add(id)).length, 300);
  });

  it("gives every id to exactly one of several threads", async function () {
    this.timeout(20_000);
    const set = new IdSet();
    const count = 30_000;
    const program = `
      import { parentPort, workerData } from "node:worker_threads";
      const { IdSet } = await import(workerData.module);
      const { sha256 } = await import(workerData.crypto);
      const set = new IdSet(workerData.memory);
      let won = 0;
      for (let i = 0; i < workerData.count; i++) if (set.add(sha256(Buffer.from(String(i))))) won++;
      parentPort.postMessage(won);`;
    const workerData = {
      memory: set.memory,
      count,
      module: new URL("../../../src/engine/format/idSet.ts", import.meta.url).href,
      crypto: new URL("../../../src/engine/format/crypto.ts", import.meta.url).href,
    };
    const won = await Promise.all(
      Array.from(
        { length: 3 },
        async () =>
          await new Promise<number>((resolve, reject) => {
            const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
            new Worker(url, { workerData }).on("message", resolve).on("error", reject);
          }),
      ),
    );
    assert.equal(
      won.reduce((sum, each) => sum + each, 0),
      count,
    );
    assert.equal(set.add(sha256(Buffer.from("0"))), false);
  });
});
