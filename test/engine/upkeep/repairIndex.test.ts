import assert from "node:assert/strict";
import { never } from "../../../src/base/abort.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { fileKey, listFiles } from "../../../src/engine/format/layout.ts";
import { repairIndex } from "../../../src/engine/upkeep/repairIndex.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { forgetful } from "../faults/chaos.ts";
import { initRepository, openRepository, memoryStorage } from "../openRepository.ts";
import { filesOf, saveText, saveTree } from "../sampleSnapshot.ts";
import { indexText } from "../indexText.ts";

const state = { a: "first", b: "second", sub: { c: "third" } };
const nothing = { added: [], forgotten: [], unreadable: [], salvaged: 0, lost: 0 };

describe("repairing an index", () => {
  let storage: Storage;
  let repository: Repository;
  let snapshot: Snapshot;

  beforeEach(async () => {
    storage = await memoryStorage();
    repository = await initRepository(storage);
    snapshot = await saveTree(repository, state);
  });

  const list = async (type: "index" | "data") => [
    ...(await listFiles(storage, type, never)).keys(),
  ];
  const packs = () => [...repository.index.contents()];
  const packOf = (kind: "data" | "tree") => packs().find(({ blobs }) => blobs[0]?.kind === kind)!;
  const isSound = async () => {
    const { findings } = await check(repository, { readData: { type: "all" } });
    assert.deepEqual(findings, []);
    assert.deepEqual(await filesOf(repository, snapshot), state);
  };

  for (const readAll of [false, true])
    it(`changes nothing that is right${readAll ? ", reading everything" : ""}`, async () => {
      const before = await list("index");
      const report = await repairIndex(repository, { readAll });
      assert.deepEqual(report, { changed: false, damagedIndexFiles: 0, ...nothing });
      assert.deepEqual(await list("index"), before);
    });

  it("makes all of it anew from the packs", async () => {
    const ids = packs().map(({ id }) => id);
    for (const id of await list("index")) await storage.delete([fileKey("index", id)]);
    const report = await repairIndex(repository);
    assert.deepEqual(report.added.toSorted(), ids.toSorted());
    await isSound();
  });

  it("replaces an index file that is damaged", async () => {
    const [id] = await list("index");
    await storage.write(fileKey("index", id!), new Uint8Array(100));
    const report = await repairIndex(repository);
    assert.equal(report.damagedIndexFiles, 1);
    assert.equal(report.added.length, 2);
    assert.equal((await list("index")).length, 1);
    await isSound();
  });

  it("corrects an index that says what is not so", async () => {
    const wrong = packs().map((pack) => ({
      ...pack,
      blobs: pack.blobs.map((blob) => ({ ...blob, offset: blob.offset + 1 })),
    }));
    for (const id of await list("index")) await storage.delete([fileKey("index", id)]);
    await saveText(repository, "index", indexText(wrong));
    assert.equal((await repairIndex(repository)).changed, false);
    assert.equal((await repairIndex(repository, { readAll: true })).added.length, 2);
    await isSound();
  });

  it("forgets packs that are gone, so that their files are saved again", async () => {
    const { id } = packOf("data");
    await storage.delete([fileKey("data", id)]);
    const { forgotten, lost } = await repairIndex(repository);
    assert.deepEqual(forgotten, [id]);
    assert.equal(lost, 3);
    await saveTree(repository, state, "2026-01-05T00:00:00Z");
    await isSound();
  });

  it("forgets no pack that a listing has only left out", async () => {
    const driver = memoryDriver();
    const made = await initRepository(new Storage(driver));
    const there = await saveTree(made, state);
    const hidden = made.index.packs[0]!;
    const hiding = new Storage(forgetful(driver, (key) => key.endsWith(hidden)));
    const opened = await openRepository(hiding);
    await assert.rejects(repairIndex(opened), { kind: "unsettled" });
    assert.deepEqual(await filesOf(made, there), state);
  });

  it("salvages what is sound in a pack that is cut", async () => {
    const { id, blobs } = packOf("data");
    const key = fileKey("data", id);
    const cut = (blobs.at(-1)?.offset ?? 0) + 5;
    await storage.write(key, (await storage.bytes(key)).slice(0, cut));
    const { unreadable, salvaged, lost } = await repairIndex(repository);
    assert.deepEqual({ unreadable, salvaged, lost }, { unreadable: [id], salvaged: 2, lost: 1 });
    await saveTree(repository, state, "2026-01-05T00:00:00Z");
    const { findings } = await check(repository, { readData: { type: "all" } });
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ["pack-unindexed"],
    );
    assert.deepEqual(await filesOf(repository, snapshot), state);
  });

  it("keeps out of the index what only looks like a pack", async () => {
    const id = "ab".repeat(32);
    await storage.write(fileKey("data", id), new Uint8Array(1000).fill(7));
    assert.deepEqual((await repairIndex(repository)).unreadable, [id]);
    assert.deepEqual(await filesOf(repository, snapshot), state);
  });
});
