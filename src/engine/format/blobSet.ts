import type { BlobIndex, BlobKind } from "./blobIndex.ts";

/** Some of the blobs of an index, a bit for each. It holds as long as nothing is added to the index. */
export class BlobSet {
  readonly #index: BlobIndex;
  readonly #bits: Uint8Array;
  #size = 0;

  constructor(index: BlobIndex) {
    this.#index = index;
    this.#bits = new Uint8Array(Math.ceil(index.size / 8));
  }

  get size(): number {
    return this.#size;
  }

  /** Whether the blob was not in the set before; undefined if the index does not know it. */
  add(kind: BlobKind, id: string): boolean | undefined {
    const row = this.#index.row(kind, id);
    if (row === undefined) return undefined;
    const bit = 1 << (row & 7);
    if ((this.#bits[row >>> 3]! & bit) !== 0) return false;
    this.#bits[row >>> 3]! |= bit;
    this.#size += 1;
    return true;
  }

  has(kind: BlobKind, id: string): boolean {
    const row = this.#index.row(kind, id);
    return row !== undefined && (this.#bits[row >>> 3]! & (1 << (row & 7))) !== 0;
  }
}
