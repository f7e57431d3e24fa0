/** Local files as uploads read them, and where downloads may go: never outside. */
import type { Dirent } from "node:fs";
import { lstat, mkdir, opendir, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { openFileBlob } from "./fileBlob.ts";

/** What lies at a path; links count as what they are, not as what they lead to. */
export type LocalKind = "nothing" | "file" | "folder" | "something-else";

export interface LocalEntry {
  readonly path: string;
  /** Below the folder that was walked. */
  readonly segments: readonly string[];
  readonly type: "file" | "empty-folder" | "link" | "something-else" | "unreadable";
  /** Why it is unreadable. */
  readonly error?: unknown;
}

/** The path of `segments` below `root`. */
export function pathBelow(root: string, segments: readonly string[]): string {
  return join(root, ...segments);
}

/** What lies at `path`. */
export async function kindAt(path: string): Promise<LocalKind> {
  try {
    const found = await lstat(path);
    if (found.isFile()) return "file";
    return found.isDirectory() ? "folder" : "something-else";
  } catch (error) {
    if (isMissing(error)) return "nothing";
    throw error;
  }
}

/** Makes the folder and its parents, unless a link on the way leads out of `root`. */
export async function makeFolderBelow(root: string, segments: readonly string[]): Promise<string> {
  const inside = await realpath(root);
  if (segments.length === 0) return inside;
  // Of many files in one folder, all but the first find it made: one question to the system tells.
  // The dot asks for a folder.
  const folder = join(inside, ...segments);
  const made = await realpath(`${folder}${sep}.`).catch(() => undefined);
  if (made === folder) return folder;
  let at = inside;
  for (const segment of segments) {
    at = join(at, segment);
    await mkdir(at).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
    const real = await realpath(at);
    if (real !== inside && !real.startsWith(inside + sep))
      throw new LocalFileError("outside", `a link leads out of the folder: ${at}`);
    if (!(await stat(real)).isDirectory())
      throw new LocalFileError("in-the-way", `something else is in the way: ${at}`);
    at = real;
  }
  return at;
}

/**
 * The file's content as it is now: what is small is read at once, the rest only when asked for, and
 * then refused with a `NotReadableError` if the file has changed.
 */
export async function readLocal(path: string): Promise<Blob> {
  return await openFileBlob(path);
}

/** Deletes a file that was made on the way. One that is not there is deleted. */
export async function removeLocal(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Removes the files of a folder that have stood there since before `oldest`. Never rejects. */
export async function removeFilesFrom(folder: string, oldest: Date): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() && found.mtimeMs < oldest.getTime())
      await rm(path, { force: true }).catch(() => undefined);
  }
}

/**
 * The text of a small file such as another program's settings; undefined if there is none. Fails
 * with `LocalFileError` if it is no plain file, or too large to be what it should be.
 */
export async function readSmallText(path: string): Promise<string | undefined> {
  try {
    // A pipe in the file's place would keep its reader waiting for ever.
    const found = await stat(path);
    if (!found.isFile()) throw new LocalFileError("not-small-text", `not a plain file: ${path}`);
    if (found.size > mostOfSmallText)
      throw new LocalFileError("not-small-text", `larger than expected: ${path}`);
    // Some editors begin a file with a mark of its encoding, which is no part of the text.
    return (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const mostOfSmallText = 4_000_000;

/** The names of what lies in a folder; none if there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => []);
}

/** Whether `error` says that a local file could not be used, as opposed to a fault of the program. */
export function isLocalFailure(error: unknown): boolean {
  return error instanceof LocalFileError || (error instanceof Error && "code" in error);
}

/** Its own name. */
export function localName(path: string): string {
  return basename(path);
}

/**
 * Every file and every empty folder below `root`; links are named but not followed, and a folder
 * that cannot be read is named with the reason. Holds one part of one folder at a time.
 */
export async function* walkLocal(root: string): AsyncGenerator<LocalEntry, void, void> {
  const waiting: (readonly string[])[] = [[]];
  for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
    const path = join(root, ...folder);
    let isEmpty = true;
    try {
      for await (const entry of await opendir(path, { bufferSize: 512 })) {
        isEmpty = false;
        const segments = [...folder, entry.name];
        if (entry.isDirectory()) waiting.push(segments);
        else yield { path: join(path, entry.name), segments, type: typeOf(entry) };
      }
    } catch (error) {
      // The reader of this walk may have ended it; what it throws is not the folder's fault.
      if (!isLocalFailure(error)) throw error;
      yield { path, segments: folder, type: "unreadable", error };
      continue;
    }
    if (isEmpty) yield { path, segments: folder, type: "empty-folder" };
  }
}

function typeOf(entry: Dirent): "file" | "link" | "something-else" {
  if (entry.isFile()) return "file";
  return entry.isSymbolicLink() ? "link" : "something-else";
}

export class LocalFileError extends Error {
  override readonly name = "LocalFileError";
  readonly kind: "outside" | "in-the-way" | "not-small-text" | "appeared";

  constructor(kind: LocalFileError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR");
}

/** Whether the system has given `error` this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
