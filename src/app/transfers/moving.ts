/** Copying and moving what is stored, objects and folders, from one place to another. */
import { batches, forEachPooled } from "../../base/pool.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import { type Entry, isFolderEntry, type ObjectInfo, isSameState } from "../../storage/objects.ts";
import { foldersOf } from "../objects/deletion.ts";
import { arrival, areOne, copyObject, moveObject, seemsOne, type Stored } from "./objectCopy.ts";

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
}

export interface MoveFailure {
  readonly key: string;
  readonly error: unknown;
}

/** What has come of it. A single failure does not stop the copying of the rest. */
export interface MoveReport {
  /** Objects that are at the target now, as large as they should be; a folder in one piece is one. */
  readonly done: number;
  readonly bytes: number;
  readonly failed: readonly MoveFailure[];
  /** What stays at the source because it was changed or added there meanwhile. */
  readonly kept: readonly string[];
  /** What has arrived, and could not be deleted from the source; absent if that is nothing. */
  readonly undeleted?: readonly MoveFailure[];
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
  checkEnds(from, to);
  if (!from.key.endsWith("/")) return await relocateSingle(copyObject, from, to, options);
  return (await copyFolder(from, to, options)).report;
}

/**
 * As `copyStored`; then deletes from the source what was copied and is still as it was. If anything
 * could not be copied, nothing is deleted: the source is whole until the target is. Where the server
 * moves what is here in one step, it does.
 */
export async function moveStored(
  from: Stored,
  to: Stored,
  options: MoveOptions,
): Promise<MoveReport> {
  checkEnds(from, to);
  const { signal } = options;
  if (!from.key.endsWith("/")) return await relocateSingle(moveObject, from, to, options);
  if (from.storage === to.storage && to.key.startsWith(from.key))
    throw new StorageError("invalid", "a folder cannot be moved into itself");
  if (await movedWhole(from, to, signal)) return { done: 1, bytes: 0, failed: [], kept: [] };
  if (await from.storage.isLink(from.key, { signal }))
    throw new StorageError("unsupported", "a link is not moved");
  const { plan, report, arrived } = await copyFolder(from, to, options);
  if (report.failed.length > 0) return report;
  if (await areOne(from, to, signal))
    return { ...report, kept: plan.objects.map(({ key }) => key) };
  // Two connections may show one place: then the target is the source itself.
  const isTarget = (info: ObjectInfo) => {
    const there = arrived.get(to.key + info.key.slice(from.key.length));
    return from.storage !== to.storage && there !== undefined && seemsOne(info, there);
  };
  return { ...report, ...(await deleteUnchanged(from, plan, isTarget, signal)) };
}

function checkEnds(from: Stored, to: Stored): void {
  if (from.storage === to.storage && from.key === to.key)
    throw new StorageError("invalid", "source and target are the same");
  if (from.key.endsWith("/") !== to.key.endsWith("/"))
    throw new StorageError("invalid", "a folder does not become an object, nor the other way");
}

async function relocateSingle(
  relocate: typeof moveObject | typeof copyObject,
  from: Stored,
  to: Stored,
  options: MoveOptions,
): Promise<MoveReport> {
  const { signal, onProgress } = options;
  const source = await from.storage.stat(from.key, { signal });
  const bytesTotal = source.size;
  let bytesDone = 0;
  const tell = (objectsDone: number) =>
    onProgress?.({ objectsDone, objectsTotal: 1, bytesDone, bytesTotal });
  tell(0);
  const outcome = await relocate(copyOf(from, source, to, options), {
    signal,
    onBytes: (bytes) => {
      bytesDone += bytes;
      tell(0);
    },
  });
  tell(1);
  const kept = outcome === "kept" ? [from.key] : [];
  return { done: 1, bytes: source.size, failed: [], kept };
}

function copyOf(from: Stored, source: ObjectInfo, to: Stored, { overwrite }: MoveOptions) {
  const place = { key: to.key, expected: overwrite === true ? "anything" : "nothing" } as const;
  return { from, source, to: to.storage, place };
}

/**
 * Whether the server has moved the folder in one step. It does not where something is at the target,
 * and need not know how: then what is in it goes one by one, and says by itself what is wrong.
 */
export async function movedWhole(from: Stored, to: Stored, signal: AbortSignal): Promise<boolean> {
  if (from.storage !== to.storage || !to.storage.canMove || from.key === to.key) return false;
  try {
    await to.storage.move(from.key, to.key, { signal, ifAbsent: true });
    return true;
  } catch (error) {
    if (isStorageError(error)) return false;
    throw error;
  }
}

interface Plan {
  readonly objects: readonly ObjectInfo[];
  /** Real ones, or their markers; the outermost first. */
  readonly folders: readonly Entry[];
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
      const ends = [
        { ...from, key: info.key },
        { ...to, key: targetOf(info.key) },
      ] as const;
      await copyObject(copyOf(ends[0], info, ends[1], options), { signal });
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
  return { plan, report, arrived };
}

/** Everything in a folder. Fails with `not-found` if there is neither anything in it nor itself. */
async function planOf({ storage, key }: Stored, signal: AbortSignal): Promise<Plan> {
  const objects: ObjectInfo[] = [];
  const folders: Entry[] = [];
  for await (const entry of storage.list(key, { signal })) {
    if (isObject(entry)) objects.push(entry);
    else folders.push(entry);
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
    if (isObject(entry)) found.set(entry.key, entry);
  return found;
}

function isObject(entry: Entry): entry is Extract<Entry, { type: "object" }> {
  return !isFolderEntry(entry);
}

/** Deletes what is exactly as it was when it was planned; what is not, or is new, stays. */
async function deleteUnchanged(
  { storage, key }: Stored,
  { objects, folders }: Plan,
  isTarget: (info: ObjectInfo) => boolean,
  signal: AbortSignal,
): Promise<Pick<MoveReport, "kept" | "undeleted">> {
  const now = await objectsBelow({ storage, key }, signal);
  const planned = new Map(objects.map((info) => [info.key, info]));
  const isUnchanged = (info: ObjectInfo) => {
    const before = planned.get(info.key);
    return before !== undefined && isSameState(before, info) && !isTarget(info);
  };
  const kept = [...now.values()].filter((info) => !isUnchanged(info));
  const stays = new Set(kept.map((info) => info.key));
  const goes = objects.map((info) => info.key).filter((one) => now.has(one) && !stays.has(one));
  const undeleted: MoveFailure[] = [];
  const remove = async (keys: readonly string[]) => {
    signal.throwIfAborted();
    try {
      await storage.delete(keys, { signal, onRefused: (refusal) => undeleted.push(refusal) });
    } catch (error) {
      if (signal.aborted) throw error;
      undeleted.push(...keys.map((one) => ({ key: one, error })));
    }
  };
  await forEachPooled(batches(goes, storage.capabilities.deleteBatch), slots, remove);
  const left = { kept: [...stays], ...(undeleted.length > 0 && { undeleted }) };
  if (storage.capabilities.hidesNames || kept.some(isTarget)) return left;
  // Deepest first. One that holds something is refused where folders are real, and needed elsewhere.
  const needed = foldersOf([...stays, ...undeleted.map((one) => one.key)]);
  for (const { key } of folders.toReversed())
    if (!needed.has(key) && !stays.has(key))
      await ignoringConflict(storage.delete([key], { signal }));
  return left;
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
