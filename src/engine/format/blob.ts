import { release, type Bytes } from "../../base/bytes.ts";
import type { BlobPlace, PackedBlob } from "./blobIndex.ts";
import { decompress, type Decompressor } from "./compress.ts";
import { sealBytes, sha256Hex, type Key } from "./crypto.ts";
import { RepositoryError } from "../errors.ts";
import { fileKey } from "./layout.ts";

/** No honest blob is larger: chunks end at 8 MiB, and a folder of a million entries stays below this. */
const maxPlainBytes = 512 * 1024 * 1024;

/** How large a blob is once it is opened. */
export function plainBytes({ plainLength, length }: PackedBlob): number {
  return plainLength ?? length - sealBytes;
}

/** Opens a blob as it lies in its pack, as `openBlob` does with a key. */
export type OpenBlob = (place: BlobPlace, sealed: Uint8Array) => Bytes;

/** The plain bytes of a blob as it lies in its pack. Fails with `damaged`; what it returns is what was saved. */
export function openBlob(
  key: Key,
  place: BlobPlace,
  sealed: Uint8Array,
  decompressOne: Decompressor = decompress,
): Bytes {
  const opened = key.tryOpen(sealed);
  if (!opened) throw damagedBlob(place, "does not verify");
  const plain = uncompressed(place, opened, decompressOne);
  if (sha256Hex(plain) !== place.id) throw damagedBlob(place, "is not what its name says");
  return plain;
}

function uncompressed(place: BlobPlace, opened: Bytes, decompressOne: Decompressor): Bytes {
  const { plainLength } = place;
  if (plainLength === undefined) return opened;
  if (plainLength > maxPlainBytes) throw damagedBlob(place, "claims to be too large");
  try {
    const plain = decompressOne(opened, plainLength);
    release(opened);
    return plain;
  } catch (error) {
    throw damagedBlob(place, "does not decompress", error);
  }
}

function damagedBlob({ kind, id, pack }: BlobPlace, what: string, cause?: unknown) {
  const file = fileKey("data", pack);
  return new RepositoryError("damaged", `${file}: ${kind} blob ${id} ${what}`, { file, cause });
}
