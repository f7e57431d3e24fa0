import type { Storage } from "../storage/storage.ts";
import type { Kernels } from "./kernels.ts";
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

  private constructor(id: string, version: number, options: RepositoryOptions) {
    this.id = id;
    this.version = version;
    this.options = options;
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

  /** Forgets what is in memory of the storage's state, so that the next call looks again. */
  refresh(): void {
    throw new Error("not written yet");
  }
}
