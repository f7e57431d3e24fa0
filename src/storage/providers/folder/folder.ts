import { constants, type Stats } from "node:fs";
import {
  copyFile,
  type FileHandle,
  lstat,
  open,
  rename,
  rmdir,
  stat,
  unlink,
} from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Bytes } from "../../../base/bytes.ts";
import type { Driver } from "../../driver.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import { type ObjectInfo, isSameState } from "../../objects.ts";
import { checkFileKey, checkKey, nameOf, parentOf, unfinishedName } from "../../paths.ts";
import type { Config } from "../../fields.ts";
import { defineProvider } from "../../provider.ts";
import { deleteEach } from "../../refusals.ts";
import type { WriteRequest } from "../../requests.ts";
import { codeOf, failure, ignoreMissing } from "./errors.ts";
import { infoOf, listing, sweep } from "./listing.ts";
import { movable, moveTo } from "./move.ts";
import { localNameProblem, pathsBeneath } from "./paths.ts";
import { claim, filled, finished, keepRights, refuseExisting, syncFolder } from "./writing.ts";

const fields = {
  path: {
    type: "text",
    label: "Folder",
    format: "path",
    required: true,
    placeholder: "~/Backups",
    help: "A full path, or one that begins with ~/. A network share must be mounted.",
  },
} as const;

/** A directory of this computer, or a network share that is mounted here. Needs no account. */
export const folder = defineProvider({
  id: "folder",
  label: "Folder on this computer or network share",
  icon: "folder",
  noun: "file",
  fields,
  presets: [],
  recognise: (text) =>
    /^(~?\/|[a-z]:[\\/]|\\\\\w)/i.test(text) ? { values: { path: text } } : undefined,
  place: ({ path }) => path,
  restic: ({ path }, folder) => ({ repository: join(absolute(path), folder), preparation: [] }),
  open: async (config) => folderDriver(config),
});

/**
 * Objects are plain files. A write goes to a hidden name in the same directory, to the disk, and
 * only then to its own name. Symbolic links are followed while they stay within the folder.
 */
export function folderDriver({ path }: Config<typeof fields>): Driver {
  const paths = pathsBeneath(absolute(path));

  /** Fills a hidden file and gives it the name `key`, replacing what is there unless `ifAbsent`. */
  async function put(
    { key, ifAbsent = false, modified, signal }: Omit<WriteRequest, "body">,
    fill: (path: string, mode?: number) => Promise<FileHandle>,
  ): Promise<ObjectInfo> {
    checkFileKey(key, localNameProblem);
    signal.throwIfAborted();
    const parent = await paths.make(parentOf(key));
    const { target, stats } = await placeOf(key, parent);
    const unfinished = join(dirname(target), unfinishedName());
    if (ifAbsent) await refuseExisting(target);
    if (isForgetfulOfCase) await paths.resolve(key).catch(ignoreMissing);
    try {
      const file = await fill(unfinished, stats && stats.mode & 0o777);
      if (stats) await keepRights(file, stats);
      const info = await finished(file, key, modified);
      signal.throwIfAborted();
      await (ifAbsent ? claim(unfinished, target) : rename(unfinished, target));
      await syncFolder(dirname(target));
      return info;
    } catch (error) {
      await unlink(unfinished).catch(() => {});
      throw error;
    }
  }

  /** Where a file is put, and what it replaces: of a link within the folder, what it leads to. */
  async function placeOf(
    key: string,
    parent: string,
  ): Promise<{ readonly target: string; readonly stats?: Stats }> {
    const target = join(parent, nameOf(key));
    const stats = await lstat(target).catch(ignoreMissing);
    if (stats?.isFile()) return { target, stats };
    const real = stats?.isSymbolicLink() && (await paths.resolve(key).catch(() => undefined));
    const found = real ? await lstat(real).catch(ignoreMissing) : undefined;
    return real && found?.isFile() ? { target: real, stats: found } : { target };
  }

  async function remove(key: string, linksAsSuch = false): Promise<void> {
    checkKey(key, localNameProblem);
    const parent = await paths.resolve(parentOf(key)).catch(ignoreMissing);
    if (parent === undefined) return;
    const target = join(parent, nameOf(key));
    if (!key.endsWith("/")) await removeFile(target);
    else if (!linksAsSuch || !(await removeLink(target))) await removeFolder(target);
  }

  return {
    capabilities: {
      ifAbsent: true,
      // No file system replaces a file only if it is still the one we saw.
      ifMatch: false,
      copyIfAbsent: true,
      range: true,
      deleteBatch: 100,
      concurrency: 8,
    },

    list: listing(paths),

    async stat({ key, signal }) {
      return await reported(key, "not-found", async () => {
        checkFile(key);
        signal.throwIfAborted();
        const stats = await stat(await paths.resolve(key), { bigint: true });
        if (!stats.isFile()) throw new StorageError("not-found", `not a file: ${key}`);
        return infoOf(key, stats);
      });
    },

    async read({ key, range, signal }, use) {
      const { file, info } = await reported(key, "not-found", async () => {
        checkFile(key);
        signal.throwIfAborted();
        return await opened(await paths.resolve(key), key);
      });
      const { start = 0, end = info.size } = range ?? {};
      const body = bytesOf(file, { key, start, end: Math.min(end, info.size), signal });
      try {
        if (start > 0 && start >= info.size)
          throw new StorageError("invalid", `the file ends before byte ${start}`);
        return await use({ info, body: body.stream });
      } finally {
        await body.end();
        await file.close();
      }
    },

    async write(request) {
      const { key, body, ifMatch, signal } = request;
      if (ifMatch !== undefined)
        throw new StorageError("unsupported", "a disk replaces files without a condition");
      return await reported(key, "conflict", () =>
        put(request, async (path, mode) => await filled(path, body, signal, mode)),
      );
    },

    async delete(request) {
      await deleteEach(request, 8, async (key) => {
        await reported(key, "not-found", () => remove(key, request.linksAsSuch));
      });
    },

    async copy({ from, to, source: expected, ifAbsent = false, signal }) {
      return await reported(from, "not-found", async () => {
        checkFile(from);
        const source = await paths.resolve(from);
        const state = async () => {
          const stats = await stat(source, { bigint: true });
          if (!stats.isFile()) throw new StorageError("not-found", `not a file: ${from}`);
          return infoOf(from, stats);
        };
        const before = await state();
        return await put({ key: to, ifAbsent, signal }, async (path) => {
          // Disks that can share the blocks of both copies do.
          await copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
          // A file that is written while it is copied gives a mixture.
          if (!isSameState(expected ?? before, await state()))
            throw new StorageError("conflict", `changed meanwhile: ${from}`);
          return await open(path, "r+");
        });
      });
    },

    async move({ from, to, ifAbsent = false, signal }) {
      checkKey(from, localNameProblem);
      checkKey(to, localNameProblem);
      signal.throwIfAborted();
      const source = await reported(from, "not-found", () => movable(paths, from));
      await reported(to, "conflict", () => moveTo(paths, source, { to, ifAbsent }));
    },

    async makeFolder({ key, signal }) {
      await reported(key, "conflict", async () => {
        checkKey(key, localNameProblem);
        signal.throwIfAborted();
        const path = await paths.make(key.endsWith("/") ? key : `${key}/`);
        if (!(await stat(path)).isDirectory())
          throw new StorageError("conflict", `a file is in the way: ${key}`, {
            reason: "in-the-way",
          });
      });
    },
  };
}

/** The home folder's `~` is the shell's, and here ours. */
function absolute(path: string): string {
  return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path;
}

/** A name that ends in `/` is a folder's, and a folder is no object. */
function checkFile(key: string): void {
  checkKey(key, localNameProblem);
  if (key.endsWith("/")) throw new StorageError("not-found", `not a file: ${key}`);
}

/** The file system's failures as ours. Whatever a caller's own callback throws must stay outside. */
async function reported<T>(
  key: string,
  inTheWay: "not-found" | "conflict",
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // To a writer, a name that differs in its case only is not missing: it is in the way.
    if (inTheWay === "conflict" && isOtherCase(error))
      throw new StorageError("conflict", error.message, { ...error.details, cause: error });
    throw failure(error, key, inTheWay);
  }
}

function isOtherCase(error: unknown): error is StorageError {
  return isStorageError(error, "not-found") && error.details.reason === "invalid-name";
}

/** Systems whose disks usually take `A` for `a`, and whose real paths tell the name on disk. */
const isForgetfulOfCase = process.platform === "win32" || process.platform === "darwin";

// Reading ------------------------------------------------------------------------------------------

// Not through a link that took the file's place since its path was checked; and never waiting for
// the other end of a named pipe. Windows has neither flag.
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

async function opened(path: string, key: string): Promise<{ file: FileHandle; info: ObjectInfo }> {
  const file = await open(path, readFlags);
  try {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) throw new StorageError("not-found", `not a file: ${key}`);
    return { file, info: infoOf(key, stats) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A pack of a repository is read at once; what is larger passes through less memory, in pieces. */
const wholeBytes = 24 * 1024 * 1024;
const pieceBytes = 4 * 1024 * 1024;

interface Span {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
}

/** The bytes of `span`, read when they are asked for. After `end()`, `file` is at rest. */
function bytesOf(
  file: FileHandle,
  { key, start, end, signal }: Span,
): { stream: ReadableStream<Bytes>; end: () => Promise<void> } {
  const mostBytes = end - start <= wholeBytes ? wholeBytes : pieceBytes;
  let at = start;
  let over = false;
  let reading: Promise<void> = Promise.resolve();

  async function next(controller: ReadableStreamDefaultController<Bytes>): Promise<void> {
    signal.throwIfAborted();
    if (over) throw new StorageError("unexpected", "read on after the end");
    if (at >= end) {
      controller.close();
      return;
    }
    const wanted = Math.min(mostBytes, end - at);
    // Not cleared first; only what has been read is handed on.
    const { buffer } = Buffer.allocUnsafeSlow(wanted);
    const { bytesRead } = await file.read(new Uint8Array(buffer), 0, wanted, at);
    if (bytesRead === 0)
      throw new StorageError("unreachable", `${JSON.stringify(key)} became shorter while read`);
    controller.enqueue(new Uint8Array(buffer, 0, bytesRead));
    at += bytesRead;
  }

  const stream = new ReadableStream<Bytes>(
    {
      pull: (controller) => {
        reading = next(controller).catch((error: unknown) => {
          controller.error(failure(error, key));
        });
        return reading;
      },
    },
    { highWaterMark: 0 },
  );
  const finish = async () => {
    over = true;
    await reading;
  };
  return { stream, end: finish };
}

// Deleting -----------------------------------------------------------------------------------------

async function removeFile(target: string): Promise<void> {
  try {
    await unlink(target);
  } catch (error) {
    // A folder of that name is another thing than the file, which is not there. Linux says EISDIR.
    const stats = await lstat(target).catch(ignoreMissing);
    if (stats !== undefined && !stats.isDirectory()) throw error;
  }
}

/** Removes a link to a folder, if that is what it is. */
async function removeLink(target: string): Promise<boolean> {
  const stats = await lstat(target).catch(ignoreMissing);
  if (!stats?.isSymbolicLink()) return false;
  if (!(await stat(target).catch(ignoreMissing))?.isDirectory()) return false;
  await unlink(target);
  return true;
}

async function removeFolder(target: string): Promise<void> {
  try {
    await rmdir(target).catch(async (error: unknown) => {
      if (codeOf(error) !== "ENOTEMPTY" || !(await sweep(target))) throw error;
      await rmdir(target);
    });
  } catch (error) {
    ignoreMissing(error);
  }
}
