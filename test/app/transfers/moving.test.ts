import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyStored, moveStored, type MoveOptions } from "../../../src/app/transfers/moving.ts";
import { never } from "../../../src/base/abort.ts";
import { text } from "../../../src/base/bytes.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { folderDriver } from "../../../src/storage/providers/folder/folder.ts";
import type { Entry, ObjectInfo } from "../../../src/storage/objects.ts";
import { withLayers, type Layer } from "../../../src/storage/layers.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { deleteEach } from "../../../src/storage/refusals.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { dyingStorage } from "../../engine/faults/chaos.ts";

let root = "";

/** In a `describe`: a folder of this computer for each of its tests. */
function withFolder(): void {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "offsite-moving-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
}

/** One that only knows keys, one that cannot copy by itself, and one with real folders. */
const kinds: Readonly<Record<string, () => Driver>> = {
  "an object store": () => memoryDriver(),
  "a store without server copy": () => {
    const { copy: _, ...driver } = memoryDriver();
    return driver;
  },
  "a file server": () => {
    mkdirSync(join(root, "server"));
    return folderDriver({ path: join(root, "server") });
  },
};

async function filled(driver: Driver, objects: Readonly<Record<string, string>>): Promise<Storage> {
  const storage = new Storage(driver);
  for (const [key, content] of Object.entries(objects))
    await storage.write(key, new Blob([content]));
  return storage;
}

/** Every object and its content. */
async function content(storage: Storage): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (const { type, key } of storage.list())
    if (type === "object" && !key.endsWith("/")) found[key] = text(await storage.bytes(key));
  return found;
}

/** An object whose name is a folder's, as some programs make them. */
async function withNotes(): Promise<Storage> {
  return await filled(memoryDriver(), { "a/": "notes", "a/b/": "more", "a/b/c": "c" });
}

async function names(storage: Storage): Promise<readonly string[]> {
  const entries = await Array.fromAsync(storage.list());
  return entries.map(({ key }) => key).toSorted();
}

const options: MoveOptions = { signal: never };

function fails(kind: string, reason?: string) {
  return (error: unknown) =>
    isStorageError(error) && error.kind === kind && error.details.reason === reason;
}

/** Does `work` right before the first request of that kind. */
function before(operation: string, work: () => Promise<unknown>): Layer {
  let isDone = false;
  return async (call) => {
    if (!isDone && call.operation === operation) {
      isDone = true;
      await work();
    }
    return await call.send();
  };
}

for (const [kind, driver] of Object.entries(kinds))
  describe(`moving in ${kind}`, () => {
    withFolder();
    it("renames an object", async () => {
      const storage = await filled(driver(), { "a.txt": "a", "b.txt": "b" });
      const report = await moveStored(
        { storage, key: "a.txt" },
        { storage, key: "deep/er/c.txt" },
        options,
      );
      assert.deepEqual(report, { done: 1, bytes: 1, failed: [], kept: [] });
      assert.deepEqual(await content(storage), { "b.txt": "b", "deep/er/c.txt": "a" });
    });

    it("renames a folder with all in it, empty folders too", async () => {
      const storage = await filled(driver(), { "a/1": "one", "a/b/2": "two", "ab/3": "three" });
      await storage.makeFolder("a/empty/");
      const report = await moveStored({ storage, key: "a/" }, { storage, key: "x/y/" }, options);
      // Where the server does it, nothing is counted.
      const counted = storage.canMove ? { done: 1, bytes: 0 } : { done: 2, bytes: 6 };
      assert.deepEqual(report, { ...counted, failed: [], kept: [] });
      assert.deepEqual(await content(storage), {
        "ab/3": "three",
        "x/y/1": "one",
        "x/y/b/2": "two",
      });
      const left = await names(storage);
      assert.ok(left.includes("x/y/empty/"));
      assert.ok(!left.some((key) => key.startsWith("a/")), left.join(" "));
    });

    it("renames a folder with nothing in it", async () => {
      const storage = await filled(driver(), {});
      await storage.makeFolder("empty/");
      await moveStored({ storage, key: "empty/" }, { storage, key: "void/" }, options);
      assert.deepEqual(await names(storage), ["void/"]);
    });

    it("copies and leaves the source", async () => {
      const storage = await filled(driver(), { "a/1": "one" });
      await copyStored({ storage, key: "a/" }, { storage, key: "b/" }, options);
      assert.deepEqual(await content(storage), { "a/1": "one", "b/1": "one" });
    });

    it("overwrites only what it is told to", async () => {
      const storage = await filled(driver(), {
        "a/1": "new",
        "b/1": "old!",
        "b/2": "other",
        c: "c",
      });
      const folders = [
        { storage, key: "a/" },
        { storage, key: "b/" },
      ] as const;
      await assert.rejects(moveStored(...folders, options), fails("conflict", "exists"));
      const objects = [
        { storage, key: "a/1" },
        { storage, key: "c" },
      ] as const;
      await assert.rejects(moveStored(...objects, options), fails("conflict", "exists"));
      assert.equal((await content(storage))["b/1"], "old!");
      await moveStored(...folders, { ...options, overwrite: true });
      assert.deepEqual(await content(storage), { "b/1": "new", "b/2": "other", c: "c" });
    });

    it("says that there is nothing to move", async () => {
      const storage = await filled(driver(), { "a/1": "one" });
      for (const [from, to] of [
        ["b/", "c/"],
        ["b", "c"],
      ] as const)
        await assert.rejects(
          moveStored({ storage, key: from }, { storage, key: to }, options),
          fails("not-found"),
        );
    });

    it("does not move a folder into itself", async () => {
      const storage = await filled(driver(), { "a/1": "one" });
      await assert.rejects(
        moveStored({ storage, key: "a/" }, { storage, key: "a/b/" }, options),
        fails("invalid"),
      );
      assert.deepEqual(await content(storage), { "a/1": "one" });
    });

    it("leaves at the source what was changed or added meanwhile", async () => {
      const inner = driver();
      const other = await filled(inner, { "a/1": "one", "a/2": "two" });
      // What comes into a folder before it is moved in one step goes along.
      if (other.canMove) return;
      const copies = withLayers(
        inner,
        before(inner.copy ? "copy" : "write", async () => {
          await other.write("a/new", new Blob(["new"]));
        }),
      );
      const storage = new Storage(copies);
      const report = await moveStored({ storage, key: "a/" }, { storage, key: "b/" }, options);
      assert.deepEqual(report.kept, ["a/new"]);
      assert.deepEqual(await content(storage), { "a/new": "new", "b/1": "one", "b/2": "two" });
    });
  });

describe("moving", () => {
  withFolder();
  it("keeps an object that was changed after it was copied", async () => {
    const inner = memoryDriver();
    const other = await filled(inner, { a: "before" });
    const storage = new Storage(
      withLayers(inner, async (call) => {
        const reply = await call.send();
        if (call.operation === "copy") await other.write("a", new Blob(["after!"]));
        return reply;
      }),
    );
    const report = await moveStored({ storage, key: "a" }, { storage, key: "b" }, options);
    assert.deepEqual(report.kept, ["a"]);
    assert.deepEqual(await content(storage), { a: "after!", b: "before" });
  });

  it("deletes nothing when one of many could not be copied, and goes on when asked again", async () => {
    let isBroken = true;
    const md5 = (text: string) => Buffer.from(text).toString("hex").padEnd(32, "0").slice(0, 32);
    const inner = memoryDriver();
    const versioned = { "a/1": "one", "a/2": "two", "a/3": "three" };
    const copies: string[] = [];
    const driver: Driver = {
      ...inner,
      // As S3 does, this one makes a version of the content.
      list: async (request) => {
        const page = await inner.list(request);
        const entries = page.entries.map((entry) =>
          entry.type === "object" ? { ...entry, version: md5(entry.key.slice(2)) } : entry,
        );
        return { ...page, entries };
      },
      copy: async (request) => {
        if (isBroken && request.from === "a/2") throw new StorageError("denied", "no");
        copies.push(request.from);
        const { from, to, signal } = request;
        return await inner.copy!({ from, to, signal });
      },
    };
    const storage = await filled(driver, versioned);
    const ends = [
      { storage, key: "a/" },
      { storage, key: "b/" },
    ] as const;
    const report = await moveStored(...ends, options);
    assert.deepEqual(
      report.failed.map(({ key }) => key),
      ["a/2"],
    );
    assert.equal(report.done, 2);
    assert.deepEqual(await content(storage), { ...versioned, "b/1": "one", "b/3": "three" });
    isBroken = false;
    await moveStored(...ends, options);
    assert.deepEqual(await content(storage), { "b/1": "one", "b/2": "two", "b/3": "three" });
    assert.deepEqual(copies.toSorted(), ["a/1", "a/2", "a/3"]);
  });

  it("says what it could not delete of what has arrived, and deletes the rest", async () => {
    const inner = memoryDriver();
    const storage = await filled(
      {
        ...inner,
        delete: async (request) =>
          await deleteEach(request, 1, async (key) => {
            if (key === "a/b/2") throw new StorageError("denied", "locked");
            await inner.delete({ keys: [key], signal: request.signal });
          }),
      },
      { "a/1": "one", "a/b/2": "two" },
    );
    const report = await moveStored({ storage, key: "a/" }, { storage, key: "z/" }, options);
    assert.deepEqual([report.done, report.failed, report.kept], [2, [], []]);
    assert.deepEqual(
      report.undeleted?.map(({ key }) => key),
      ["a/b/2"],
    );
    assert.deepEqual(await content(storage), { "a/b/2": "two", "z/1": "one", "z/b/2": "two" });
  });

  it("deletes nothing when a copy has another size than its source", async () => {
    const inner = memoryDriver();
    const storage = await filled(
      {
        ...inner,
        copy: async ({ to, signal }) => await inner.write({ key: to, body: new Blob([]), signal }),
      },
      { "a/1": "one" },
    );
    const report = await moveStored({ storage, key: "a/" }, { storage, key: "b/" }, options);
    assert.equal(report.failed.length, 1);
    assert.equal((await content(storage))["a/1"], "one");
    await assert.rejects(
      moveStored({ storage, key: "a/1" }, { storage, key: "c" }, options),
      fails("corrupt", "damaged-removed"),
    );
    const left = await content(storage);
    assert.deepEqual([left["a/1"], left["c"]], ["one", undefined]);
  });

  it("loses nothing, whichever request is the last before the process dies", async () => {
    const objects = { "a/1": "one", "a/b/2": "two" };
    for (let life = 1, isOver = false; !isOver; life++)
      for (const effective of [true, false]) {
        const driver = memoryDriver({ deleteBatch: 1 });
        const whole = await filled(driver, objects);
        const { storage } = dyingStorage(driver, life, effective);
        isOver = await moveStored({ storage, key: "a/" }, { storage, key: "z/" }, options).then(
          ({ failed }) => failed.length === 0,
          () => false,
        );
        const left = await content(whole);
        for (const [key, value] of Object.entries(objects))
          assert.ok(
            left[key] === value || left[key.replace("a", "z")] === value,
            `${life}: ${key}`,
          );
      }
  });

  it("does not delete what has two names that differ in case only", async () => {
    const inner = memoryDriver();
    const folded = <T extends { readonly key: string }>(request: T): T => ({
      ...request,
      key: request.key.toLowerCase(),
    });
    const storage = await filled(
      {
        ...inner,
        stat: async (request) => await inner.stat(folded(request)),
        write: async (request) => await inner.write(folded(request)),
        copy: async () => await inner.stat({ key: "a.txt", signal: never }),
      },
      { "a.txt": "a" },
    );
    const ends = [
      { storage, key: "a.txt" },
      { storage, key: "A.txt" },
    ] as const;
    await moveStored(...ends, { ...options, overwrite: true });
    assert.deepEqual(await content(storage), { "a.txt": "a" });
  });

  it("stops when it is called off, with the source whole", async () => {
    const stop = new AbortController();
    const objects = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`a/${i}`, "x"]));
    const storage = await filled(memoryDriver(), objects);
    const moving = moveStored(
      { storage, key: "a/" },
      { storage, key: "b/" },
      {
        signal: stop.signal,
        onProgress: ({ objectsDone }) => {
          if (objectsDone === 10) stop.abort();
        },
      },
    );
    await assert.rejects(moving, { name: "AbortError" });
    const left = await names(storage);
    assert.equal(left.filter((key) => key.startsWith("a/")).length, 40);
  });

  it("takes objects and folders to another storage", async () => {
    const from = await filled(memoryDriver(), { "a/1": "one", "a/b/2.txt": "two" });
    const to = await filled(folderDriver({ path: root }), {});
    await moveStored({ storage: from, key: "a/" }, { storage: to, key: "here/" }, options);
    assert.deepEqual(await content(from), {});
    assert.deepEqual(await content(to), { "here/1": "one", "here/b/2.txt": "two" });
  });

  it("takes what is large as it is read", async () => {
    const from = new Storage(memoryDriver());
    const large = new Uint8Array(33 * 1024 * 1024).map((_, i) => i * 7);
    await from.write("large", large);
    const to = new Storage(memoryDriver());
    await copyStored({ storage: from, key: "large" }, { storage: to, key: "large" }, options);
    assert.ok(Buffer.from(await to.bytes("large")).equals(large));
  });

  it("leaves folders at a source that hides names: they may not be as empty as they look", async () => {
    const storage = await filled(memoryDriver({ hidesNames: true }), {
      "a/b/": "",
      "a/b/1": "one",
    });
    // So that nothing there has the version of what comes: then it could be the same object.
    const to = await filled(memoryDriver(), { other: "" });
    await moveStored({ storage, key: "a/" }, { storage: to, key: "x/" }, options);
    assert.deepEqual(await names(storage), ["a/b/"]);
    assert.deepEqual(await content(to), { other: "", "x/b/1": "one" });
  });

  it("asks for few requests", async () => {
    let requests = 0;
    const driver = withLayers(memoryDriver(), async (call) => {
      requests++;
      return await call.send();
    });
    const objects = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`a/${i}`, "x"]));
    const storage = await filled(driver, objects);
    requests = 0;
    await moveStored({ storage, key: "a/" }, { storage, key: "b/" }, options);
    // Four listings and one delete beside a copy for each.
    assert.equal(requests, 105);
  });
});

describe("an object whose name ends in a slash, moved with its folder", () => {
  withFolder();

  it("takes its content along", async () => {
    const storage = await withNotes();
    await storage.makeFolder("a/empty/");
    const report = await moveStored({ storage, key: "a/" }, { storage, key: "x/" }, options);
    assert.equal(report.done, 3);
    assert.deepEqual(await names(storage), ["x/", "x/b/", "x/b/c", "x/empty/"]);
    assert.equal(text(await storage.bytes("x/")), "notes");
    assert.equal(text(await storage.bytes("x/b/")), "more");
  });

  it("stays where it is if the target cannot hold it, and all with it", async () => {
    const storage = await withNotes();
    const to = new Storage(folderDriver({ path: root }));
    const report = await moveStored({ storage, key: "a/" }, { storage: to, key: "x/" }, options);
    assert.deepEqual(report.failed.map(({ key }) => key).toSorted(), ["a/", "a/b/"]);
    assert.equal(text(await storage.bytes("a/b/")), "more");
    assert.equal(text(await storage.bytes("a/b/c")), "c");
  });
});

describe("a move between two connections that show one place", () => {
  /** As S3 has it: the version is made of the content. */
  const twice = async (objects: Readonly<Record<string, string>>) => {
    const memory = memoryDriver();
    const told = async (info: ObjectInfo): Promise<ObjectInfo> => {
      const content = await new Storage(memory).bytes(info.key);
      return { ...info, version: hash("md5", content) };
    };
    const likeS3: Driver = {
      ...memory,
      stat: async (request) => await told(await memory.stat(request)),
      write: async (request) => await told(await memory.write(request)),
      read: async (request, use) =>
        await memory.read(request, async ({ info, body }) => use({ info: await told(info), body })),
      list: async (request) => {
        const { entries, ...page } = await memory.list(request);
        const all = entries.map(async (one): Promise<Entry> =>
          one.type === "object" ? { ...one, ...(await told(one)) } : one,
        );
        return { ...page, entries: await Promise.all(all) };
      },
    };
    await filled(likeS3, objects);
    return { one: new Storage(likeS3), other: new Storage(likeS3, "other", "photos/") };
  };

  it("deletes no folder that is the target itself", async () => {
    const objects = { "photos/2026/a": "a", "photos/2026/b": "b" };
    const { one, other } = await twice(objects);
    const ends = [
      { storage: one, key: "photos/2026/" },
      { storage: other, key: "2026/" },
    ] as const;
    for (const overwrite of [false, true]) {
      const { kept } = await moveStored(...ends, { ...options, overwrite });
      assert.deepEqual(kept, Object.keys(objects));
      assert.deepEqual(await content(one), objects);
    }
  });

  it("deletes no object that is the target itself", async () => {
    const { one, other } = await twice({ "photos/a": "a" });
    const ends = [
      { storage: one, key: "photos/a" },
      { storage: other, key: "a" },
    ] as const;
    const { kept } = await moveStored(...ends, { ...options, overwrite: true });
    assert.deepEqual(kept, ["photos/a"]);
    assert.deepEqual(await content(one), { "photos/a": "a" });
  });
});
