import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteKeys, keysToDelete } from "../../../src/app/objects/deletion.ts";
import { never } from "../../../src/base/abort.ts";
import { folderDriver } from "../../../src/storage/providers/folder/folder.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
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
});
