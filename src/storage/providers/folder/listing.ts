import type { BigIntStats, Dirent } from "node:fs";
import { lstat, opendir, stat, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Driver } from "../../driver.ts";
import { isStorageError } from "../../errors.ts";
import type { Entry, ObjectInfo } from "../../objects.ts";
import { checkKey, folderOf, isAbandoned, isUnfinished } from "../../paths.ts";
import { type Child, type Children, inOrder, listingOf, type Reading } from "../../walk.ts";
import { codeOf, failure } from "./errors.ts";
import { localNameProblem, type Paths } from "./paths.ts";

/** Lists files, and folders in deep listings too. What is neither (a device, a pipe) is not seen. */
export function listing(paths: Paths): Driver["list"] {
  const list = listingOf({ children, describe });

  async function children(
    folder: string,
    prefix: string,
    how: Reading,
  ): Promise<Children<Child> | undefined> {
    try {
      const path = await paths.resolve(folder);
      if (how.linksAsSuch && (await paths.leadsElsewhere(folder))) return undefined;
      return await read(folder, path, prefix, how);
    } catch (error) {
      if (isVanished(error) || isOtherCase(error)) return undefined;
      throw error;
    }
  }

  async function read(
    folder: string,
    path: string,
    prefix: string,
    { signal, leavesAll }: Reading,
  ): Promise<Children<Child>> {
    const found = inOrder();
    const unfinished: string[] = [];
    // In portions, so that neither a thread nor the program is busy with one directory for long.
    for await (const entry of await opendir(path, { bufferSize: 1024 })) {
      signal.throwIfAborted();
      if (isUnfinished(entry.name)) unfinished.push(join(path, entry.name));
      const child = isUnfinished(entry.name)
        ? undefined
        : await childOf(folder + entry.name, entry);
      if (child?.key.startsWith(prefix)) found.add(child);
    }
    if (!leavesAll) for (const leftover of unfinished) await removeIfOld(leftover);
    return found.all();
  }

  /** A link counts as what it leads to, if that lies within; but links may form rings. */
  async function childOf(key: string, entry: Dirent): Promise<Child | undefined> {
    if (entry.isDirectory()) return { key: `${key}/` };
    if (entry.isFile()) return { key };
    if (!entry.isSymbolicLink()) return undefined;
    const stats = await paths.resolve(key).then(stat).catch(ignoreUseless);
    if (stats?.isDirectory()) return { key: `${key}/`, closed: true };
    return stats?.isFile() ? { key } : undefined;
  }

  async function describe(found: readonly Child[]): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let i = 0; i < found.length; i += 64)
      entries.push(...(await Promise.all(found.slice(i, i + 64).map(entryOf))).flat());
    return entries;
  }

  async function entryOf({ key }: Child): Promise<Entry[]> {
    if (key.endsWith("/")) return [{ type: "folder", key }];
    const stats = await stat(join(paths.root, key), { bigint: true }).catch(ignoreVanished);
    return stats?.isFile() ? [{ type: "object", ...infoOf(key, stats) }] : [];
  }

  return async (request) => {
    try {
      const folder = folderOf(request.prefix);
      if (folder !== "") checkKey(folder, localNameProblem);
      return await list(request);
    } catch (error) {
      throw failure(error, request.prefix);
    }
  };
}

/** What the file system says about the file of `key`. */
export function infoOf(key: string, stats: BigIntStats): ObjectInfo {
  const version = `${stats.mtimeNs.toString(36)}-${stats.size}-${stats.ino}`;
  return { key, size: Number(stats.size), modified: stats.mtime, version };
}

/**
 * Removes what writers that died long ago left in `folder`, if there is nothing else. Returns
 * whether the folder is empty now.
 */
export async function sweep(folder: string): Promise<boolean> {
  for await (const { name } of await opendir(folder)) {
    if (!isUnfinished(name) || !(await removeIfOld(join(folder, name)))) return false;
  }
  return true;
}

async function removeIfOld(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await lstat(path);
    if (!isAbandoned(basename(path), Date.now() - mtimeMs)) return false;
    await unlink(path);
    return true;
  } catch {
    // Someone else was quicker, or we may not: either way it stays hidden and does no harm.
    return false;
  }
}

function isVanished(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "");
}

function ignoreVanished(error: unknown): undefined {
  if (!isVanished(error)) throw error;
}

/** A link that leads nowhere, in a ring, or out of the folder. */
function ignoreUseless(error: unknown): undefined {
  if (!isVanished(error) && codeOf(error) !== "ELOOP" && !isStorageError(error, "denied"))
    throw error;
}

/** The folder, under the name it has on a disk that takes `A` for `a`, is listed in its own place. */
function isOtherCase(error: unknown): boolean {
  return isStorageError(error, "not-found") && error.details.reason === "invalid-name";
}
