/** How far the listings of a transfer are done without a gap, so that they need not be read again. */
import { isObject } from "../../base/json.ts";

/** Where in a listing something was found. */
export interface ListedAt {
  /** Which of the transfer's sources was listed. */
  readonly source: number;
  readonly key: string;
}

/** All that was listed of the sources before `source`, and of that one up to `key`, is done. */
export interface Cursor extends ListedAt {
  /** So many files, and so much, for whoever counts. */
  readonly files: number;
  readonly bytes: number;
}

/** A cursor, and when it was true: what has come into a folder since is missed where it lies before it. */
export interface DatedCursor extends Cursor {
  readonly atMs: number;
}

/** After a longer pause the folder is listed anew; a window is loaded within seconds. */
const freshMs = 3_600_000;

/** The cursor, while what lies before it is still as good as what a run without a pause would have missed. */
export function freshCursor(cursor: DatedCursor | undefined, nowMs: number): Cursor | undefined {
  return cursor && Math.abs(nowMs - cursor.atMs) < freshMs ? cursor : undefined;
}

/** Reads a cursor from a file, which anyone may have edited; undefined if it is none. */
export function parseCursor(value: unknown): DatedCursor | undefined {
  if (!isObject(value) || typeof value["key"] !== "string") return undefined;
  const { source, key, files, bytes, atMs } = value;
  const numbers = [source, files, bytes, atMs].map(Number);
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return undefined;
  const [at = 0, fileCount = 0, byteCount = 0, time = 0] = numbers;
  return { source: at, key, files: fileCount, bytes: byteCount, atMs: time };
}

/** More that is under way or has failed is not followed: then the cursor stays where it is. */
const openAtMost = 1000;

/** In the place of all that is not followed any more; no item has this id. */
const lost = "";

/** Follows items from when they are found, in their order, until they are done, in any. */
export class CursorTracker {
  /** What is not done, each with the cursor from before it, in the order of the listing. */
  readonly #open = new Map<string, Cursor | undefined>();
  #last: Cursor | undefined;
  #isLost = false;

  constructor(from: Cursor | undefined) {
    this.#last = from;
  }

  /** In the order of the listing. What is never `done`, as it has failed, holds the cursor back for good. */
  found(id: string, at: ListedAt, size: number | undefined): void {
    if (this.#isLost) return;
    const last = this.#last;
    this.#open.set(id, last);
    // Only of what is in the order of its keys can a server be asked to go on behind one of them.
    this.#isLost = this.#open.size > openAtMost || (last !== undefined && !isBehind(at, last));
    if (this.#isLost) this.#open.set(lost, last);
    const { files = 0, bytes = 0 } = last ?? {};
    const counted =
      size === undefined ? { files, bytes } : { files: files + 1, bytes: bytes + size };
    this.#last = { ...at, ...counted };
  }

  done(id: string): void {
    this.#open.delete(id);
  }

  get cursor(): Cursor | undefined {
    const [oldest] = this.#open.entries();
    return oldest ? oldest[1] : this.#last;
  }
}

function isBehind(a: ListedAt, b: ListedAt): boolean {
  if (a.source !== b.source) return a.source > b.source;
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) > 0;
}
