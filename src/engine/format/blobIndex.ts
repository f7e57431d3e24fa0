// Long because the table and the ways to fill, merge and ask it share one layout of words.
import { randomUUID } from "node:crypto";
import { breather } from "../../base/breath.ts";
import { RepositoryError } from "../errors.ts";

/** What a blob holds: a piece of a file, or the JSON text of a folder. */
export type BlobKind = "data" | "tree";

/** A blob's place within its pack. */
export interface PackedBlob {
  readonly kind: BlobKind;
  readonly id: string;
  readonly offset: number;
  /** Stored bytes, the seal's 32 included. */
  readonly length: number;
  /** The size before compression; absent if the blob is stored plain. */
  readonly plainLength?: number;
}

/** A pack and all that is in it. */
export interface PackContents {
  readonly id: string;
  readonly blobs: readonly PackedBlob[];
}

function countBlobs(packs: readonly PackContents[]): number {
  return packs.reduce((sum, { blobs }) => sum + blobs.length, 0);
}

/** A blob, and the pack to find it in. */
export interface BlobPlace extends PackedBlob {
  readonly pack: string;
}

/**
 * What one index file says, as flat arrays that cross threads without being copied. A blob takes
 * `tableRow` words: its id (8), pack (a number of `packIds`), kind (1 = tree), offset, length, and
 * length before compression (0 = stored plain).
 */
export interface PackTable {
  readonly packIds: readonly string[];
  readonly blobs: Uint32Array<ArrayBuffer>;
}
export const tableRow = 13;

/** How many blobs are in tables. */
export function countRows(tables: readonly PackTable[]): number {
  return tables.reduce((sum, { blobs }) => sum + blobs.length, 0) / tableRow;
}

/** Packs as an index file lists them. */
export function tableOf(packs: readonly PackContents[]): PackTable {
  const words = new Uint32Array(countBlobs(packs) * tableRow);
  const bytes = Buffer.from(words.buffer);
  let at = 0;
  for (const [number, { blobs }] of packs.entries())
    for (const { id, kind, offset, length, plainLength = 0 } of blobs) {
      bytes.write(id, at * 4, "hex");
      words.set([number, Number(kind === "tree"), offset, length, plainLength], at + idWords);
      at += tableRow;
    }
  return { packIds: packs.map(({ id }) => id), blobs: words };
}

/** All that `tables` say, in one. */
export function joinedTable(tables: readonly PackTable[]): PackTable {
  const words = new Uint32Array(countRows(tables) * tableRow);
  const packIds: string[] = [];
  let end = 0;
  for (const table of tables) {
    words.set(table.blobs, end);
    const from = end;
    end += table.blobs.length;
    for (let at = from; at < end; at += tableRow) words[at + idWords]! += packIds.length;
    packIds.push(...table.packIds);
  }
  return { packIds, blobs: words };
}

/** Words of a table that are taken in at once. */
const stride = 1000 * tableRow;

const idWords = 8;
const placeWords = 4;

/** Hashes spread ids evenly, so only a forged index makes a search this long. */
const maxSteps = 10_000;
/** Neither do all searches together, for each blob. */
const maxStepsPerBlob = 100;

/**
 * Which blobs a repository has and where: an open-addressing table over flat arrays, about 56 bytes
 * for each blob. A Map of objects takes five times that, and a million blobs are an ordinary
 * repository of a terabyte. A blob that lies in several packs is kept once for each.
 */
export class BlobIndex {
  /** Tells this index from one that was read anew, which may lack what this one has. */
  readonly identity: string = randomUUID();
  #ids = sharedWords(0);
  /** For each blob: pack number * 2 + kind, offset, length, plain length. */
  #places = sharedWords(0);
  /** Row + 1 of the blob that hashes here, or 0. */
  #slots = sharedWords(16);
  #count = 0;
  #steps = 0;
  readonly #packIds: string[] = [];
  readonly #packNumbers = new Map<string, number>();
  readonly #scratch = Buffer.alloc(32);
  readonly #scratchWords = new Uint32Array(this.#scratch.buffer, this.#scratch.byteOffset, idWords);

  /** How many blobs are known, copies included. */
  get size(): number {
    return this.#count;
  }

  /** The ids of all packs that are indexed. */
  get packs(): readonly string[] {
    return this.#packIds;
  }

  /** What an `IndexView` on another thread looks into: all that is known now. */
  get memory(): IndexMemory {
    return { ids: this.#ids.buffer, places: this.#places.buffer, slots: this.#slots.buffer };
  }

  hasPack(id: string): boolean {
    return this.#packNumbers.has(id);
  }

  has(kind: BlobKind, id: string): boolean {
    return this.#scan(kind, id) !== undefined;
  }

  /** A number for the blob, below `size`. It holds until something is added. */
  row(kind: BlobKind, id: string): number | undefined {
    return this.#scan(kind, id);
  }

  /** Where the blob lies; any place will do if there are several. */
  find(kind: BlobKind, id: string): BlobPlace | undefined {
    const row = this.#scan(kind, id);
    return row === undefined ? undefined : this.#place(row);
  }

  /** Every place the blob lies in. */
  findAll(kind: BlobKind, id: string): readonly BlobPlace[] {
    const places: BlobPlace[] = [];
    this.#scan(kind, id, (row) => void places.push(this.#place(row)));
    return places;
  }

  /** Makes room for `more` blobs at once, which spares growing step by step. */
  reserve(more: number): void {
    const wanted = this.#count + more;
    if (wanted * placeWords > this.#places.length) this.#grow(wanted);
    if (wanted * 1.5 > this.#slots.length) this.#rehash(wanted);
  }

  /** Takes in a pack. What is known already is not entered twice. */
  add(pack: PackContents): void {
    this.addTable(tableOf([pack]));
  }

  /** Takes in what an index file says. */
  addTable(table: PackTable): void {
    for (const _ of this.#adding(table));
  }

  /** As `addTable`, handing the thread over meanwhile. What was added so far is found already. */
  async addTableGently(table: PackTable): Promise<void> {
    const breathe = breather();
    for (const _ of this.#adding(table)) {
      const breath = breathe();
      if (breath) await breath;
    }
  }

  /** Pauses every thousand blobs. */
  *#adding({ packIds, blobs }: PackTable): Generator<void, void, void> {
    const numbers = packIds.map((id) => this.#packNumber(id));
    for (let from = 0; from < blobs.length; from += stride) {
      const end = Math.min(from + stride, blobs.length);
      // Each time, since others may have added something during a pause.
      this.reserve((blobs.length - from) / tableRow);
      for (let at = from; at < end; at += tableRow) {
        const tag = numbers[blobs[at + 8]!]! * 2 + blobs[at + 9]!;
        this.#insert(blobs, at, tag, blobs[at + 10]!, blobs[at + 11]!, blobs[at + 12]!);
      }
      yield;
    }
  }

  /** Every pack with its blobs in the order they lie in it. Made as it is consumed. */
  *contents(): Generator<PackContents, void, void> {
    const { starts, rows } = this.#rowsByPack();
    for (const [number, id] of this.#packIds.entries()) {
      const blobs = Array.from(rows.subarray(starts[number], starts[number + 1]), (row) =>
        this.#blob(row),
      );
      blobs.sort((a, b) => a.offset - b.offset);
      yield { id, blobs };
    }
  }

  /**
   * What index files would say of the packs in `wanted`, each of about `blobs` blobs, a pack always
   * in one. Made as they are consumed.
   */
  *tables(wanted: (pack: string) => boolean, blobs: number): Generator<PackTable, void, void> {
    const { starts, rows } = this.#rowsByPack();
    let packs: number[] = [];
    let count = 0;
    for (const [number, id] of this.#packIds.entries()) {
      if (!wanted(id)) continue;
      packs.push(number);
      count += starts[number + 1]! - starts[number]!;
      if (count < blobs) continue;
      yield this.#table(packs, count, starts, rows);
      packs = [];
      count = 0;
    }
    if (packs.length > 0) yield this.#table(packs, count, starts, rows);
  }

  #table(
    packs: readonly number[],
    count: number,
    starts: Uint32Array,
    rows: Uint32Array,
  ): PackTable {
    const blobs = new Uint32Array(count * tableRow);
    let at = 0;
    for (const [position, number] of packs.entries())
      for (const row of rows.subarray(starts[number], starts[number + 1])) {
        const place = row * placeWords;
        blobs.set(this.#ids.subarray(row * idWords, (row + 1) * idWords), at);
        blobs[at + idWords] = position;
        blobs[at + idWords + 1] = this.#places[place]! & 1;
        blobs.set(this.#places.subarray(place + 1, place + placeWords), at + idWords + 2);
        at += tableRow;
      }
    return { packIds: packs.map((number) => this.#packIds[number]!), blobs };
  }

  /** Rows ordered by pack: a counting sort, since an array of objects would dwarf the index itself. */
  #rowsByPack(): { starts: Uint32Array; rows: Uint32Array } {
    const starts = new Uint32Array(this.#packIds.length + 1);
    for (let row = 0; row < this.#count; row++) starts[this.#packOf(row) + 1]! += 1;
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    const next = starts.slice();
    const rows = new Uint32Array(this.#count);
    for (let row = 0; row < this.#count; row++) rows[next[this.#packOf(row)]!++] = row;
    return { starts, rows };
  }

  #packOf(row: number): number {
    return this.#places[row * placeWords]! >>> 1;
  }

  #blob(row: number): PackedBlob {
    const at = row * placeWords;
    const plainLength = this.#places[at + 3]!;
    return {
      kind: (this.#places[at]! & 1) === 1 ? "tree" : "data",
      id: Buffer.from(this.#ids.buffer, row * 32, 32).toString("hex"),
      offset: this.#places[at + 1]!,
      length: this.#places[at + 2]!,
      ...(plainLength > 0 && { plainLength }),
    };
  }

  #place(row: number): BlobPlace {
    return { ...this.#blob(row), pack: this.#packIds[this.#packOf(row)]! };
  }

  /** The first row of the blob; with `each`, every row of it. */
  #scan(kind: BlobKind, id: string, each?: (row: number) => void): number | undefined {
    if (!this.#read(id)) return undefined;
    const tree = Number(kind === "tree");
    const mask = this.#slots.length - 1;
    for (let slot = this.#scratchWords[0]! & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot]! - 1;
      if (row < 0) return undefined;
      if ((this.#places[row * placeWords]! & 1) !== tree) continue;
      if (!this.#sameId(row, this.#scratchWords, 0)) continue;
      if (!each) return row;
      each(row);
    }
  }

  #insert(
    words: Uint32Array,
    at: number,
    tag: number,
    offset: number,
    length: number,
    plain: number,
  ): void {
    const mask = this.#slots.length - 1;
    let slot = words[at]! & mask;
    const mostSteps = Math.min(maxSteps, maxSteps + maxStepsPerBlob * this.#count - this.#steps);
    for (let steps = 0; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (++steps > mostSteps) throw new RepositoryError("damaged", "an index repeats itself");
      this.#steps++;
      const row = this.#slots[slot]! - 1;
      const same = this.#places[row * placeWords] === tag && this.#sameId(row, words, at);
      if (same && this.#places[row * placeWords + 1] === offset) return;
    }
    const row = this.#count++;
    // Word by word: a view for each row would take longer than the copying.
    for (let i = 0; i < idWords; i++) this.#ids[row * idWords + i] = words[at + i]!;
    const place = row * placeWords;
    this.#places[place] = tag;
    this.#places[place + 1] = offset;
    this.#places[place + 2] = length;
    this.#places[place + 3] = plain;
    // Last, since other threads may be looking.
    this.#slots[slot] = row + 1;
  }

  #sameId(row: number, words: Uint32Array, at: number): boolean {
    const from = row * idWords;
    for (let i = 0; i < idWords; i++) if (this.#ids[from + i] !== words[at + i]) return false;
    return true;
  }

  #packNumber(id: string): number {
    const known = this.#packNumbers.get(id);
    if (known !== undefined) return known;
    this.#packNumbers.set(id, this.#packIds.length);
    return this.#packIds.push(id) - 1;
  }

  /** Reads `id` into the scratch words; false if it is not one. */
  #read(id: string): boolean {
    return id.length === 64 && this.#scratch.write(id, "hex") === 32;
  }

  #grow(wanted: number): void {
    const capacity = Math.max(wanted, Math.ceil((this.#places.length / placeWords) * 1.5), 1024);
    const ids = sharedWords(capacity * idWords);
    ids.set(this.#ids);
    this.#ids = ids;
    const places = sharedWords(capacity * placeWords);
    places.set(this.#places);
    this.#places = places;
  }

  #rehash(wanted: number): void {
    let size = this.#slots.length;
    while (size < wanted * 1.5) size *= 2;
    this.#slots = sharedWords(size);
    for (let row = 0; row < this.#count; row++) {
      let slot = this.#ids[row * idWords]! & (size - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      this.#slots[slot] = row + 1;
    }
  }
}

/** The arrays of an index, in memory that threads share. */
export interface IndexMemory {
  readonly ids: SharedArrayBuffer;
  readonly places: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
}

/** A look from another thread at an index as it was when its memory was handed over, or a little newer. */
export class IndexView {
  readonly #ids: Uint32Array;
  readonly #places: Uint32Array;
  readonly #slots: Uint32Array;
  readonly #words = new Uint32Array(idWords);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  constructor({ ids, places, slots }: IndexMemory) {
    this.#ids = new Uint32Array(ids);
    this.#places = new Uint32Array(places);
    this.#slots = new Uint32Array(slots);
  }

  /** Whether a blob is known, by the 32 bytes of its id. */
  has(kind: BlobKind, id: Uint8Array): boolean {
    this.#bytes.set(id);
    const tree = Number(kind === "tree");
    const mask = this.#slots.length - 1;
    for (let slot = this.#words[0]! & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot]! - 1;
      if (row < 0) return false;
      if ((this.#places[row * placeWords]! & 1) === tree && this.#isWords(row)) return true;
    }
  }

  #isWords(row: number): boolean {
    const from = row * idWords;
    for (let i = 0; i < idWords; i++) if (this.#ids[from + i] !== this.#words[i]) return false;
    return true;
  }
}

function sharedWords(count: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(count * 4));
}
