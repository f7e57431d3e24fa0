/**
 * Puts files in their place: where every download ends. Nothing is ever half-written under its own
 * name, and nothing is replaced that was not meant to be. Blocks: for a thread of its own.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
  type PathLike,
  type Stats,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import type { Bytes } from "../../base/bytes.ts";
import { hasCode, LocalFileError } from "./localFiles.ts";

/** What lies at a local path, as far as it tells one state of a file from another. */
export interface LocalState {
  readonly size: number;
  readonly modifiedMs: number;
}

/** What may be at the final path when the file is put there. */
export type Expected = "nothing" | "anything" | LocalState;

/** A file that has arrived. */
export interface ArrivedFile {
  readonly name: string;
  /** All of it, or the path of the hidden file in the same folder in which it has grown. */
  readonly content: Bytes | string;
  readonly expected: Expected;
  readonly modified?: Date;
}

export interface PlacedFile extends ArrivedFile {
  /** Its real path, as the system has told it. */
  readonly folder: string;
}

/** What became of a file. Errors do not survive the way between threads, so their parts travel. */
export type Placed =
  | { readonly type: "done" }
  /** The folder is not where it was. Nothing has been done. */
  | { readonly type: "moved" }
  | {
      readonly type: "failed";
      readonly message: string;
      readonly kind?: LocalFileError["kind"];
      readonly code?: string;
    };

/** Each as if it were the only one. */
export function placeFiles(files: readonly PlacedFile[]): readonly Placed[] {
  return files.map((file) => {
    const { folder, content } = file;
    if (!isWhereItWas(folder)) return { type: "moved" };
    try {
      if (typeof content !== "string") placeBytes(file, content);
      else if (dirname(content) === folder) place(file, content);
      else return { type: "moved" };
      return { type: "done" };
    } catch (error) {
      return failureOf(error);
    }
  });
}

/** A name for a file that is not whole yet. */
export function hiddenName(): string {
  return `.offsite-${crypto.randomUUID()}.part`;
}

/** Whether `path` ends in such a name. */
export function isHidden(path: string): boolean {
  return /[\\/]\.offsite-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/.test(path);
}

export function stateOf({ size, mtimeMs }: Stats): LocalState {
  // Whole milliseconds, so that it is the same after a while as JSON.
  return { size, modifiedMs: Math.floor(mtimeMs) };
}

export function sameState(a: LocalState, b: LocalState): boolean {
  return a.size === b.size && a.modifiedMs === b.modifiedMs;
}

/** Renames, unless something is there; false then. A link is the one way to do both at once. */
export function claim(path: PathLike, target: PathLike): boolean {
  try {
    linkSync(path, target);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    // A file system without hard links: look, then rename.
    if (lstatSync(target, { throwIfNoEntry: false })) return false;
    renameSync(path, target);
    return true;
  }
  unlinkSync(path);
  return true;
}

/** Removes what is of no use any more; what cannot be removed stays. */
export function removeQuietly(path: PathLike): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Its folder is not what it was: then neither is there anything of ours in it.
  }
}

/** Sees what is open to the disk, where there is a way to. */
export function flush(file: number): void {
  try {
    fsyncSync(file);
  } catch (error) {
    if (!cannotFlush.some((code) => hasCode(error, code))) throw error;
  }
}

/** Of file systems that know no flushing, and of Windows for what is open for reading. */
const cannotFlush = ["EINVAL", "ENOSYS", "ENOTSUP", "EPERM"] as const;

/**
 * A link that has come into its way since would lead elsewhere, so this is asked right before each
 * file is written. The dot asks for a folder.
 */
function isWhereItWas(folder: string): boolean {
  try {
    return realpathSync.native(`${folder}${sep}.`) === folder;
  } catch {
    return false;
  }
}

function placeBytes(file: PlacedFile, bytes: Bytes): void {
  const unfinished = join(file.folder, hiddenName());
  try {
    place(file, unfinished, bytes);
  } catch (error) {
    removeQuietly(unfinished);
    throw error;
  }
}

/** With `bytes`, the unfinished file is made of them first. */
function place(
  { folder, name, expected, modified }: PlacedFile,
  unfinished: string,
  bytes?: Bytes,
): void {
  const target = join(folder, name);
  const mode = expected === "nothing" ? undefined : modeOf(target);
  // "wx" follows no link and takes no file that is there.
  const flags = bytes ? "wx" : constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
  const file = openSync(unfinished, flags, mode);
  try {
    if (mode !== undefined) keepMode(file, mode);
    if (bytes) writeAll(file, bytes);
    if (modified) futimesSync(file, modified, modified);
    // Should the power fail, what it replaces must not be gone for something that is not yet there.
    // A new file can be had again.
    if (expected !== "nothing") flush(file);
  } finally {
    closeSync(file);
  }
  putInPlace(unfinished, target, expected);
}

/** A script stays one, and what others may not read is not shown to them. */
function keepMode(file: number, mode: number): void {
  try {
    fchmodSync(file, mode);
  } catch {
    // A file system that knows no rights has none to keep.
  }
}

/** The rights of the file that is there, if one is. */
function modeOf(target: string): number | undefined {
  const there = lstatSync(target, { throwIfNoEntry: false });
  return there?.isFile() ? there.mode & 0o777 : undefined;
}

/** A short write is no failure for the system, but would leave the file cut off here. */
function writeAll(file: number, bytes: Bytes): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, at);
}

function putInPlace(unfinished: string, target: string, expected: Expected): void {
  if (expected === "nothing") {
    if (!claim(unfinished, target)) throw appeared(target);
    return;
  }
  if (expected !== "anything") {
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (!there?.isFile() || !sameState(stateOf(there), expected)) throw appeared(target);
  }
  renameSync(unfinished, target);
}

function appeared(path: string): LocalFileError {
  return new LocalFileError("appeared", `changed meanwhile: ${path}`);
}

function failureOf(error: unknown): Placed {
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof LocalFileError) return { type: "failed", message, kind: error.kind };
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return { type: "failed", message, ...(code !== undefined && { code }) };
}
