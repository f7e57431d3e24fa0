import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { loadArithmetic, plainArithmetic } from "../../../src/engine/format/arithmetic.ts";
import { buildKernels } from "../../../src/engine/format/buildKernels.mjs";
import { Key, sealBytes } from "../../../src/engine/format/crypto.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";

const wasm = fileURLToPath(new URL("../../../dist/kernels.wasm", import.meta.url));

describe("a key", () => {
  before(() => buildKernels(wasm));

  it("opens what it sealed, and what the same bytes sealed elsewhere", () => {
    const bytes = randomBytes(64);
    const fast = Key.fromBytes(bytes, loadArithmetic(wasm));
    const plain = Key.fromBytes(bytes, plainArithmetic());
    for (const length of [0, 1, 15, 16, 17, 1000, 32_767, 32_768, 32_769, 100_000]) {
      const text = randomBytes(length);
      const sealed = fast.seal(text);
      assert.equal(sealed.length, length + sealBytes);
      assert.deepEqual(Buffer.from(plain.open(sealed)), text);
      assert.deepEqual(Buffer.from(fast.open(plain.seal(text))), text);
    }
  });

  it("never seals twice with the same nonce", () => {
    const key = Key.random();
    const nonces = Array.from({ length: 1000 }, () =>
      Buffer.from(key.seal(new Uint8Array(1)).subarray(0, 16)).toString("hex"),
    );
    assert.equal(new Set(nonces).size, nonces.length);
  });

  it("never enciphers two blocks with the same counter", () => {
    const key = Key.random(loadArithmetic(wasm));
    const used = Array.from({ length: 2000 }, (_, i) => {
      const length = i % 50 === 0 ? 40_000 : (i * i) % 5000;
      const nonce = Buffer.from(key.seal(new Uint8Array(length)).subarray(0, 16));
      const from = BigInt(`0x${nonce.toString("hex")}`);
      return { from, end: from + BigInt(Math.max(1, Math.ceil(length / 16))) };
    }).sort((a, b) => (a.from < b.from ? -1 : 1));
    for (const [i, { from }] of used.entries()) if (i > 0) assert.ok(used[i - 1]!.end <= from);
  });

  it("opens nothing that was changed, cut or sealed by another key", () => {
    const key = Key.random();
    const sealed = key.seal(randomBytes(100));
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at]! ^= 1;
      assert.equal(key.tryOpen(changed), undefined);
    }
    assert.equal(key.tryOpen(sealed.subarray(1)), undefined);
    assert.equal(key.tryOpen(sealed.subarray(0, 31)), undefined);
    assert.equal(Key.random().tryOpen(sealed), undefined);
    assert.throws(
      () => key.open(new Uint8Array(64)),
      (error) => isRepositoryError(error, "damaged"),
    );
  });
});
