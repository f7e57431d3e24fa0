/** The verbs: what can be done with a workspace and a repository. Each reads top to bottom. */
import { type BackupReport, backUp as writeSnapshot } from "../../engine/backup/backup.ts";
import type { ExcludeRules } from "../../engine/disk/ignore.ts";
import { goOn, type OnDamaged } from "../../engine/repository/loadedIndex.ts";
import type { Repository } from "../../engine/repository/repository.ts";
import { restoresCutOff } from "../../engine/restore/putAside.ts";
import { restore as restoreOne, type RestoreReport } from "../../engine/restore/restore.ts";
import {
  isWritten,
  planRestore as planOne,
  totalsOf,
  type RestoreItem,
  type RestorePlan,
  type RestoreProgress,
} from "../../engine/restore/restorePlan.ts";
import {
  type RestoreUndo,
  type RestoreUndone,
  undoRestore,
} from "../../engine/restore/restoreUndo.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import { differing, unchanged } from "../../engine/backup/survey.ts";
import type { Changes } from "./changes.ts";
import type { JobContext } from "./jobs.ts";
import type { Repositories } from "./repositories.ts";
import { commonFolder, isWithin, type SnapshotPath, snapshotPath } from "./snapshots.ts";

export interface BackUpRequest {
  readonly repositories: Repositories;
  readonly repository: Repository;
  /** Absolute paths of the workspace's folders. */
  readonly folders: readonly string[];
  readonly excludes: ExcludeRules;
  /** What a watcher knows; absent: walk. */
  readonly changes?: Changes;
}

/**
 * Puts all folders into one snapshot, unless nothing has changed. Cancelled or failed, the
 * repository is as valid as before.
 */
export async function backUp(request: BackUpRequest, job: JobContext): Promise<BackupReport> {
  const { repositories, repository, folders, excludes, changes } = request;
  const mark = changes?.mark();
  const report = await writeSnapshot(repository, {
    roots: folders,
    excludes,
    skipIfUnchanged: true,
    ...(mark?.changed && { changed: mark.changed }),
    signal: job.signal,
    onProgress: (progress) => job.progress(progress),
  });
  if (changes && mark)
    changes.settle(mark, {
      files: report.summary.total_files_processed,
      failed: report.failed.map(({ path }) => path),
      snapshot: report.snapshot,
    });
  job.record(backupFacts(report));
  repositories.touch(repository);
  return report;
}

/**
 * Tells `changes` what differs from the last snapshot this computer made of exactly these folders,
 * by size and time; nothing if there is none.
 */
export async function compareWithLast(
  { repository, folders, excludes, changes }: Omit<BackUpRequest, "repositories">,
  signal: AbortSignal,
): Promise<void> {
  const { hostname } = repository.options.writer;
  const wanted = JSON.stringify(folders.toSorted());
  const last = (await newestFirst(repository, signal)).find(
    (one) => one.hostname === hostname && JSON.stringify(one.paths.toSorted()) === wanted,
  );
  if (!last) return;
  const roots = folders.map((local) => ({ local, path: snapshotPath(local) }));
  const changed = await differing(repository, last, roots, excludes, signal);
  signal.throwIfAborted();
  changes?.compared(last, changed);
}

/** More than this did not change back by itself. */
const mostLookedAt = 200;

/**
 * Takes back what of `changes` is as in the last snapshot after all: a watcher speaks late, files
 * come and go, and people undo what they did.
 */
export async function lookAgain(
  repository: Repository,
  changes: Changes,
  signal: AbortSignal,
): Promise<void> {
  const { touched, baseline } = changes;
  if (!baseline || touched.size === 0 || touched.size > mostLookedAt) return;
  const paths = [...touched.keys()].map((local) => ({ local, path: snapshotPath(local) }));
  const same = new Set(await unchanged(repository, baseline, paths, signal));
  changes.same(new Map([...touched].filter(([path]) => same.has(path))));
}

/** Every snapshot that can be read, newest first. What is wrong with others goes to `onDamaged`. */
export async function newestFirst(
  repository: Repository,
  signal?: AbortSignal,
  onDamaged: OnDamaged = goOn,
): Promise<readonly Snapshot[]> {
  return [...(await repository.snapshots(signal, onDamaged))].reverse();
}

/** Where restored things go. */
export type Destination =
  /** Each folder of the snapshot back to where it came from. */
  | { readonly type: "original" }
  /** The snapshot's folder `root` becomes the local `folder`: a workspace that lies elsewhere now. */
  | { readonly type: "instead"; readonly root: string; readonly folder: string }
  /** What was picked appears in `folder` under its own name. */
  | { readonly type: "into"; readonly folder: string };

export interface RestoreWish {
  readonly snapshot: Snapshot;
  /** What was picked. Empty: everything. */
  readonly picked: readonly SnapshotPath[];
  readonly destination: Destination;
}

/** What a restore would do, over all the folders it touches. */
export interface RestorePreview {
  readonly snapshot: Snapshot;
  readonly plans: readonly RestorePlan[];
}

/** Looks, and writes nothing. Nothing picked lies in a folder of the destination: no plans. */
export async function planRestore(
  repository: Repository,
  wish: RestoreWish,
  job: JobContext,
): Promise<RestorePreview> {
  job.progress({ phase: "planning", filesDone: 0, bytesDone: 0 });
  const plans: RestorePlan[] = [];
  for (const part of parts(wish))
    plans.push(
      await planOne(repository, {
        ...part,
        snapshot: wish.snapshot,
        overwrite: "if-changed",
        signal: job.signal,
      }),
    );
  return { snapshot: wish.snapshot, plans };
}

/** The preview without the items whose local path `skip` names: they stay as they are. */
export function withoutItems(
  preview: RestorePreview,
  skip: (item: RestoreItem) => boolean,
): RestorePreview {
  return { ...preview, plans: preview.plans.map((plan) => withKept(plan, skip)) };
}

export interface RestoreResult {
  readonly written: number;
  readonly bytes: number;
  readonly failed: RestoreReport["failed"];
  /** Files and folders that lack attributes which can not be set here. */
  readonly lackingAttributes: number;
  /** One per folder, in the order they were restored. */
  readonly undo: readonly RestoreUndo[];
}

/**
 * Carries the preview out. What is overwritten is kept in `safetyFolder`. Cancelled or failed,
 * everything is as it was before; single files that could not be restored are in the result.
 */
export async function restore(
  repository: Repository,
  preview: RestorePreview,
  safetyFolder: string,
  job: JobContext,
): Promise<RestoreResult> {
  const reports: RestoreReport[] = [];
  const partsDone = () => reports.map((report) => report.undo);
  try {
    for (const plan of preview.plans) {
      const done = totals(reports);
      const request = {
        ...plan.request,
        signal: job.signal,
        onProgress: (progress: RestoreProgress) => job.progress(overall(progress, done, preview)),
      };
      reports.push(await restoreOne(repository, { ...plan, request }, safetyFolder));
    }
  } catch (error) {
    await undo(partsDone());
    throw error;
  }
  const { files, bytes } = totals(reports);
  const failed = reports.flatMap((report) => report.failed);
  job.record({ files, bytes, failed: failed.length, snapshot: preview.snapshot.id });
  const lackingAttributes = reports.reduce((sum, report) => sum + report.lackingAttributes, 0);
  return { written: files, bytes, failed, lackingAttributes, undo: partsDone() };
}

/** Takes a restore back, last part first, but for what has been changed since: see `undoRestore`. */
export async function undo(
  parts: readonly RestoreUndo[],
): Promise<{ readonly left: readonly string[]; readonly rest: readonly RestoreUndo[] }> {
  const undone: RestoreUndone[] = [];
  for (const part of parts.toReversed()) undone.unshift(await undoRestore(part));
  return {
    left: undone.flatMap(({ left }) => left),
    rest: undone.map(({ rest }) => rest).filter(({ made }) => made.length > 0),
  };
}

/** What a restore with this safety folder had replaced when its process died, for `undo`. */
export async function cutOffRestore(safetyFolder: string): Promise<readonly RestoreUndo[]> {
  return await restoresCutOff(safetyFolder);
}

function backupFacts({ snapshot, summary, failed }: BackupReport) {
  return {
    ...(snapshot && { snapshot: snapshot.id, host: snapshot.hostname ?? "" }),
    changed: summary.files_new + summary.files_changed,
    files: summary.total_files_processed,
    bytes: summary.total_bytes_processed,
    added: summary.data_added_packed,
    failed: failed.length,
  };
}

/** A wish as the engine takes it: one local target folder each. */
function parts(
  wish: RestoreWish,
): { base: SnapshotPath; target: string; select: readonly SnapshotPath[] }[] {
  const { snapshot, picked, destination } = wish;
  const roots = snapshot.paths.map((original) => ({ original, path: snapshotPath(original) }));
  switch (destination.type) {
    case "original":
      return roots.flatMap(({ original, path }) => part(path, original, picked));
    case "instead":
      return part(snapshotPath(destination.root), destination.folder, picked);
    case "into": {
      const wanted = picked.length > 0 ? picked : roots.map(({ path }) => path);
      return [{ base: commonFolder(wanted), target: destination.folder, select: wanted }];
    }
  }
}

/** What of `picked` concerns the snapshot's folder `base`: parts of it, or all of it. */
function part(base: SnapshotPath, target: string, picked: readonly SnapshotPath[]) {
  const everything = picked.length === 0 || picked.some((path) => isWithin(path, base));
  if (everything) return [{ base, target, select: [] }];
  const select = picked.filter((path) => isWithin(base, path));
  return select.length > 0 ? [{ base, target, select }] : [];
}

function withKept(plan: RestorePlan, skip: (item: RestoreItem) => boolean): RestorePlan {
  const items = plan.items.map((item): RestoreItem =>
    isWritten(item) && skip(item) ? { ...item, action: "keep" } : item,
  );
  return { ...plan, items, ...totalsOf(items) };
}

function totals(reports: readonly RestoreReport[]): { files: number; bytes: number } {
  return {
    files: reports.reduce((sum, { written }) => sum + written, 0),
    bytes: reports.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function overall(
  progress: RestoreProgress,
  done: { files: number; bytes: number },
  preview: RestorePreview,
) {
  const filesTotal = preview.plans.reduce(
    (sum, { counts }) => sum + counts.create + counts.replace,
    0,
  );
  return {
    phase: "restoring" as const,
    filesDone: done.files + progress.filesDone,
    filesTotal,
    bytesDone: done.bytes + progress.bytesDone,
    bytesTotal: preview.plans.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(progress.current !== undefined && { current: progress.current }),
  };
}
