import type { PackedBlob } from "./blobIndex.ts";
import { openBlob } from "./blob.ts";
import { sha256Hex, type Key } from "./crypto.ts";
import { packContents } from "./pack.ts";

/**
 * Everything that is wrong with a whole pack, as clauses about it; none if all is well. `indexed` is
 * what the index says of it, in the order of offsets. Yields after each piece of work, so that a
 * caller on the main thread may pause there.
 */
export function* examinePack(
  key: Key,
  id: string,
  bytes: Uint8Array,
  indexed: readonly PackedBlob[],
): Generator<string | undefined, void, void> {
  if (sha256Hex(bytes) !== id) yield "its content is not what its name says";
  yield* examineHeader(key, bytes, indexed);
  for (const blob of indexed) {
    yield;
    const sealed = bytes.subarray(blob.offset, blob.offset + blob.length);
    yield complaint(() => openBlob(key, { ...blob, pack: id }, sealed));
  }
}

function* examineHeader(
  key: Key,
  bytes: Uint8Array,
  indexed: readonly PackedBlob[],
): Generator<string | undefined, void, void> {
  let header: readonly PackedBlob[] = [];
  const fault = complaint(() => (header = packContents(key, bytes)));
  if (fault !== undefined) {
    yield fault;
    return;
  }
  const inHeader = new Set(header.map(blobText));
  const inIndex = new Set(indexed.map(blobText));
  for (const blob of inIndex)
    if (!inHeader.has(blob)) yield `the index names a ${blob} that it does not`;
  for (const blob of inHeader) if (!inIndex.has(blob)) yield `the index does not know its ${blob}`;
}

function blobText({ kind, id, offset, length, plainLength }: PackedBlob): string {
  const plain = plainLength === undefined ? "" : `, ${plainLength} plain`;
  return `${kind} blob ${id} at ${offset} (${length} bytes${plain})`;
}

/** The message of what `work` throws. Whatever a forged pack makes it throw is damage. */
function complaint(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
