/** How files come to their names on this computer's disks. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, link, lstat, open, rename, unlink } from "node:fs/promises";
import type { Bytes } from "../../../base/bytes.ts";
import { StorageError } from "../../errors.ts";
import type { ObjectInfo } from "../../objects.ts";
import { codeOf, ignoreMissing } from "./errors.ts";
import { infoOf } from "./listing.ts";

/** Small pieces, as a file's 64 KiB, are written together. */
const gatheredBytes = 1024 * 1024;

/** A new file with these bytes, which never has more rights than `mode`. */
export async function filled(
  path: string,
  body: Blob,
  signal: AbortSignal,
  mode?: number,
): Promise<FileHandle> {
  const file = await open(path, "wx", mode);
  try {
    let gathered: Bytes[] = [];
    let bytes = 0;
    // What lies in memory comes as one piece and uncopied: a pack is one piece, and one system call.
    for await (const piece of body.stream()) {
      signal.throwIfAborted();
      gathered.push(piece);
      bytes += piece.length;
      if (bytes < gatheredBytes) continue;
      await writeAll(file, gathered);
      gathered = [];
      bytes = 0;
    }
    await writeAll(file, gathered);
    signal.throwIfAborted();
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What replaces a file is whose that was, and as secret or executable, where the disk keeps such. */
export async function keepRights(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  // Only the system's own user may give files away.
  await file.chown(uid, gid).catch(() => {});
  await file.chmod(mode & 0o777).catch(() => {});
}

async function writeAll(file: FileHandle, pieces: readonly Bytes[]): Promise<void> {
  let left = [...pieces];
  while (left.length > 0) {
    let { bytesWritten: done } = await file.writev(left);
    // A write may end early without an error. What it wrote is dropped, the rest comes next.
    left = left.flatMap((piece) => {
      const rest = piece.subarray(done);
      done = Math.max(0, done - piece.length);
      return rest.length > 0 ? [rest] : [];
    });
  }
}

/** Ends a file so that it lasts through a power cut; `modified` is the time it shows, if given. */
export async function finished(
  file: FileHandle,
  key: string,
  modified?: Date,
): Promise<ObjectInfo> {
  try {
    if (modified) await showTime(file, modified);
    await file.sync().catch(ignoreNoSync);
    return infoOf(key, await file.stat({ bigint: true }));
  } finally {
    await file.close();
  }
}

async function showTime(file: FileHandle, modified: Date): Promise<void> {
  // In seconds, which are cut to milliseconds when they are read; a little more makes that no less.
  const seconds = (modified.getTime() + 0.1) / 1000;
  // Where a disk keeps no such time, the file is worth more than it.
  await file.utimes(Date.now() / 1000, seconds).catch(() => {});
}

/** Fails with `conflict` if anything is there. */
export async function refuseExisting(target: string): Promise<void> {
  if ((await lstat(target).catch(ignoreMissing)) === undefined) return;
  throw new StorageError("conflict", "the file exists");
}

/** Gives `unfinished` the name `target` unless that is taken. Of many callers, exactly one succeeds. */
export async function claim(unfinished: string, target: string): Promise<void> {
  try {
    await link(unfinished, target);
  } catch (error) {
    if (!withoutLinks.has(codeOf(error) ?? "")) throw error;
    return await claimByMark(unfinished, target);
  }
  // It has its name; what stays under the hidden one as well is swept away some day.
  await unlink(unfinished).catch(() => {});
}

/**
 * As `claim`, where there are no links, as on FAT and some shares: an empty file claims the name,
 * which a reader may see for a moment. Who comes second still learns it.
 */
export async function claimByMark(source: string, target: string): Promise<void> {
  await (await open(target, "wx")).close();
  const mark = await lstat(target);
  try {
    await rename(source, target);
  } catch (error) {
    // Unless it has worked nevertheless, or somebody has put something in its place.
    const there = await lstat(target).catch(() => undefined);
    if (there?.ino === mark.ino && there.size === 0) await unlink(target).catch(() => {});
    throw error;
  }
}

/** What a disk says that knows no hard links. */
export const withoutLinks: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EMLINK",
]);

/** Makes a new name last through a power cut. Windows cannot, and does not need it on NTFS. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const file = await open(path, constants.O_RDONLY);
  try {
    await file.sync().catch(ignoreNoSync);
  } finally {
    await file.close();
  }
}

/** Some network and user-space file systems cannot flush at all, and say so. */
function ignoreNoSync(error: unknown): void {
  const code = codeOf(error) ?? "";
  if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENOTTY"].includes(code)) throw error;
}
