import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteKeys, keysToDelete } from "../../../src/app/objects/deletion.ts";
import { never } from "../../../src/base/abort.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import { folderDriver } from "../../../src/storage/providers/folder/folder.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { deleteEach } from "../../../src/storage/refusals.ts";
import { Storage } from "../../../src/storage/storage.ts";

describe("deletion", () => {
  let root = "";

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "offsite-deletion-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const kinds = {
    "an object store": () => memoryDriver(),
    "a file server": () => folderDriver({ path: root }),
  };
  for (const [kind, driver] of Object.entries(kinds))
    it(`takes objects and folders with all in them from ${kind}, and nothing else`, async () => {
      const storage = new Storage(driver());
      for (const key of ["a/b/c", "a/d", "a.txt", "ab/c"]) await storage.write(key, new Blob([""]));
      for (const key of ["a/", "a/b/", "a/x/", "a/x/y/", "a/x/y/z/"]) await storage.makeFolder(key);
      const all = await keysToDelete([{ storage, key: "a/" }], never);
      await deleteKeys(all, { signal: never, onDeleted: () => {} });
      const left = await Array.fromAsync(storage.list());
      const objects = left.filter(({ type }) => type === "object").map(({ key }) => key);
      assert.deepEqual(objects.toSorted(), ["a.txt", "ab/c"]);
      const { entries } = await storage.page("", { shallow: true });
      assert.ok(!entries.some(({ key }) => key === "a/"));
    });

  it("takes a link to a folder, and leaves what it leads to", async function () {
    if (process.platform === "win32") this.skip();
    const storage = new Storage(folderDriver({ path: root }));
    for (const key of ["2026/a", "2026/deep/b", "old/c"]) await storage.write(key, new Blob([""]));
    symlinkSync("2026", join(root, "latest"));
    symlinkSync("../2026/deep", join(root, "old/deep"));
    const items = ["latest/", "old/"].map((key) => ({ storage, key }));
    const all = await keysToDelete(items, never);
    const refused = await deleteKeys(all, { signal: never, onDeleted: () => {} });
    assert.deepEqual(refused, []);
    const left = await Array.fromAsync(storage.list(), ({ key }) => key);
    assert.deepEqual(left, ["2026/", "2026/a", "2026/deep/", "2026/deep/b"]);
  });

  it("takes many empty folders by few requests", async () => {
    const inner = memoryDriver({ deleteBatch: 100 });
    const sent: number[] = [];
    const storage = new Storage({
      ...inner,
      delete: async (request) => {
        sent.push(request.keys.length);
        await inner.delete(request);
      },
    });
    for (let i = 0; i < 150; i++) await storage.makeFolder(`a/${i}/`);
    const all = await keysToDelete([{ storage, key: "a/" }], never);
    await deleteKeys(all, { signal: never, onDeleted: () => {} });
    assert.deepEqual(sent, [100, 50, 1]);
  });

  it("goes on without what may not go, keeps its folders, and says which and why", async () => {
    const inner = memoryDriver({ deleteBatch: 2 });
    const storage = new Storage({
      ...inner,
      delete: async (request) =>
        await deleteEach(request, 1, async (key) => {
          if (key.endsWith("/kept")) throw new StorageError("denied", "no");
          await inner.delete({ keys: [key], signal: never });
        }),
    });
    for (const key of ["a/1", "a/b/2", "a/b/kept", "a/c/3", "a/kept"])
      await storage.write(key, utf8(""));
    for (const key of ["a/", "a/b/", "a/c/"]) await storage.makeFolder(key);
    const all = await keysToDelete([{ storage, key: "a/" }], never);
    await storage.write("a/new", utf8("was not there when it was planned"));
    let deleted = 0;
    const onDeleted = (count: number) => (deleted += count);
    const refused = await deleteKeys(all, { signal: never, onDeleted });
    assert.deepEqual(refused.map(({ key }) => key).toSorted(), ["a/b/kept", "a/kept"]);
    assert.ok(refused.every(({ error }) => error.kind === "denied" && error.place?.key));
    const left = (await Array.fromAsync(storage.list())).map(({ key }) => key);
    assert.deepEqual(left, ["a/", "a/b/", "a/b/kept", "a/kept", "a/new"]);
    assert.equal(deleted, all.get(storage)!.length - 4);
  });

  it("stops at what concerns all of them, and where nothing may go at all", async () => {
    for (const [error, requests] of [
      [new StorageError("signed-out", "no"), 1],
      [new StorageError("denied", "no", { reason: "read-only" }), 1],
      [new StorageError("denied", "no"), 10],
    ] as const) {
      const inner = memoryDriver({ deleteBatch: 100 });
      let sent = 0;
      const storage = new Storage({
        ...inner,
        delete: async (request) => {
          sent++;
          await deleteEach(request, 1, async () => {
            throw error;
          });
        },
      });
      const keys = new Map([[storage, Array.from({ length: 5000 }, (_, i) => `${i}`)]]);
      const deleting = deleteKeys(keys, { signal: never, onDeleted: () => {} });
      await assert.rejects(deleting, { kind: error.kind });
      // Those that are under way at the same time are sent.
      assert.ok(sent >= requests && sent <= requests + 8, `${sent}`);
    }
  });

  it("leaves in a folder of this computer what its rights keep there", async () => {
    const storage = new Storage(folderDriver({ path: root }));
    await asAnybody(root, async () => {
      for (const key of ["a/b/kept", "a/c"]) await storage.write(key, utf8(""));
      chmodSync(join(root, "a/b"), 0o500);
      const all = await keysToDelete([{ storage, key: "a/" }], never);
      const refused = await deleteKeys(all, { signal: never, onDeleted: () => {} });
      chmodSync(join(root, "a/b"), 0o700);
      assert.deepEqual(
        refused.map(({ key }) => key),
        ["a/b/kept"],
      );
      assert.equal(await storage.exists("a/c"), false);
    });
  });
});

/** Does `work` in `folder` as somebody whose rights count: root may do anything. */
async function asAnybody(folder: string, work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) {
    await work();
    return;
  }
  const nobody = 65_534;
  chownSync(folder, nobody, nobody);
  process.seteuid?.(nobody);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
