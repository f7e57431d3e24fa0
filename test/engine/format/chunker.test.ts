import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  loadArithmetic,
  plainArithmetic,
  type Arithmetic,
} from "../../../src/engine/format/arithmetic.ts";
import { buildKernels } from "../../../src/engine/format/buildKernels.mjs";
import { Chunker, chunkerWindow, maxChunk, minChunk } from "../../../src/engine/format/chunker.ts";
import { pseudoRandom } from "../oddTree.ts";

const wasm = fileURLToPath(new URL("../../../dist/kernels.wasm", import.meta.url));
const polynomial = 0x3da3358b4dc173n;

describe("the chunker", function () {
  this.timeout(60_000);
  const arithmetics: [string, Arithmetic][] = [];
  before(async () => {
    await buildKernels(wasm);
    arithmetics.push(["WebAssembly", loadArithmetic(wasm, chunkerWindow)]);
    arithmetics.push(["JavaScript", plainArithmetic(chunkerWindow)]);
  });

  const data = Buffer.concat([
    pseudoRandom(9_000_000),
    Buffer.alloc(10_000_000, 1),
    pseudoRandom(777_777),
  ]);
  const cases = {
    "a long file with a stretch that has no cut": data,
    nothing: Buffer.alloc(0),
    "less than the least": data.subarray(0, 1000),
    "exactly the least": data.subarray(0, minChunk),
    "exactly the most, without a cut": Buffer.alloc(maxChunk, 1),
    "one more than the most": Buffer.alloc(maxChunk + 1, 1),
    "nothing but zeros": Buffer.alloc(2_000_000),
  };

  for (const [name, bytes] of Object.entries(cases))
    it(`cuts where the definition does: ${name}`, () => {
      const expected = cutsOf(bytes);
      for (const [how, arithmetic] of arithmetics)
        for (const piece of [1 << 20, 100_003])
          assert.deepEqual(lengthsOf(arithmetic, bytes, piece), expected, how);
    });

  it("hands out the bytes it was given, in order", () => {
    for (const [, arithmetic] of arithmetics) {
      const parts: Buffer[] = [];
      new Chunker(arithmetic, polynomial).cut(reader(data, 300_000), (chunk, offset) => {
        assert.equal(
          offset,
          parts.reduce((sum, { length }) => sum + length, 0),
        );
        parts.push(Buffer.from(chunk));
      });
      assert.ok(Buffer.concat(parts).equals(data));
    }
  });
});

function lengthsOf(arithmetic: Arithmetic, bytes: Uint8Array, piece: number): number[] {
  const lengths: number[] = [];
  const chunker = new Chunker(arithmetic, polynomial);
  chunker.cut(reader(bytes, piece), (chunk) => lengths.push(chunk.length));
  return lengths;
}

/** Reads no more than `piece` bytes at once, as a slow disk might. */
function reader(bytes: Uint8Array, piece: number): (target: Uint8Array) => number {
  let position = 0;
  return (target) => {
    const part = bytes.subarray(position, position + Math.min(piece, target.length));
    target.set(part);
    position += part.length;
    return part.length;
  };
}

/** The lengths of the chunks by the chunker's definition: byte for byte, with a window of 64 bytes. */
function cutsOf(bytes: Uint8Array): number[] {
  const mask = (1 << 20) - 1;
  const table = (make: (byte: bigint) => bigint) =>
    Array.from({ length: 256 }, (_, i) => make(BigInt(i)));
  const remainder = (value: bigint) => {
    let rest = value;
    for (let top = length(rest); top >= length(polynomial); top = length(rest))
      rest ^= polynomial << BigInt(top - length(polynomial));
    return rest;
  };
  // Split into halves: BigInt arithmetic for each byte would take minutes.
  const low = (value: bigint) => Number(BigInt.asIntN(32, value));
  const high = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n));
  const leaving = table((byte) => {
    let digest = remainder(byte);
    for (let i = 0; i < 63; i++) digest = remainder(digest << 8n);
    return digest;
  });
  const reducing = table((byte) => remainder(byte << 53n) | (byte << 53n));
  const [outLow, outHigh] = [leaving.map(low), leaving.map(high)];
  const [modLow, modHigh] = [reducing.map(low), reducing.map(high)];

  const lengths: number[] = [];
  let start = 0;
  while (start < bytes.length) {
    const ring = new Uint8Array(64);
    let [lo, hi, at] = [0, 0, 0];
    const slide = (byte: number) => {
      const out = ring[at]!;
      ring[at] = byte;
      at = (at + 1) % 64;
      lo ^= outLow[out]!;
      hi ^= outHigh[out]!;
      const top = hi >>> 13;
      hi = ((hi << 8) | (lo >>> 24)) ^ modHigh[top]!;
      lo = ((lo << 8) | byte) ^ modLow[top]!;
    };
    slide(1);
    let count = Math.min(minChunk - 64, bytes.length - start);
    let found = false;
    while (!found && start + count < bytes.length) {
      slide(bytes[start + count]!);
      count++;
      found = (count >= minChunk && (lo & mask) === 0) || count >= maxChunk;
    }
    lengths.push(count);
    start += count;
  }
  return lengths;
}

function length(value: bigint): number {
  return value.toString(2).length;
}
