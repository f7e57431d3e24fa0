import type { Arithmetic } from "../format/arithmetic.ts";
import { IndexView, type BlobKind, type IndexMemory } from "../format/blobIndex.ts";
import { Chunker, minChunk } from "../format/chunker.ts";
import { compressor } from "../format/compress.ts";
import { Control } from "./control.ts";
import { Key, sha256 } from "../format/crypto.ts";
import {
  attempt,
  closeFile,
  nodeFacts,
  lookInto,
  openDescriptor,
  readAt,
  type BigIntStats,
  type LocalPath,
  type OpenFile,
  type ReadFailure,
} from "../disk/files.ts";
import { IdSet, type IdSetMemory } from "../format/idSet.ts";
import { readOwners, type Owners } from "../disk/owners.ts";
import { PackBuilder, packBytes, type FinishedPack } from "../format/pack.ts";
import { fileTail, nodeHead } from "../format/tree.ts";

/** What all threads of one backup work with. */
export interface PipelineOrder {
  readonly key: Uint8Array;
  readonly polynomial: bigint;
  /** 1 or 2; blobs are compressed in 2 alone. */
  readonly version: number;
  readonly control: SharedArrayBuffer;
  readonly stored: IdSetMemory;
  readonly index: IndexMemory;
}

/** A file as it goes into its folder's tree. */
export interface SavedFile {
  /** Its node up to the attributes, and from them on. */
  readonly head: string;
  readonly tail: string;
  readonly stamp: Stamp;
  readonly bytes: number;
  /** It is saved, but may be half of one state and half of another. */
  readonly warning?: ReadFailure;
}

/** What must be the same for a file to count as unchanged. */
export type Stamp = readonly [mtime: bigint, ctime: bigint, size: bigint, inode: bigint];

/** A file as the walk has seen it. */
export interface SeenFile {
  readonly path: LocalPath;
  readonly name: LocalPath;
  readonly stamp: Stamp;
}

function isStamp(a: Stamp, b: Stamp): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

export function stampOf(stats: BigIntStats): Stamp {
  return [stats.mtimeNs, stats.ctimeNs, stats.size, stats.ino];
}

/** What one thread has stored. */
export interface PipelineTotals {
  readonly packs: number;
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Before compression, and as stored. */
  readonly bytes: number;
  readonly packedBytes: number;
}

/** Packs that may wait to be written, all threads together, before they pause. */
const maxWaitingBytes = 3 * packBytes;

/**
 * One thread's way from files to packs: read, cut, hash, look whether it is stored already,
 * compress, seal, collect. A finished pack is handed to `send` and gone.
 */
export class Pipeline {
  readonly control: Control;
  readonly owners: Owners = readOwners();
  readonly #chunker: Chunker;
  readonly #index: IndexView;
  readonly #stored: IdSet;
  readonly #storedTrees = new Set<string>();
  readonly #packs: Readonly<Record<BlobKind, PackBuilder>>;
  readonly #send: (pack: FinishedPack) => void;
  readonly #totals = { packs: 0, dataBlobs: 0, treeBlobs: 0, bytes: 0, packedBytes: 0 };

  /** `spare` gives memory of packs that are written, for new ones. */
  constructor(
    order: PipelineOrder,
    arithmetic: Arithmetic,
    send: (pack: FinishedPack) => void,
    spare: () => ArrayBuffer | undefined,
  ) {
    const key = Key.fromBytes(order.key, arithmetic);
    const compress = order.version >= 2 ? compressor() : undefined;
    this.control = new Control(order.control);
    this.#chunker = new Chunker(arithmetic, order.polynomial);
    this.#index = new IndexView(order.index);
    this.#stored = new IdSet(order.stored);
    this.#packs = {
      data: new PackBuilder(key, "data", compress, spare),
      tree: new PackBuilder(key, "tree", compress, spare),
    };
    this.#send = send;
  }

  get totals(): PipelineTotals {
    return { ...this.#totals };
  }

  /**
   * Saves a whole file that the walk has seen with `stamp`. What goes wrong with the file is the
   * result, not an exception.
   */
  saveFile({ path, name, stamp }: SeenFile): SavedFile | ReadFailure {
    return attempt(() => {
      const descriptor = openDescriptor(path);
      try {
        const contents = this.#saveContents(descriptor, Number(stamp[2]));
        const stats = lookInto(descriptor);
        // One look, after it was read: as a rule the file is still the one that was seen.
        if (isStamp(stamp, stampOf(stats)) && contents.bytes === Number(stats.size))
          return this.#savedFile(name, stats, contents);
        const again = this.#saveContents(descriptor, Number(stats.size));
        return this.savedFile(name, { descriptor, stats }, again);
      } finally {
        closeFile(descriptor);
      }
    });
  }

  /** The node of a file whose contents have been saved since `stats` were looked at. */
  savedFile(name: LocalPath, file: OpenFile, contents: SavedContents): SavedFile {
    const { stats, descriptor } = file;
    const changed =
      contents.bytes !== Number(stats.size) ||
      !isStamp(stampOf(stats), stampOf(lookInto(descriptor)));
    // As it was before it was read: so the next backup sees a difference.
    const saved = this.#savedFile(name, stats, contents);
    if (!changed) return saved;
    const message = "it was written to while it was read";
    return { ...saved, warning: { reason: "changed-while-read", message } };
  }

  #savedFile(name: LocalPath, stats: BigIntStats, { ids, bytes }: SavedContents): SavedFile {
    this.control.addDone(1, 0);
    return {
      head: nodeHead({ ...nodeFacts(name, stats, this.owners), size: bytes }),
      tail: fileTail(ids),
      stamp: stampOf(stats),
      bytes,
    };
  }

  /** Saves a piece of an open file that was found to be one chunk: less if the file was cut meanwhile. */
  saveRange(descriptor: number, offset: number, length: number): SavedContents | ReadFailure {
    const target = this.#chunker.window.subarray(0, length);
    return attempt(() => {
      const bytes = readAt(descriptor, target, offset);
      return { ids: bytes === 0 ? [] : [this.saveData(target.subarray(0, bytes))], bytes };
    });
  }

  /** Cuts an open file; what becomes of the chunks is up to `use`. */
  cutFile(descriptor: number, use: (chunk: Uint8Array, offset: number) => void): number {
    let position = 0;
    this.#chunker.cut((target) => {
      this.control.throwIfCancelled();
      const bytes = readAt(descriptor, target, position);
      position += bytes;
      return bytes;
    }, use);
    return position;
  }

  /** Stores a piece of a file unless it is stored already. Returns its id. */
  saveData(plain: Uint8Array): string {
    const id = sha256(plain);
    this.control.addDone(0, plain.length);
    if (!this.#index.has("data", id) && this.#stored.add(id)) {
      this.#totals.dataBlobs++;
      this.#store("data", id, plain);
    }
    return id.toString("hex");
  }

  /** Stores a tree unless it is stored already. Returns its id. Trees are one thread's work alone. */
  saveTree(text: string): string {
    const plain = Buffer.from(text);
    const id = sha256(plain);
    const hex = id.toString("hex");
    if (!this.#storedTrees.has(hex) && !this.#index.has("tree", id)) {
      this.#storedTrees.add(hex);
      this.#totals.treeBlobs++;
      this.#store("tree", id, plain);
    }
    return hex;
  }

  has(kind: BlobKind, id: string): boolean {
    return this.#index.has(kind, Buffer.from(id, "hex"));
  }

  /** Sends the packs that are not full yet. */
  finish(): void {
    for (const pack of Object.values(this.#packs)) if (!pack.isEmpty) this.#finishPack(pack);
  }

  #saveContents(descriptor: number, size: number): SavedContents {
    if (size < minChunk) {
      // One byte more than there should be, so that one call also shows whether the file has grown.
      const target = this.#chunker.window.subarray(0, size + 1);
      const bytes = readAt(descriptor, target, 0);
      if (bytes === 0) return { ids: [], bytes };
      if (bytes <= size) return { ids: [this.saveData(target.subarray(0, bytes))], bytes };
    }
    const ids: string[] = [];
    const bytes = this.cutFile(descriptor, (chunk) => ids.push(this.saveData(chunk)));
    return { ids, bytes };
  }

  #store(kind: BlobKind, id: Uint8Array, plain: Uint8Array): void {
    const pack = this.#packs[kind];
    this.#totals.bytes += plain.length;
    this.#totals.packedBytes += pack.add(id, plain);
    if (pack.isFull) this.#finishPack(pack);
  }

  /** Holds this thread back while the packs before this one wait for the network. */
  #finishPack(builder: PackBuilder): void {
    const pack = builder.finish();
    this.control.waitFor(() => this.control.bytesWaiting < maxWaitingBytes || undefined);
    this.control.packSent(pack.bytes.length);
    this.#totals.packs++;
    this.#send(pack);
  }
}

/** The blobs that make up a file. */
export interface SavedContents {
  readonly ids: readonly string[];
  readonly bytes: number;
}
