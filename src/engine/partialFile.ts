/** Files that arrive bit by bit, beside where they will be: hidden, and taken up again later. */
import { constants, openAsBlob, type Stats } from "node:fs";
import {
  link,
  lstat,
  open,
  readdir,
  rename,
  rm,
  stat,
  unlink,
  utimes,
  type FileHandle,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { Md5 } from "../base/digest.ts";
import type { Bytes } from "../base/bytes.ts";
import { hasCode, LocalFileError, type LocalKind, makeFolderBelow } from "./localFiles.ts";

/** What lies at a local path, as far as it tells one state of a file from another. */
export interface LocalState {
  readonly size: number;
  readonly modifiedMs: number;
}

/** What may be at the final path when the file is put there. */
export type Expected = "nothing" | "anything" | LocalState;

export interface PartialFile {
  /** Where it grows. */
  readonly path: string;
  /** What is there by now. */
  readonly size: number;
  append(bytes: Bytes): Promise<void>;
  /** Throws away what has arrived, to begin again. */
  restart(): Promise<void>;
  /** Its MD5 in hex, if it was asked for. */
  md5(): string | undefined;
  /**
   * Puts it in its place, as `name` in its folder. Fails with `LocalFileError` "appeared" if what
   * is there is not what was expected; then nothing has changed there, and it can be tried again.
   */
  finish(name: string, expected: Expected, modified?: Date): Promise<void>;
  /** Lets go of it; what has arrived stays. */
  close(): Promise<void>;
  /** Lets go of it, and of what has arrived. */
  discard(): Promise<void>;
}

export interface PartialOptions {
  readonly root: string;
  /** The folder below the root in which it will be. */
  readonly folder: readonly string[];
  /** One that an earlier session has left; used if it is there and is what it should be. */
  readonly earlier?: string;
  readonly withMd5: boolean;
}

/** Opens a hidden file in the folder, which is made without following links out of the root. */
export async function openPartial(options: PartialOptions): Promise<PartialFile> {
  const { root, earlier, withMd5 } = options;
  const folder = await makeFolderBelow(root, options.folder);
  const isOurs = earlier !== undefined && dirname(earlier) === folder && isPartial(earlier);
  const again = isOurs ? await reopened(earlier) : undefined;
  if (again && isOurs) return await partial(again, earlier, (await again.stat()).size, withMd5);
  const path = join(folder, `.offsite-${crypto.randomUUID()}.part`);
  // "wx+": never follows a link that somebody has put there.
  return await partial(await open(path, "wx+"), path, 0, withMd5);
}

/** Removes a partial file that an earlier session has left; anything else is left alone. */
export async function removePartial(path: string): Promise<void> {
  if (isPartial(path)) await rm(path, { force: true });
}

/** Without a byte for so long, nobody will take it up again. */
const abandonedAfterMs = 14 * 24 * 60 * 60 * 1000;

/** Removes the partial files in `folder` that nobody has touched for two weeks. */
export async function removeAbandonedPartials(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if (!isPartial(path)) continue;
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() && now.getTime() - found.mtimeMs > abandonedAfterMs)
      await rm(path, { force: true });
  }
}

/** The state of the file at `path`; undefined if nothing is there. Fails if it is no file. */
export async function stateAt(path: string): Promise<LocalState | undefined> {
  const found = await lstatIfThere(path);
  if (!found) return undefined;
  if (!found.isFile())
    throw new LocalFileError("in-the-way", `something else is in the way: ${path}`);
  return stateOf(found);
}

/** The state of a file that is to be read; of a link, what it leads to counts. Fails if there is none. */
export async function sourceState(
  path: string,
): Promise<LocalState & { readonly kind: LocalKind }> {
  const found = await stat(path);
  const kind = found.isFile() ? "file" : found.isDirectory() ? "folder" : "something-else";
  return { ...stateOf(found), kind };
}

export function sameState(a: LocalState, b: LocalState): boolean {
  return a.size === b.size && a.modifiedMs === b.modifiedMs;
}

function stateOf({ size, mtimeMs }: Stats): LocalState {
  // Whole milliseconds, so that it is the same after a while as JSON.
  return { size, modifiedMs: Math.floor(mtimeMs) };
}

function isPartial(path: string): boolean {
  return /[\\/]\.offsite-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/.test(path);
}

async function reopened(path: string): Promise<FileHandle | undefined> {
  try {
    const handle = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    if (!hasCode(error, "ENOENT") && !hasCode(error, "ELOOP")) throw error;
  }
  return undefined;
}

async function partial(
  handle: FileHandle,
  path: string,
  bytes: number,
  withMd5: boolean,
): Promise<PartialFile> {
  let size = bytes;
  let md5 = new Md5();
  let isOpen = true;
  if (withMd5 && size > 0) for await (const chunk of await bytesOf(path)) md5.add(chunk);
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    path,
    get size() {
      return size;
    },
    async append(bytes) {
      // A short write is no failure for the system, but would leave a hole here.
      for (let at = 0; at < bytes.length;)
        at += (await handle.write(bytes, at, bytes.length - at, size + at)).bytesWritten;
      size += bytes.length;
      if (withMd5) md5.add(bytes);
    },
    async restart() {
      await handle.truncate(0);
      size = 0;
      md5 = new Md5();
    },
    md5: () => (withMd5 ? md5.hex() : undefined),
    async finish(name, expected, modified) {
      if (isOpen) await handle.sync();
      await close();
      if (modified) await utimes(path, modified, modified);
      await putInPlace(path, join(dirname(path), name), expected);
    },
    close,
    async discard() {
      await close();
      await rm(path, { force: true });
    },
  };
}

async function bytesOf(path: string): Promise<ReadableStream<Bytes>> {
  return (await openAsBlob(path)).stream();
}

async function putInPlace(path: string, target: string, expected: Expected): Promise<void> {
  if (expected === "nothing") {
    await claim(path, target);
    return;
  }
  if (expected !== "anything") {
    const there = await stateAt(target);
    if (!there || !sameState(there, expected)) throw appeared(target);
  }
  await rename(path, target);
}

/** Renames, unless something is there. A link is the one way to do both at once. */
async function claim(path: string, target: string): Promise<void> {
  try {
    await link(path, target);
  } catch (error) {
    if (hasCode(error, "EEXIST")) throw appeared(target);
    // A file system without hard links: look, then rename.
    if (await lstatIfThere(target)) throw appeared(target);
    await rename(path, target);
    return;
  }
  await unlink(path);
}

function appeared(path: string): LocalFileError {
  return new LocalFileError("appeared", `changed meanwhile: ${path}`);
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}
