/** What a transfer that goes on need not list anew. */
import assert from "node:assert/strict";
import { CursorTracker, freshCursor, parseCursor } from "../../../src/app/transfers/cursor.ts";
import { isOver } from "../../../src/app/transfers/state.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { at, carried, copy, TransferBench, until } from "./queue.ts";

const bytes = 10;
function found(tracker: CursorTracker, ...keys: readonly string[]): void {
  for (const key of keys) tracker.found(key, { source: 0, key }, bytes);
}

describe("a cursor", () => {
  it("stands before the first that is not done, in whatever order the others are", () => {
    const tracker = new CursorTracker(undefined);
    found(tracker, "a", "b", "c");
    tracker.done("b");
    assert.deepEqual([tracker.cursor], [undefined]);
    tracker.done("a");
    assert.deepEqual(tracker.cursor, { source: 0, key: "b", files: 2, bytes: 20 });
    found(tracker, "d");
    tracker.done("d");
    assert.equal(tracker.cursor?.key, "b", "what has failed is listed again");
    tracker.done("c");
    assert.deepEqual(tracker.cursor, { source: 0, key: "d", files: 4, bytes: 40 });
  });

  it("goes from source to source, and counts on from where it was", () => {
    const tracker = new CursorTracker({ source: 0, key: "z", files: 5, bytes: 50 });
    tracker.found("1:a", { source: 1, key: "a" }, bytes);
    tracker.found("1:b/", { source: 1, key: "b/" }, undefined);
    tracker.done("1:a");
    tracker.done("1:b/");
    assert.deepEqual(tracker.cursor, { source: 1, key: "b/", files: 6, bytes: 60 });
  });

  it("stays where a listing is not in the order of its keys", () => {
    const tracker = new CursorTracker(undefined);
    found(tracker, "a", "c", "b", "d");
    for (const id of ["a", "b", "c", "d"]) tracker.done(id);
    assert.equal(tracker.cursor?.key, "c");
  });

  it("holds little, however much fails", () => {
    const tracker = new CursorTracker(undefined);
    for (let i = 0; i < 5000; i++) found(tracker, String(i).padStart(5, "0"));
    for (let i = 0; i < 100; i++) tracker.done(String(i).padStart(5, "0"));
    assert.equal(tracker.cursor?.files, 100);
    for (let i = 100; i < 5000; i++) tracker.done(String(i).padStart(5, "0"));
    assert.ok((tracker.cursor?.files ?? 0) <= 1002);
  });

  it("is no longer believed after an hour, nor if somebody has edited it", () => {
    const cursor = { source: 0, key: "a", files: 1, bytes: 1, atMs: 1_000 };
    assert.deepEqual(freshCursor(cursor, 60_000), cursor);
    assert.equal(freshCursor(cursor, 3_700_000), undefined);
    assert.deepEqual(parseCursor(JSON.parse(JSON.stringify(cursor))), cursor);
    for (const wrong of [
      {},
      [],
      { ...cursor, key: 1 },
      { ...cursor, files: -1 },
      { ...cursor, atMs: "x" },
    ])
      assert.equal(parseCursor(wrong), undefined);
  });
});

describe("a transfer that goes on", () => {
  let bench: TransferBench;
  const keys = Array.from({ length: 100 }, (_, i) => `f/${String(i).padStart(3, "0")}`);

  beforeEach(() => {
    bench = new TransferBench();
  });
  afterEach(async () => await bench.dispose());

  /** Pages of ten keys, counted, and a target that stops answering after so many objects. */
  async function scene(source: Partial<Driver["capabilities"]> = {}) {
    const inner = memoryDriver({ pageSize: 10, ...source });
    for (const key of [...keys, "g/a"]) await new Storage(inner).write(key, utf8(key));
    const seen = { pages: 0, left: 75 };
    const list: Driver["list"] = async (request) => {
      seen.pages++;
      return await inner.list(request);
    };
    bench.storage("s", { ...inner, list });
    const other = memoryDriver();
    const target = bench.storage("to", {
      ...other,
      write: async (request) => {
        if (seen.left-- <= 0) throw new StorageError("signed-out", "no");
        return await other.write(request);
      },
    });
    return { inner, target, seen };
  }

  const plan = copy([at("s", "f/"), at("s", "g/")], at("to"));

  it("asks only for what it had not come to, in this window and the next", async () => {
    const { inner, target, seen } = await scene();
    const first = bench.queue();
    const { id, status } = await carried(first, plan);
    assert.equal(status, "failed");
    assert.ok(seen.pages >= 11, "all was listed ahead");
    await first.close();
    seen.pages = 0;
    seen.left = Infinity;
    // As an uninterrupted run would not have seen it: it has come too late.
    await new Storage(inner).write("f/000 new", utf8("new"));
    await new Storage(inner).write("f/999 new", utf8("new"));
    const next = bench.queue();
    await next.restore(false);
    next.resume(id);
    const over = await until(next, id, (one) => isOver(one.status));
    assert.deepEqual([over.status, over.counts.done, over.counts.found], ["done", 102, 102]);
    for (const key of [...keys, "g/a", "f/999 new"]) assert.ok(await target.exists(key), key);
    // Three pages of the rest, one of the other folder; thirteen without a cursor.
    assert.ok(seen.pages <= 5, `${seen.pages} pages`);
  });

  it("lists anew after a long pause, and where a listing cannot begin in the middle", async () => {
    for (const canBegin of [true, false]) {
      const { seen, target } = await scene({ listAfter: canBegin });
      let now = new Date();
      const queue = bench.queue({ clock: { now: () => now } });
      const { id } = await carried(queue, plan);
      seen.pages = 0;
      seen.left = Infinity;
      if (canBegin) now = new Date(now.getTime() + 4_000_000);
      queue.resume(id);
      const { counts } = await until(queue, id, ({ status }) => status === "done");
      assert.equal(counts.done, 101);
      assert.ok(seen.pages >= 11);
      for (const key of keys) assert.ok(await target.exists(key), key);
    }
  });

  it("says again what a folder was refused for, though what comes after it is done", async () => {
    const { seen } = await scene();
    seen.left = Infinity;
    const other = bench.storage("s2", memoryDriver());
    await other.write("f/other", utf8("other"));
    const queue = bench.queue();
    const twice = copy([at("s", "g/"), at("s2", "g/"), at("s", "f/")], at("to"));
    const { id, status } = await carried(queue, twice);
    assert.equal(status, "failed");
    queue.resume(id);
    const { failures } = await until(queue, id, (one) => isOver(one.status));
    assert.deepEqual(
      failures.map(({ name }) => name),
      ["g"],
    );
  });

  it("misses nothing, wherever it is interrupted and in whatever order files come to their end", async () => {
    for (const interrupted of [1, 7, 23, 50, 77, 98]) {
      const { inner } = await scene();
      const other = memoryDriver();
      const enough = Promise.withResolvers<void>();
      let written = 0;
      const slowly: Driver["write"] = async (request) => {
        // Every third file takes so long that all around it are done before.
        if (written % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        request.signal.throwIfAborted();
        const made = await other.write(request);
        if (++written === interrupted) enough.resolve();
        return made;
      };
      const target = bench.storage("to", { ...other, write: slowly });
      const first = bench.queue();
      first.add(plan);
      await enough.promise;
      await first.close();
      bench.storage("s", inner);
      const next = bench.queue();
      await next.restore(true);
      const [{ id } = assert.fail("it is remembered")] = next.state.transfers;
      const { status } = await until(next, id, (one) => isOver(one.status));
      assert.equal(status, "done");
      for (const key of [...keys, "g/a"])
        assert.ok(await target.exists(key), `${interrupted}: ${key}`);
      assert.deepEqual(bench.questions, []);
      await bench.dispose();
      bench = new TransferBench();
    }
  });
});
