import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import {
  compress,
  compressor,
  decompress,
  decompressor,
} from "../../../src/engine/format/compress.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";

const texts = [
  Buffer.alloc(0),
  Buffer.from("a"),
  Buffer.from("hello ".repeat(10_000)),
  randomBytes(300_000),
  Buffer.alloc(8 << 20),
];

describe("compression", () => {
  it("gives back what it took, one text after another, whatever their order", () => {
    const compressOne = compressor();
    assert.ok(compressOne);
    for (const text of [...texts, ...texts.toReversed()]) {
      assert.deepEqual(Buffer.from(decompress(compressOne(text), text.length)), text);
      assert.deepEqual(Buffer.from(decompress(compress(text), text.length)), text);
    }
  });

  it("writes the frames of a fresh context from a kept one", () => {
    const compressOne = compressor();
    for (const text of texts)
      assert.deepEqual(Buffer.from(compressOne!(text)), Buffer.from(compress(text)));
  });

  it("refuses a text larger than promised, and a frame that is cut or none", () => {
    const bomb = zstdCompressSync(Buffer.alloc(100 << 20));
    const refused: (() => unknown)[] = [
      () => decompress(bomb, 1 << 20),
      () => decompress(bomb.subarray(0, bomb.length - 3), 200 << 20),
      () => decompress(Buffer.from("no frame at all"), 1000),
      () => decompress(Buffer.alloc(0), 1000),
    ];
    for (const attempt of refused)
      assert.throws(attempt, (error) => isRepositoryError(error, "damaged"));
  });

  it("decompresses one frame after another, whatever came between", () => {
    const decompressNext = decompressor();
    const plain = Buffer.from("over and over ".repeat(1000));
    const frame = compress(plain);
    const bad = [
      frame.slice(0, frame.length >> 1),
      Buffer.from("no frame at all"),
      new Uint8Array(0),
    ];
    for (const wrong of [...bad, ...bad]) {
      assert.deepEqual(Buffer.from(decompressNext(frame, plain.length)), plain);
      assert.throws(() => decompressNext(wrong, plain.length), { kind: "damaged" });
      assert.throws(() => decompressNext(frame, plain.length - 1), { kind: "damaged" });
    }
    // Where the text is whole and its frame is not, hosts differ; the blob's hash has the last word.
    for (const odd of [frame.slice(0, -1), Buffer.concat([frame, frame])]) {
      let text: Buffer | undefined;
      try {
        text = Buffer.from(decompressNext(odd, plain.length));
      } catch (error) {
        assert.ok(isRepositoryError(error, "damaged"));
      }
      assert.deepEqual(text ?? plain, plain);
    }
    assert.deepEqual(Buffer.from(decompressNext(frame, plain.length)), plain);
    assert.equal(decompressNext(compress(new Uint8Array(0)), 0).length, 0);
    assert.deepEqual(Buffer.from(decompressNext(frame, plain.length + 1)), plain);
    const large = new Uint8Array(17 * 1024 * 1024).fill(3);
    assert.deepEqual(decompressNext(compress(large), large.length), large);
  });
});
