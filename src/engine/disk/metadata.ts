import { chmodSync, lchownSync, utimesSync } from "node:fs";
import { permissions } from "../format/goText.ts";
import type { FileMetadata } from "./fileWriter.ts";
import { hasMode, lstatIfThere, sameTime } from "./fileComparison.ts";
import { FolderGuard, native, type LocalPath } from "./localPath.ts";
import { parseMoment } from "../format/moment.ts";
import type { Node } from "../format/tree.ts";

const nsPerSecond = 1e9;
const setIdBits = 0o6000;

/** Who a process is; on Windows nobody in particular. */
export interface Self {
  readonly uid?: number;
  readonly gid?: number;
}

/** Asking takes a system call each time: ask once. */
export function whoIAm(): Self {
  const { getuid, getgid } = process;
  return { ...(getuid && { uid: getuid() }), ...(getgid && { gid: getgid() }) };
}

/** What `node` says of mode, times and owner, as far as `self` may set them. */
export function metadataOf(node: Node, self: Self): FileMetadata {
  const mtime = mtimeOf(node);
  const sameTime = node.atime === undefined || node.atime === node.mtime;
  const atime = sameTime ? mtime : (parseMoment(node.atime ?? "")?.ns ?? mtime);
  const mode = permissions(node.mode);
  const times = { atime: Number(atime) / nsPerSecond, mtime: Number(mtime) / nsPerSecond };
  const { uid, gid } = node;
  if (uid === self.uid && gid === self.gid) return { mode, ...times };
  // Only root may give files away; others own what they make, and it must not run as them for all.
  if (self.uid !== 0 || uid === undefined || gid === undefined)
    return { mode: mode & ~setIdBits, ...times };
  return { mode, ...times, owner: { uid, gid } };
}

/** When the snapshot says it was changed, in nanoseconds since 1970. */
export function mtimeOf(node: Node): bigint {
  return parseMoment(node.mtime)?.ns ?? 0n;
}

/** A file or folder that is there already, and what it should have. */
export interface WantedMetadata {
  readonly path: LocalPath;
  readonly metadata: FileMetadata;
}

/** What was there before, to set again. Nanoseconds as text, so that it stays plain data. */
export interface FormerMetadata {
  readonly mode: number;
  readonly atime: string;
  readonly mtime: string;
}

/**
 * Sets mode and times where they differ, in the order given, and returns what was there before; for
 * each that was right already or cannot be set, undefined. Blocks: for a thread of its own.
 */
export function setMetadata(
  root: string,
  wanted: readonly WantedMetadata[],
): (FormerMetadata | undefined)[] {
  const guard = new FolderGuard(root);
  return wanted.map(({ path, metadata }) => {
    try {
      guard.check(path);
      return setOne(path, metadata);
    } catch {
      // The content is right; a mode that cannot be set is no reason to call it failed.
      return undefined;
    }
  });
}

function setOne(path: LocalPath, metadata: FileMetadata): FormerMetadata | undefined {
  const { mode, atime, mtime, owner } = metadata;
  const stats = lstatIfThere(path);
  // A link's own times are set when it is made; through it we would change what it points to.
  if (!stats || stats.isSymbolicLink()) return undefined;
  const isOwned = !owner || (owner.uid === Number(stats.uid) && owner.gid === Number(stats.gid));
  const wantedNs = BigInt(Math.round(mtime * nsPerSecond));
  if (isOwned && hasMode(stats, mode) && sameTime(stats.mtimeNs, wantedNs)) return undefined;
  if (owner && !isOwned) lchownSync(native(path), owner.uid, owner.gid);
  chmodSync(native(path), mode);
  utimesSync(native(path), atime, mtime);
  return {
    mode: Number(stats.mode) & 0o7777,
    atime: String(stats.atimeNs),
    mtime: String(stats.mtimeNs),
  };
}
