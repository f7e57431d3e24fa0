/** Copying between a connection and this computer, and deleting: what the tree's commands do. */
import { forEachPooled } from "../base/pool.ts";
import {
  ignoresCase,
  kindAt,
  localName,
  makeFolderBelow,
  pathBelow,
  readLocal,
  walkLocal,
  writeBelow,
} from "../engine/localFiles.ts";
import { nameProblem } from "../engine/localPath.ts";
import type { Entry, ObjectInfo } from "../storage/driver.ts";
import type { Storage } from "../storage/storage.ts";
import { contentTypeOf } from "./contentTypes.ts";
import { nameOf } from "./location.ts";

/** An object or folder of one container, as the tree shows it. */
export interface Item {
  readonly storage: Storage;
  /** Ends in `/` for a folder; empty for the whole container. */
  readonly key: string;
  /** What a local copy of it is called. */
  readonly name: string;
  /** Known for an object. */
  readonly info?: ObjectInfo;
}

export interface TransferProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  /** Absent while not every size is known. */
  readonly bytesTotal?: number;
}

/** What becomes of things that are there already. */
export type Existing = "overwrite" | "skip" | "cancel";

export interface TransferOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TransferProgress) => void;
  /** Asked once, with the names of what is there already. */
  readonly onExisting: (names: readonly string[]) => Promise<Existing>;
}

export interface TransferFailure {
  readonly name: string;
  readonly error: unknown;
}

/** What has come of it. A single failure does not stop the rest. */
export interface TransferReport {
  readonly done: number;
  readonly skipped: number;
  readonly bytes: number;
  readonly failed: readonly TransferFailure[];
}

/** A name that this computer cannot hold, or must not. */
export class UnsafeNameError extends Error {
  override readonly name = "UnsafeNameError";
}

interface Piece {
  readonly name: string;
  /** Folders are made, but not counted. */
  readonly isFolder?: true;
  readonly bytes: number;
  readonly exists: boolean;
  run(onBytes: (bytes: number) => void): Promise<void>;
}

/** At once; each driver has its own limit below this. */
const slots = 8;

/** Copies objects and folders into a local folder, under their own names. */
export async function download(
  items: readonly Item[],
  folder: string,
  options: TransferOptions,
): Promise<TransferReport> {
  const failed: TransferFailure[] = [];
  const pieces: Piece[] = [];
  const taken = new Set<string>();
  for (const item of items)
    for await (const entry of entriesOf(item, options.signal)) {
      const segments = segmentsOf(item, entry.key);
      const name = segments.join("/");
      // The second of two such would overwrite the first; case counts on some computers only.
      const form = ignoresCase() ? name.toLowerCase() : name;
      const problem = taken.has(form) ? "another here has this name" : problemOf(segments);
      if (problem !== undefined) {
        failed.push({ name: entry.key, error: new UnsafeNameError(problem) });
        continue;
      }
      if (!entry.isFolder) taken.add(form);
      pieces.push(await downloadPiece(item.storage, entry, folder, segments, options.signal));
    }
  return await carryOut(pieces, failed, options);
}

/** Copies local files into the folder `prefix` (empty, or ends in `/`). */
export async function uploadFiles(
  storage: Storage,
  prefix: string,
  paths: readonly string[],
  options: TransferOptions,
): Promise<TransferReport> {
  const there = await keysIn(storage, prefix, true, options.signal);
  const failed: TransferFailure[] = [];
  const pieces: Piece[] = [];
  for (const path of paths) {
    const upload = { storage, key: prefix + localName(path), path, there };
    await addUpload(upload, pieces, failed, options.signal);
  }
  return await carryOut(pieces, failed, options);
}

/** Copies a local folder, with all in it, into the folder `prefix`. Links are not followed. */
export async function uploadFolder(
  storage: Storage,
  prefix: string,
  path: string,
  options: TransferOptions,
): Promise<TransferReport> {
  const root = `${prefix}${localName(path)}/`;
  const there = await keysIn(storage, root, false, options.signal);
  const failed: TransferFailure[] = [];
  const pieces: Piece[] = [];
  for await (const entry of walkLocal(path)) {
    options.signal.throwIfAborted();
    const key = root + entry.segments.join("/");
    const upload = { storage, key, path: entry.path, there };
    if (entry.type === "file") await addUpload(upload, pieces, failed, options.signal);
    else if (entry.type === "empty-folder") pieces.push(folderPiece(storage, `${key}/`, options));
    else
      failed.push({
        name: entry.path,
        error: new UnsafeNameError("it is a link, and links are not followed"),
      });
  }
  return await carryOut(pieces, failed, options);
}

/** Every key that deleting these items would delete, folders after what is in them. */
export async function keysToDelete(
  items: readonly Item[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Storage, readonly string[]>> {
  const all = new Map<Storage, Set<string>>();
  for (const { storage, key } of items) {
    const keys = all.get(storage) ?? new Set();
    all.set(storage, keys.add(key));
    if (!key.endsWith("/")) continue;
    for await (const entry of storage.list(key, { signal })) keys.add(entry.key);
  }
  return new Map([...all].map(([storage, keys]) => [storage, [...keys].toSorted(deeperFirst)]));
}

/** Deletes keys in the order given by `keysToDelete`. The first failure stops it. */
export async function deleteKeys(
  keys: ReadonlyMap<Storage, readonly string[]>,
  options: { readonly signal: AbortSignal; readonly onDeleted: (count: number) => void },
): Promise<void> {
  const { signal, onDeleted } = options;
  for (const [storage, all] of keys) {
    const remove = async (batch: readonly string[]) => {
      signal.throwIfAborted();
      await storage.delete(batch, { signal });
      onDeleted(batch.length);
    };
    const objects = all.filter((key) => !key.endsWith("/"));
    await forEachPooled(batches(objects, storage.capabilities.deleteBatch), slots, remove);
    // A folder must be empty before it goes, so folders go one after the other.
    for (const folder of all.filter((key) => key.endsWith("/"))) await remove([folder]);
  }
}

async function carryOut(
  pieces: readonly Piece[],
  before: readonly TransferFailure[],
  { signal, onProgress, onExisting }: TransferOptions,
): Promise<TransferReport> {
  const existing = pieces.filter(({ exists }) => exists).map(({ name }) => name);
  const choice = existing.length > 0 ? await onExisting(existing) : "overwrite";
  if (choice === "cancel") throw new DOMException("cancelled", "AbortError");
  const wanted = choice === "skip" ? pieces.filter(({ exists }) => !exists) : pieces;
  const failed = [...before];
  const bytesTotal = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  let filesDone = 0;
  let bytesDone = 0;
  const filesTotal = wanted.filter(({ isFolder }) => !isFolder).length;
  const tell = () => onProgress({ filesDone, filesTotal, bytesDone, bytesTotal });
  tell();
  await forEachPooled(wanted, slots, async ({ name, isFolder, run }) => {
    signal.throwIfAborted();
    try {
      await run((bytes) => {
        bytesDone += bytes;
        tell();
      });
      if (!isFolder) filesDone++;
    } catch (error) {
      if (signal.aborted) throw error;
      failed.push({ name, error });
    }
    tell();
  });
  signal.throwIfAborted();
  const skipped = pieces.length - wanted.length;
  return { done: filesDone, skipped, bytes: bytesDone, failed };
}

interface Found {
  readonly key: string;
  readonly isFolder: boolean;
  readonly info?: ObjectInfo;
}

async function* entriesOf(item: Item, signal: AbortSignal): AsyncGenerator<Found, void, void> {
  const { storage, key, info } = item;
  if (key !== "" && !key.endsWith("/")) {
    yield { key, isFolder: false, ...(info && { info }) };
    return;
  }
  if (key !== "") yield { key, isFolder: true };
  for await (const entry of storage.list(key, { signal }))
    if (entry.key !== key) yield found(entry);
}

function found(entry: Entry): Found {
  const isFolder = entry.type === "folder" || entry.key.endsWith("/");
  return { key: entry.key, isFolder, ...(entry.type === "object" && { info: entry }) };
}

/** The local path of a key below the folder that the item is copied to. */
function segmentsOf(item: Item, key: string): readonly string[] {
  if (!item.key.endsWith("/") && item.key !== "") return [item.name];
  const below = key.slice(item.key.length).replace(/\/$/, "");
  return below === "" ? [item.name] : [item.name, ...below.split("/")];
}

async function downloadPiece(
  storage: Storage,
  { key, isFolder, info }: Found,
  root: string,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<Piece> {
  const name = segments.join("/");
  if (isFolder) {
    const run = async () => void (await makeFolderBelow(root, segments));
    return { name, isFolder: true, bytes: 0, exists: false, run };
  }
  return {
    name,
    bytes: info?.size ?? 0,
    exists: (await kindAt(pathBelow(root, segments))) !== "nothing",
    run: async (onBytes) => {
      let arrived = 0;
      await storage.read(
        key,
        async ({ info: { modified }, body }) => {
          // The reading starts over after a failure, and so does the counting.
          onBytes(-arrived);
          arrived = 0;
          const count = (bytes: number) => {
            arrived += bytes;
            onBytes(bytes);
          };
          await writeBelow(root, segments, body, {
            signal,
            onBytes: count,
            ...(modified && { modified }),
          });
        },
        { signal },
      );
    },
  };
}

interface Upload {
  readonly storage: Storage;
  readonly key: string;
  readonly path: string;
  /** The keys that are there already. */
  readonly there: ReadonlySet<string>;
}

/** A file that cannot be read is a failure of its own; the others go on. */
async function addUpload(
  { storage, key, path, there }: Upload,
  pieces: Piece[],
  failed: TransferFailure[],
  signal: AbortSignal,
): Promise<void> {
  try {
    const blob = await readLocal(path);
    pieces.push(uploadPiece(storage, key, blob, there.has(key), signal));
  } catch (error) {
    failed.push({ name: path, error });
  }
}

function uploadPiece(
  storage: Storage,
  key: string,
  blob: Blob,
  exists: boolean,
  signal: AbortSignal,
): Piece {
  const contentType = contentTypeOf(key);
  return {
    name: nameOf(key),
    bytes: blob.size,
    exists,
    run: async (onBytes) => {
      // What was not there when we looked must not be overwritten unasked.
      const ifAbsent = !exists && storage.capabilities.ifAbsent;
      await storage.write(key, blob, {
        signal,
        ...(ifAbsent && { ifAbsent }),
        ...(contentType !== undefined && { contentType }),
      });
      onBytes(blob.size);
    },
  };
}

function folderPiece(storage: Storage, key: string, { signal }: TransferOptions): Piece {
  const run = async () => await storage.makeFolder(key, { signal });
  return { name: nameOf(key), isFolder: true, bytes: 0, exists: false, run };
}

async function keysIn(
  storage: Storage,
  prefix: string,
  shallow: boolean,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const { key } of storage.list(prefix, { shallow, signal })) keys.add(key);
  return keys;
}

function deeperFirst(a: string, b: string): number {
  const depth = (key: string) => key.split("/").length;
  return depth(b) - depth(a) || (a < b ? -1 : Number(a > b));
}

function* batches(keys: readonly string[], length: number): Generator<readonly string[]> {
  for (let i = 0; i < keys.length; i += length) yield keys.slice(i, i + length);
}

/** Why these cannot be the names of a local file and its folders. Remote names may be anything. */
function problemOf(segments: readonly string[]): string | undefined {
  return segments.map((segment) => nameProblem(segment, undefined)).find(Boolean);
}
