import type { BigIntStats, Dirent } from "node:fs";
import { lstat, opendir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Driver, Entry, ListPage, ListRequest, ObjectInfo } from "../driver.ts";
import { isStorageError } from "../errors.ts";
import { codeOf, failure } from "./folderErrors.ts";
import { checkKey, isHidden, parentOf, type Paths } from "./folderPaths.ts";

const pageEntries = 1000;

/**
 * Lists in the order of keys, so that the last key of a page is the cursor of the next and a file
 * that comes or goes meanwhile neither repeats nor hides another. A walk that is waiting for its
 * next page is kept, so that a large directory is not read again for every page; it holds names
 * only, and losing it costs time alone.
 */
export function listing(paths: Paths): Driver["list"] {
  const waiting = new Map<string, Walk>();

  async function list(request: ListRequest): Promise<ListPage> {
    const { prefix, shallow, cursor = "", signal } = request;
    if (parentOf(`${prefix}x`) !== "") checkKey(parentOf(`${prefix}x`));
    const nameOf = (at: string) => JSON.stringify([prefix, shallow, at]);
    const walk = waiting.get(nameOf(cursor)) ?? walkOver(paths, prefix, shallow, cursor);
    waiting.delete(nameOf(cursor));

    const found: string[] = [];
    while (found.length < pageEntries) {
      signal.throwIfAborted();
      const next = await walk.next(signal);
      if (next === undefined) break;
      found.push(next);
    }
    const entries = await described(found);
    const last = found.length < pageEntries ? undefined : found.at(-1);
    if (last === undefined) return { entries };
    remember(nameOf(last), walk);
    return { entries, cursor: last };
  }

  async function described(keys: readonly string[]): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let i = 0; i < keys.length; i += 64)
      entries.push(...(await Promise.all(keys.slice(i, i + 64).map(describe))).flat());
    return entries;
  }

  async function describe(key: string): Promise<Entry[]> {
    if (key.endsWith("/")) return [{ type: "folder", key }];
    const stats = await stat(join(paths.root, key), { bigint: true }).catch(ignoreVanished);
    return stats?.isFile() ? [{ type: "object", ...infoOf(key, stats) }] : [];
  }

  function remember(name: string, walk: Walk): void {
    waiting.set(name, walk);
    const [oldest] = waiting.keys();
    if (waiting.size > 4 && oldest !== undefined) waiting.delete(oldest);
  }

  return async (request) => {
    try {
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

interface Walk {
  /** The next key in order, a folder's with its `/`; undefined at the end. */
  next(signal: AbortSignal): Promise<string | undefined>;
}

interface Level {
  readonly path: string;
  readonly keys: Iterator<string, undefined>;
}

/** The keys that begin with `prefix` and come after `after`. Between two calls, nothing is open. */
function walkOver(paths: Paths, prefix: string, shallow: boolean, after: string): Walk {
  let levels: Level[] | undefined;

  async function next(signal: AbortSignal): Promise<string | undefined> {
    levels ??= await first(signal);
    for (;;) {
      const level = levels.at(-1);
      if (level === undefined) return undefined;
      const { value: key } = level.keys.next();
      if (key === undefined) levels.pop();
      else if (await isWanted(key, level, levels, signal)) return key;
    }
  }

  async function first(signal: AbortSignal): Promise<Level[]> {
    const folder = parentOf(`${prefix}x`);
    try {
      return [await levelOf(folder, await paths.resolve(folder), signal)];
    } catch (error) {
      if (isVanished(error) || isOtherCase(error)) return [];
      throw error;
    }
  }

  /** Whether `key` is to be reported. A folder whose content is, too, becomes the next level. */
  async function isWanted(
    key: string,
    { path }: Level,
    into: Level[],
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!key.startsWith(prefix)) return false;
    const isNew = key > after;
    if (shallow || !key.endsWith("/") || !(isNew || after.startsWith(key))) return isNew;
    try {
      const real = await paths.resolve(key);
      // What lies behind a link is listed in its own place, or when asked for: links may form rings.
      if (real === join(path, key.slice(parentOf(key).length)).slice(0, -1))
        into.push(await levelOf(key, real, signal));
      return isNew;
    } catch (error) {
      if (isVanished(error)) return false;
      throw error;
    }
  }

  async function levelOf(folder: string, path: string, signal: AbortSignal): Promise<Level> {
    const runs: string[][] = [];
    const unfinished: string[] = [];
    let run: string[] = [];
    for await (const entry of await opendir(path, { bufferSize: runNames })) {
      if (isHidden(entry.name)) unfinished.push(join(path, entry.name));
      else {
        const key = await keyOf(folder + entry.name, entry);
        if (key !== undefined && key.startsWith(prefix)) run.push(key);
      }
      if (run.length < runNames) continue;
      signal.throwIfAborted();
      runs.push(run.sort());
      run = [];
    }
    runs.push(run.sort());
    for (const leftover of unfinished) await removeIfOld(leftover);
    return { path, keys: merged(runs) };
  }

  /** The key of a file or of a folder. A link counts as what it leads to, if that lies within. */
  async function keyOf(key: string, entry: Dirent): Promise<string | undefined> {
    if (entry.isDirectory()) return `${key}/`;
    if (entry.isFile()) return key;
    if (!entry.isSymbolicLink()) return undefined;
    const stats = await paths.resolve(key).then(stat).catch(ignoreUseless);
    if (stats?.isDirectory()) return `${key}/`;
    return stats?.isFile() ? key : undefined;
  }

  return { next };
}

/** Sorting a million names at once would hold up everything else for a second. */
const runNames = 4096;

/** The names of several sorted runs, in one order. */
function* merged(runs: readonly string[][]): Generator<string, undefined> {
  const heads = runs.map(() => 0);
  for (;;) {
    let least: string | undefined;
    let from = 0;
    for (const [i, run] of runs.entries()) {
      const head = run[heads[i] ?? 0];
      if (head === undefined || (least !== undefined && head >= least)) continue;
      least = head;
      from = i;
    }
    if (least === undefined) return undefined;
    heads[from] = (heads[from] ?? 0) + 1;
    yield least;
  }
}

/**
 * Removes what writers that died long ago left in `folder`, if there is nothing else. Returns
 * whether the folder is empty now.
 */
export async function sweep(folder: string): Promise<boolean> {
  for await (const { name } of await opendir(folder)) {
    if (!isHidden(name) || !(await removeIfOld(join(folder, name)))) return false;
  }
  return true;
}

const dayMs = 24 * 60 * 60 * 1000;

/** A day without a byte written means that nobody is writing, however wrong a server's clock is. */
async function removeIfOld(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await lstat(path);
    if (Date.now() - mtimeMs < dayMs) return false;
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

function isOtherCase(error: unknown): boolean {
  return isStorageError(error, "not-found") && error.details.reason === "invalid-name";
}
