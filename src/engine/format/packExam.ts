import { release } from "../../base/bytes.ts";
import type { PackedBlob } from "./blobIndex.ts";
import { openBlob } from "./blob.ts";
import type { Decompressor } from "./compress.ts";
import { sha256Hex, type Key } from "./crypto.ts";
import { packContents } from "./pack.ts";

/**
 * Everything that is wrong with a whole pack, as clauses about it; none if all is well. `indexed` is
 * what the index says of it.
 */
export function examinePack(
  key: Key,
  id: string,
  bytes: Uint8Array,
  indexed: readonly PackedBlob[],
  decompressOne?: Decompressor,
): readonly string[] {
  const faults = sha256Hex(bytes) === id ? [] : ["its content is not what its name says"];
  let header: readonly PackedBlob[] = indexed;
  faults.push(...complaints(() => (header = packContents(key, bytes))));
  const inHeader = new Set(header.map(blobText));
  const inIndex = new Set(indexed.map(blobText));
  for (const blob of inIndex) if (!inHeader.has(blob)) faults.push(`the index gives it a ${blob}`);
  for (const blob of inHeader) if (!inIndex.has(blob)) faults.push(`no index knows its ${blob}`);
  for (const blob of indexed) {
    const sealed = bytes.subarray(blob.offset, blob.offset + blob.length);
    const open = () => release(openBlob(key, { ...blob, pack: id }, sealed, decompressOne));
    faults.push(...complaints(open));
  }
  return faults;
}

function blobText({ kind, id, offset, length, plainLength }: PackedBlob): string {
  const plain = plainLength === undefined ? "" : `, ${plainLength} plain`;
  return `${kind} blob ${id} at ${offset} (${length} bytes${plain})`;
}

/** The message of what `work` throws, if it does. Whatever a forged pack makes it throw is damage. */
function complaints(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
