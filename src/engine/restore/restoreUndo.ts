import { copyFile, lstat, rename, rm, rmdir, unlink, utimes, chmod } from "node:fs/promises";
import { codeOf, moveByCopy } from "../disk/fileWriter.ts";
import { lstatIfThere, sameTime } from "../disk/fileComparison.ts";
import {
  FolderGuard,
  native,
  shown,
  unsaved,
  type LocalPath,
  type SavedPath,
} from "../disk/localPath.ts";
import type { FormerMetadata } from "../disk/metadata.ts";
import { parseMoment } from "../format/moment.ts";

/** Something a restore made, or took away. */
export interface MadeEntry {
  readonly path: SavedPath;
  readonly type: "file" | "folder" | "link" | "pipe" | "gone";
  /** What it was given, to see whether it has been changed since. */
  readonly size?: number;
  readonly mtime?: string;
  /** Where that lies which it replaced. */
  readonly kept?: string;
}

/** Something whose mode and times a restore changed. */
export interface TouchedEntry extends FormerMetadata {
  readonly path: SavedPath;
}

/** What a restore did to the disk: enough to take it back, and plain data, so that it can be saved. */
export interface RestoreUndo {
  /** The restore's target, which undoing leaves as little as restoring did. */
  readonly root: string;
  /** The folder that holds what was overwritten. */
  readonly safetyFolder: string;
  /** In the order they were made. */
  readonly made: readonly MadeEntry[];
  readonly touched: readonly TouchedEntry[];
}

export interface RestoreUndone {
  /** Paths of what stays as it is, because it has been changed since. */
  readonly left: readonly string[];
  /** What is still to be taken back of it, once that is out of the way. */
  readonly rest: RestoreUndo;
}

/**
 * Takes a restore back: deletes what it made and moves back what it replaced. What has been changed
 * since stays as it is, and what it had replaced stays in the safety folder.
 */
export async function undoRestore(undo: RestoreUndo): Promise<RestoreUndone> {
  const left: string[] = [];
  const rest: MadeEntry[] = [];
  for (const entry of undo.made.toReversed()) {
    const path = unsaved(entry.path);
    try {
      if (entry.path !== undo.root) new FolderGuard(undo.root).check(path);
      if (await takeBack(path, entry)) continue;
    } catch {
      // Something is in it or in its place, or it may not be touched any more.
    }
    left.push(shown(path));
    rest.unshift(entry);
  }
  for (const entry of undo.touched.toReversed()) await touchBack(undo.root, entry);
  if (left.length === 0) await rm(undo.safetyFolder, { recursive: true, force: true });
  return { left, rest: { ...undo, made: rest, touched: [] } };
}

/** False if it is no longer what the restore made. */
async function takeBack(path: LocalPath, entry: MadeEntry): Promise<boolean> {
  const stats = lstatIfThere(path);
  if (stats) {
    if (!isUnchanged(stats, entry)) return false;
    if (entry.type === "folder") await rmdir(native(path));
    // A file is replaced by a file moved back, so that there is always one or the other.
    else if (!(entry.type === "file" && lstatIfThere(entry.kept ?? "")?.isFile()))
      await unlink(native(path));
  }
  if (entry.kept !== undefined) await moveBack(entry.kept, path);
  return true;
}

function isUnchanged(
  stats: NonNullable<ReturnType<typeof lstatIfThere>>,
  entry: MadeEntry,
): boolean {
  if (entry.type === "gone") return false;
  if (entry.type === "folder") return stats.isDirectory();
  if (entry.type === "pipe") return stats.isFIFO();
  if (!sameTime(stats.mtimeNs, parseMoment(entry.mtime ?? "")?.ns ?? 0n)) return false;
  return entry.type === "link"
    ? stats.isSymbolicLink()
    : stats.isFile() && Number(stats.size) === entry.size;
}

async function moveBack(kept: string, path: LocalPath): Promise<void> {
  try {
    await rename(kept, native(path));
    return;
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
  }
  const stats = await lstat(kept);
  if (!stats.isFile()) {
    moveByCopy(kept, native(path), stats.isSymbolicLink());
    return;
  }
  const unfinished = Buffer.concat([Buffer.from(native(path)), Buffer.from(".offsite-undo")]);
  await copyFile(kept, unfinished);
  await chmod(unfinished, stats.mode);
  await utimes(unfinished, stats.atimeMs / 1000, stats.mtimeMs / 1000);
  await rename(unfinished, native(path));
  await unlink(kept);
}

async function touchBack(root: string, { path, mode, atime, mtime }: TouchedEntry): Promise<void> {
  const local = unsaved(path);
  try {
    new FolderGuard(root).check(local);
    if (lstatIfThere(local)?.isSymbolicLink() !== false) return;
    await chmod(native(local), mode);
    await utimes(native(local), Number(BigInt(atime)) / 1e9, Number(BigInt(mtime)) / 1e9);
  } catch {
    // Gone, or no longer ours: there is nothing to set back.
  }
}
