import { readFileSync } from "node:fs";
import { plainPoly1305 } from "./poly1305.ts";
import { findCutPlainly, type CutTables } from "./rabin.ts";

/**
 * The inner loops that `node:crypto` does not have: Poly1305, a cipher's last step, and the search
 * for the place to cut a file. In WebAssembly (`kernels.as.ts`) where the host can, in plain JavaScript elsewhere.
 */
export interface Arithmetic {
  /** Where file contents lie while they are searched for cuts. */
  readonly window: Uint8Array;
  /** The tag of `message` under the one-time key (r, s), written to the 16 bytes of `tag`. */
  poly1305(r: Uint8Array, s: Uint8Array, message: Uint8Array, tag: Uint8Array): void;
  /**
   * Writes to `target` the text enciphered by a key stream of at least its length, `streamBytes` at
   * most, and behind it the tag of that under the one-time key (r, s).
   */
  encipher(
    plain: Uint8Array,
    stream: Uint8Array,
    r: Uint8Array,
    s: Uint8Array,
    target: Uint8Array,
  ): void;
  /** Sets what `findCut` cuts by. */
  setTables(tables: CutTables): void;
  /** The first cut in `[from, to]` of the window, or -1; 64 bytes must lie before `from`. */
  findCut(from: number, to: number): number;
}

/** The longest text for `encipher`. */
export const streamBytes = 32 * 1024;

/** A cut is where the lowest 20 bits of the digest are zero: one in a mebibyte. */
const cutMask = (1 << 20) - 1;

/** The loops in plain JavaScript, several times slower. For small texts, or where WebAssembly is missing. */
export function plainArithmetic(windowBytes = 0): Arithmetic {
  const window = new Uint8Array(windowBytes);
  let tables: CutTables | undefined;
  return {
    window,
    poly1305: plainPoly1305,
    encipher: (plain, stream, r, s, target) => {
      for (let i = 0; i < plain.length; i++) target[i] = plain[i]! ^ stream[i]!;
      plainPoly1305(r, s, target.subarray(0, plain.length), target.subarray(plain.length));
    },
    setTables: (wanted) => {
      tables = wanted;
    },
    findCut: (from, to) => {
      if (!tables) throw new Error("the tables are not set");
      return findCutPlainly(window, from, to, cutMask, tables);
    },
  };
}

/**
 * The loops in WebAssembly from the file `wasm`, with `windowBytes` of room for file contents; the
 * plain ones if the host has no WebAssembly with vectors. Reads the file at once: call it when a
 * thread starts.
 */
export function loadArithmetic(wasm: string | URL, windowBytes = 0): Arithmetic {
  const compiled = compile(wasm);
  return compiled ? wasmArithmetic(compiled, windowBytes) : plainArithmetic(windowBytes);
}

function compile(wasm: string | URL): WebAssembly.Module | undefined {
  // An engine without a compiler (`--jitless`) has nothing by this name.
  if (typeof WebAssembly === "undefined") return undefined;
  const bytes = readFileSync(wasm);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}

// Addresses that kernels.as.ts knows too.
const departureAt = 2048;
const macKeyAt = 4096;
const macTagAt = 4128;
/** Messages pass through here block by block; a block fits the second-level cache. */
const blockAt = 8192;
const blockBytes = 64 * 1024;
const streamAt = blockAt + blockBytes;
const windowAt = streamAt + streamBytes;
const pageBytes = 64 * 1024;

interface KernelExports {
  findCut(from: number, to: number, mask: bigint): number;
  addBits(at: number, other: number, bytes: number): void;
  macStart(): void;
  macUpdate(at: number, bytes: number): void;
  macFinish(): void;
}

function wasmArithmetic(compiled: WebAssembly.Module, windowBytes: number): Arithmetic {
  const pages = Math.ceil((windowAt + windowBytes) / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(compiled, { env: { memory, abort } });
  // The module is built from our own source, which exports exactly these.
  const kernels = instance.exports as unknown as KernelExports;
  const bytes = new Uint8Array(memory.buffer);
  const tag = bytes.subarray(macTagAt, macTagAt + 16);
  const mask = BigInt(cutMask);
  return {
    window: bytes.subarray(windowAt, windowAt + windowBytes),
    poly1305: (r, s, message, result) => {
      bytes.set(r, macKeyAt);
      bytes.set(s, macKeyAt + 16);
      kernels.macStart();
      for (let at = 0; at < message.length; at += blockBytes) {
        const block =
          message.length <= blockBytes ? message : message.subarray(at, at + blockBytes);
        bytes.set(block, blockAt);
        kernels.macUpdate(blockAt, block.length);
      }
      kernels.macFinish();
      result.set(tag);
    },
    encipher: (plain, stream, r, s, target) => {
      const { length } = plain;
      bytes.set(r, macKeyAt);
      bytes.set(s, macKeyAt + 16);
      bytes.set(plain, blockAt);
      bytes.set(stream.length > length ? stream.subarray(0, length) : stream, streamAt);
      kernels.addBits(blockAt, streamAt, length);
      kernels.macStart();
      kernels.macUpdate(blockAt, length);
      kernels.macFinish();
      target.set(bytes.subarray(blockAt, blockAt + length));
      target.set(tag, length);
    },
    setTables: ({ reduction, departure }) => {
      new BigUint64Array(memory.buffer, 0, 256).set(reduction);
      new BigUint64Array(memory.buffer, departureAt, 256).set(departure);
    },
    findCut: (from, to) => {
      const cut = kernels.findCut(windowAt + from, windowAt + to, mask);
      return cut === 0 ? -1 : cut - windowAt;
    },
  };
}

function abort(): never {
  throw new Error("a kernel failed");
}
