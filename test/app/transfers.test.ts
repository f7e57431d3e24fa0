import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  deleteKeys,
  download,
  keysToDelete,
  uploadFiles,
  uploadFolder,
  type Existing,
  type TransferOptions,
} from "../../src/app/transfers.ts";
import { never } from "../../src/base/abort.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../src/storage/errors.ts";
import { folderDriver } from "../../src/storage/providers/folder.ts";
import { memoryDriver } from "../../src/storage/providers/memory.ts";
import { Storage } from "../../src/storage/storage.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "offsite-transfers-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Storages that a tree may show: one that only knows keys, and one with real folders. */
const kinds: Readonly<Record<string, () => Driver>> = {
  "an object store": () => memoryDriver(),
  "a file server": () => {
    mkdirSync(join(root, "server"));
    return folderDriver({ path: join(root, "server") });
  },
};

async function filled(driver: Driver, objects: Readonly<Record<string, string>>): Promise<Storage> {
  const storage = new Storage(driver);
  for (const [key, text] of Object.entries(objects)) await storage.write(key, new Blob([text]));
  return storage;
}

function options(existing: Existing = "overwrite", signal = never): TransferOptions {
  return { signal, onProgress: () => {}, onExisting: async () => existing };
}

function local(...path: readonly string[]): string {
  return readFileSync(join(root, ...path), "utf8");
}

async function keys(storage: Storage): Promise<readonly string[]> {
  const all = await Array.fromAsync(storage.list());
  return all
    .filter(({ type }) => type === "object")
    .map(({ key }) => key)
    .toSorted();
}

for (const [kind, driver] of Object.entries(kinds))
  describe(`transfers with ${kind}`, () => {
    it("downloads an object and a folder under their own names", async () => {
      const storage = await filled(driver(), { "a/b/c.txt": "c", "a/d.txt": "d", "e/f.txt": "f" });
      mkdirSync(join(root, "here"));
      const report = await download(
        [
          { storage, key: "a/", name: "a" },
          { storage, key: "e/f.txt", name: "f.txt" },
        ],
        join(root, "here"),
        options(),
      );
      assert.deepEqual(report.failed, []);
      assert.equal(report.bytes, 3);
      assert.equal(local("here", "a", "b", "c.txt"), "c");
      assert.equal(local("here", "a", "d.txt"), "d");
      assert.equal(local("here", "f.txt"), "f");
    });

    it("uploads files and a folder with all in it", async () => {
      const storage = await filled(driver(), {});
      mkdirSync(join(root, "up", "deep", "empty"), { recursive: true });
      writeFileSync(join(root, "up", "deep", "x.txt"), "x");
      writeFileSync(join(root, "y.txt"), "y");
      await uploadFolder(storage, "in/", join(root, "up"), options());
      await uploadFiles(storage, "in/", [join(root, "y.txt")], options());
      const names = (await keys(storage)).filter((key) => !key.endsWith("/"));
      assert.deepEqual(names, ["in/up/deep/x.txt", "in/y.txt"]);
      const { entries } = await storage.page("in/up/deep/", { shallow: true });
      assert.ok(entries.some(({ key }) => key === "in/up/deep/empty/"));
    });

    it("deletes objects and folders with all in them, and nothing else", async () => {
      const storage = await filled(driver(), { "a/b/c": "", "a/d": "", "a.txt": "", "ab/c": "" });
      const all = await keysToDelete([{ storage, key: "a/", name: "a" }], never);
      await deleteKeys(all, { signal: never, onDeleted: () => {} });
      assert.deepEqual(await keys(storage), ["a.txt", "ab/c"]);
      const { entries } = await storage.page("", { shallow: true });
      assert.ok(!entries.some(({ key }) => key === "a/"));
    });
  });

describe("a download", () => {
  it("asks before it overwrites, and can skip", async () => {
    const storage = await filled(memoryDriver(), { "a.txt": "new", "b.txt": "new" });
    writeFileSync(join(root, "a.txt"), "old");
    const items = ["a.txt", "b.txt"].map((key) => ({ storage, key, name: key }));
    const report = await download(items, root, options("skip"));
    assert.deepEqual([report.done, report.skipped], [1, 1]);
    assert.deepEqual([local("a.txt"), local("b.txt")], ["old", "new"]);
    await assert.rejects(download(items, root, options("cancel")), { name: "AbortError" });
    await download(items, root, options("overwrite"));
    assert.equal(local("a.txt"), "new");
  });

  it("never writes outside its folder, whatever the keys say", async () => {
    const hostile = { "f/../../escape": "x", "f/ok": "x", "f//absolute": "x", "f/./dot": "x" };
    const storage = await filled(memoryDriver(), hostile);
    mkdirSync(join(root, "in", "side"), { recursive: true });
    const report = await download(
      [{ storage, key: "f/", name: "f" }],
      join(root, "in", "side"),
      options(),
    );
    assert.equal(report.done, 1);
    assert.deepEqual(report.failed.map(({ name }) => name).toSorted(), [
      "f/../../escape",
      "f/./dot",
      "f//absolute",
    ]);
    assert.deepEqual(readdirSync(join(root, "in")), ["side"]);
    assert.deepEqual(readdirSync(root), ["in"]);
  });

  it("does not follow a link out of its folder", async () => {
    const storage = await filled(memoryDriver(), { "f/out/x.txt": "x" });
    mkdirSync(join(root, "outside"));
    mkdirSync(join(root, "in", "f"), { recursive: true });
    symlinkSync(join(root, "outside"), join(root, "in", "f", "out"));
    const report = await download([{ storage, key: "f/", name: "f" }], join(root, "in"), options());
    assert.deepEqual(
      report.failed.map(({ name }) => name),
      ["f/out/x.txt"],
    );
    assert.deepEqual(readdirSync(join(root, "outside")), []);
  });

  it("leaves the old file and no remains when it breaks half-way", async () => {
    const driver: Driver = {
      ...memoryDriver(),
      read: async (_, use) => {
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull(controller) {
            controller.enqueue(new Uint8Array(10));
            controller.error(new StorageError("unreachable", "cut"));
          },
        });
        return await use({ info: { key: "a.txt", size: 20 }, body });
      },
    };
    writeFileSync(join(root, "a.txt"), "old");
    const items = [{ storage: new Storage(driver), key: "a.txt", name: "a.txt" }];
    const report = await download(items, root, options());
    assert.ok(isStorageError(report.failed[0]?.error, "unreachable"));
    assert.equal(local("a.txt"), "old");
    assert.deepEqual(readdirSync(root), ["a.txt"]);
  });

  it("ends with a cancel, and leaves whole files only", async () => {
    const storage = await filled(memoryDriver(), { a: "x".repeat(100), b: "x" });
    const cancel = new AbortController();
    const items = ["a", "b"].map((key) => ({ storage, key, name: key }));
    const running = download(items, root, {
      ...options("overwrite", cancel.signal),
      onProgress: () => cancel.abort(),
    });
    await assert.rejects(running, { name: "AbortError" });
    for (const name of readdirSync(root)) assert.ok(!name.endsWith(".tmp"));
  });

  it("keeps the time of the last change", async () => {
    const modified = new Date("2020-01-02T03:04:05Z");
    const plain = memoryDriver();
    const driver: Driver = {
      ...plain,
      read: (request, use) =>
        plain.read(request, ({ info, body }) => use({ info: { ...info, modified }, body })),
    };
    const storage = await filled(driver, { "a.txt": "a" });
    await download([{ storage, key: "a.txt", name: "a.txt" }], root, options());
    const { statSync } = await import("node:fs");
    assert.deepEqual(statSync(join(root, "a.txt")).mtime, modified);
  });
});

describe("an upload", () => {
  it("asks before it overwrites, and can skip", async () => {
    const storage = await filled(memoryDriver(), { "a.txt": "old" });
    writeFileSync(join(root, "a.txt"), "new");
    writeFileSync(join(root, "b.txt"), "new");
    const paths = [join(root, "a.txt"), join(root, "b.txt")];
    const report = await uploadFiles(storage, "", paths, options("skip"));
    assert.deepEqual([report.done, report.skipped], [1, 1]);
    assert.equal(new TextDecoder().decode(await storage.bytes("a.txt")), "old");
  });

  it("does not overwrite what somebody else has put there meanwhile", async () => {
    const storage = await filled(memoryDriver(), {});
    writeFileSync(join(root, "a.txt"), "new");
    const report = await uploadFiles(storage, "", [join(root, "a.txt")], {
      ...options(),
      onProgress: () => void storage.write("a.txt", new Blob(["theirs"])),
    });
    assert.ok(isStorageError(report.failed[0]?.error, "conflict"));
    assert.equal(new TextDecoder().decode(await storage.bytes("a.txt")), "theirs");
  });

  it("goes on without a file that cannot be read, and says so", async () => {
    const storage = await filled(memoryDriver(), {});
    writeFileSync(join(root, "b.txt"), "b");
    const paths = [join(root, "missing.txt"), join(root, "b.txt")];
    const report = await uploadFiles(storage, "", paths, options());
    assert.deepEqual([report.done, report.failed.length], [1, 1]);
    assert.deepEqual(await keys(storage), ["b.txt"]);
  });

  it("names links and does not follow them", async () => {
    const storage = await filled(memoryDriver(), {});
    mkdirSync(join(root, "up"));
    writeFileSync(join(root, "secret.txt"), "secret");
    symlinkSync(join(root, "secret.txt"), join(root, "up", "link.txt"));
    const report = await uploadFolder(storage, "", join(root, "up"), options());
    assert.equal(report.failed.length, 1);
    assert.deepEqual(await keys(storage), []);
  });
});
