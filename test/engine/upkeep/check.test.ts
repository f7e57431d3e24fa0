import assert from "node:assert/strict";
import type { Bytes } from "../../../src/base/bytes.ts";
import {
  check,
  choosePacks,
  type CheckRequest,
  type Finding,
} from "../../../src/engine/upkeep/check.ts";
import { fileKey, listFiles } from "../../../src/engine/format/layout.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { never } from "../../../src/base/abort.ts";
import { openStorage } from "../../../src/storage/open.ts";
import type { Provider } from "../../../src/storage/provider.ts";
import { memoryProvider } from "../../../src/storage/providers/memory.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { initRepository, openRepository } from "../openRepository.ts";
import { saveText, saveTree } from "../sampleSnapshot.ts";
import { indexText } from "../indexText.ts";

const readAll: CheckRequest = { readData: { type: "all" } };

describe("check", () => {
  let provider: Provider;
  let storage: Storage;
  let repository: Repository;

  beforeEach(async () => {
    provider = memoryProvider();
    storage = await openStorage({ provider, answers: {} }, () => {});
    repository = await initRepository(storage);
    await saveTree(repository, { a: "first", sub: { b: "second" } }, "2026-01-01T00:00:00Z");
    await saveTree(repository, { a: "first", sub: { b: "third" } }, "2026-01-02T00:00:00Z");
    repository = await openRepository(storage);
  });

  const files = async (type: "data" | "index" | "snapshots") => [
    ...(await listFiles(storage, type, never)).keys(),
  ];
  const packs = (kind: "data" | "tree") =>
    [...repository.index.contents()].filter(({ blobs }) => blobs[0]?.kind === kind);
  const found = async (request: CheckRequest = {}) => {
    const { findings } = await check(repository, request);
    return findings.map(({ severity, kind }) => `${severity} ${kind}`);
  };
  const change = async (key: string, turn: (bytes: Bytes) => Bytes) => {
    await storage.write(key, turn(await storage.bytes(key)));
  };
  const turned = (at: number) => (bytes: Bytes) => {
    const copy = bytes.slice();
    copy[at < 0 ? copy.length + at : at]! ^= 1;
    return copy;
  };

  it("finds nothing wrong with what is sound, and says what it looked at", async () => {
    const report = await check(repository, readAll);
    const { bytesRead, ...counts } = report;
    const all = { sound: true, findings: [], errors: 0, hints: 0, snapshots: 2, trees: 4 };
    assert.deepEqual(counts, { ...all, packs: 4, packsRead: 4 });
    assert.ok(bytesRead > 0);
    await repository.loadIndex();
    assert.deepEqual(await files("data"), [...repository.index.packs].toSorted());
    assert.equal((await listFiles(storage, "locks", never)).size, 0);
  });

  it("finds a pack that is missing, and what it takes with it", async () => {
    await repository.loadIndex();
    await storage.delete([fileKey("data", packs("tree")[0]!.id)]);
    assert.deepEqual((await found()).toSorted(), ["error pack-missing", "error tree-damaged"]);
  });

  it("finds a pack that is cut", async () => {
    await repository.loadIndex();
    await change(fileKey("data", packs("data")[0]!.id), (bytes) => bytes.slice(0, -1));
    assert.deepEqual(await found(readAll), ["error pack-size"]);
  });

  const flips = [
    { title: "a blob", at: 20 },
    { title: "its header", at: -20 },
    { title: "the length of its header", at: -1 },
  ];
  for (const { title, at } of flips)
    it(`finds a bit that is turned in ${title}, once it reads the data`, async () => {
      await repository.loadIndex();
      const key = fileKey("data", packs("data")[0]!.id);
      await change(key, turned(at));
      assert.deepEqual(await found(), []);
      const { sound, findings } = await check(repository, readAll);
      assert.equal(sound, false);
      assert.deepEqual([...new Set(findings.map(({ file }) => file))], [key]);
      assert.ok(findings.every(({ kind }) => kind === "pack-damaged"));
    });

  it("finds snapshots and indexes that are damaged, and goes on without them", async () => {
    const [snapshot] = await files("snapshots");
    await change(fileKey("snapshots", snapshot!), turned(40));
    assert.deepEqual(await found(), ["error snapshot-damaged"]);
    for (const id of await files("index")) await change(fileKey("index", id), turned(40));
    const kinds = new Set(await found());
    assert.ok(kinds.has("error index-damaged"));
    assert.ok(kinds.has("error tree-damaged"));
  });

  it("finds data that no pack holds", async () => {
    await repository.loadIndex();
    const trees = packs("tree");
    for (const id of await files("index")) await storage.delete([fileKey("index", id)]);
    await saveText(repository, "index", indexText(trees));
    const kinds = await found();
    assert.equal(kinds.filter((kind) => kind === "error blob-missing").length, 4);
    assert.equal(kinds.filter((kind) => kind === "hint pack-unindexed").length, 2);
  });

  it("only hints at what costs space", async () => {
    await storage.write(fileKey("data", "ab".repeat(32)), new Uint8Array(10));
    await saveTree(repository, { a: "first" }, "2026-01-03T00:00:00Z", { again: true });
    const report = await check(repository, readAll);
    assert.equal(report.sound, true);
    assert.deepEqual(report.findings.map(({ kind }) => kind).toSorted(), [
      "blob-duplicate",
      "pack-unindexed",
    ]);
  });

  it("tells of findings as it goes, and can be cancelled", async () => {
    for (const id of await files("data")) await storage.delete([fileKey("data", id)]);
    const cancel = new AbortController();
    const told: Finding[] = [];
    const onFinding = (finding: Finding) => {
      told.push(finding);
      cancel.abort(new Error("cancelled"));
    };
    const run = check(repository, { signal: cancel.signal, onFinding });
    await assert.rejects(run, /cancelled/);
    assert.ok(told.length > 0);
    assert.equal((await listFiles(storage, "locks", never)).size, 0);
  });

  it("needs no lock where it may not write", async () => {
    const readOnly = await openStorage({ provider, answers: {}, readOnly: true }, () => {});
    const opened = await openRepository(readOnly);
    assert.equal((await check(opened)).sound, true);
  });
});

describe("part of the packs", () => {
  const ids = Array.from({ length: 256 }, (_, i) =>
    i.toString(16).padStart(2, "0").padEnd(64, "0"),
  );

  it("is all of them once in all parts", () => {
    for (const count of [1, 2, 7, 256]) {
      const parts = Array.from({ length: count }, (_, i) =>
        choosePacks(ids, { type: "part", part: i + 1, of: count }, Math.random),
      );
      assert.deepEqual(parts.flat().toSorted(), ids);
    }
  });

  it("is a share drawn by chance", () => {
    for (const [percent, count] of [
      [0, 0],
      [0.1, 1],
      [50, 128],
      [100, 256],
    ] as const) {
      const drawn = choosePacks(ids, { type: "percent", percent }, Math.random);
      assert.equal(new Set(drawn).size, count);
    }
  });
});
