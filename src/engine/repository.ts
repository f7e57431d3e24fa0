import type { Bytes } from "../base/bytes.ts";
import type { Storage } from "../storage/storage.ts";
import type { BlobIndex, BlobKind, PackContents } from "./blobIndex.ts";
import type { Config } from "./config.ts";
import type { Kernels } from "./kernels.ts";
import type { FileType } from "./layout.ts";
import type { LockMode } from "./lock.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Node } from "./tree.ts";

/** What identifies the machine and person a snapshot or lock is written by. */
export interface Writer {
  readonly hostname: string;
  readonly username: string;
  /** e.g. "Offsite 0.1.0". */
  readonly program: string;
}

export interface RepositoryOptions {
  /** Seen from the repository's folder: `storage.within("offsite/ws/")`. */
  readonly storage: Storage;
  readonly kernels: Kernels;
  readonly writer: Writer;
  /** A local folder for copies of indexes, snapshots and trees. May be deleted at any time. */
  readonly cacheFolder?: string;
  readonly signal?: AbortSignal;
}

/** An open restic repository: encrypted, content-addressed, versioned. */
export class Repository {
  /** 64 hex digits, the same for as long as the repository exists. */
  readonly id: string;
  readonly version: number;
  readonly options: RepositoryOptions;
  readonly config: Config;
  /** The 64 bytes everything is sealed with: cipher key, then the two halves of the MAC's. */
  readonly masterKey: Bytes;

  private constructor(config: Config, masterKey: Bytes, options: RepositoryOptions) {
    this.id = config.id;
    this.version = config.version;
    this.config = config;
    this.masterKey = masterKey;
    this.options = options;
  }

  /** What is stored where: as of the last `loadIndex`, or of taking the lock, plus `addPacks`. */
  get index(): BlobIndex {
    throw new Error("not written yet");
  }

  /** Whether a repository lies at `storage`: looks at the config and key files without opening them. */
  static async exists(_storage: Storage, _signal?: AbortSignal): Promise<boolean> {
    throw new Error("not written yet");
  }

  /** Makes a new repository (format 2). Fails with `exists` if one is there, whatever its state. */
  static async init(_options: RepositoryOptions, _passphrase: string): Promise<Repository> {
    throw new Error("not written yet");
  }

  /** Fails with `not-a-repository`, `wrong-passphrase`, `too-new` or `damaged`. */
  static async open(_options: RepositoryOptions, _passphrase: string): Promise<Repository> {
    throw new Error("not written yet");
  }

  /** Every snapshot, oldest first. One LIST; bodies come from the cache where they can. */
  async snapshots(_signal?: AbortSignal): Promise<readonly Snapshot[]> {
    throw new Error("not written yet");
  }

  /** The entries of the tree `id`, in the format's order. */
  async tree(_id: string, _signal?: AbortSignal): Promise<readonly Node[]> {
    throw new Error("not written yet");
  }

  /** The node at `path` of a snapshot (segments, the snapshot's root first), or undefined. */
  async find(
    _snapshot: Snapshot,
    _path: readonly string[],
    _signal?: AbortSignal,
  ): Promise<Node | undefined> {
    throw new Error("not written yet");
  }

  /** The bytes of a file node, blob by blob, each verified. */
  read(_node: Node, _signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    throw new Error("not written yet");
  }

  /** Brings `index` up to date: one LIST, and the index files not yet seen. */
  async loadIndex(_signal?: AbortSignal): Promise<BlobIndex> {
    throw new Error("not written yet");
  }

  /** The plain bytes of a blob, verified. Trees come from the cache where they can. Fails with `damaged`. */
  async loadBlob(_kind: BlobKind, _id: string, _signal?: AbortSignal): Promise<Bytes> {
    throw new Error("not written yet");
  }

  /**
   * Runs `work` while holding a lock, with an `index` that is up to date. Fails with `locked`; the
   * signal given to `work` fires when `signal` does or when the lock is lost (`lost-lock`).
   */
  async withLock<T>(
    _mode: LockMode,
    _work: (signal: AbortSignal) => Promise<T>,
    _signal?: AbortSignal,
  ): Promise<T> {
    throw new Error("not written yet");
  }

  /** Seals `json` and saves it as a file named by its hash. Returns the id. */
  async saveUnpacked(
    _type: Exclude<FileType, "data" | "keys">,
    _json: string,
    _signal?: AbortSignal,
  ): Promise<string> {
    throw new Error("not written yet");
  }

  /** Writes a finished pack, whose name is the hash of `bytes`; a pack of trees goes to the cache too. */
  async savePack(_pack: PackContents, _bytes: Bytes, _signal?: AbortSignal): Promise<void> {
    throw new Error("not written yet");
  }

  /**
   * Enters packs that are saved. An index file is written for every 50,000 blobs; `saveIndex` writes
   * one for the rest, and comes before a snapshot. What is not in an index file when the lock ends
   * is forgotten, for somebody's prune may delete such packs.
   */
  async addPacks(_packs: readonly PackContents[], _signal?: AbortSignal): Promise<void> {
    throw new Error("not written yet");
  }

  async saveIndex(_signal?: AbortSignal): Promise<void> {
    throw new Error("not written yet");
  }

  /** Saves a snapshot, the last thing of a backup. Returns it with its id. */
  async saveSnapshot(_snapshot: Omit<Snapshot, "id">, _signal?: AbortSignal): Promise<Snapshot> {
    throw new Error("not written yet");
  }

  /** Forgets what is in memory of the storage's state, so that the next call looks again. */
  refresh(): void {
    throw new Error("not written yet");
  }
}
