import { release, type Bytes } from "../../base/bytes.ts";
import { canCompress, compressGently, decompress } from "./compress.ts";
import type { Key } from "./crypto.ts";

/** In front of a zstd frame; plain JSON begins with a bracket instead. */
const compressedMark = 2;

/** No honest index is larger, */
const maxIndexBytes = 512 * 1024 * 1024;
/** nor, beyond its first megabyte, made this much smaller by compression: it is full of random ids. */
const maxRatio = 100;
const freeBytes = 1024 * 1024;

/** A snapshot, index or lock as it is stored. Never holds the thread for long. */
export async function sealUnpacked(key: Key, version: number, json: Uint8Array): Promise<Bytes> {
  if (version < 2 || !canCompress) return key.seal(json);
  return key.seal(Buffer.concat([Uint8Array.of(compressedMark), await compressGently(json)]));
}

/** The JSON text of a stored snapshot, index or lock. Fails with `damaged`, also if it unfolds to more than `maxBytes`. */
export function openUnpacked(
  key: Key,
  version: number,
  sealed: Uint8Array,
  maxBytes = maxIndexBytes,
): Bytes {
  const opened = key.open(sealed);
  if (version < 2 || opened[0] !== compressedMark) return opened;
  const mostBytes = Math.min(maxBytes, freeBytes + maxRatio * opened.length);
  const json = decompress(opened.subarray(1), mostBytes);
  release(opened);
  return json;
}
