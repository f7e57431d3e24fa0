import {
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  lutimesSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { release, type Bytes } from "../../base/bytes.ts";
import type { OpenBlob } from "../format/blob.ts";
import type { BlobPlace } from "../format/blobIndex.ts";
import { isRepositoryError } from "../errors.ts";
import { lstatIfThere } from "./fileComparison.ts";
import { FolderGuard, native, type LocalPath } from "./localPath.ts";
import { claim, flush, removeQuietly } from "./placing.ts";

/** Stored bytes of some blobs, as they lie in a pack from `start` on. */
export interface FetchedRun {
  readonly start: number;
  readonly bytes: Bytes;
}

/** A file to be written, or a part of one. */
export interface FileJob {
  readonly target: LocalPath;
  /** Where it grows: a hidden name in the same folder. */
  readonly unfinished: LocalPath;
  /** Make the unfinished file: empty, or as another name of the file `linkOf`. */
  readonly start?: { readonly linkOf?: LocalPath };
  /** Where in the file the blobs go. */
  readonly offset: number;
  readonly blobs: readonly { readonly run: number; readonly place: BlobPlace }[];
  /** Absent if more is to come. */
  readonly finish?: FinishFile;
}

export interface FileMetadata {
  readonly mode: number;
  /** Seconds since 1970, as Node sets them. */
  readonly atime: number;
  readonly mtime: number;
  /** Present if we may give files away. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface FinishFile {
  /** Absent for another name of a file, which has the file's. */
  readonly metadata?: FileMetadata;
  /** In bytes. */
  readonly size?: number;
  /** Where what it replaces is kept. Absent: nothing is there, and what has appeared since stays. */
  readonly kept?: string;
}

export type FileResult =
  | { readonly type: "done" }
  /** A blob is damaged here, or a link cannot be made: another way may do. */
  | { readonly type: "elsewhere" }
  | { readonly type: "failed"; readonly message: string; readonly code?: string };

/**
 * Writes files below `root` out of fetched blobs, which `open` opens. Each appears under its own name whole or not at
 * all. Blocks: for a thread of its own.
 */
export function writeFiles(
  open: OpenBlob,
  root: string,
  runs: readonly FetchedRun[],
  jobs: readonly FileJob[],
): FileResult[] {
  const guard = new FolderGuard(root);
  return jobs.map((job) => {
    try {
      guard.check(job.target);
      writePart(open, runs, job);
      if (job.finish) putInPlace(job.unfinished, job.target, job.finish);
      return { type: "done" };
    } catch (error) {
      // A part's file is still being written by others: whoever sent the parts removes it.
      if (job.start && job.finish) removeQuietly(native(job.unfinished));
      return failureOf(error);
    }
  });
}

/** What `error` means for the file it befell. */
export function failureOf(error: unknown): FileResult {
  if (isRepositoryError(error, "damaged") || error instanceof NoLink) return { type: "elsewhere" };
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return { type: "failed", message, ...(code !== undefined && { code }) };
}

class NoLink extends Error {}

function writePart(
  open: OpenBlob,
  runs: readonly FetchedRun[],
  { unfinished, start, offset, blobs, finish }: FileJob,
): void {
  const path = native(unfinished);
  if (start?.linkOf !== undefined) {
    try {
      linkSync(native(start.linkOf), path);
    } catch (error) {
      throw new NoLink("no second name", { cause: error });
    }
    return;
  }
  // "wx" follows no link and takes no file that is there.
  const file = openSync(
    path,
    start ? "wx" : constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0),
    0o600,
  );
  try {
    let at = offset;
    for (const { run, place } of blobs) {
      const { bytes, start: runStart } = runs[run]!;
      const from = place.offset - runStart;
      const sealed = bytes.subarray(from, from + place.length);
      const plain = open(place, sealed);
      at += writeFully(file, plain, at);
      release(plain);
    }
    if (finish) complete(file, finish);
  } finally {
    closeSync(file);
  }
}

function complete(file: number, { size, metadata, kept }: FinishFile): void {
  if (size !== undefined) ensureLength(file, size);
  if (metadata) setFileMetadata(file, metadata);
  // Should the power fail, what it replaces must not be gone for something that is not yet there.
  if (kept !== undefined) flush(file);
}

/** Zeros are not written where the file has a hole anyway: an image of an empty disk takes no space. */
function writeFully(file: number, bytes: Uint8Array, at: number): number {
  if (bytes.length >= zeros.length && isZero(bytes)) return bytes.length;
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  return bytes.length;
}

const zeros = new Uint8Array(64 * 1024);

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const piece = bytes.subarray(at, at + zeros.length);
    if (Buffer.compare(piece, zeros.subarray(0, piece.length)) !== 0) return false;
  }
  return true;
}

/** A hole at the end is not there until the file is as long as it should be. */
function ensureLength(file: number, size: number): void {
  if (fstatSync(file).size < size) ftruncateSync(file, size);
}

function setFileMetadata(file: number, { mode, atime, mtime, owner }: FileMetadata): void {
  // Giving a file away clears its setuid bit, so the mode comes after it.
  if (owner) fchownSync(file, owner.uid, owner.gid);
  fchmodSync(file, mode);
  futimesSync(file, atime, mtime);
}

/** Gives a finished file its own name. */
function putInPlace(unfinished: LocalPath, target: LocalPath, { kept }: FinishFile): void {
  if (kept === undefined) {
    if (!claim(native(unfinished), native(target))) throw appeared();
    return;
  }
  keepAside(target, kept);
  renameSync(native(unfinished), native(target));
}

function appeared(): Error {
  return new Error("something has appeared there since the preview");
}

/** Moves what is at `target` to `kept`, which may be on another disk. */
export function moveAside(target: LocalPath, kept: string): void {
  keepAside(target, kept);
  rmSync(native(target), { force: true });
}

/** As `moveAside`, but a file stays until it is replaced, so that there is always one or the other. */
function keepAside(target: LocalPath, kept: string): void {
  const stats = lstatIfThere(target);
  if (!stats) return;
  const path = native(target);
  if (stats.isFile()) {
    try {
      linkSync(path, kept);
    } catch {
      copyFileSync(path, kept, constants.COPYFILE_EXCL);
      flushCopy(kept);
      utimesSync(kept, Number(stats.atimeNs) / 1e9, Number(stats.mtimeNs) / 1e9);
    }
    return;
  }
  try {
    renameSync(path, kept);
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    moveByCopy(path, kept, stats.isSymbolicLink());
  }
}

/**
 * Puts back what was kept of `target`, unless it is still there. False if something else is there, or if
 * it cannot be moved.
 */
export function putBack(target: LocalPath, kept: string): boolean {
  const aside = lstatIfThere(kept);
  if (!aside) return true;
  const there = lstatIfThere(target);
  if (there) return there.ino === aside.ino && there.dev === aside.dev;
  try {
    renameSync(kept, native(target));
    return true;
  } catch {
    // It is on another disk, which undoing knows how to do.
    return false;
  }
}

/** Moves a folder or link to another disk. */
export function moveByCopy(from: string | Buffer, to: string | Buffer, isLink: boolean): void {
  if (isLink) symlinkSync(readlinkSync(from, { encoding: "buffer" }), to);
  else
    cpSync(from.toString(), to.toString(), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      errorOnExist: true,
    });
  rmSync(from, { recursive: true });
}

/** A copy may be read-only, as what it was made from. */
function flushCopy(path: string): void {
  const file = openSync(path, "r");
  try {
    flush(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a symbolic link, keeping aside what it replaces. */
export function writeLink(
  root: string,
  target: LocalPath,
  text: LocalPath,
  { metadata, kept }: FinishFile,
): void {
  new FolderGuard(root).check(target);
  if (kept !== undefined) {
    moveAside(target, kept);
  }
  try {
    symlinkSync(native(text), native(target));
  } catch (error) {
    throw codeOf(error) === "EEXIST" ? appeared() : error;
  }
  if (metadata) lutimesSync(native(target), metadata.atime, metadata.mtime);
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
