/** Files that arrive bit by bit, beside where they will be: hidden, and taken up again later. */
import { constants, openAsBlob, type Stats } from "node:fs";
import { lstat, open, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Md5 } from "../../base/digest.ts";
import type { Bytes } from "../../base/bytes.ts";
import { hasCode, LocalFileError, type LocalKind, makeFolderBelow } from "./localFiles.ts";
import { hiddenName, isHidden, stateOf, type LocalState } from "./placing.ts";

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
  /** Lets go of it; what has arrived stays. */
  close(): Promise<void>;
  /** Lets go of it, and of what has arrived. */
  discard(): Promise<void>;
}

export interface PartialOptions {
  readonly root: string;
  /** The folder below the root in which it will be. */
  readonly segments: readonly string[];
  /** One that an earlier session has left; used if it is there and is what it should be. */
  readonly earlier?: string;
  readonly withMd5: boolean;
}

/** Opens a hidden file in the folder, which is made without following links out of the root. */
export async function openPartial(options: PartialOptions): Promise<PartialFile> {
  const { root, segments, earlier, withMd5 } = options;
  const folder = await makeFolderBelow(root, segments);
  const isOurs = earlier !== undefined && dirname(earlier) === folder && isHidden(earlier);
  const again = isOurs ? await reopened(earlier) : undefined;
  if (again && isOurs) return await partial(again, earlier, (await again.stat()).size, withMd5);
  const path = join(folder, hiddenName());
  // "wx+": never follows a link that somebody has put there.
  return await partial(await open(path, "wx+"), path, 0, withMd5);
}

/** Removes a partial file that an earlier session has left; anything else is left alone. */
export async function removePartial(path: string): Promise<void> {
  if (isHidden(path)) await rm(path, { force: true });
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

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}
