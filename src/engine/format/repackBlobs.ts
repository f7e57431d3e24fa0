import { openBlob } from "./blob.ts";
import type { PackedBlob } from "./blobIndex.ts";
import { compressor } from "./compress.ts";
import type { Key } from "./crypto.ts";
import { isRepositoryError } from "../errors.ts";

/** Stored bytes of a pack, and which blobs of it are wanted. */
export interface RunOfBlobs {
  readonly pack: string;
  /** Where in the pack `bytes` begin. */
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly blobs: readonly PackedBlob[];
}

/** How blobs are to be stored in the repository they go to. */
export interface Target {
  readonly key: Key;
  /** 1 stores every blob plain. */
  readonly version: number;
  /** Whether to compress a blob that was stored plain. */
  readonly compressPlain: boolean;
}

/** A blob sealed for its target; undefined in place of `sealed` if it is damaged where it lay. */
export interface ResealedBlob {
  readonly blob: PackedBlob;
  readonly sealed: Uint8Array | undefined;
  readonly plainLength?: number;
}

/** Verifies each blob of a run and seals it for `to`. */
export function reseal(from: Key, to: Target, run: RunOfBlobs): readonly ResealedBlob[] {
  const compress = to.compressPlain && to.version > 1 ? compressor() : undefined;
  return run.blobs.map((blob) => {
    const at = blob.offset - run.start;
    const sealed = run.bytes.subarray(at, at + blob.length);
    const plain = openIfSound(from, blob, run.pack, sealed);
    if (!plain) return { blob, sealed: undefined };
    const { plainLength } = blob;
    if (plainLength !== undefined && to.version > 1)
      // The frame is as good there as here; under the same key even its seal is.
      return {
        blob,
        plainLength,
        sealed: from === to.key ? sealed : to.key.seal(from.open(sealed)),
      };
    if (compress && plain.length > 0)
      return { blob, plainLength: plain.length, sealed: to.key.seal(compress(plain)) };
    const isAsItWas = from === to.key && plainLength === undefined;
    return { blob, sealed: isAsItWas ? sealed : to.key.seal(plain) };
  });
}

function openIfSound(
  key: Key,
  blob: PackedBlob,
  pack: string,
  sealed: Uint8Array,
): Uint8Array | undefined {
  try {
    return openBlob(key, { ...blob, pack }, sealed);
  } catch (error) {
    if (isRepositoryError(error, "damaged")) return undefined;
    throw error;
  }
}
