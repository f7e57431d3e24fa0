/** Copying and moving what is stored: within a container by its server, else by way of this computer. */
import { batches, forEachPooled } from "../base/pool.ts";
import type { Entry, ObjectInfo } from "../storage/driver.ts";
import { isStorageError, StorageError } from "../storage/errors.ts";
import type { Storage } from "../storage/storage.ts";
import { carry } from "./carrying.ts";

/** An object or folder and where it lies. Two with one `Storage` lie in one container. */
export interface Stored {
  readonly storage: Storage;
  /** Ends in `/` for a folder. */
  readonly key: string;
}

export interface MoveProgress {
  readonly objectsDone: number;
  readonly objectsTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface MoveOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: MoveProgress) => void;
  /**
   * Replaces objects that are at the target, and leaves others that are there. Without it anything
   * there fails with `conflict` (`exists`) before something is written.
   */
  readonly overwrite?: boolean;
  /** A folder of this computer for what is too large for memory on its way between two storages. */
  readonly spool?: string | undefined;
}

export interface MoveFailure {
  readonly key: string;
  readonly error: unknown;
}

/** What has come of it. A single failure does not stop the copying of the rest. */
export interface MoveReport {
  /** Objects that are at the target now, and as large as they should be. */
  readonly done: number;
  readonly bytes: number;
  readonly failed: readonly MoveFailure[];
  /** What stays at the source because it was changed or added there meanwhile. */
  readonly kept: readonly string[];
}

/** At once; each driver has its own limit below this. */
const slots = 8;

/**
 * Copies an object, or a folder with all in it, so that it lies at `to`, and verifies that it does.
 * What is there already with the same content is not copied again, so a copy that broke off goes on.
 */
export async function copyStored(
  from: Stored,
  to: Stored,
  options: MoveOptions,
): Promise<MoveReport> {
  const { report } = await copied(from, to, options);
  return report;
}

/**
 * As `copyStored`; then deletes from the source what was copied and is still as it was. If anything
 * could not be copied, nothing is deleted: the source is whole until the target is.
 */
export async function moveStored(
  from: Stored,
  to: Stored,
  options: MoveOptions,
): Promise<MoveReport> {
  if (from.storage === to.storage && from.key.endsWith("/") && to.key.startsWith(from.key))
    throw new StorageError("invalid", "a folder cannot be moved into itself");
  const { plan, report } = await copied(from, to, options);
  if (report.failed.length > 0) return report;
  if (await areOne(from, to, options.signal))
    return { ...report, kept: plan.objects.map(({ key }) => key) };
  return { ...report, ...(await deleteUnchanged(from, plan, options.signal)) };
}

/**
 * Copies one object and verifies the size of what has arrived. Fails with `conflict` (`exists`) if
 * something is at the target, unless it may be overwritten.
 */
export async function copyObject(
  from: Stored,
  to: Stored,
  options: Omit<MoveOptions, "onProgress">,
): Promise<ObjectInfo> {
  const { signal, overwrite = false } = options;
  if (!overwrite && (await to.storage.exists(to.key, { signal }))) throw alreadyThere(to.key);
  const source = await from.storage.stat(from.key, { signal });
  await copyOne(from, to, source, options);
  const target = await to.storage.stat(to.key, { signal });
  checkArrived(source, target);
  return target;
}

interface Plan {
  readonly objects: readonly ObjectInfo[];
  /** Real ones, or their markers; the outermost first. */
  readonly folders: readonly Entry[];
}

async function copied(
  from: Stored,
  to: Stored,
  options: MoveOptions,
): Promise<{ readonly plan: Plan; readonly report: MoveReport }> {
  if (from.storage === to.storage && from.key === to.key)
    throw new StorageError("invalid", "source and target are the same");
  if (from.key.endsWith("/") !== to.key.endsWith("/"))
    throw new StorageError("invalid", "a folder does not become an object, nor the other way");
  return from.key.endsWith("/")
    ? await copyFolder(from, to, options)
    : await copySingle(from, to, options);
}

async function copySingle(from: Stored, to: Stored, options: MoveOptions) {
  const { signal, onProgress } = options;
  const source = await from.storage.stat(from.key, { signal });
  const counted = { objectsTotal: 1, bytesTotal: source.size };
  onProgress?.({ objectsDone: 0, bytesDone: 0, ...counted });
  const { size } = await copyObject(from, to, options);
  onProgress?.({ objectsDone: 1, bytesDone: size, ...counted });
  const report: MoveReport = { done: 1, bytes: size, failed: [], kept: [] };
  return { plan: { objects: [source], folders: [] }, report };
}

async function copyFolder(from: Stored, to: Stored, options: MoveOptions) {
  const { signal } = options;
  const plan = await planOf(from, signal);
  const targetOf = (key: string) => to.key + key.slice(from.key.length);
  const there = await objectsBelow(to, signal);
  const isThere = ({ key, ...info }: ObjectInfo) => sameContent(info, there.get(targetOf(key)));
  const wanted = plan.objects.filter((info) => !isThere(info));
  if (options.overwrite !== true) {
    const ours = new Set(plan.objects.filter(isThere).map(({ key }) => targetOf(key)));
    for (const key of there.keys()) if (!ours.has(key)) throw alreadyThere(to.key);
  }
  for (const { key } of plan.folders) await to.storage.makeFolder(targetOf(key), { signal });
  const failed: MoveFailure[] = [];
  const tell = counting(plan.objects, wanted, options.onProgress);
  await forEachPooled(wanted, slots, async (info) => {
    signal.throwIfAborted();
    try {
      await copyOne({ ...from, key: info.key }, { ...to, key: targetOf(info.key) }, info, options);
      tell(info.size);
    } catch (error) {
      if (signal.aborted) throw error;
      failed.push({ key: info.key, error });
    }
  });
  signal.throwIfAborted();
  // One listing says of a thousand objects what would else take a request each.
  const arrived = await objectsBelow(to, signal);
  const faulty = new Set(failed.map(({ key }) => key));
  for (const info of plan.objects) {
    const problem = faulty.has(info.key)
      ? undefined
      : arrival(info, arrived.get(targetOf(info.key)));
    if (problem) failed.push({ key: info.key, error: problem });
  }
  const lost = new Set(failed.map(({ key }) => key));
  const good = plan.objects.filter(({ key }) => !lost.has(key));
  const report: MoveReport = { done: good.length, bytes: bytesOf(good), failed, kept: [] };
  return { plan, report };
}

/** Everything in a folder. Fails with `not-found` if there is neither anything in it nor itself. */
async function planOf({ storage, key }: Stored, signal: AbortSignal): Promise<Plan> {
  const objects: ObjectInfo[] = [];
  const folders: Entry[] = [];
  for await (const entry of storage.list(key, { signal })) {
    if (entry.type === "folder" || entry.key.endsWith("/")) folders.push(entry);
    else objects.push(entry);
  }
  if (objects.length === 0 && folders.length === 0) {
    // A real folder with nothing in it shows only from outside.
    const { entries } = await storage.page(key.slice(0, -1), { shallow: true, signal });
    if (!entries.some((entry) => entry.key === key))
      throw new StorageError("not-found", `no such folder: ${key}`);
  }
  const hasItself = folders.some((entry) => entry.key === key);
  // On an object store a folder needs no marker; where folders are real this one is.
  const isReal = folders.some(({ type }) => type === "folder");
  if (!hasItself && (isReal || objects.length === 0)) folders.push({ type: "folder", key });
  return { objects, folders: folders.toSorted((a, b) => depth(a.key) - depth(b.key)) };
}

async function objectsBelow(
  { storage, key }: Stored,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObjectInfo>> {
  const found = new Map<string, ObjectInfo>();
  for await (const entry of storage.list(key, { signal }))
    if (entry.type === "object" && !entry.key.endsWith("/")) found.set(entry.key, entry);
  return found;
}

async function objectAt(
  { storage, key }: Stored,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObjectInfo>> {
  try {
    return new Map([[key, await storage.stat(key, { signal })]]);
  } catch (error) {
    if (isStorageError(error, "not-found")) return new Map();
    throw error;
  }
}

/** Whether both names lead to one thing, as they may where the case of letters does not count. */
async function areOne(from: Stored, to: Stored, signal: AbortSignal): Promise<boolean> {
  const form = (key: string) => key.normalize("NFC").toLowerCase();
  if (from.storage !== to.storage || form(from.key) !== form(to.key)) return false;
  const seen = async (key: string) => {
    const { entries } = await from.storage.page(key.replace(/\/$/, ""), { shallow: true, signal });
    return entries.some((entry) => entry.key === key);
  };
  return !((await seen(from.key)) && (await seen(to.key)));
}

async function copyOne(
  from: Stored,
  to: Stored,
  source: ObjectInfo,
  { signal, spool }: Pick<MoveOptions, "signal" | "spool">,
): Promise<void> {
  if (from.storage === to.storage)
    try {
      await from.storage.copy(from.key, to.key, { signal });
      return;
    } catch (error) {
      if (!isStorageError(error, "unsupported")) throw error;
    }
  await carry(from, to, { size: source.size, signal, spool });
}

/** Deletes what is exactly as it was when it was planned; what is not, or is new, stays. */
async function deleteUnchanged(
  { storage, key }: Stored,
  { objects, folders }: Plan,
  signal: AbortSignal,
): Promise<Pick<MoveReport, "failed" | "kept">> {
  const now = await (key.endsWith("/") ? objectsBelow : objectAt)({ storage, key }, signal);
  const planned = new Map(objects.map((info) => [info.key, info]));
  const kept = [...now.values()].filter((info) => !isUnchanged(planned.get(info.key), info));
  const stays = new Set(kept.map((info) => info.key));
  const goes = objects.map((info) => info.key).filter((one) => now.has(one) && !stays.has(one));
  const failed: MoveFailure[] = [];
  const remove = async (keys: readonly string[]) => {
    signal.throwIfAborted();
    try {
      await storage.delete(keys, { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      failed.push(...keys.map((one) => ({ key: one, error })));
    }
  };
  await forEachPooled(batches(goes, storage.capabilities.deleteBatch), slots, remove);
  // Deepest first. One that holds something is refused where folders are real, and needed elsewhere.
  const isNeeded = (folder: string) => [...stays].some((one) => one.startsWith(folder));
  for (const folder of folders.toReversed())
    if (!isNeeded(folder.key)) await ignoringConflict(storage.delete([folder.key], { signal }));
  return { failed, kept: [...stays] };
}

function isUnchanged(planned: ObjectInfo | undefined, now: ObjectInfo): boolean {
  if (!planned || planned.size !== now.size) return false;
  if (planned.version !== undefined || now.version !== undefined)
    return planned.version === now.version;
  return planned.modified?.getTime() === now.modified?.getTime();
}

/** Only an MD5 says of two objects that they hold the same; other versions are no more than names. */
function sameContent(a: Omit<ObjectInfo, "key">, b: ObjectInfo | undefined): boolean {
  return (
    b !== undefined &&
    a.size === b.size &&
    a.version === b.version &&
    /^[0-9a-f]{32}$/i.test(a.version ?? "")
  );
}

function checkArrived(source: ObjectInfo, target: ObjectInfo): void {
  const problem = arrival(source, target);
  if (problem) throw problem;
}

/**
 * What is wrong with the copy. Sizes must agree. Versions say nothing: the same bytes have another
 * ETag when they are encrypted with another key, or were sent in other parts.
 */
function arrival(source: ObjectInfo, target: ObjectInfo | undefined): StorageError | undefined {
  if (target?.size === source.size) return undefined;
  const error = new StorageError(
    "corrupt",
    `the copy has ${target?.size ?? "no"} bytes instead of ${source.size}`,
  );
  error.place = { operation: "copy", key: source.key };
  return error;
}

function alreadyThere(key: string): StorageError {
  const error = new StorageError("conflict", `already there: ${key}`, { reason: "exists" });
  error.place = { operation: "copy", key };
  return error;
}

async function ignoringConflict(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
  }
}

function counting(
  all: readonly ObjectInfo[],
  wanted: readonly ObjectInfo[],
  onProgress: MoveOptions["onProgress"],
): (bytes: number) => void {
  const bytesTotal = bytesOf(all);
  let objectsDone = all.length - wanted.length;
  let bytesDone = bytesTotal - bytesOf(wanted);
  const tell = () => onProgress?.({ objectsDone, objectsTotal: all.length, bytesDone, bytesTotal });
  tell();
  return (bytes) => {
    objectsDone++;
    bytesDone += bytes;
    tell();
  };
}

function bytesOf(objects: readonly ObjectInfo[]): number {
  return objects.reduce((sum, { size }) => sum + size, 0);
}

function depth(key: string): number {
  return key.split("/").length;
}
