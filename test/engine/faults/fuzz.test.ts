import assert from "node:assert/strict";
import { utf8 } from "../../../src/base/bytes.ts";
import { openBlob } from "../../../src/engine/format/blob.ts";
import { parseConfig } from "../../../src/engine/format/config.ts";
import { compress } from "../../../src/engine/format/compress.ts";
import { Key, sha256Hex } from "../../../src/engine/format/crypto.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { goUnquote } from "../../../src/engine/format/goText.ts";
import { parseIndex } from "../../../src/engine/format/indexFile.ts";
import { parseKeyFile } from "../../../src/engine/repository/keys.ts";
import { parseMoment } from "../../../src/engine/format/moment.ts";
import { PackBuilder, packContents, parsePackHeader } from "../../../src/engine/format/pack.ts";
import { parseSnapshot, snapshotText } from "../../../src/engine/format/snapshot.ts";
import { parseTree } from "../../../src/engine/format/tree.ts";
import { openUnpacked, sealUnpacked } from "../../../src/engine/format/unpacked.ts";
import { jsonMutations, mutated } from "./mutate.ts";
import { randomFrom } from "../random.ts";
import { indexText } from "../indexText.ts";

/** Inputs in all, shared out below. */
const inputs = Number(process.env["FUZZ_INPUTS"] ?? 100_000);

/** Nothing that fits on a page of text may keep us busy for longer, on a machine with other things to do. */
const longestMs = 15_000;

interface Target {
  readonly title: string;
  /** Of a hundred inputs. */
  readonly share: number;
  readonly sample: Uint8Array;
  /** The sample is JSON, and every other input is too. */
  readonly isJson?: true;
  /** Returns or throws; what it returns is what the format allows. */
  readonly read: (bytes: Uint8Array) => unknown;
}

const id = (letter: string) => letter.repeat(64);
const key = Key.fromBytes(randomFrom(1).bytes(64));
const node = (name: string, more: object) => ({
  name,
  mode: 420,
  mtime: "2026-01-01T00:00:00.5Z",
  atime: "2026-01-01T00:00:00Z",
  uid: 0,
  gid: 0,
  inode: "18446744073709551615",
  links: 1,
  content: null,
  ...more,
});
const tree = JSON.stringify({
  nodes: [
    node('a\\"b\\x00\\u00e4', { type: "file", size: 5, content: [id("a"), id("b")] }),
    node("dir", { type: "dir", subtree: id("c") }),
    node("link", { type: "symlink", linktarget: "../x", linktarget_raw: "AAA=" }),
  ],
});
const index = indexText([
  { id: id("1"), blobs: [{ kind: "data", id: id("2"), offset: 0, length: 50, plainLength: 99 }] },
  { id: id("3"), blobs: [{ kind: "tree", id: id("4"), offset: 7, length: 60 }] },
]);
const snapshot = snapshotText({
  time: "2026-01-01T00:00:00.123456789+01:00",
  tree: id("5"),
  paths: ["/a", "/b"],
  hostname: "desk",
  username: "ann",
  tags: ["x", "y"],
  uid: 0,
  gid: 0,
});
const keyFile = JSON.stringify({
  created: "2026-01-01T00:00:00Z",
  username: "ann",
  hostname: "desk",
  kdf: "scrypt",
  N: 32768,
  r: 8,
  p: 5,
  salt: "AAAA",
  data: "BBBB",
});
const config = `{"version":2,"id":"${id("6")}","chunker_polynomial":"3da3358b4dc173"}`;
const plain = utf8("a blob's text ".repeat(20));
const blobId = sha256Hex(plain);
const pack = somePack();

function somePack() {
  const builder = new PackBuilder(key, "data", compress);
  for (let i = 0; i < 5; i++) builder.add(Buffer.from(id(String(i)), "hex"), plain);
  return builder.finish();
}

const targets: readonly Target[] = [
  {
    title: "a tree",
    share: 24,
    sample: utf8(tree),
    isJson: true,
    read: (bytes) => {
      for (const node of parseTree(bytes)) {
        const { name, type, subtree, content = [], mode, size = 0, links = 0 } = node;
        assert.ok(name.length > 0);
        assert.ok(type !== "dir" || /^[0-9a-f]{64}$/.test(subtree ?? ""));
        assert.ok(content.every((blob) => /^[0-9a-f]{64}$/.test(blob)));
        for (const count of [mode, size, links])
          assert.ok(Number.isSafeInteger(count) && count >= 0);
      }
    },
  },
  {
    title: "an index",
    share: 22,
    sample: utf8(index),
    isJson: true,
    read: (bytes) => {
      const { packIds, blobs } = parseIndex(bytes);
      assert.ok(packIds.every((pack) => /^[0-9a-f]{64}$/.test(pack)));
      assert.equal(blobs.length % 13, 0);
    },
  },
  {
    title: "a pack's header",
    share: 16,
    sample: pack.header,
    read: (bytes) => {
      let at = 0;
      for (const { offset, length } of parsePackHeader(bytes)) {
        assert.equal(offset, at);
        at += length;
      }
    },
  },
  { title: "a pack", share: 5, sample: pack.bytes, read: (bytes) => packContents(key, bytes) },
  {
    title: "a blob",
    share: 5,
    sample: key.seal(compress(plain)),
    read: (bytes) => {
      const place = { kind: "data", id: blobId, pack: id("9"), offset: 0, length: 1 } as const;
      assert.deepEqual(openBlob(key, { ...place, plainLength: plain.length }, bytes), plain);
    },
  },
  {
    title: "what a blob's seal holds",
    share: 4,
    sample: compress(plain),
    read: (bytes) => {
      const place = { kind: "data", id: blobId, pack: id("9"), offset: 0, length: 1 } as const;
      const sealed = key.seal(bytes);
      assert.deepEqual(openBlob(key, { ...place, plainLength: plain.length }, sealed), plain);
    },
  },
  {
    title: "a sealed file",
    share: 3,
    sample: await sealUnpacked(key, 2, utf8(snapshot)),
    read: (bytes) => assert.deepEqual(openUnpacked(key, 2, bytes), utf8(snapshot)),
  },
  {
    title: "what a file's seal holds",
    share: 3,
    sample: Buffer.concat([Uint8Array.of(2), compress(utf8(snapshot))]),
    read: (bytes) => openUnpacked(key, 2, key.seal(bytes)),
  },
  {
    title: "a snapshot",
    share: 8,
    sample: utf8(snapshot),
    isJson: true,
    read: (bytes) => {
      const parsed = parseSnapshot(id("7"), Buffer.from(bytes).toString());
      assert.ok(!Number.isNaN(Date.parse(parsed.time)));
      parseMoment(parsed.time);
    },
  },
  {
    title: "a key file",
    share: 4,
    sample: utf8(keyFile),
    isJson: true,
    read: (bytes) => {
      const { N, r, p } = parseKeyFile(bytes, id("8"));
      assert.ok(128 * r * Math.max(N, p) <= 2 ** 29 && N * r * p <= 2 ** 25);
    },
  },
  {
    title: "a config",
    share: 3,
    sample: utf8(config),
    isJson: true,
    read: (bytes) => assert.ok(parseConfig(Buffer.from(bytes).toString()).version <= 2),
  },
  {
    title: "a name",
    share: 3,
    sample: utf8('a\\"\\x41\\u00e4\\U0001f389\\377\\n'),
    read: (bytes) => goUnquote(Buffer.from(bytes).toString()),
  },
];

describe("whatever stands in the place of", () => {
  it("one thing or another, it is enough of it", () => {
    assert.equal(
      targets.reduce((sum, { share }) => sum + share, 0),
      100,
    );
  });

  for (const [number, { title, share, sample, isJson, read }] of targets.entries())
    it(`${title}, it is read or refused`, () => {
      const random = randomFrom(number);
      const mutatedJson = isJson && jsonMutations(Buffer.from(sample).toString());
      assert.doesNotThrow(() => read(sample));
      for (let i = 0; i < (inputs * share) / 100; i++) {
        const bytes = mutatedJson && i % 2 > 0 ? mutatedJson(random) : mutated(sample, random);
        const begun = performance.now();
        try {
          read(bytes);
        } catch (error) {
          const isRefused = isRepositoryError(error) || error instanceof SyntaxError;
          if (!isRefused)
            throw new Error(`input ${i}: ${Buffer.from(bytes).toString("base64")}`, {
              cause: error,
            });
        }
        const tookMs = performance.now() - begun;
        assert.ok(tookMs < longestMs, `input ${i} took ${tookMs} ms`);
      }
    }).timeout(60_000);
});
