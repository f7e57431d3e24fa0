import type { BigIntStats } from "node:fs";
import { link, lstat, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StorageError } from "../../errors.ts";
import { isOtherCase, nameOf, parentOf } from "../../paths.ts";
import { codeOf, ignoreMissing } from "./errors.ts";
import type { Paths } from "./paths.ts";
import { claimByMark, refuseExisting, syncFolder, withoutLinks } from "./writing.ts";

/** A file or folder that can be moved. */
export interface Movable {
  readonly source: string;
  readonly stats: BigIntStats;
}

/**
 * What is at `key`. A symbolic link is `unsupported`, since what it says may be true only where it
 * is.
 */
export async function movable(paths: Paths, key: string): Promise<Movable> {
  // Looks at the name's case, too, and whether the way leads out.
  await paths.resolve(key);
  const source = join(await paths.resolve(parentOf(key)), nameOf(key));
  const stats = await lstat(source, { bigint: true });
  if (stats.isSymbolicLink()) throw new StorageError("unsupported", "a link is not moved");
  if (key.endsWith("/") ? !stats.isDirectory() : !stats.isFile())
    throw new StorageError("not-found", `not there: ${key}`);
  return { source, stats };
}

/**
 * Gives it the key `to`. Fails with `conflict`, and with `unsupported` if that is on another disk,
 * mounted within.
 */
export async function moveTo(
  paths: Paths,
  { source, stats }: Movable,
  { to, ifAbsent }: { readonly to: string; readonly ifAbsent: boolean },
): Promise<void> {
  const target = join(await paths.make(parentOf(to)), nameOf(to));
  try {
    await relocate({ source, stats, target, ifAbsent });
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    throw new StorageError("unsupported", "on another disk", { cause: error });
  }
  await syncFolder(dirname(target));
  await syncFolder(dirname(source));
}

interface Ends extends Movable {
  readonly target: string;
  readonly ifAbsent: boolean;
}

async function relocate({ source, stats, target, ifAbsent }: Ends): Promise<void> {
  const there = await lstat(target, { bigint: true }).catch(ignoreMissing);
  const isOne = there !== undefined && isSameFile(there, stats);
  // Its own name in other letters, on a disk that does not tell them apart.
  if (isOne && isOtherCase(source, target)) return await rename(source, target);
  if (ifAbsent || stats.isDirectory() || there?.isDirectory()) await refuseExisting(target);
  // No system has a folder replace anything but an empty one.
  if (stats.isDirectory()) return await rename(source, target);
  if (ifAbsent) return await renameIfAbsent(source, stats, target);
  // Two names of one file, as a move leaves them that was cut off: to rename would do nothing.
  if (isOne) return await unlink(source);
  return await rename(source, target);
}

/** `rename` would replace what has come meanwhile. Of many callers, one gets the name. */
async function renameIfAbsent(source: string, stats: BigIntStats, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!withoutLinks.has(codeOf(error) ?? "")) throw error;
    return await claimByMark(source, target);
  }
  // Both names last before one of them goes; and what has taken the file's place stays.
  await syncFolder(dirname(target));
  const now = await lstat(source, { bigint: true }).catch(ignoreMissing);
  if (now && isSameFile(now, stats)) await unlink(source);
}

function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
