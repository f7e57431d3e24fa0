// The namespace, since a host before Node 22.15 has no zstd: importing the names would not even load there.
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { Bytes } from "../../base/bytes.ts";
import { RepositoryError } from "../errors.ts";

/** Compresses one text after another. The result is valid until the next call. */
export type Compressor = (plain: Uint8Array) => Uint8Array;

/** Whether this host can compress and decompress. Without it we write plain blobs, which the format allows. */
export const canCompress = typeof zlib.zstdCompressSync === "function";

/**
 * A twentieth of a first backup faster than level 3. Source code takes 3 % more than restic's default
 * makes of it (21.6 MB to its 21.1), and with level 3 about as much.
 */
const usualLevel = 1;

/** A zstd compressor that keeps its context, or undefined where the host has no zstd. */
export function compressor(level = usualLevel): Compressor | undefined {
  if (!canCompress) return undefined;
  return keptContext(level) ?? ((plain) => compress(plain, level));
}

/** `plain` as one zstd frame. The host must have zstd. */
export function compress(plain: Uint8Array, level = usualLevel): Bytes {
  return own(zlib.zstdCompressSync(plain, frameOptions(plain, level)));
}

/** The same without holding the thread: from a certain size on, Node's own threads do it. */
export async function compressGently(plain: Uint8Array): Promise<Bytes> {
  if (plain.length < smallBytes) return compress(plain);
  return own(await promisify(zlib.zstdCompress)(plain, frameOptions(plain, usualLevel)));
}

/** Compressed in about a millisecond. */
const smallBytes = 256 * 1024;

function frameOptions({ length }: Uint8Array, level: number): zlib.ZstdOptions {
  return {
    params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: length,
    chunkSize: Math.max(64, bound(length)),
  };
}

/**
 * The text of a zstd frame. Fails with `damaged` if it is no frame, is cut, or holds more than
 * `maxBytes`: a few forged bytes may claim to be gigabytes.
 */
export function decompress(frame: Uint8Array, maxBytes: number): Bytes {
  if (!canCompress)
    throw new RepositoryError("damaged", "this host cannot decompress: it has no zstd");
  try {
    return own(
      zlib.zstdDecompressSync(frame, {
        maxOutputLength: Math.max(1, maxBytes),
        // Room for all of it in one piece, unless the frame is so small that this would be waste.
        chunkSize: Math.min(maxBytes, 16 * frame.length) + 64,
      }),
    );
  } catch (error) {
    throw new RepositoryError("damaged", "compressed bytes do not decompress", { cause: error });
  }
}

/** Decompresses one frame after another, as `decompress` does. */
export type Decompressor = (frame: Uint8Array, maxBytes: number) => Bytes;

/** A zstd decompressor that keeps its context: half the time of a small blob goes into making one. */
export function decompressor(): Decompressor {
  let kept = keptDecompression();
  return (frame, maxBytes) => {
    const plain = kept?.(frame, maxBytes);
    if (plain) return plain;
    // Anything unusual may have left the context in the middle of something.
    kept &&= keptDecompression();
    return decompress(frame, maxBytes);
  };
}

/** The most bytes a frame of `length` plain bytes may take. */
function bound(length: number): number {
  return length + (length >> 8) + 512;
}

/** The parts of a zlib stream that Node does not document. */
interface StreamParts {
  readonly _handle?: {
    onerror?: unknown;
    writeSync?(
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputLength: number,
      output: Uint8Array,
      outputAt: number,
      outputLength: number,
    ): void;
  };
  readonly _writeState?: unknown;
}

/**
 * `zstdCompressSync` makes a context for each call, which takes as long as compressing a small file.
 * A stream's context can be used again, through parts that Node does not document: so they are tried
 * first, and left alone if they are not as expected.
 */
function keptContext(level: number): Compressor | undefined {
  const stream = zlib.createZstdCompress({
    params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
  });
  // These fields are not in the types, and every one of them is checked below.
  const { _handle: handle, _writeState: state } = stream as unknown as StreamParts;
  const writeSync = handle?.writeSync?.bind(handle);
  if (!writeSync || !(state instanceof Uint32Array) || state.length < 2) return undefined;
  let output = new Uint8Array(64 * 1024);
  const compressOnce: Compressor = (plain) => {
    if (output.length < bound(plain.length)) output = new Uint8Array(bound(plain.length));
    const { length } = output;
    writeSync(zlib.constants.ZSTD_e_end, plain, 0, plain.length, output, 0, length);
    const [room = 0, left = 0] = state;
    if (left !== 0) throw new Error("zstd did not take all its input");
    return output.subarray(0, length - room);
  };
  return worksTwice(compressOnce) ? compressOnce : undefined;
}

/** The largest text for which room is made on the word of whoever wrote the frame's length. */
const maxTrustedBytes = 16 * 1024 * 1024;

/** Decompresses frames of exactly `bytes`; undefined, and not to be used again, on any other. */
function keptDecompression():
  | ((frame: Uint8Array, bytes: number) => Bytes | undefined)
  | undefined {
  if (!canCompress) return undefined;
  // As above: fields that are not in the types, every one of them checked.
  const { _handle: handle, _writeState: state } =
    zlib.createZstdDecompress() as unknown as StreamParts;
  const writeSync = handle?.writeSync?.bind(handle);
  if (!handle || !writeSync || !(state instanceof Uint32Array) || state.length < 2)
    return undefined;
  let hasFailed = false;
  // Node's own handler would raise an error event later, with nobody to hear it.
  handle.onerror = () => {
    hasFailed = true;
  };
  return (frame, bytes) => {
    if (bytes === 0 || bytes > maxTrustedBytes) return undefined;
    // One more than wanted: a text that is longer than promised shows by filling it.
    const output = new Uint8Array(bytes + 1);
    writeSync(zlib.constants.ZSTD_e_end, frame, 0, frame.length, output, 0, bytes + 1);
    const [room, left] = state;
    return hasFailed || room !== 1 || left !== 0 ? undefined : output.subarray(0, bytes);
  };
}

function worksTwice(compressOnce: Compressor): boolean {
  const samples = [new Uint8Array(1000).fill(7), new Uint8Array(0)];
  try {
    return samples.every((plain) => {
      const frame = compressOnce(plain);
      const back = zlib.zstdDecompressSync(frame);
      return frame.length > 0 && Buffer.compare(back, plain) === 0;
    });
  } catch {
    return false;
  }
}

/** Node's results are never views of shared memory, which their type does not say. */
function own(buffer: Buffer): Bytes {
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.length);
}
