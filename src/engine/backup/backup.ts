import { never } from "../../base/abort.ts";
import type { ThreadsHost, ThreadsOrder } from "../threads/backupThreads.ts";
import type { WalkOutcome } from "../threads/backupThread.ts";
import { goTime } from "../format/goText.ts";
import { excludeNothing, type ExcludeRules } from "../disk/ignore.ts";
import type { FolderTotals } from "../threads/knownFolder.ts";
import { packTable, type FinishedPack } from "../format/pack.ts";
import type { HeldLock } from "../repository/lock.ts";
import { goOn } from "../repository/loadedIndex.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot, SnapshotSummary } from "../format/snapshot.ts";

export interface BackupRequest {
  /** Absolute paths of the folders (or files) to back up. */
  readonly roots: readonly string[];
  readonly excludes?: ExcludeRules;
  readonly tags?: readonly string[];
  /** The snapshot to compare with. Absent: the newest one of this host and these roots. */
  readonly parent?: Snapshot;
  /** Read every file again, whatever its metadata says. */
  readonly force?: boolean;
  /** Do everything but write. */
  readonly dryRun?: boolean;
  /** Write no snapshot if the parent has the roots just so; folders above them do not count. */
  readonly skipIfUnchanged?: boolean;
  /**
   * The only absolute paths that may have changed since the last backup of these roots by these
   * threads, known from a watcher; a folder stands for all that is in it. Absent: walk.
   */
  readonly changed?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
}

export interface BackupProgress {
  readonly phase: "counting" | "saving" | "finishing";
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Known once counting has ended. */
  readonly filesTotal?: number;
  readonly bytesTotal?: number;
  /** The file most recently begun. */
  readonly current?: string;
}

/** A file that could not be read: the rest of the backup goes on. */
export interface FileFailure {
  readonly path: string;
  /** Of one that changed while it was read, what was read is in the snapshot. */
  readonly reason: "vanished" | "unreadable" | "changed-while-read" | "unsupported";
  readonly message: string;
}

export interface BackupReport {
  /** Absent after a dry run, when `skipIfUnchanged` found nothing new, and when no root could be read. */
  readonly snapshot?: Snapshot;
  readonly summary: SnapshotSummary;
  readonly failed: readonly FileFailure[];
  readonly excluded: number;
}

/** What a backup asks of the lock it works under. */
type BackupLock = Pick<HeldLock, "signal" | "assertHeld">;

/**
 * Writes a snapshot of `roots`: packs, then indexes, then the snapshot, so that whatever ends the
 * process leaves a valid repository. Holds a non-exclusive lock. An abort rejects with the signal's
 * reason and leaves no snapshot.
 */
export async function backUp(
  repository: Repository,
  request: BackupRequest,
): Promise<BackupReport> {
  const { signal = never } = request;
  if (request.dryRun) {
    await repository.loadIndex(signal);
    return await backUpUnder({ signal, assertHeld: () => {} }, repository, request);
  }
  return await repository.withLock(
    "shared",
    async (lock) => await backUpUnder(lock, repository, request),
    signal,
  );
}

async function backUpUnder(
  lock: BackupLock,
  repository: Repository,
  request: BackupRequest,
): Promise<BackupReport> {
  const { signal } = lock;
  const start = now(repository);
  const parent = await parentOf(repository, request, signal);
  const outcome = await repository.options.kernels.backups.run(
    orderOf(repository, request, parent),
    hostOf(lock, repository, request),
    signal,
  );
  const summary = summaryOf(outcome, start, now(repository));
  const { failed, totals } = outcome;
  const report: BackupReport = { summary, failed, excluded: totals.excluded };
  const isSkipped = request.skipIfUnchanged && outcome.isUnchanged;
  if (request.dryRun || isSkipped || !outcome.hasRoots) return report;
  request.onProgress?.({ phase: "finishing", ...finished(totals) });
  // After a sleep others may have called our lock stale, and deleted what the snapshot would need.
  lock.assertHeld();
  await repository.saveIndex(signal);
  lock.assertHeld();
  const snapshot = await repository.saveSnapshot(
    snapshotOf(repository, request, outcome.tree, parent, summary),
    signal,
  );
  return { ...report, snapshot };
}

/** The newest snapshot of the same machine and roots, as restic chooses it. */
async function parentOf(
  repository: Repository,
  { parent, force, roots }: BackupRequest,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  if (parent || force) return parent;
  const { hostname } = repository.options.writer;
  const paths = [...roots].toSorted().join("\n");
  const snapshots = await repository.snapshots(signal, goOn);
  return snapshots.findLast(
    (snapshot) =>
      snapshot.hostname === hostname && [...snapshot.paths].toSorted().join("\n") === paths,
  );
}

function orderOf(
  repository: Repository,
  { roots, excludes = excludeNothing, changed }: BackupRequest,
  parent: Snapshot | undefined,
): ThreadsOrder {
  const { masterKey, config, id, index, options } = repository;
  const { cacheFolder } = options;
  const own = cacheFolder === undefined ? [] : [cacheFolder];
  return {
    key: masterKey,
    polynomial: config.polynomial,
    version: config.version,
    index: index.memory,
    indexState: index.identity,
    repository: id,
    parent: parent?.tree,
    walk: { roots, changed, rules: { ...excludes, never: [...excludes.never, ...own] } },
  };
}

function hostOf(
  lock: BackupLock,
  repository: Repository,
  { dryRun, onProgress }: BackupRequest,
): ThreadsHost {
  const { signal } = lock;
  return {
    savePack: async (pack: FinishedPack) => {
      if (dryRun) return;
      lock.assertHeld();
      await repository.savePack(pack, signal);
      await repository.addPacks(packTable(pack), signal);
    },
    loadTree: async (tree) => await repository.loadBlob("tree", tree, signal),
    progress: (progress) =>
      onProgress?.({
        ...progress,
        phase: progress.filesTotal === undefined ? "counting" : "saving",
      }),
  };
}

function snapshotOf(
  repository: Repository,
  { roots, excludes, tags }: BackupRequest,
  tree: string,
  parent: Snapshot | undefined,
  summary: SnapshotSummary,
): Omit<Snapshot, "id"> {
  const { hostname, username, program } = repository.options.writer;
  return {
    time: summary.backup_start,
    ...(parent && { parent: parent.id }),
    tree,
    paths: roots,
    hostname,
    username,
    ...(excludes && excludes.patterns.length > 0 && { excludes: excludes.patterns }),
    ...(tags && tags.length > 0 && { tags }),
    program_version: program,
    summary,
  };
}

function summaryOf(outcome: WalkOutcome, start: string, end: string): SnapshotSummary {
  const { counts, stored, totals } = outcome;
  return {
    backup_start: start,
    backup_end: end,
    ...counts,
    data_blobs: stored.dataBlobs,
    tree_blobs: stored.treeBlobs,
    data_added: stored.bytes,
    data_added_packed: stored.packedBytes,
    total_files_processed: totals.files,
    total_bytes_processed: totals.bytes,
  };
}

function finished({ files, bytes }: FolderTotals): Omit<BackupProgress, "phase"> {
  return { filesDone: files, filesTotal: files, bytesDone: bytes, bytesTotal: bytes };
}

function now(repository: Repository): string {
  const date = repository.options.now?.() ?? new Date();
  return goTime(BigInt(date.getTime()) * 1_000_000n);
}
