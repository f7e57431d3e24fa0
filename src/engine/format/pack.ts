import type { Bytes } from "../../base/bytes.ts";
import { tableRow, type BlobKind, type PackedBlob, type PackTable } from "./blobIndex.ts";
import type { Compressor } from "./compress.ts";
import { sealBytes, sha256Hex, type Key } from "./crypto.ts";
import { RepositoryError } from "../errors.ts";

/** A pack is closed once it has this many bytes. The readers of the format take any size. */
export const packBytes = 16 * 1024 * 1024;

/** The format's limit for a header, sealed. */
const maxHeaderBytes = 16 * 1024 * 1024;
const plainEntryBytes = 37;
const compressedEntryBytes = 41;
/** The four bytes that end a pack and say how long its header is. */
export const headerLengthBytes = 4;

/** A pack ready to be written. */
export interface FinishedPack {
  readonly kind: BlobKind;
  /** SHA-256 of `bytes`, and so its name. */
  readonly id: string;
  readonly bytes: Bytes;
  /** The header before it was sealed: see `parsePackHeader`. */
  readonly header: Bytes;
}

/** Room for a full pack and the longest chunk behind it. Memory that is not touched costs nothing. */
const packRoom = packBytes + 9 * 1024 * 1024;

/** Collects sealed blobs of one kind until they are worth a file of their own. */
export class PackBuilder {
  readonly #key: Key;
  readonly #kind: BlobKind;
  readonly #compress: Compressor | undefined;
  readonly #spare: () => ArrayBuffer | undefined;
  #bytes: Bytes = new Uint8Array(0);
  #length = 0;
  #header: Bytes = new Uint8Array(64 * 1024);
  #headerLength = 0;

  /**
   * Without `compress` blobs are stored plain, as format 1 wants it. `spare` may give the memory of a
   * pack that is done with: fresh memory has to be cleared by the system, page by page.
   */
  constructor(
    key: Key,
    kind: BlobKind,
    compress?: Compressor,
    spare: () => ArrayBuffer | undefined = () => undefined,
  ) {
    this.#key = key;
    this.#kind = kind;
    this.#compress = compress;
    this.#spare = spare;
  }

  /** Bytes it would have if it were finished now. */
  get length(): number {
    return this.#length + this.#headerLength + sealBytes + headerLengthBytes;
  }

  get isEmpty(): boolean {
    return this.#headerLength === 0;
  }

  /** Whether it should be finished before more is added. */
  get isFull(): boolean {
    return this.length >= packBytes || this.#headerLength + compressedEntryBytes > maxHeaderBytes;
  }

  /** Compresses, seals and appends a blob whose id is `id` (32 bytes). Returns the bytes it takes. */
  add(id: Uint8Array, plain: Uint8Array): number {
    const compress = plain.length > 0 ? this.#compress : undefined;
    const stored = compress ? compress(plain) : plain;
    this.#makeRoom(stored.length + sealBytes);
    this.#key.sealInto(stored, this.#bytes, this.#length);
    return this.#append(id, stored.length + sealBytes, compress ? plain.length : undefined);
  }

  /** Appends a blob that is sealed already, as it is. */
  addSealed(id: Uint8Array, sealed: Uint8Array, plainLength?: number): number {
    this.#makeRoom(sealed.length);
    this.#bytes.set(sealed, this.#length);
    return this.#append(id, sealed.length, plainLength);
  }

  /** The pack with its header. The builder is empty afterwards and may be used again. */
  finish(): FinishedPack {
    const header = this.#header.slice(0, this.#headerLength);
    const { length } = this;
    this.#makeRoom(length - this.#length);
    this.#key.sealInto(header, this.#bytes, this.#length);
    const view = new DataView(this.#bytes.buffer);
    view.setUint32(length - headerLengthBytes, header.length + sealBytes, true);
    const bytes = this.#bytes.subarray(0, length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    this.#headerLength = 0;
    return { kind: this.#kind, id: sha256Hex(bytes), bytes, header };
  }

  #append(id: Uint8Array, length: number, plainLength: number | undefined): number {
    this.#length += length;
    if (this.#headerLength + compressedEntryBytes > this.#header.length)
      this.#header = enlarged(this.#header, this.#header.length * 2);
    const entry = { kind: this.#kind, id, length, plainLength };
    this.#headerLength += writeEntry(this.#header, this.#headerLength, entry);
    return length;
  }

  #makeRoom(bytes: number): void {
    const wanted = this.#length + bytes;
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#spare() ?? new ArrayBuffer(0));
    if (wanted > this.#bytes.length)
      this.#bytes = enlarged(this.#bytes.subarray(0, this.#length), Math.max(wanted, packRoom));
  }
}

function enlarged(bytes: Uint8Array, length: number): Bytes {
  // Not zeroed, and not part of Node's pool, so that a finished pack can move between threads.
  const larger = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  larger.set(bytes);
  return larger;
}

/** The size of a pack that holds just `blobs`. */
export function packedBytes(blobs: Iterable<PackedBlob>): number {
  let bytes = sealBytes + headerLengthBytes;
  for (const { length, plainLength } of blobs)
    bytes += length + (plainLength === undefined ? plainEntryBytes : compressedEntryBytes);
  return bytes;
}

interface NewEntry {
  readonly kind: BlobKind;
  readonly id: Uint8Array;
  readonly length: number;
  readonly plainLength: number | undefined;
}

/** Writes a blob's entry into a header; returns its length. */
function writeEntry(header: Bytes, at: number, entry: NewEntry): number {
  const { kind, id, length, plainLength } = entry;
  const isCompressed = plainLength !== undefined;
  header[at] = (kind === "tree" ? 1 : 0) + (isCompressed ? 2 : 0);
  writeUint32(header, at + 1, length);
  if (isCompressed) writeUint32(header, at + 5, plainLength);
  const entryBytes = isCompressed ? compressedEntryBytes : plainEntryBytes;
  header.set(id, at + entryBytes - id.length);
  return entryBytes;
}

function writeUint32(target: Bytes, at: number, value: number): void {
  for (let i = 0; i < 4; i++) target[at + i] = value >>> (8 * i);
}

/** The blobs a pack's header names, in the order they lie in it. Fails with `damaged`. */
export function parsePackHeader(header: Uint8Array): PackedBlob[] {
  return Array.from(entries(header), ({ kind, at, offset, length, plainLength }) => ({
    kind: kind === 1 ? "tree" : "data",
    id: Buffer.from(header.buffer, header.byteOffset + at, 32).toString("hex"),
    offset,
    length,
    ...(plainLength !== undefined && { plainLength }),
  }));
}

/** The same as an index takes it in, of the pack `id`. */
export function packTable({ id, header }: Pick<FinishedPack, "id" | "header">): PackTable {
  const words = new Uint32Array(Math.ceil(header.length / plainEntryBytes) * tableRow);
  const bytes = new Uint8Array(words.buffer);
  let end = 0;
  for (const { kind, at, offset, length, plainLength } of entries(header)) {
    bytes.set(header.subarray(at, at + 32), end * 4);
    words[end + 9] = kind;
    words[end + 10] = offset;
    words[end + 11] = length;
    words[end + 12] = plainLength ?? 0;
    end += tableRow;
  }
  return { packIds: [id], blobs: words.subarray(0, end) };
}

interface Entry {
  /** 1 = tree. */
  readonly kind: number;
  /** Where in the header its id is. */
  readonly at: number;
  readonly offset: number;
  readonly length: number;
  readonly plainLength: number | undefined;
}

function* entries(header: Uint8Array): Generator<Entry, void, void> {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  let offset = 0;
  for (let at = 0; at < header.length;) {
    const type = view.getUint8(at);
    const isCompressed = type >= 2;
    const size = isCompressed ? compressedEntryBytes : plainEntryBytes;
    if (type > 3 || at + size > header.length) throw damaged("its header is cut or unknown");
    const length = view.getUint32(at + 1, true);
    if (length < sealBytes) throw damaged("its header names an impossible length");
    const plainLength = isCompressed ? view.getUint32(at + 5, true) : undefined;
    at += size;
    yield { kind: type % 2, at: at - 32, offset, length, plainLength };
    offset += length;
  }
}

/**
 * The sealed header's length, from the last four bytes of a pack of `length` bytes. Fails with
 * `damaged` if no such header fits.
 */
export function sealedHeaderLength(lastBytes: Uint8Array, length: number): number {
  const view = new DataView(lastBytes.buffer, lastBytes.byteOffset, lastBytes.length);
  const bytes = view.getUint32(lastBytes.length - headerLengthBytes, true);
  if (bytes < sealBytes + plainEntryBytes || bytes > maxHeaderBytes + sealBytes)
    throw damaged("its header has an impossible length");
  if (bytes + headerLengthBytes > length) throw damaged("its header is longer than itself");
  return bytes;
}

/** What a whole pack says is in it. Fails with `damaged` if header and contents do not agree. */
export function packContents(key: Key, pack: Uint8Array): PackedBlob[] {
  if (pack.length < headerLengthBytes) throw damaged("it is too short");
  const headerBytes = sealedHeaderLength(pack, pack.length);
  const end = pack.length - headerLengthBytes;
  const blobs = parsePackHeader(key.open(pack.subarray(end - headerBytes, end)));
  const last = blobs.at(-1);
  if (last && last.offset + last.length !== end - headerBytes)
    throw damaged("its header does not fit its contents");
  return blobs;
}

function damaged(what: string): RepositoryError {
  return new RepositoryError("damaged", `a pack is damaged: ${what}`);
}
