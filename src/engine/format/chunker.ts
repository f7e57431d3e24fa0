import type { Arithmetic } from "./arithmetic.ts";
import { cutTables } from "./rabin.ts";

/** Chunks are no shorter, unless a file ends. */
export const minChunk = 512 * 1024;
/** Chunks are no longer. */
export const maxChunk = 8 * 1024 * 1024;

/** How much is read at a time: small enough to be searched while it is still in the processor's cache. */
const readAhead = 1024 * 1024;

/** Room for the longest chunk and for reading on behind it. */
export const chunkerWindow = maxChunk + 2 * readAhead;

/** Fills `target` as far as it can; 0 at the end. */
export type ReadInto = (target: Uint8Array) => number;

/**
 * Cuts files where their contents say so, at the same places as restic: a change moves only the cuts
 * around it, and everything else is recognised. Works within the arithmetic's window.
 */
export class Chunker {
  readonly #arithmetic: Arithmetic;

  constructor(arithmetic: Arithmetic, polynomial: bigint) {
    if (arithmetic.window.length < chunkerWindow) throw new RangeError("the window is too small");
    arithmetic.setTables(cutTables(polynomial));
    this.#arithmetic = arithmetic;
  }

  /** Room for the contents of a file or range that is known to be one chunk. */
  get window(): Uint8Array {
    return this.#arithmetic.window;
  }

  /** Hands each chunk to `use`, in order; the bytes are valid until `use` returns. */
  cut(read: ReadInto, use: (chunk: Uint8Array, offset: number) => void): void {
    const { window } = this;
    let start = 0;
    let end = 0;
    let searched = 0;
    let offset = 0;
    let atEnd = false;
    for (;;) {
      const cut = this.#search(start, searched, end);
      const chunkEnd = cut ?? (atEnd ? end : undefined);
      if (chunkEnd !== undefined) {
        if (chunkEnd === start) return;
        use(window.subarray(start, chunkEnd), offset);
        offset += chunkEnd - start;
        start = searched = chunkEnd;
        continue;
      }
      searched = end;
      if (window.length - end < readAhead) {
        window.copyWithin(0, start, end);
        end -= start;
        searched -= start;
        start = 0;
      }
      const bytes = read(window.subarray(end, end + readAhead));
      end += bytes;
      atEnd = bytes === 0;
    }
  }

  /** The end of the chunk that begins at `start`, if it lies beyond `searched` and not beyond `end`. */
  #search(start: number, searched: number, end: number): number | undefined {
    const from = Math.max(start + minChunk, searched);
    const limit = Math.min(start + maxChunk, end);
    if (from > limit) return undefined;
    const cut = this.#arithmetic.findCut(from, limit);
    if (cut >= 0) return cut;
    return limit === start + maxChunk ? limit : undefined;
  }
}
