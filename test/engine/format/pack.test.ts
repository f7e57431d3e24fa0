import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { compressor, decompress } from "../../../src/engine/format/compress.ts";
import { Key, sha256, sha256Hex } from "../../../src/engine/format/crypto.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { PackBuilder, packContents, parsePackHeader } from "../../../src/engine/format/pack.ts";

const texts = [randomBytes(10), Buffer.from("tree ".repeat(1000)), randomBytes(3_000_000)];

describe("a pack", () => {
  const key = Key.random();

  for (const compress of [compressor(), undefined])
    it(`holds what was added, ${compress ? "compressed" : "plain"}, and says so at its end`, () => {
      const builder = new PackBuilder(key, "tree", compress);
      assert.ok(builder.isEmpty);
      for (const text of texts) builder.add(sha256(text), text);
      const expected = builder.length;
      const { id, bytes, header } = builder.finish();
      assert.ok(builder.isEmpty);
      assert.equal(bytes.length, expected);
      assert.equal(id, sha256Hex(bytes));
      const blobs = packContents(key, bytes);
      assert.deepEqual(blobs, parsePackHeader(header));
      assert.equal(blobs.length, texts.length);
      for (const [i, { kind, id: blobId, offset, length, plainLength }] of blobs.entries()) {
        assert.equal(kind, "tree");
        const stored = key.open(bytes.subarray(offset, offset + length));
        const plain = plainLength === undefined ? stored : decompress(stored, plainLength);
        assert.equal(plainLength !== undefined, compress !== undefined);
        assert.deepEqual(Buffer.from(plain), texts[i]);
        assert.equal(blobId, sha256Hex(plain));
      }
    });

  it("takes over blobs that are sealed already", () => {
    const builder = new PackBuilder(key, "data");
    const sealed = key.seal(texts[0]!);
    builder.addSealed(sha256(texts[0]!), sealed, 10);
    const [blob] = packContents(key, builder.finish().bytes);
    assert.deepEqual(blob, {
      kind: "data",
      id: sha256Hex(texts[0]!),
      offset: 0,
      length: sealed.length,
      plainLength: 10,
    });
  });

  it("is refused when it is cut, changed, or lies about its contents", () => {
    const builder = new PackBuilder(key, "data");
    builder.add(sha256(texts[0]!), texts[0]!);
    const { bytes } = builder.finish();
    const forged = bytes.slice();
    forged[forged.length - 3] = 0xff;
    const shifted = bytes.slice(1);
    for (const pack of [bytes.subarray(0, 2), bytes.subarray(0, -1), forged, shifted])
      assert.throws(
        () => packContents(key, pack),
        (error) => isRepositoryError(error, "damaged"),
      );
  });

  it("refuses headers of nonsense, every one of them in time", () => {
    for (let i = 0; i < 2000; i++) {
      const header = randomBytes(i % 200);
      if (header.length > 0) header[0] = i % 5;
      try {
        const blobs = parsePackHeader(header);
        assert.ok(blobs.every(({ length }) => length >= 32));
      } catch (error) {
        assert.ok(isRepositoryError(error, "damaged"), String(error));
      }
    }
  });
});
