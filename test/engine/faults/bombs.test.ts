import assert from "node:assert/strict";
import { utf8 } from "../../../src/base/bytes.ts";
import { BlobIndex, tableRow } from "../../../src/engine/format/blobIndex.ts";
import { compress } from "../../../src/engine/format/compress.ts";
import { Key, sha256Hex } from "../../../src/engine/format/crypto.ts";
import { diff } from "../../../src/engine/snapshots/diff.ts";
import { findPaths } from "../../../src/engine/snapshots/find.ts";
import { openKeyFile, parseKeyFile } from "../../../src/engine/repository/keys.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { planRestore } from "../../../src/engine/restore/restorePlan.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import { parseTree } from "../../../src/engine/format/tree.ts";
import { openUnpacked } from "../../../src/engine/format/unpacked.ts";
import { initRepository, openRepository, memoryStorage } from "../openRepository.ts";
import { randomFrom } from "../random.ts";
import { saveFolding } from "../sampleSnapshot.ts";

const isDamaged = { kind: "damaged" };

describe("what is built to exhaust us", () => {
  const key = Key.fromBytes(randomFrom(1).bytes(64));

  describe("in a key file:", () => {
    const file = (N: number, r: number, p: number, salt = "AAAA") =>
      utf8(JSON.stringify({ kdf: "scrypt", N, r, p, salt, data: "AAAA" }));
    const table = [
      { title: "memory for N and r", N: 2 ** 20, r: 8, p: 1 },
      { title: "memory for r and p", N: 2, r: 1, p: 2 ** 24 },
      { title: "work without end", N: 2 ** 18, r: 8, p: 64 },
      { title: "more rounds than scrypt has", N: 2, r: 2 ** 15, p: 2 ** 15 },
      { title: "an N too large for its r", N: 2 ** 16, r: 1, p: 1 },
    ];
    for (const { title, N, r, p } of table)
      it(`${title} is refused`, () => {
        assert.throws(() => parseKeyFile(file(N, r, p), "k"), isDamaged);
      });

    it("what calibration may give on a fast computer is taken", async () => {
      for (const [N, r, p] of [
        [2 ** 15, 8, 20],
        [2 ** 16, 8, 1],
        [2 ** 17, 8, 4],
      ] as const)
        assert.equal(parseKeyFile(file(N, r, p), "k").N, N);
      assert.equal(await openKeyFile(parseKeyFile(file(2 ** 15, 1, 1), "k"), "x"), undefined);
    });

    it("a text of many megabytes is not even read", async () => {
      const storage = await memoryStorage();
      await initRepository(storage);
      const large = utf8(`{"kdf":[${"[],".repeat(5_000_000)}0]}`);
      await storage.write(`keys/${sha256Hex(large)}`, large);
      const before = process.memoryUsage().heapUsed;
      const repository = await openRepository(storage);
      assert.ok(process.memoryUsage().heapUsed - before < 50_000_000);
      assert.ok(repository);
    });
  });

  it("a small file that unpacks to gigabytes is refused", () => {
    const plain = new Uint8Array(200_000_000).fill(0x20);
    const sealed = key.seal(Buffer.concat([Uint8Array.of(2), compress(plain)]));
    assert.ok(sealed.length < 50_000);
    assert.throws(() => openUnpacked(key, 2, sealed), isDamaged);
  });

  it("a folder of ten million entries is refused, one of less than a million is not", () => {
    const node = '{"name":"a","type":"fifo"}';
    const list = (count: number, one: string) => Buffer.alloc((one.length + 1) * count, `${one},`);
    const folderOf = (count: number) =>
      Buffer.concat([utf8('{"nodes":['), list(count - 1, node), utf8(`${node}]}`)]);
    assert.equal(parseTree(folderOf(630_000)).length, 630_000);
    assert.throws(() => parseTree(folderOf(10_000_000)), isDamaged);
    const junk = Buffer.concat([utf8('{"nodes":[],"x":['), list(8_000_000, "[]"), utf8("[]]}")]);
    const before = process.memoryUsage().heapUsed;
    assert.equal(parseTree(junk).length, 0);
    assert.ok(process.memoryUsage().heapUsed - before < 50_000_000);
  }).timeout(60_000);

  it("a name of megabytes is refused", () => {
    const name = "\\\\x41".repeat(2_000_000);
    const tree = `{"nodes":[{"name":"${name}","type":"fifo"}]}`;
    assert.throws(() => parseTree(tree), isDamaged);
  });

  it("an index whose ids all hash alike is refused", () => {
    const count = 400_000;
    const blobs = new Uint32Array(count * tableRow);
    for (let i = 0; i < count; i++) {
      // Groups of nine thousand that fall on one slot each.
      blobs.set([Math.floor(i / 9000) * 20_000, i], i * tableRow);
      blobs.set([0, 0, i * 100, 100, 0], i * tableRow + 8);
    }
    // Without a bound this takes minutes, and so the test's own time is the bound.
    assert.throws(() => new BlobIndex().addTable({ packIds: ["p"], blobs }), isDamaged);
  });

  describe("folders that hold one another again and again", () => {
    let repository: Repository;
    let snapshot: Snapshot;
    /** Twice the same folder in each: a few hundred kilobytes that unfold to 2^1500 entries. */
    before(async () => {
      repository = await initRepository(await memoryStorage());
      snapshot = await saveFolding(repository, 1500);
    });

    it("are not unfolded by a restore", async () => {
      const request = { snapshot, select: [], target: "/nowhere/at/all", base: [] };
      await assert.rejects(planRestore(repository, request), isDamaged);
    }).timeout(60_000);

    it("are not unfolded by a search", async () => {
      const matches = (path: readonly string[]) => path.at(-1) === "leaf";
      await assert.rejects(findPaths(repository, { snapshots: [snapshot], matches }), isDamaged);
    }).timeout(60_000);

    it("are not unfolded by a comparison", async () => {
      let seen = 0;
      const run = async () => {
        for await (const _ of diff(repository, { before: undefined, after: snapshot.tree })) seen++;
      };
      await assert.rejects(run(), isDamaged);
      assert.ok(seen > 1000);
    }).timeout(60_000);
  });
});
