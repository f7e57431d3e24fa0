import type { ObjectInfo } from "../../storage/objects.ts";
import { isStorageError } from "../../storage/errors.ts";
import { forEachPooled } from "../../base/pool.ts";
import { isRepositoryError, type RepositoryError } from "../errors.ts";
import {
  BlobIndex,
  countRows,
  joinedTable,
  type BlobKind,
  type BlobPlace,
  type PackTable,
} from "../format/blobIndex.ts";
import type { Key } from "../format/crypto.ts";
import { damagedFile } from "../format/damage.ts";
import { blobsPerIndex, indexBytes } from "../format/indexFile.ts";
import { fileKey } from "../format/layout.ts";
import type { Kernels } from "../threads/kernels.ts";
import { tasks, type TaskKey } from "../threads/tasks.ts";
import type { FileCache } from "./cache.ts";
import type { RepositoryFiles } from "./repositoryFiles.ts";

/** What a blob takes in an index file, compressed: less than its id cannot be. */
const indexedBytes = 40;

/** Files fetched at once; the connection's own limit may be lower. */
const parallelFetches = 8;

/** Sealed files below this are opened here: a thread's start takes longer. */
const smallBytes = 64 * 1024;

/** A blob that is missing is looked for in newer index files, but not more often than this. */
const reloadMs = 10_000;

/** Is told of a file that is damaged, where the rest is of use without it. */
export type OnDamaged = (error: RepositoryError) => void;

/** Goes on without what is damaged. */
export const goOn: OnDamaged = () => undefined;

export interface IndexSource {
  readonly files: RepositoryFiles;
  readonly list: (signal: AbortSignal) => Promise<ReadonlyMap<string, ObjectInfo>>;
  readonly cache: FileCache | undefined;
  readonly kernels: Kernels;
  readonly sealingKey: Key;
  readonly taskKey: TaskKey;
}

/** What this process knows of a repository's index: what it has loaded, and packs it has just saved. */
export class LoadedIndex {
  readonly #source: IndexSource;
  #blobs = new BlobIndex();
  /** The index files that `#blobs` is made of. */
  #files = new Set<string>();
  #loadedMs: number | undefined;
  #damage: RepositoryError | undefined;
  #loading: Promise<BlobIndex> | undefined;
  /** Packs in `#blobs` that no index file names yet. */
  #unsaved: PackTable[] = [];

  constructor(source: IndexSource) {
    this.#source = source;
  }

  get blobs(): BlobIndex {
    return this.#blobs;
  }

  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** What is wrong with an index file that was listed last. */
  get damage(): RepositoryError | undefined {
    return this.#damage;
  }

  /** Looks for index files not yet seen, with one LIST. A damaged one fails it unless `onDamaged` is there. */
  async load(signal: AbortSignal, onDamaged?: OnDamaged): Promise<BlobIndex> {
    for (;;) {
      if (!this.#loading) {
        this.#loading = this.#load(signal, onDamaged).finally(() => (this.#loading = undefined));
        return await this.#loading;
      }
      // Someone else's loading may have begun too early for us, or be cancelled with its owner.
      await this.#loading.catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  /** As it is, if it was loaded before. What is sought may well be in an index file that is sound. */
  async forReading(signal: AbortSignal): Promise<BlobIndex> {
    return this.#loadedMs === undefined ? await this.load(signal, goOn) : this.#blobs;
  }

  /** Where a blob lies. One that is missing is looked for in newer index files, now and then. */
  async places(kind: BlobKind, id: string, signal: AbortSignal): Promise<readonly BlobPlace[]> {
    const places = (await this.forReading(signal)).findAll(kind, id);
    if (places.length > 0 || Date.now() - (this.#loadedMs ?? 0) < reloadMs) return places;
    return (await this.load(signal, goOn)).findAll(kind, id);
  }

  /** Enters packs that are saved; an index file is written once it is worth one. */
  async addPacks(table: PackTable, signal: AbortSignal): Promise<void> {
    this.#blobs.addTable(table);
    this.#unsaved.push(table);
    if (countRows(this.#unsaved) >= blobsPerIndex) await this.save(signal);
  }

  /** Writes an index file for the packs that none names yet, if there are any. */
  async save(signal: AbortSignal): Promise<void> {
    const tables = this.#unsaved;
    if (tables.length === 0) return;
    this.#unsaved = [];
    try {
      this.#files.add(await this.saveTable(joinedTable(tables), signal));
    } catch (error) {
      this.#unsaved.push(...tables);
      throw error;
    }
  }

  /** Writes an index file that says what `table` does; what is in memory does not change. */
  async saveTable(table: PackTable, signal: AbortSignal): Promise<string> {
    return await this.#source.files.save("index", await indexBytes(table), signal);
  }

  /** Forgets everything if it holds packs that no index file names: nobody may rely on them any more. */
  forgetUnsaved(): void {
    if (this.#unsaved.length > 0) this.#forget();
  }

  /** Has the next reader look again. */
  refresh(): void {
    this.#loadedMs = undefined;
  }

  async #load(signal: AbortSignal, onDamaged?: OnDamaged, attempts = 5): Promise<BlobIndex> {
    const listed = await this.#source.list(signal);
    // A file that is gone was replaced by a prune: what it said may be wrong now.
    if ([...this.#files].some((id) => !listed.has(id))) this.#forget();
    const missing = [...listed.keys()].filter((id) => !this.#files.has(id));
    const blobs = this.#blobs;
    blobs.reserve(expectedBlobs(missing.map((id) => listed.get(id)?.size ?? 0)));
    let vanished = false;
    this.#damage = undefined;
    await forEachPooled(missing, parallelFetches, async (id) => {
      try {
        await this.#loadFile(id, signal);
      } catch (error) {
        // Replaced between the listing and now; but not for ever.
        if (isStorageError(error, "not-found") && attempts > 1) vanished = true;
        else if (isStorageError(error, "not-found")) throw damagedFile(fileKey("index", id), error);
        else if (onDamaged && isRepositoryError(error, "damaged"))
          onDamaged((this.#damage = error));
        else throw error;
      }
    });
    // A lock that ended meanwhile may have begun a new index.
    if (vanished || this.#blobs !== blobs) return await this.#load(signal, onDamaged, attempts - 1);
    if (missing.length > 0) await this.#source.cache?.keepOnly("index", (id) => listed.has(id));
    this.#loadedMs = Date.now();
    return this.#blobs;
  }

  async #loadFile(id: string, signal: AbortSignal): Promise<void> {
    const [blobs, files] = [this.#blobs, this.#files];
    const { taskKey, sealingKey, kernels } = this.#source;
    const sealed = await this.#source.files.sealed("index", id, signal);
    const input = { key: taskKey, id, sealed };
    const table =
      sealed.length < smallBytes
        ? tasks.decodeIndex(input, () => sealingKey).output
        : await kernels.run("decodeIndex", input, signal, [sealed.buffer]);
    await blobs.addTableGently(table);
    files.add(id);
  }

  #forget(): void {
    this.#blobs = new BlobIndex();
    this.#files = new Set();
    this.#loadedMs = undefined;
    this.#unsaved = [];
  }
}

/** About how many blobs index files of these sizes list. A listing may say anything: there is a limit. */
function expectedBlobs(sizes: readonly number[]): number {
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return Math.min(Math.ceil(bytes / indexedBytes), 10 * blobsPerIndex * parallelFetches);
}
