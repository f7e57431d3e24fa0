import assert from "node:assert/strict";
import { Editing, SaveConflict, type SaveOptions } from "../../../src/app/files/editing.ts";
import type { Location } from "../../../src/app/location.ts";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import type { Details, ObjectDetails } from "../../../src/storage/extras.ts";
import { withLayers } from "../../../src/storage/layers.ts";
import type { ObjectInfo, NewDetails } from "../../../src/storage/objects.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { dyingStorage } from "../../engine/faults/chaos.ts";
import { handClock, memoryMemento } from "../ports.ts";

const at: Location = { connection: "c", key: "notes.txt" };
const saving: SaveOptions = { create: true, overwrite: true, signal: never };

/** Storages that can write on a condition, and storages that cannot. */
const kinds: Readonly<Record<string, () => Driver>> = {
  "a storage with conditions": () => memoryDriver(),
  "a storage without conditions": () => memoryDriver({ ifMatch: false, ifAbsent: false }),
};

function newEditing(memento = memoryMemento(), clock = handClock()) {
  return { editing: new Editing({ memento, clock }), memento, clock };
}

function conflict(kind: SaveConflict["kind"]) {
  return (error: unknown) => error instanceof SaveConflict && error.kind === kind;
}

async function put(storage: Storage, content: string): Promise<ObjectInfo> {
  return await storage.write(at.key, new Blob([content]));
}

async function stored(storage: Storage): Promise<string> {
  return text(await storage.bytes(at.key));
}

for (const [kind, driver] of Object.entries(kinds))
  describe(`saving to ${kind}`, () => {
    let storage: Storage;
    beforeEach(() => {
      storage = new Storage(driver());
    });

    it("replaces what was read", async () => {
      const { editing } = newEditing();
      await put(storage, "old");
      await editing.look(storage, at);
      await editing.save(storage, at, utf8("new"), saving);
      await editing.save(storage, at, utf8("newer"), saving);
      assert.equal(await stored(storage), "newer");
    });

    it("overwrites nothing that was changed since", async () => {
      const { editing } = newEditing();
      await put(storage, "old");
      await editing.look(storage, at);
      await put(storage, "theirs");
      await assert.rejects(editing.save(storage, at, utf8("mine"), saving), conflict("changed"));
      assert.equal(await stored(storage), "theirs");
    });

    it("takes what was read for what may be replaced", async () => {
      const { editing } = newEditing();
      await put(storage, "old");
      const { mtime } = await editing.look(storage, at);
      await editing.hasRead(storage, at, await put(storage, "newer"), utf8("newer"));
      await editing.save(storage, at, utf8("newest"), saving);
      assert.equal(await stored(storage), "newest");
      assert.ok((await editing.look(storage, at)).mtime > mtime);
    });

    it("overwrites it once the editor has been told of it", async () => {
      const { editing } = newEditing();
      await put(storage, "old");
      const before = await editing.look(storage, at);
      await put(storage, "theirs");
      const now = await editing.look(storage, at);
      assert.ok(now.mtime > before.mtime, "the editor sees that it is newer, and asks");
      await editing.save(storage, at, utf8("mine"), saving);
      assert.equal(await stored(storage), "mine");
    });

    it("tells every change of others so that an editor sees it, also one of the same length", async () => {
      const { editing, memento, clock } = newEditing();
      await put(storage, "a");
      const first = await editing.look(storage, at);
      assert.equal(first.size, 1);
      await editing.edited(at);
      const told = [first];
      for (const content of ["b", "xy", "c"]) {
        await put(storage, content);
        told.push(await editing.look(storage, at));
      }
      await put(storage, "d");
      told.push(await newEditing(memento, clock).editing.look(storage, at));
      for (const [index, older] of told.entries())
        for (const newer of told.slice(index + 1)) {
          // VS Code overlooks a change that leaves either of them as it was.
          assert.ok(newer.mtime > older.mtime);
          assert.notEqual(newer.size, older.size);
        }
    });

    it("tells a length as it is while only we change it", async () => {
      const { editing } = newEditing();
      await put(storage, "a");
      await editing.look(storage, at);
      await editing.save(storage, at, utf8("b"), saving);
      assert.equal((await editing.look(storage, at)).size, 1);
      await editing.save(storage, at, utf8("cc"), saving);
      assert.equal((await editing.look(storage, at)).size, 2);
    });

    it("makes nothing anew that was deleted since, unless told to", async () => {
      const { editing } = newEditing();
      await put(storage, "old");
      await editing.look(storage, at);
      await storage.delete([at.key]);
      await assert.rejects(editing.save(storage, at, utf8("mine"), saving), conflict("deleted"));
      await assert.rejects(editing.look(storage, at));
      await assert.rejects(editing.save(storage, at, utf8("mine"), saving), conflict("deleted"));
      assert.equal(await storage.exists(at.key), false);
      await editing.save(storage, at, utf8("mine"), { ...saving, recreate: true });
      assert.equal(await stored(storage), "mine");
    });

    it("makes a new object, and none where there is one", async () => {
      const { editing } = newEditing();
      await editing.save(storage, at, utf8("new"), { ...saving, overwrite: false });
      assert.equal(await stored(storage), "new");
      const other = newEditing().editing;
      await assert.rejects(
        other.save(storage, at, utf8("other"), { ...saving, overwrite: false }),
        (error) => isStorageError(error, "conflict") && error.details.reason === "exists",
      );
      await assert.rejects(
        other.save(storage, { ...at, key: "x" }, utf8("x"), { ...saving, create: false }),
        (error) => isStorageError(error, "not-found"),
      );
      assert.equal(await stored(storage), "new");
    });

    it("finds a conflict after a restart, too", async () => {
      const { editing, memento, clock } = newEditing();
      await put(storage, "old");
      const { mtime } = await editing.look(storage, at);
      await editing.edited(at);
      await put(storage, "theirs");
      const later = newEditing(memento, clock).editing;
      assert.ok((await later.look(storage, at)).mtime > mtime);
      await storage.delete([at.key]);
      const afterwards = newEditing(memento, clock).editing;
      await assert.rejects(afterwards.look(storage, at));
      await assert.rejects(afterwards.save(storage, at, utf8("m"), saving), conflict("deleted"));
    });

    it("leaves the old or the new object, whenever the process dies", async () => {
      for (let life = 1; life < 5; life++)
        for (const effective of [true, false]) {
          const inner = driver();
          const whole = new Storage(inner);
          await put(whole, "old");
          const { editing } = newEditing();
          const { storage: dying } = dyingStorage(inner, life, effective);
          await editing
            .look(dying, at)
            .then(async () => await editing.save(dying, at, utf8("new"), saving))
            .catch(() => {});
          assert.match(await stored(whole), /^(old|new)$/);
        }
    });
  });

describe("editing", () => {
  it("tells a later time for another state, whatever the storage's clock says", async () => {
    const times = [10_000, 10_000, 5_000, 20_000];
    let count = 0;
    const inner = memoryDriver();
    const storage = new Storage({
      ...inner,
      stat: async (request) => ({
        ...(await inner.stat(request)),
        modified: new Date(times[count] ?? 0),
      }),
    });
    const { editing } = newEditing();
    const told: number[] = [];
    await put(storage, "before");
    await editing.look(storage, at);
    await editing.forget(at);
    for (; count < times.length; count++) {
      await put(storage, `state ${count}`);
      told.push((await editing.look(storage, at)).mtime);
      told.push((await editing.look(storage, at)).mtime);
    }
    assert.deepEqual(told, [10_001, 10_001, 10_002, 10_002, 10_003, 10_003, 20_000, 20_000]);
  });

  it("finds a change within one second that has no version and the same size", async () => {
    const inner = memoryDriver({ ifMatch: false, ifAbsent: false });
    const storage = new Storage({
      ...inner,
      stat: async (request) => {
        const { version: _, ...info } = await inner.stat(request);
        return { ...info, modified: new Date(10_000) };
      },
      write: async (request) => {
        const { version: _, ...info } = await inner.write(request);
        return info;
      },
    });
    const { editing } = newEditing();
    await put(storage, "old");
    const before = await editing.look(storage, at);
    await editing.hasRead(storage, at, before.info, utf8("old"));
    await put(storage, "new");
    await assert.rejects(editing.save(storage, at, utf8("mine"), saving), conflict("changed"));
    const now = await editing.look(storage, at);
    assert.ok(now.mtime > before.mtime);
    assert.notEqual(now.size, before.size);
    // Told of it, the editor may overwrite it without having read it.
    await editing.save(storage, at, utf8("mine"), saving);
    assert.equal(await stored(storage), "mine");
  });

  it("tells what it has saved without asking again", async () => {
    let requests = 0;
    const storage = new Storage(
      withLayers(memoryDriver(), async ({ send }) => {
        requests++;
        return await send();
      }),
    );
    const { editing, clock } = newEditing();
    await put(storage, "old");
    const { mtime } = await editing.look(storage, at);
    requests = 0;
    await editing.save(storage, at, utf8("new"), saving);
    const after = await editing.look(storage, at);
    assert.equal(requests, 1);
    assert.equal(after.info.size, 3);
    assert.ok(after.mtime > mtime);
    clock.pass(10_000);
    assert.equal((await editing.look(storage, at)).mtime, after.mtime);
    assert.equal(requests, 2);
  });

  it("keeps what the object says beside its bytes", async () => {
    const inner = memoryDriver();
    const bare: NewDetails = { headers: {}, metadata: {} };
    const said = new Map<string, Omit<ObjectDetails, "info">>();
    const tags = new Map<string, Readonly<Record<string, string>>>();
    const details: Details = {
      get: async (request) => ({
        ...(said.get(request.key) ?? { headers: {}, metadata: {} }),
        info: await inner.stat(request),
      }),
      set: async () => assert.fail("what is put right afterwards may be lost"),
      tags: async ({ key }) => tags.get(key) ?? {},
      setTags: async () => assert.fail("what is put right afterwards may be lost"),
    };
    const storage = new Storage({
      ...inner,
      extras: { details },
      write: async (request) => {
        const { key, details: { headers, metadata, tags: told = {} } = bare } = request;
        tags.set(key, told);
        said.set(key, { headers, metadata });
        return await inner.write(request);
      },
    });
    await put(storage, "old");
    const before = {
      headers: { "content-type": "text/x-poem", "cache-control": "no-store" },
      metadata: { author: "me" },
    };
    said.set(at.key, before);
    tags.set(at.key, { mood: "glad" });
    const { editing } = newEditing();
    await editing.look(storage, at);
    await editing.save(storage, at, utf8("new"), saving);
    assert.deepEqual(said.get(at.key), before);
    assert.deepEqual(tags.get(at.key), { mood: "glad" });
    await editing.save(storage, at, utf8("newer"), saving);
    assert.equal(await stored(storage), "newer");
  });

  it("asks once for who asks at the same time", async () => {
    let requests = 0;
    const storage = new Storage(
      withLayers(memoryDriver(), async ({ send }) => {
        requests++;
        return await send();
      }),
    );
    await put(storage, "one");
    requests = 0;
    const { editing } = newEditing();
    await Promise.all([editing.look(storage, at), editing.look(storage, at)]);
    assert.equal(requests, 1);
  });

  it("saves what could not be saved once the storage is back", async () => {
    const driver = memoryDriver();
    const storage = new Storage(driver);
    await put(storage, "old");
    const { editing } = newEditing();
    await editing.look(storage, at);
    const { storage: offline } = dyingStorage(driver, 0, false);
    await assert.rejects(editing.save(offline, at, utf8("new"), saving));
    await editing.save(storage, at, utf8("new"), saving);
    assert.equal(await stored(storage), "new");
  });
});
