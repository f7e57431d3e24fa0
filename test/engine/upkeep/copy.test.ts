import assert from "node:assert/strict";
import { check } from "../../../src/engine/upkeep/check.ts";
import { copySnapshot } from "../../../src/engine/upkeep/copy.ts";
import { fileKey } from "../../../src/engine/format/layout.ts";
import { Repository } from "../../../src/engine/repository/repository.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { initRepository, memoryStorage, testOptions } from "../openRepository.ts";
import { filesOf, saveTree } from "../sampleSnapshot.ts";

describe("copying a snapshot", () => {
  let source: Storage;
  let from: Repository;
  let to: Repository;
  const state = { a: "first", empty: "", sub: { b: "second", c: "first" } };

  beforeEach(async () => {
    source = await memoryStorage();
    const target = await memoryStorage();
    from = await initRepository(source);
    to = await Repository.init(testOptions(target), "another passphrase");
  });

  const isSound = async () => {
    const { findings } = await check(to, { readData: { type: "all" } });
    assert.deepEqual(findings, []);
  };

  it("gives the other repository all of it, and says where it came from", async () => {
    const snapshot = await saveTree(from, state);
    const { snapshot: copy, existed } = await copySnapshot({ from, to, snapshot });
    assert.equal(existed, false);
    assert.equal(copy.original, snapshot.id);
    assert.equal(copy.time, snapshot.time);
    assert.deepEqual(copy.paths, snapshot.paths);
    assert.deepEqual(await filesOf(to, copy), state);
    await isSound();
  });

  it("copies only what is not there yet", async () => {
    const first = await saveTree(from, state);
    await copySnapshot({ from, to, snapshot: first });
    const second = await saveTree(from, { ...state, d: "fourth" }, "2026-01-03T00:00:00Z");
    const { snapshot, bytesCopied } = await copySnapshot({ from, to, snapshot: second });
    assert.deepEqual(await filesOf(to, snapshot), { ...state, d: "fourth" });
    assert.ok(bytesCopied < 1000);
    await isSound();
  });

  it("knows a copy again, also from a third repository", async () => {
    const snapshot = await saveTree(from, state);
    const once = await copySnapshot({ from, to, snapshot });
    const twice = await copySnapshot({ from, to, snapshot });
    assert.equal(twice.existed, true);
    assert.equal(twice.snapshot.id, once.snapshot.id);
    const back = await copySnapshot({ from: to, to: from, snapshot: once.snapshot });
    assert.equal(back.snapshot.id, snapshot.id);
  });

  it("leaves no snapshot if something of it is damaged", async () => {
    const snapshot = await saveTree(from, state);
    const pack = [...from.index.contents()].find(({ blobs }) => blobs[0]?.kind === "data");
    const key = fileKey("data", pack!.id);
    const bytes = await source.bytes(key);
    bytes[20]! ^= 1;
    await source.write(key, bytes);
    await assert.rejects(copySnapshot({ from, to, snapshot }), { kind: "damaged" });
    assert.deepEqual(await to.snapshots(), []);
  });
});
