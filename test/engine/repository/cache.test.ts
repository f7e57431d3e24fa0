import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../../../src/base/bytes.ts";
import { FileCache } from "../../../src/engine/repository/cache.ts";

describe("the local cache", () => {
  let folder: string;
  const bytes = utf8("an index");
  const id = createHash("sha256").update(bytes).digest("hex");

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "offsite-cache-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("returns what was kept, whole and in part", async () => {
    const cache = new FileCache(folder);
    await cache.write("index", id, bytes);
    assert.deepEqual(await cache.read("index", id), bytes);
    assert.deepEqual(await cache.readRange("index", id, 3, 5), utf8("index"));
    assert.equal(await cache.readRange("index", id, 3, 6), undefined);
    assert.deepEqual(await readdir(join(folder, "index")), [id]);
  });

  it("drops a file that is not what its name says", async () => {
    const cache = new FileCache(folder);
    await cache.write("index", id, bytes);
    await writeFile(join(folder, "index", id), "an inde");
    assert.equal(await cache.read("index", id), undefined);
    assert.deepEqual(await readdir(join(folder, "index")), []);
  });

  it("goes on without what it cannot keep", async () => {
    await writeFile(join(folder, "file"), "");
    const cache = new FileCache(join(folder, "file", "below"));
    await cache.write("index", id, bytes);
    assert.equal(await cache.read("index", id), undefined);
    await cache.keepOnly("index", () => false);
    await cache.drop("index", id);
  });

  it("keeps a copy of what arrived, and none of what did not", async () => {
    const cache = new FileCache(folder);
    await cache.writeBeside("index", id, bytes, async () => {});
    assert.deepEqual(await cache.read("index", id), bytes);
    const failing = cache.writeBeside("index", id, bytes, async () => {
      throw new Error("lost on the way");
    });
    await assert.rejects(failing, /lost on the way/);
    assert.equal(await cache.read("index", id), undefined);
  });

  it("keeps only what the repository still has", async () => {
    const cache = new FileCache(folder);
    const other = id.replace(/^./, "x");
    await cache.write("data", id, bytes);
    await cache.write("data", other.replace("x", "0"), bytes);
    await cache.keepOnly("data", (kept) => kept === id);
    assert.deepEqual(await cache.read("data", id), bytes);
    assert.equal(await cache.readRange("data", other.replace("x", "0"), 0, 1), undefined);
  });
});
