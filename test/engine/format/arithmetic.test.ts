import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  loadArithmetic,
  plainArithmetic,
  type Arithmetic,
} from "../../../src/engine/format/arithmetic.ts";
import { buildKernels, compileKernels } from "../../../src/engine/format/buildKernels.mjs";
import { cutTables } from "../../../src/engine/format/rabin.ts";

const wasm = fileURLToPath(new URL("../../../dist/kernels.wasm", import.meta.url));
const windowBytes = 1 << 20;

/** From D. J. Bernstein, "The Poly1305-AES message-authentication code", appendix B. */
const vectors = [
  {
    message: "f3f6",
    r: "851fc40c3467ac0be05cc20404f3f700",
    onceKey: "580b3b0f9447bb1e69d095b5928b6dbc",
    tag: "f4c633c3044fc145f84f335cb81953de",
  },
  {
    message: "",
    r: "a0f3080000f46400d0c7e9076c834403",
    onceKey: "dd3fab2251f11ac759f0887129cc2ee7",
    tag: "dd3fab2251f11ac759f0887129cc2ee7",
  },
  {
    message: "663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136",
    r: "48443d0bb0d21109c89a100b5ce2c208",
    onceKey: "83149c69b561dd88298a1798b10716ef",
    tag: "0ee1c16bb73f0f4fd19881753c01cdbe",
  },
  {
    message:
      "ab0812724a7f1e342742cbed374d94d136c6b8795d45b3819830f2c04491faf0" +
      "990c62e48b8018b2c3e4a0fa3134cb67fa83e158c994d961c4cb21095c1bf9",
    r: "12976a08c4426d0ce8a82407c4f48207",
    onceKey: "80f8c20aa71202d1e29179cbcb555a57",
    tag: "5154ad0d2cb26e01274fc51148491f1b",
  },
];

function tagOf(
  arithmetic: Arithmetic,
  r: Uint8Array,
  onceKey: Uint8Array,
  message: Uint8Array,
): string {
  const tag = new Uint8Array(16);
  arithmetic.poly1305(r, onceKey, message, tag);
  return Buffer.from(tag).toString("hex");
}

describe("the arithmetic", () => {
  let fast: Arithmetic;
  const plain = plainArithmetic(windowBytes);

  before(async () => {
    await buildKernels(wasm);
    fast = loadArithmetic(wasm, windowBytes);
  });

  it("computes the published Poly1305-AES vectors, both ways", () => {
    for (const arithmetic of [fast, plain])
      for (const { message, r, onceKey, tag } of vectors)
        assert.equal(
          tagOf(
            arithmetic,
            Buffer.from(r, "hex"),
            Buffer.from(onceKey, "hex"),
            Buffer.from(message, "hex"),
          ),
          tag,
        );
  });

  it("computes the same tags in WebAssembly as in JavaScript, at every length and at the edges", () => {
    const lengths = [...Array.from({ length: 300 }, (_, i) => i), 65535, 65536, 65537, 140_001];
    for (const length of lengths) {
      const edge = length % 3 === 0;
      const message = edge ? Buffer.alloc(length, 0xff) : randomBytes(length);
      const r = edge ? Buffer.alloc(16, 0xff) : randomBytes(16);
      const onceKey = randomBytes(16);
      assert.equal(tagOf(fast, r, onceKey, message), tagOf(plain, r, onceKey, message));
    }
  });

  it("finds the same cuts in WebAssembly, in JavaScript and by the definition", () => {
    const polynomial = 0x3da3358b4dc173n;
    const bytes = new Uint8Array(randomBytes(windowBytes));
    for (const arithmetic of [fast, plain]) {
      arithmetic.setTables(cutTables(polynomial));
      arithmetic.window.set(bytes);
    }
    const cuts = (arithmetic: Arithmetic) => {
      const found: number[] = [];
      for (let at = 64; (at = arithmetic.findCut(at, windowBytes)) >= 0; at++) {
        found.push(at);
        if (at >= windowBytes) break;
      }
      return found;
    };
    assert.deepEqual(cuts(fast), cuts(plain));
    for (const cut of cuts(fast))
      assert.equal(digest(bytes.subarray(cut - 64, cut), polynomial) & 0xfffffn, 0n);
  });

  it("finds a cut in zeros at once, as the chunker's own test has it", () => {
    for (const arithmetic of [fast, plain]) {
      arithmetic.setTables(cutTables(0x3da3358b4dc173n));
      arithmetic.window.fill(0);
      assert.equal(arithmetic.findCut(512 * 1024, windowBytes), 512 * 1024);
    }
    const chunk = createHash("sha256").update(Buffer.alloc(512 * 1024));
    assert.equal(
      chunk.digest("hex"),
      "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541",
    );
  });

  it("is built byte for byte the same again", async () => {
    const source = new URL("../../../src/engine/format/kernels.as.ts", import.meta.url);
    const { binary } = await compileKernels(await readFile(source, "utf8"));
    assert.deepEqual(Buffer.from(binary), await readFile(wasm));
  });
});

/** The remainder of the bytes as one long polynomial: what the tables are a short cut for. */
function digest(bytes: Uint8Array, polynomial: bigint): bigint {
  let rest = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  const length = (value: bigint) => value.toString(2).length;
  while (length(rest) >= length(polynomial))
    rest ^= polynomial << BigInt(length(rest) - length(polynomial));
  return rest;
}
