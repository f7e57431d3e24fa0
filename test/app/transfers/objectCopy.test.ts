import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyObject, moveObject, type ObjectCopy } from "../../../src/app/transfers/objectCopy.ts";
import { SourceChangedError } from "../../../src/app/objects/remoteBlob.ts";
import type { RemotePlace } from "../../../src/app/transfers/places.ts";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError, StorageError, type Operation } from "../../../src/storage/errors.ts";
import { withLayers } from "../../../src/storage/layers.ts";
import { folderDriver } from "../../../src/storage/providers/folder/folder.ts";
import { memoryDriver, type MemoryOptions } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { dyingStorage } from "../../engine/faults/chaos.ts";

const work = { signal: never };
const exists = (error: unknown) =>
  isStorageError(error, "conflict") && error.details.reason === "exists";

let root = "";

/** In a `describe`: a folder of this computer for each of its tests. */
function withFolder(): void {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "offsite-copy-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
}

/** How an object comes from one end to the other. */
const ways: Readonly<Record<string, (objects: Record<string, string>) => Promise<Ends>>> = {
  "by the server": async (objects) => within(memoryDriver(), objects),
  "by a server that holds no conditions": async (objects) =>
    within(memoryDriver({ copyIfAbsent: false, ifAbsent: false, ifMatch: false }), objects),
  "through this computer": async (objects) => between(objects, {}),
  "to a storage that holds no conditions": async (objects) =>
    between(objects, { ifAbsent: false, ifMatch: false }),
  "on a file server": async (objects) => within(folderDriver({ path: root }), objects),
};

interface Ends {
  /** The drivers, past all that a test puts around them. */
  readonly source: Driver;
  readonly target: Driver;
}

async function within(driver: Driver, objects: Record<string, string>): Promise<Ends> {
  await fill(driver, objects);
  return { source: driver, target: driver };
}

async function between(objects: Record<string, string>, options: MemoryOptions): Promise<Ends> {
  const [source, target] = [memoryDriver(), memoryDriver(options)];
  const { a = "", ...others } = objects;
  await fill(source, { a });
  await fill(target, others);
  return { source, target };
}

async function fill(driver: Driver, objects: Record<string, string>): Promise<void> {
  for (const [key, content] of Object.entries(objects))
    await new Storage(driver).write(key, utf8(content));
}

async function contentOf(driver: Driver, key: string): Promise<string | undefined> {
  const storage = new Storage(driver);
  return (await storage.exists(key)) ? text(await storage.bytes(key)) : undefined;
}

/** Both ends as the copy sees them; `event` happens around its first request of that kind. */
async function opened(
  { source, target }: Ends,
  expected: RemotePlace["expected"] = "nothing",
  event?: { readonly before?: Operation; readonly after?: Operation; run(): Promise<unknown> },
): Promise<ObjectCopy> {
  let isOver = event === undefined;
  const wrapped = (driver: Driver) =>
    new Storage(
      withLayers(driver, async (call) => {
        const { operation } = call;
        if (!isOver && operation === event?.before) {
          isOver = true;
          await event.run();
        }
        const reply = await call.send();
        if (!isOver && operation === event?.after) {
          isOver = true;
          await event.run();
        }
        return reply;
      }),
    );
  const from = wrapped(source);
  const info = await new Storage(source).stat("a");
  return {
    from: { storage: from, key: "a" },
    source: info,
    to: source === target ? from : wrapped(target),
    place: { key: "b", expected },
  };
}

for (const [way, start] of Object.entries(ways))
  describe(`an object that goes ${way}`, () => {
    withFolder();
    it("is copied, and moved", async () => {
      const ends = await start({ a: "content" });
      await copyObject(await opened(ends), work);
      assert.equal(await contentOf(ends.source, "a"), "content");
      assert.equal(await contentOf(ends.target, "b"), "content");
      await new Storage(ends.target).delete(["b"]);
      assert.equal(await moveObject(await opened(ends), work), "moved");
      assert.equal(await contentOf(ends.source, "a"), undefined);
      assert.equal(await contentOf(ends.target, "b"), "content");
    });

    it("overwrites nothing that is there, nor what appears meanwhile", async () => {
      for (const relocate of [copyObject, moveObject]) {
        const there = await start({ a: "content", b: "precious" });
        await assert.rejects(relocate(await opened(there), work), exists);
        assert.equal(await contentOf(there.source, "a"), "content");
        assert.equal(await contentOf(there.target, "b"), "precious");
        await new Storage(there.target).delete(["b"]);

        // Where no condition is held, the last look is all there is.
        const last = way.includes("no conditions") ? "stat" : undefined;
        const before = last ?? (there.source === there.target ? "copy" : "write");
        const isMove = relocate === moveObject && (await opened(there)).to.canMove;
        const run = () => new Storage(there.target).write("b", utf8("precious"));
        const copy = await opened(there, "nothing", { before: isMove ? "move" : before, run });
        await assert.rejects(relocate(copy, work), exists);
        assert.equal(await contentOf(there.source, "a"), "content");
        assert.equal(await contentOf(there.target, "b"), "precious");
        await new Storage(there.target).delete(["b"]);
      }
    });

    it("replaces what somebody has agreed to, and nothing newer", async () => {
      for (const relocate of [copyObject, moveObject]) {
        const ends = await start({ a: "content", b: "old" });
        const seen = await new Storage(ends.target).stat("b");
        await fill(ends.target, { b: "newer" });
        await assert.rejects(relocate(await opened(ends, seen), work), { kind: "conflict" });
        assert.equal(await contentOf(ends.target, "b"), "newer");
        const now = await new Storage(ends.target).stat("b");
        await relocate(await opened(ends, now), work);
        assert.equal(await contentOf(ends.target, "b"), "content");
      }
    });

    it("is not copied in another state than the one that was seen", async () => {
      const ends = await start({ a: "content" });
      const copy = await opened(ends);
      await fill(ends.source, { a: "somebody else's" });
      await assert.rejects(copyObject(copy, work), SourceChangedError);
      assert.equal(await contentOf(ends.target, "b"), undefined);
    });

    it("loses nothing, whichever request is the last before the process dies", async () => {
      for (let life = 1, isOver = false; !isOver; life++)
        for (const effective of [true, false]) {
          const ends = await start({ a: "content" });
          const from = dyingStorage(ends.source, life, effective).storage;
          const isOne = ends.source === ends.target;
          const to = isOne ? from : dyingStorage(ends.target, life, effective).storage;
          const copy = { ...(await opened(ends)), from: { storage: from, key: "a" }, to };
          isOver = await moveObject(copy, work).then(
            () => true,
            () => false,
          );
          const left = [await contentOf(ends.source, "a"), await contentOf(ends.target, "b")];
          assert.ok(left.includes("content"), `${life}: ${left.join(", ")}`);
          assert.ok(left.every((each) => each === undefined || each === "content"));
          await new Storage(ends.target).delete(["b"]);
        }
    });
  });

describe("an object that moves by a copy", () => {
  withFolder();
  it("stays where it was changed after it was copied", async () => {
    for (const way of ["by the server", "through this computer"]) {
      const ends = await ways[way]!({ a: "content" });
      const after = ends.source === ends.target ? "copy" : "write";
      const run = async () => await fill(ends.source, { a: "changed" });
      assert.equal(await moveObject(await opened(ends, "nothing", { after, run }), work), "kept");
      assert.equal(await contentOf(ends.source, "a"), "changed");
      assert.equal(await contentOf(ends.target, "b"), "content");
    }
  });

  it("stays where it was changed after the last look, as far as the storage can tell", async () => {
    const driver = memoryDriver();
    const ends = await within(driver, { a: "content" });
    const run = async () => await new Storage(driver).write("a", utf8("newer"));
    const moving = await opened(ends, "nothing", { before: "delete", run });
    assert.equal(await moveObject(moving, work), "kept");
    assert.equal(await contentOf(driver, "a"), "newer");
    assert.equal(await contentOf(driver, "b"), "content");
  });

  it("stays where its copy was replaced at once, or has not arrived whole", async () => {
    const ends = await ways["by the server"]!({ a: "content" });
    for (const other of ["other", "cut"]) {
      const run = async () => await fill(ends.target, { b: other });
      const copy = await opened(ends, "anything", { after: "copy", run });
      await assert.rejects(moveObject(copy, work), { kind: "conflict" });
      assert.equal(await contentOf(ends.source, "a"), "content");
    }
    const shortening: Driver = {
      ...ends.source,
      copy: async ({ to, signal }) =>
        await ends.source.write({ key: to, body: new Blob(["c"]), signal }),
    };
    const copy = await opened({ source: shortening, target: shortening }, "anything");
    await assert.rejects(moveObject(copy, work), { kind: "corrupt" });
    assert.equal(await contentOf(ends.source, "a"), "content");
  });

  it("counts as moved where somebody else has deleted it meanwhile", async () => {
    const ends = await ways["by the server"]!({ a: "content" });
    const run = async () => await new Storage(ends.source).delete(["a"]);
    assert.equal(
      await moveObject(await opened(ends, "nothing", { after: "copy", run }), work),
      "moved",
    );
    assert.equal(await contentOf(ends.target, "b"), "content");
  });

  it("is copied where the server moves others, but not this one", async () => {
    const inner = memoryDriver();
    await fill(inner, { a: "content" });
    const refusing: Driver = {
      ...inner,
      move: async () => {
        throw new StorageError("unsupported", "a link is not moved");
      },
    };
    assert.equal(
      await moveObject(await opened({ source: refusing, target: refusing }), work),
      "moved",
    );
    assert.equal(await contentOf(inner, "a"), undefined);
    assert.equal(await contentOf(inner, "b"), "content");
  });

  it("takes its time along, where the target keeps one", async () => {
    const [source, target] = [memoryDriver(), folderDriver({ path: root })];
    await fill(source, { a: "content" });
    const modified = new Date("2020-02-02T02:02:02Z");
    const copy = await opened({ source, target });
    await copyObject({ ...copy, source: { ...copy.source, modified } }, work);
    assert.deepEqual((await new Storage(target).stat("b")).modified, modified);
  });
});
