import { never } from "../../base/abort.ts";
import { breather } from "../../base/breath.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import { BlobIndex, type PackContents, type PackTable } from "../format/blobIndex.ts";
import { BlobSet } from "../format/blobSet.ts";
import { canCompress } from "../format/compress.ts";
import { RepositoryError } from "../errors.ts";
import { fileKey, listFiles } from "../format/layout.ts";
import { deleteUnder } from "../repository/deleting.ts";
import type { HeldLock } from "../repository/lock.ts";
import { assertSettled } from "../repository/lookAgain.ts";
import { packUses, type PackUses } from "./packUses.ts";
import { choosePackFates, type PackChoice, type PackUse, type PruneLimits } from "./prunePlan.ts";
import { repack } from "./repack.ts";
import { blobsPerIndex } from "../format/indexFile.ts";
import { replaceIndex } from "../repository/replaceIndex.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot } from "../format/snapshot.ts";
import { walkTrees } from "../repository/treeWalk.ts";

export interface PruneRequest extends Partial<PruneLimits> {
  /** Say what would be done, and change nothing. Takes no lock. */
  readonly dryRun?: boolean;
  /**
   * Packs that are in no index stay if they are younger: a backup may be writing them whose lock the
   * storage does not list yet. Absent: the age at which a lock is stale.
   */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PruneProgress) => void;
}

export type PruneProgress =
  | { readonly phase: "searching"; readonly trees: number }
  | { readonly phase: "copying"; readonly bytesDone: number; readonly bytesTotal: number }
  | { readonly phase: "deleting"; readonly packsDone: number; readonly packsTotal: number };

/** What a prune does, or would do. Bytes are stored ones. */
export interface PruneReport {
  readonly packs: {
    readonly kept: number;
    readonly repacked: number;
    readonly removed: number;
    /** In no index; removed too. */
    readonly unindexed: number;
    /** In no index, and too young to be sure that nobody is about to enter them: they stay for now. */
    readonly young: number;
  };
  readonly bytes: {
    readonly before: number;
    /** What snapshots need. */
    readonly used: number;
    readonly copied: number;
    readonly freed: number;
    /** What stays without being needed, within the limit. */
    readonly unusedAfter: number;
  };
}

/**
 * Frees what no snapshot needs any more. Holds an exclusive lock. In this order: new packs, new index
 * files, then the old index files go, then the old packs; so whatever ends it, at any point, leaves a
 * whole repository, and the next run carries on. Fails with `damaged`, and deletes nothing, if any
 * snapshot, folder or index cannot be read, or if anything needed is missing; and with `unsettled` if
 * the storage's listings contradict each other.
 */
export async function prune(
  repository: Repository,
  request: PruneRequest = {},
): Promise<PruneReport> {
  const { signal = never, dryRun = false } = request;
  if (dryRun) return reportOf(await plan(repository, request, signal));
  return await repository.withLock(
    "exclusive",
    async (lock) => {
      const found = await plan(repository, request, lock.signal);
      await carryOut(repository, found, request, lock);
      return reportOf(found);
    },
    signal,
  );
}

interface PrunePlan {
  /** The index files that were loaded. */
  readonly index: ReadonlySet<string>;
  /** The snapshots that were searched. */
  readonly snapshots: ReadonlySet<string>;
  readonly uses: PackUses;
  readonly fates: PackChoice;
  /** Packs that some index names, but that are gone, and not needed. */
  readonly gone: ReadonlySet<string>;
  /** Packs that are there, but in no index. */
  readonly unindexed: ReadonlyMap<string, ObjectInfo>;
  readonly young: number;
}

const usualLimits: PruneLimits = {
  maxUnusedPercent: 5,
  maxRepackBytes: Infinity,
  compressData: false,
};

async function plan(
  repository: Repository,
  request: PruneRequest,
  signal: AbortSignal,
): Promise<PrunePlan> {
  const { storage } = repository.options;
  const snapshots = await repository.snapshots(signal);
  // After the snapshots, so that all they need is in it.
  const index = await repository.loadIndex(signal);
  const indexFiles = new Set(repository.indexFiles);
  const used = await usedBlobs(repository, snapshots, request, signal);
  const uses = await packUses(index, used);
  const files = await listFiles(storage, "data", signal);
  const there = uses.packs.filter((pack) => isThere(pack, files.get(pack.id)));
  const ids = new Set(there.map(({ id }) => id));
  const { version } = repository;
  const limits = { ...usualLimits, ...request };
  const unindexed = new Map([...files].filter(([id]) => !index.hasPack(id)));
  const isYoung = youth(repository, request);
  const young = [...unindexed].filter(([, file]) => isYoung(file));
  for (const [id] of young) unindexed.delete(id);
  return {
    index: indexFiles,
    snapshots: new Set(snapshots.map(({ id }) => id)),
    uses,
    fates: choosePackFates(there, canCompress ? version : 1, limits),
    gone: new Set(index.packs.filter((id) => !ids.has(id))),
    unindexed,
    young: young.length,
  };
}

function youth(
  { lockView }: Repository,
  { graceMs = lockView.times.staleMs }: PruneRequest,
): (file: ObjectInfo) => boolean {
  const nowMs = lockView.now().getTime();
  return ({ modified }) => modified !== undefined && nowMs - modified.getTime() < graceMs;
}

/** Everything that any snapshot needs. One thing that cannot be read, and we know too little to delete. */
async function usedBlobs(
  repository: Repository,
  snapshots: readonly Snapshot[],
  { onProgress }: PruneRequest,
  signal: AbortSignal,
): Promise<BlobSet> {
  const used = new BlobSet(repository.index);
  let trees = 0;
  await walkTrees(repository, {
    roots: snapshots.map(({ id, tree }) => ({ id: tree, where: id.slice(0, 8), depth: 0 })),
    seen: used,
    signal,
    visit: (nodes, { where }) => {
      for (const { name, content = [] } of nodes)
        for (const id of content)
          if (used.add("data", id) === undefined)
            throw new RepositoryError(
              "damaged",
              `${where}/${name} needs a blob that is in no pack`,
            );
      onProgress?.({ phase: "searching", trees: ++trees });
    },
    failed: (error) => {
      throw error;
    },
  });
  return used;
}

/** Whether the pack is as the index has it. Fails with `damaged` if it is not, and is needed. */
function isThere({ id, bytes, usedBytes }: PackUse, file: ObjectInfo | undefined): boolean {
  if (usedBytes > 0 && file?.size !== bytes) {
    const what = file ? `has ${file.size} bytes instead of ${bytes}` : "is missing";
    const key = fileKey("data", id);
    throw new RepositoryError("damaged", `${key}, which is needed, ${what}`, { file: key });
  }
  return file !== undefined;
}

async function carryOut(
  repository: Repository,
  plan: PrunePlan,
  request: PruneRequest,
  lock: HeldLock,
): Promise<void> {
  const { index } = repository;
  const { index: indexFiles, uses, fates, gone, unindexed } = plan;
  const { signal } = lock;
  const beforeDeleting = async (written: ReadonlySet<string>) => {
    await assertSettled(repository, { ...plan, written }, signal);
    await lock.lookAgain();
  };
  const added = new BlobIndex();
  const bytesTotal = fates.repack.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  let bytesDone = 0;
  await repack({
    from: repository,
    to: repository,
    wanted: wantedBlobs(index, uses, fates),
    compressPlain: true,
    onPack: (table) => added.addTable(table),
    onCopied: (bytes) => {
      bytesDone += bytes;
      request.onProgress?.({ phase: "copying", bytesDone, bytesTotal });
    },
    signal,
  });
  const doomed = new Set([...fates.remove, ...fates.repack].map(({ id }) => id));
  if (doomed.size + gone.size > 0 || indexFiles.size > usefulIndexFiles(index))
    await replaceIndex(repository, {
      old: indexFiles,
      tables: indexTables(index, added, (id) => !doomed.has(id) && !gone.has(id)),
      signal,
      beforeDeleting,
    });
  else if (unindexed.size > 0) await beforeDeleting(new Set());
  const ids = [...doomed, ...unindexed.keys()];
  const onDeleted = (packsDone: number) =>
    request.onProgress?.({ phase: "deleting", packsDone, packsTotal: ids.length });
  await deleteUnder(lock, repository, { type: "data", ids, onDeleted });
}

/** Many small index files make opening slow: that alone is worth writing them anew. */
function usefulIndexFiles(index: BlobIndex): number {
  return 10 + (2 * index.size) / blobsPerIndex;
}

function* indexTables(
  index: BlobIndex,
  added: BlobIndex,
  stays: (id: string) => boolean,
): Generator<PackTable, void, void> {
  yield* index.tables(stays, blobsPerIndex);
  yield* added.tables(() => true, blobsPerIndex);
}

/** The blobs to copy, each once, and none that lies in a pack that is kept. */
async function* wantedBlobs(
  index: BlobIndex,
  uses: PackUses,
  fates: PackChoice,
): AsyncGenerator<PackContents, void, void> {
  if (fates.repack.length === 0) return;
  const breathe = breather();
  const kept = new Set(fates.keep.map(({ id }) => id));
  const repacked = new Set(fates.repack.map(({ id }) => id));
  const covered = new BlobSet(index);
  for (const { id, blobs } of index.contents()) {
    await breathe();
    if (kept.has(id)) for (const blob of blobs) covered.add(blob.kind, blob.id);
  }
  for (const { id, blobs } of index.contents()) {
    await breathe();
    if (repacked.has(id))
      yield {
        id,
        blobs: blobs.filter(
          (blob) => uses.isNeeded(id, blob) && covered.add(blob.kind, blob.id) === true,
        ),
      };
  }
}

function reportOf({ fates, unindexed, young }: PrunePlan): PruneReport {
  const total = (packs: readonly PackUse[], of: (pack: PackUse) => number) =>
    packs.reduce((sum, pack) => sum + of(pack), 0);
  const all = [...fates.keep, ...fates.repack, ...fates.remove];
  const leftovers = [...unindexed.values()].reduce((sum, { size }) => sum + size, 0);
  const removed = total(fates.remove, ({ bytes }) => bytes);
  const shrunk = total(fates.repack, ({ unusedBytes }) => unusedBytes);
  return {
    packs: {
      kept: fates.keep.length,
      repacked: fates.repack.length,
      removed: fates.remove.length,
      unindexed: unindexed.size,
      young,
    },
    bytes: {
      before: total(all, ({ bytes }) => bytes) + leftovers,
      used: total(all, ({ usedBytes }) => usedBytes),
      copied: total(fates.repack, ({ usedBytes }) => usedBytes),
      freed: removed + shrunk + leftovers,
      unusedAfter: total(fates.keep, ({ unusedBytes }) => unusedBytes),
    },
  };
}
