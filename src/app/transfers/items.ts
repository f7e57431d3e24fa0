/** What a transfer consists of, found as it goes: nothing here holds more than one page or folder. */
import { shortName } from "../../base/digest.ts";
import { localName, walkLocal } from "../../engine/disk/localFiles.ts";
import { nameProblem } from "../../engine/disk/localPath.ts";
import { sourceState } from "../../engine/disk/partialFile.ts";
import type { LocalState } from "../../engine/disk/placing.ts";
import { foldedName, ignoresCase } from "../../engine/disk/targetFolder.ts";
import { type Entry, isFolderEntry, type ObjectInfo } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import { childOf, type Location } from "../location.ts";
import type { Cursor, ListedAt } from "./cursor.ts";
import type { LocalSource, RemoteSource, TransferPlan } from "./plan.ts";

/** A name that this computer cannot hold, or must not; or something that is no file. */
export class UnsafeNameError extends Error {
  override readonly name = "UnsafeNameError";
}

interface Item {
  /** Tells it from all others of its transfer, today and after a restart. */
  readonly id: string;
  /** Below the target, for people. */
  readonly name: string;
  /** Where in a listing that can be asked for from there on. */
  readonly listed?: ListedAt;
}

/** A file or folder to be transferred, or the reason why one cannot be. */
export type TransferItem = Item &
  (
    | { readonly type: "refused"; readonly error: unknown }
    | { readonly type: "folder"; readonly to: Destination }
    | {
        readonly type: "file";
        readonly from: Origin;
        readonly to: Destination;
        /** In bytes, as far as is known. */
        readonly size: number;
      }
  );

export type Origin =
  | { readonly type: "local"; readonly path: string; readonly state: LocalState }
  | {
      readonly type: "remote";
      readonly storage: Storage;
      readonly at: Location;
      /** Known from a listing. */
      readonly info?: ObjectInfo;
    };

export type Destination =
  | { readonly type: "local"; readonly root: string; readonly segments: readonly string[] }
  | {
      readonly type: "remote";
      readonly storage: Storage;
      readonly at: Location;
    };

export type Open = (at: Location) => Promise<Storage>;

export interface Left {
  /** Sources that are done as a whole. */
  readonly gone?: ReadonlySet<number>;
  /** See `Cursor`. */
  readonly cursor?: Cursor | undefined;
}

/** Everything that `plan` says and is not known to be done, in the order in which it is found. */
export async function* itemsOf(
  plan: TransferPlan,
  open: Open,
  signal: AbortSignal,
  left: Left = {},
): AsyncGenerator<TransferItem, void, void> {
  if (plan.kind === "upload") {
    const storage = await open(plan.target);
    const taken = new TakenNames(await storage.ignoresCase(plan.target.key, { signal }));
    for (const [index, source] of plan.sources.entries())
      yield* uploads(index, source, { storage, at: plan.target, taken }, signal);
    return;
  }
  const to: Target =
    typeof plan.target === "string" ? plan.target : await remote(plan.target, open);
  const isFolding =
    typeof to === "string" ? ignoresCase(to) : to.storage.ignoresCase(to.at.key, { signal });
  const taken = new TakenNames(await isFolding);
  const { sources } = plan;
  for (const [index, source] of sources.entries())
    if (isOver(index, source, left)) taken.problem([`${source.name}/`]);
  for (const [index, source] of sources.entries()) {
    if (isOver(index, source, left)) continue;
    const problem = isFolder(source) && (await folderProblem(source, plan, taken, open));
    if (problem) yield refusedFolder(index, source, problem);
    else
      yield* remoteItems(index, source, { to, taken, after: startIn(index, left) }, open, signal);
  }
}

/** Named where its listing would begin, so that no cursor goes past it: the next run says it again. */
function refusedFolder(index: number, { name }: RemoteSource, problem: string): TransferItem {
  const listed = { source: index, key: "" };
  return { id: `${index}:`, name, listed, type: "refused", error: new UnsafeNameError(problem) };
}

/** Why a folder, as a whole, cannot be put there. */
async function folderProblem(
  source: RemoteSource,
  { kind, target }: TransferPlan,
  taken: TakenNames,
  open: Open,
): Promise<string | undefined> {
  const { at, name } = source;
  const storage = await open(at);
  const isInItself =
    typeof target !== "string" &&
    (leadsIntoItself(source, target) ||
      storage.holds(at.key, await open(target), `${target.key}${name}/`));
  if (isInItself) return "a folder cannot be put into itself";
  // What it shows lies elsewhere.
  if (kind === "move" && at.key !== "" && (await storage.isLink(at.key))) return isLink;
  // Two would become one, in which the second replaces what is of the first.
  return taken.problem([`${name}/`]);
}

function isOver(index: number, source: RemoteSource, { gone, cursor }: Left): boolean {
  if (gone?.has(index)) return true;
  return cursor !== undefined && index < cursor.source && isFolder(source);
}

function startIn(index: number, { cursor }: Left): string | undefined {
  return cursor?.source === index ? cursor.key : undefined;
}

interface Listing {
  readonly to: Target;
  readonly taken: TakenNames;
  /** Where to begin. */
  readonly after: string | undefined;
}

async function* remoteItems(
  index: number,
  source: RemoteSource,
  { to, taken, after }: Listing,
  open: Open,
  signal: AbortSignal,
): AsyncGenerator<TransferItem, void, void> {
  for await (const found of remoteEntries(source, open, signal, after)) {
    const item = itemFrom(index, found, to, taken);
    // Where case does not count, all names have to be seen again: any two may be one.
    const isListed = isFolder(source) && found.storage.capabilities.listAfter && !taken.isFolding;
    yield isListed ? { ...item, listed: { source: index, key: found.at.key } } : item;
  }
}

/** Whether this would put a folder into itself. Such a copy would find its own results, for ever. */
export function leadsIntoItself(source: RemoteSource, target: Location): boolean {
  if (!isFolder(source)) return false;
  const { at, name } = source;
  const isHere = at.connection === target.connection && at.container === target.container;
  return isHere && `${target.key}${name}/`.startsWith(at.key);
}

function isFolder({ at }: RemoteSource): boolean {
  return at.key === "" || at.key.endsWith("/");
}

interface RemoteTarget {
  readonly storage: Storage;
  readonly at: Location;
}
/** A remote folder, or the path of a local one. */
type Target = RemoteTarget | string;

async function remote(at: Location, open: Open): Promise<RemoteTarget> {
  return { storage: await open(at), at };
}

async function* uploads(
  index: number,
  source: LocalSource,
  { storage, at, taken }: RemoteTarget & { readonly taken: TakenNames },
  signal: AbortSignal,
): AsyncGenerator<TransferItem, void, void> {
  const top = source.name ?? localName(source.path);
  const place = (name: string) => ({ type: "remote", storage, at: childOf(at, name) }) as const;
  const file = async (name: string, path: string): Promise<TransferItem> => {
    const item = { id: `${index}:${name}`, name };
    try {
      const problem = name === top ? undefined : taken.problem(name.split("/"));
      if (problem !== undefined) throw new UnsafeNameError(problem);
      const state = await sourceState(path);
      if (state.kind !== "file") throw new UnsafeNameError(isNoFile);
      const from = { type: "local", path, state } as const;
      return { ...item, type: "file", from, to: place(name), size: state.size };
    } catch (error) {
      return { ...item, type: "refused", error };
    }
  };
  const problem = taken.problem([top]);
  if (problem !== undefined) {
    yield {
      id: `${index}:${top}`,
      name: top,
      type: "refused",
      error: new UnsafeNameError(problem),
    };
    return;
  }
  const state = await sourceState(source.path).catch(() => undefined);
  if (state?.kind !== "folder") {
    yield await file(top, source.path);
    return;
  }
  for await (const entry of walkLocal(source.path)) {
    signal.throwIfAborted();
    const name = [top, ...entry.segments].join("/");
    const item = { id: `${index}:${name}`, name };
    if (entry.type === "file") yield await file(name, entry.path);
    else if (entry.type === "empty-folder")
      yield { ...item, type: "folder", to: place(`${name}/`) };
    else {
      const problem = entry.type === "link" ? isLink : isNoFile;
      yield { ...item, type: "refused", error: entry.error ?? new UnsafeNameError(problem) };
    }
  }
}

const isLink = "it is a link, and links are not followed";
const isNoFile = "it is no file";

interface RemoteEntry {
  readonly storage: Storage;
  readonly at: Location;
  readonly segments: readonly string[];
  readonly isFolder: boolean;
  readonly info?: ObjectInfo;
}

async function* remoteEntries(
  source: RemoteSource,
  open: Open,
  signal: AbortSignal,
  after: string | undefined,
): AsyncGenerator<RemoteEntry, void, void> {
  const { at, name } = source;
  const storage = await open(at);
  if (!isFolder(source)) {
    yield { storage, at, segments: [name], isFolder: false };
    return;
  }
  // A folder is of interest only if nothing lies in it: what does, makes it by itself.
  let folder: RemoteEntry | undefined;
  if (at.key !== "" && after === undefined)
    folder = { storage, at, segments: [name], isFolder: true };
  for await (const entry of storage.list(at.key, {
    signal,
    ...(after !== undefined && { after }),
  })) {
    if (entry.key === at.key && isFolderEntry(entry)) continue;
    if (folder && !entry.key.startsWith(folder.at.key)) yield folder;
    folder = undefined;
    const found = entryBelow({ at, name }, storage, entry);
    if (found.isFolder) folder = found;
    else yield found;
  }
  if (folder) yield folder;
}

function entryBelow({ at, name }: RemoteSource, storage: Storage, entry: Entry): RemoteEntry {
  const below = entry.key.slice(at.key.length);
  const isFolder = isFolderEntry(entry);
  return {
    storage,
    at: { ...at, key: entry.key },
    // Of an object whose key ends in a slash, the last one has no name: no disk can hold that.
    segments: [name, ...(isFolder ? below.replace(/\/$/, "") : below).split("/")],
    isFolder,
    ...(entry.type === "object" && { info: entry }),
  };
}

function itemFrom(
  index: number,
  found: RemoteEntry,
  target: Target,
  taken: TakenNames,
): TransferItem {
  const { segments, isFolder } = found;
  const name = segments.join("/");
  const item = { id: `${index}:${name}`, name };
  const isLocal = typeof target === "string";
  const problem =
    (isLocal ? problemOf(segments) : undefined) ?? (isFolder ? undefined : taken.problem(segments));
  if (problem !== undefined)
    return { ...item, name: found.at.key, type: "refused", error: new UnsafeNameError(problem) };
  const to: Destination = isLocal
    ? { type: "local", root: target, segments }
    : {
        type: "remote",
        storage: target.storage,
        at: childOf(target.at, isFolder ? `${name}/` : name),
      };
  return isFolder ? { ...item, type: "folder", to } : fileItem(item, found, to);
}

function fileItem(item: Item, { storage, at, info }: RemoteEntry, to: Destination): TransferItem {
  const from = { type: "remote", storage, at, ...(info && { info }) } as const;
  return { ...item, type: "file", from, to, size: info?.size ?? 0 };
}

/**
 * Names that are taken by this transfer itself: the second of two would overwrite the first. Mostly
 * only two sources can have one name; where case does not count, any two files.
 */
class TakenNames {
  readonly isFolding: boolean;
  readonly #taken = new Set<string>();

  constructor(isFolding: boolean) {
    this.isFolding = isFolding;
  }

  problem(segments: readonly string[]): string | undefined {
    if (segments.length > 1 && !this.isFolding) return undefined;
    const name = segments.join("/");
    const form = shortName(this.isFolding ? foldedName(name) : name);
    if (this.#taken.has(form)) return "another here has this name";
    this.#taken.add(form);
    return undefined;
  }
}

/** Why these cannot be the names of a local file and its folders. Remote names may be anything. */
function problemOf(segments: readonly string[]): string | undefined {
  if (segments.at(-1) === "") return "its name ends in a slash";
  return segments.map((segment) => nameProblem(segment, undefined)).find(Boolean);
}
