import { readlinkSync } from "node:fs";
import { isStorageError } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import { isRepositoryError } from "../errors.ts";

/** What a lock file says; field names are the format's own. */
export interface LockFile {
  readonly time: string;
  readonly exclusive: boolean;
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  /** Whose process numbers `pid` is one of; see `pidSpace`. Empty if the writer does not say. */
  readonly pidSpace: string;
}

/** What tells us apart from other holders. */
export type LockHolder = Pick<LockFile, "hostname" | "username" | "pid" | "pidSpace">;

/**
 * What all programs have in common that see each other's process numbers. A container, or Linux under
 * Windows, may have the name of the computer it runs on, and knows nothing of its processes.
 */
export function pidSpace(): string {
  if (process.platform !== "linux") return process.platform;
  try {
    return `linux ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

/** The lock files of one repository. */
export interface LockFiles {
  list(signal: AbortSignal): Promise<ReadonlyMap<string, ObjectInfo>>;
  /** Fails with `damaged` on what is no lock, and with the storage's `not-found`. */
  load(id: string, signal: AbortSignal): Promise<LockFile>;
  save(lock: LockFile, signal: AbortSignal): Promise<string>;
  delete(ids: readonly string[], signal: AbortSignal): Promise<void>;
}

/** The format's times. Every program that shares the repository must use the same ones. */
export interface LockTimes {
  readonly refreshMs: number;
  /** A lock this old belongs to nobody any more. */
  readonly staleMs: number;
  /** Without a refresh for this long, the holder stops, well before others call its lock stale. */
  readonly lostMs: number;
  /** How long a listing may lag behind on a storage that is not consistent at once. */
  readonly settleMs: number;
  /** How long to wait at first where someone is in the way, and at most; then it doubles. */
  readonly retryMs: { readonly first: number; readonly most: number };
  /** How often to look at the clock. A timer alone does not notice that the computer slept. */
  readonly tickMs: number;
}

export const usualLockTimes: LockTimes = {
  refreshMs: 5 * 60_000,
  staleMs: 30 * 60_000,
  lostMs: 22.5 * 60_000,
  settleMs: 200,
  retryMs: { first: 500, most: 10_000 },
  tickMs: 1000,
};

/** Listings that are waited for, each twice as long as the one before: six seconds, or half a minute. */
export const maxLooks = 5;

/** Who looks at which locks, and by which clock. */
export interface LockView {
  readonly files: LockFiles;
  readonly holder: LockHolder;
  readonly now: () => Date;
  readonly times: LockTimes;
}

export interface FoundLock {
  readonly id: string;
  /** Absent if it cannot be read: it may be anybody's, and forbid anything. */
  readonly lock?: LockFile;
  /** Its holder is gone: too old, or a process of this machine that has ended. */
  readonly stale: boolean;
}

/** Of the locks listed, those that others hold: all but `own`. */
export async function othersLocks(
  view: LockView,
  listed: ReadonlyMap<string, ObjectInfo>,
  own: readonly string[],
  signal: AbortSignal,
): Promise<readonly FoundLock[]> {
  // The server's clock, where our own new lock tells it: two computers' clocks may be hours apart.
  const serverNow = own.flatMap((id) => listed.get(id)?.modified?.getTime() ?? []).at(-1);
  const found: FoundLock[] = [];
  for (const [id, info] of listed) {
    if (own.includes(id) || info.size === 0) continue;
    const lock = await loadLock(view.files, id, signal);
    if (lock === "released") continue;
    const ageMs = ageOf(lock, info, view.now(), serverNow);
    const stale = ageMs > view.times.staleMs || (lock !== undefined && hasEnded(lock, view.holder));
    found.push({ id, ...(lock && { lock }), stale });
  }
  return found;
}

function ageOf(
  lock: LockFile | undefined,
  { modified }: ObjectInfo,
  now: Date,
  serverNow: number | undefined,
): number {
  if (modified && serverNow !== undefined) return serverNow - modified.getTime();
  if (lock) return now.getTime() - Date.parse(lock.time);
  return modified ? now.getTime() - modified.getTime() : 0;
}

async function loadLock(
  files: LockFiles,
  id: string,
  signal: AbortSignal,
): Promise<LockFile | "released" | undefined> {
  try {
    return await files.load(id, signal);
  } catch (error) {
    // Between the listing and now.
    if (isStorageError(error, "not-found")) return "released";
    if (isRepositoryError(error, "damaged")) return undefined;
    throw error;
  }
}

function hasEnded(lock: LockFile, holder: LockHolder): boolean {
  if (lock.hostname !== holder.hostname || lock.pid === holder.pid) return false;
  if (lock.pidSpace === "" || lock.pidSpace !== holder.pidSpace) return false;
  try {
    process.kill(lock.pid, 0);
    return false;
  } catch (error) {
    // EPERM means that it lives and belongs to someone else.
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
