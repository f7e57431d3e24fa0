import type { Bytes } from "../../../src/base/bytes.ts";
import type { Storage } from "../../../src/storage/storage.ts";

/** How a part of the suite declares a test; each gets an empty container of its own. */
export type Each = (title: string, run: (storage: Storage) => Promise<void>) => void;

/** Bytes that betray a part that is missing, repeated or in the wrong place. */
export function pattern(length: number): Bytes {
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer, 0, length >>> 2);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761);
  return bytes;
}
