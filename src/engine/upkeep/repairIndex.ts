import { never } from "../../base/abort.ts";
import { forEachPooled } from "../../base/pool.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import {
  BlobIndex,
  type PackContents,
  type PackedBlob,
  type PackTable,
} from "../format/blobIndex.ts";
import { isRepositoryError, RepositoryError } from "../errors.ts";
import { fileKey, listFiles } from "../format/layout.ts";
import {
  headerLengthBytes,
  packedBytes,
  parsePackHeader,
  sealedHeaderLength,
} from "../format/pack.ts";
import { repack } from "./repack.ts";
import { blobsPerIndex } from "../format/indexFile.ts";
import type { HeldLock } from "../repository/lock.ts";
import { replaceIndex } from "../repository/replaceIndex.ts";
import type { OnDamaged } from "../repository/loadedIndex.ts";
import type { Repository } from "../repository/repository.ts";

export interface RepairIndexRequest {
  /** Believe no index file, and read every pack's header. */
  readonly readAll?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly packs: number; readonly total: number }) => void;
}

export interface RepairIndexReport {
  /** Whether there was anything to repair. */
  readonly changed: boolean;
  /** Index files that could not be read. */
  readonly damagedIndexFiles: number;
  /** Packs that the index did not know, or knew wrongly, and knows now. */
  readonly added: readonly string[];
  /** Packs that the index knew, but that are not there. */
  readonly forgotten: readonly string[];
  /** Packs whose header cannot be read. The index no longer knows them. */
  readonly unreadable: readonly string[];
  /** Blobs of such packs that are sound, and were copied to new ones. */
  readonly salvaged: number;
  /** Blobs that the index knew and that are nowhere any more. Saving the same files again heals this. */
  readonly lost: number;
}

/** Packs whose headers are read at once. */
const slots = 8;

/** Fetched from the end of a pack in the hope that the whole header is in it; it is for 1,500 blobs. */
const tailBytes = 64 * 1024;

/**
 * Makes the index say what the packs hold, from the packs' own headers: for packs that no index file
 * knows or that have another size than it says, and for all on request. Holds an exclusive lock.
 * Nothing but index files is deleted, and those only when the new ones are saved.
 */
export async function repairIndex(
  repository: Repository,
  request: RepairIndexRequest = {},
): Promise<RepairIndexReport> {
  const { signal = never } = request;
  // What is in memory or in the cache may be better than what is in the storage.
  const repair = new IndexRepair(repository.anew(), request);
  const report = await repair.locked(signal);
  if (report.changed) await repository.loadIndex(signal);
  return report;
}

class IndexRepair {
  readonly #repository: Repository;
  readonly #request: RepairIndexRequest;
  readonly #damaged = new Set<string>();
  /** Packs that are as the index has them. */
  readonly #sound = new Set<string>();
  readonly #unreadable = new Set<string>();
  /** What the index is to say besides. */
  readonly #added = new BlobIndex();

  constructor(repository: Repository, request: RepairIndexRequest) {
    this.#repository = repository;
    this.#request = request;
  }

  async locked(signal: AbortSignal): Promise<RepairIndexReport> {
    const work = async (lock: HeldLock) => await this.#run(lock);
    return await this.#repository.withLock("exclusive", work, signal, this.#onDamaged);
  }

  readonly #onDamaged: OnDamaged = ({ message, details: { file = message } }) =>
    void this.#damaged.add(file);

  async #run(lock: HeldLock): Promise<RepairIndexReport> {
    const { signal } = lock;
    const { storage } = this.#repository.options;
    const old = [...(await listFiles(storage, "index", signal)).keys()];
    const index = await this.#repository.loadIndex(signal, this.#onDamaged);
    const files = await listFiles(storage, "data", signal);
    for (const { id, blobs } of this.#request.readAll ? [] : index.contents())
      if (files.get(id)?.size === packedBytes(blobs)) this.#sound.add(id);
    await this.#readHeaders(files, signal);
    const added = [...this.#added.packs];
    const forgotten = index.packs.filter((id) => !files.has(id));
    await this.#assertGone(forgotten, signal);
    const { salvaged, lost } = await this.#salvage(signal);
    const changes = [added, forgotten, [...this.#unreadable], [...this.#damaged]];
    const changed = changes.some(({ length }) => length > 0);
    const beforeDeleting = async () => lock.assertHeld();
    if (changed)
      await replaceIndex(this.#repository, { old, tables: this.#tables(), signal, beforeDeleting });
    return {
      changed,
      damagedIndexFiles: this.#damaged.size,
      added,
      forgotten,
      unreadable: [...this.#unreadable],
      salvaged,
      lost,
    };
  }

  /** A listing that leaves out packs must not make the index forget them. */
  async #assertGone(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const { storage } = this.#repository.options;
    await forEachPooled(ids, slots, async (id) => {
      const key = fileKey("data", id);
      if (await storage.exists(key, { signal }))
        throw new RepositoryError("unsettled", `${key} is there but not listed`, { file: key });
    });
  }

  *#tables(): Generator<PackTable, void, void> {
    yield* this.#repository.index.tables((id) => this.#sound.has(id), blobsPerIndex);
    yield* this.#added.tables(() => true, blobsPerIndex);
  }

  async #readHeaders(files: ReadonlyMap<string, ObjectInfo>, signal: AbortSignal): Promise<void> {
    const unsure = [...files].filter(([id]) => !this.#sound.has(id));
    let packs = 0;
    await forEachPooled(unsure, slots, async ([id, { size }]) => {
      const blobs = await this.#header(id, size, signal);
      if (!blobs) this.#unreadable.add(id);
      else if (this.#isKnown(id, blobs)) this.#sound.add(id);
      else this.#added.add({ id, blobs });
      this.#request.onProgress?.({ packs: ++packs, total: unsure.length });
    });
  }

  /** Whether the index says exactly this of the pack. */
  #isKnown(pack: string, blobs: readonly PackedBlob[]): boolean {
    const { index } = this.#repository;
    return blobs.every((blob) =>
      index
        .findAll(blob.kind, blob.id)
        .some((place) => place.pack === pack && isSamePlace(place, blob)),
    );
  }

  /** What the pack itself says is in it, or undefined if that cannot be read. */
  async #header(
    id: string,
    size: number,
    signal: AbortSignal,
  ): Promise<readonly PackedBlob[] | undefined> {
    try {
      const start = Math.max(0, size - tailBytes);
      const tail = await this.#repository.readPack(id, start, size, signal);
      const length = sealedHeaderLength(tail, size);
      const headerAt = size - headerLengthBytes - length;
      const sealed =
        headerAt >= start
          ? tail.subarray(headerAt - start, headerAt - start + length)
          : await this.#repository.readPack(id, headerAt, headerAt + length, signal);
      const blobs = parsePackHeader(this.#repository.sealingKey.open(sealed));
      return packedBytes(blobs) === size ? blobs : undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (isRepositoryError(error, "damaged") || isStorageError(error, "corrupt")) return undefined;
      throw error;
    }
  }

  /** Copies what is still sound of packs that are to be forgotten. */
  async #salvage(signal: AbortSignal): Promise<{ salvaged: number; lost: number }> {
    const { index } = this.#repository;
    const wanted: PackContents[] = [];
    let lost = 0;
    for (const { id, blobs } of index.contents()) {
      if (this.#sound.has(id) || this.#added.hasPack(id)) continue;
      const sound: PackedBlob[] = [];
      for (const blob of blobs) {
        if (this.#isElsewhere(blob)) continue;
        if (await this.#canBeRead(blob, signal)) sound.push(blob);
        else lost += 1;
      }
      wanted.push({ id, blobs: sound });
    }
    await repack({
      from: this.#repository,
      to: this.#repository,
      wanted,
      compressPlain: false,
      onPack: (table) => this.#added.addTable(table),
      signal,
    });
    return { salvaged: wanted.reduce((sum, { blobs }) => sum + blobs.length, 0), lost };
  }

  #isElsewhere({ kind, id }: PackedBlob): boolean {
    const { index } = this.#repository;
    return (
      this.#added.has(kind, id) || index.findAll(kind, id).some(({ pack }) => this.#sound.has(pack))
    );
  }

  async #canBeRead({ kind, id }: PackedBlob, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#repository.loadBlob(kind, id, signal);
      return true;
    } catch (error) {
      if (isRepositoryError(error, "damaged")) return false;
      throw error;
    }
  }
}

function isSamePlace(a: PackedBlob, b: PackedBlob): boolean {
  return a.offset === b.offset && a.length === b.length && a.plainLength === b.plainLength;
}
