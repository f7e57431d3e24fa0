import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { utf8, type Bytes } from "../../../src/base/bytes.ts";
import { fileKey } from "../../../src/engine/format/layout.ts";
import { tableOf } from "../../../src/engine/format/blobIndex.ts";
import { Repository } from "../../../src/engine/repository/repository.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import {
  initRepository,
  openRepository,
  countedStorage,
  memoryStorage,
  testOptions,
  withTemporaryFolder,
} from "../openRepository.ts";
import { filesOf, saveTree, type SampleFolder } from "../sampleSnapshot.ts";

const sample: SampleFolder = {
  "a.txt": "first",
  empty: "",
  folder: { "b.txt": "second", deep: { "c.txt": "third" } },
};

describe("a repository", () => {
  let storage: Storage;

  beforeEach(async () => {
    storage = await memoryStorage();
  });

  const init = async () => await initRepository(storage);
  const open = async (cacheFolder?: string) =>
    await openRepository(storage, cacheFolder === undefined ? {} : { cacheFolder });

  it("is made once, and then exists", async () => {
    assert.equal(await Repository.exists(storage), false);
    const made = await init();
    assert.equal(await Repository.exists(storage), true);
    assert.match(made.id, /^[0-9a-f]{64}$/);
    assert.equal(made.version, 2);
    await assert.rejects(init(), { kind: "exists" });
  });

  it("is not made over what may be the rest of one", async () => {
    await storage.write(`keys/${"0".repeat(64)}`, utf8("a key whose config was lost"));
    await assert.rejects(init(), { kind: "exists" });
  });

  for (const ifAbsent of [true, false])
    it(`is made by one of two at the same moment, ${ifAbsent ? "by" : "also without"} conditions`, async () => {
      const inner = memoryDriver();
      const capabilities = { ...inner.capabilities, ifAbsent };
      const shared = new Storage({ ...inner, capabilities });
      const words = ["one", "another"];
      const made = await Promise.allSettled(
        words.map(async (word) => await Repository.init(testOptions(shared), word)),
      );
      const left = await Array.fromAsync(shared.list(), ({ key }) => key);
      const winner = made.findIndex(({ status }) => status === "fulfilled");
      assert.ok(made.filter(({ status }) => status === "fulfilled").length <= 1);
      // Both may have stepped back; then the next one has a free place.
      if (winner < 0) assert.deepEqual(left, []);
      else assert.ok(await Repository.open(testOptions(shared), words[winner] ?? ""));
      assert.ok(winner >= 0 || !ifAbsent);
    });

  it("opens with its passphrase and no other", async () => {
    const { id } = await init();
    assert.equal((await open()).id, id);
    await assert.rejects(Repository.open(testOptions(storage), "another"), {
      kind: "wrong-passphrase",
    });
  });

  it("gives back what was saved, from a second opening too", async () => {
    const snapshot = await saveTree(await init(), sample);
    const again = await open();
    assert.deepEqual(await again.snapshots(), [snapshot]);
    assert.deepEqual(await filesOf(again, snapshot), sample);
  });

  it("finds a node by its path", async () => {
    const repository = await init();
    const snapshot = await saveTree(repository, sample);
    const found = await repository.find(snapshot, ["folder", "deep", "c.txt"]);
    assert.equal(found?.size, 5);
    for (const absent of [[], ["a.txt", "b"], ["folder", "none"], ["none", "none"]])
      assert.equal(await repository.find(snapshot, absent), undefined);
  });

  it("lists snapshots oldest first, and sees what others add and forget", async () => {
    const mine = await init();
    const theirs = await open();
    const later = await saveTree(mine, sample, "2026-02-02T00:00:00Z");
    const earlier = await saveTree(theirs, { x: "y" }, "2026-01-01T00:00:00+01:00");
    assert.deepEqual(await mine.snapshots(), [earlier, later]);
    assert.deepEqual(await filesOf(mine, earlier), { x: "y" });
    await storage.delete([fileKey("snapshots", earlier.id)]);
    assert.deepEqual(await mine.snapshots(), [later]);
  });

  it("finds what others have stored since it looked last", async () => {
    const mine = await init();
    await mine.loadIndex();
    const { tree } = await saveTree(await open(), sample);
    assert.equal((await mine.tree(tree)).length, 3);
  });

  it("forgets packs that no index file names when the lock ends", async () => {
    const repository = await init();
    await repository.withLock("shared", async () => {
      await repository.addPacks(tableOf([{ id: "a".repeat(64), blobs: [blobOf("b".repeat(64))] }]));
      assert.ok(repository.index.has("data", "b".repeat(64)));
    });
    assert.equal(repository.index.has("data", "b".repeat(64)), false);
  });

  it("starts over with the index when someone has pruned", async () => {
    const repository = await init();
    await saveTree(repository, sample);
    for await (const entry of storage.list("index/"))
      if (entry.type === "object") await storage.delete([entry.key]);
    await repository.loadIndex();
    assert.equal(repository.index.size, 0);
  });

  describe("refuses with the right word", () => {
    it("an empty place", async () => {
      await assert.rejects(open(), { kind: "not-a-repository" });
    });

    it("a format that is newer than this program", async () => {
      const repository = await init();
      await replaceConfig(repository, (text) => text.replace('"version":2', '"version":3'));
      await assert.rejects(open(), { kind: "too-new", details: { version: 3 } });
    });

    it("a polynomial that cuts nowhere", async () => {
      const repository = await init();
      await replaceConfig(repository, (text) =>
        text.replace(/"chunker_polynomial":"[^"]*"/, '"chunker_polynomial":"2"'),
      );
      await assert.rejects(open(), damaged("config"));
    });

    it("a config that is missing, cut or turned", async () => {
      await init();
      const config = await storage.bytes("config");
      for (const bytes of [config.slice(0, 20), flipped(config), new Uint8Array()]) {
        await storage.write("config", bytes);
        await assert.rejects(open(), damaged("config"));
      }
      await storage.delete(["config"]);
      await assert.rejects(open(), damaged("config"));
    });

    it("key files that are missing, turned, or made to keep us busy", async () => {
      await init();
      const key = await onlyFile(storage, "keys/");
      await storage.write(key, flipped(await storage.bytes(key)));
      await assert.rejects(open(), damaged(key));
      await storage.delete([key]);
      await assert.rejects(open(), damaged("keys"));
      const greedy = utf8(
        JSON.stringify({ kdf: "scrypt", N: 2 ** 30, r: 8, p: 1, salt: "", data: "" }),
      );
      const greedyKey = fileKey("keys", await hashOf(greedy));
      await storage.write(greedyKey, greedy);
      await assert.rejects(open(), damaged(greedyKey));
    });

    it("a snapshot that is turned, unless told to go on without it", async () => {
      const repository = await init();
      const good = await saveTree(repository, sample);
      const bad = await saveTree(repository, { x: "y" });
      const key = fileKey("snapshots", bad.id);
      await storage.write(key, flipped(await storage.bytes(key)));
      await assert.rejects((await open()).snapshots(), damaged(key));
      const reported: unknown[] = [];
      const listed = await (await open()).snapshots(undefined, (error) => reported.push(error));
      assert.deepEqual(listed, [good]);
      assert.equal(reported.length, 1);
    });

    it("an index that is turned", async () => {
      await saveTree(await init(), sample);
      const key = await onlyFile(storage, "index/");
      await storage.write(key, flipped(await storage.bytes(key)));
      await assert.rejects((await open()).loadIndex(), damaged(key));
    });

    it("an index that is turned, to whoever misses what it lists", async () => {
      const lost = await saveTree(await init(), { "lost.txt": "lost" });
      const key = await onlyFile(storage, "index/");
      const found = await saveTree(await open(), sample);
      await storage.write(key, flipped(await storage.bytes(key)));
      assert.deepEqual(await filesOf(await open(), found), sample);
      await assert.rejects(filesOf(await open(), lost), damaged(key));
    });

    it("a pack that is turned, cut or missing", async () => {
      const repository = await init();
      const snapshot = await saveTree(repository, sample);
      await repository.loadIndex();
      for (const pack of repository.index.packs) {
        const key = fileKey("data", pack);
        const bytes = await storage.bytes(key);
        for (const bad of [flipped(bytes, 20), bytes.slice(0, 40), undefined]) {
          if (bad) await storage.write(key, bad);
          else await storage.delete([key]);
          await assert.rejects(filesOf(await open(), snapshot), damaged(key));
        }
        await storage.write(key, bytes);
      }
      assert.deepEqual(await filesOf(await open(), snapshot), sample);
    });
  });

  it("reads a part of a file, and of its blobs only those that hold it", async () => {
    const { storage, requests } = countedStorage();
    const made = await initRepository(storage);
    const chunks = ["first", "second", "third", "", "fourth"].filter(Boolean);
    const { tree } = await saveTree(made, { file: { chunks } });
    const repository = await openRepository(storage);
    const [file] = await repository.tree(tree);
    const all = chunks.join("");
    for (let start = 0; start <= all.length; start++)
      for (const end of [start, start + 1, start + 7, all.length, all.length + 9]) {
        const pieces = await Array.fromAsync(repository.read(file!, undefined, { start, end }));
        assert.equal(Buffer.concat(pieces).toString(), all.slice(start, end), `${start} to ${end}`);
      }
    requests.length = 0;
    await Array.fromAsync(repository.read(file!, undefined, { start: 0, end: 0 }));
    assert.deepEqual(requests, []);
  });

  it("reads a blob from another pack if one is damaged", async () => {
    const repository = await init();
    const snapshot = await saveTree(repository, sample);
    const before = [...repository.index.packs];
    await saveTree(await open(), sample, undefined, { again: true });
    await storage.delete(before.map((pack) => fileKey("data", pack)));
    assert.deepEqual(await filesOf(await open(), snapshot), sample);
  });

  describe("with a cache", () => {
    it("fetches nothing twice that does not change", async () => {
      await withTemporaryFolder(async (cacheFolder) => {
        const snapshot = await saveTree(await init(), sample);
        await filesOf(await open(cacheFolder), snapshot);
        const kept = await readdir(cacheFolder, { recursive: true, withFileTypes: true });
        assert.equal(kept.filter((entry) => entry.isFile()).length, 2, "an index and a tree pack");
        const repository = await open(cacheFolder);
        await repository.loadIndex();
        const tree = repository.index.find("tree", snapshot.tree);
        await storage.delete([
          fileKey("data", tree?.pack ?? ""),
          await onlyFile(storage, "index/"),
        ]);
        assert.equal((await repository.tree(snapshot.tree)).length, 3);
      });
    });

    it("does not care what becomes of it", async () => {
      await withTemporaryFolder(async (cacheFolder) => {
        const snapshot = await saveTree(await init(), sample);
        await filesOf(await open(cacheFolder), snapshot);
        const entries = await readdir(cacheFolder, { recursive: true, withFileTypes: true });
        for (const entry of entries)
          if (entry.isFile())
            await writeFile(join(entry.parentPath, entry.name), "rubbish".repeat(999));
        assert.deepEqual(await filesOf(await open(cacheFolder), snapshot), sample);
        assert.deepEqual(await filesOf(await open(cacheFolder), snapshot), sample);
      });
    });
  });

  async function replaceConfig(repository: Repository, change: (text: string) => string) {
    const key = repository.sealingKey;
    const text = Buffer.from(key.open(await storage.bytes("config"))).toString();
    await storage.write("config", key.seal(utf8(change(text))));
  }
});

function damaged(file: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as { kind?: string }).kind, "damaged", String(error));
    assert.equal((error as { details?: { file?: string } }).details?.file, file);
    return true;
  };
}

function flipped(bytes: Bytes, at = bytes.length >> 1): Bytes {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

async function onlyFile(storage: Storage, prefix: string): Promise<string> {
  const [entry, ...more] = await Array.fromAsync(storage.list(prefix));
  assert.equal(more.length, 0);
  return entry?.key ?? "";
}

async function hashOf(bytes: Bytes): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}

function blobOf(id: string) {
  return { kind: "data", id, offset: 0, length: 100 } as const;
}
