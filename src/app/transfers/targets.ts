/** What is in the folders that a transfer writes to, asked for as rarely as is safe. */
import { isStorageError } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";

interface Listing {
  readonly objects: ReadonlyMap<string, ObjectInfo>;
  readonly folders: ReadonlySet<string>;
  /** False if there was too much: then what is not here may be there all the same. */
  readonly isComplete: boolean;
  readonly listedMs: number;
}

const nothing = { objects: new Map(), folders: new Set<string>(), isComplete: true };

/** Folders remembered at a time, names in each, and in all of them. */
const foldersAtMost = 32;
const namesAtMost = 20_000;
const namesInAllAtMost = 40_000;
/** Older knowledge is asked for anew: others may have written meanwhile. */
const freshMs = 60_000;

/**
 * The state of a target, folder by folder: one request tells of a thousand names, and a folder
 * that its parent's listing lacks needs none.
 */
export class TransferTargets {
  readonly #storage: Storage;
  readonly #root: string;
  readonly #now: () => Date;
  readonly #listings = new Map<string, Promise<Listing>>();
  /** How many names those have that have been loaded. */
  readonly #names = new Map<string, number>();
  /** Names of their own that files are being put under. */
  readonly #underWay = new Set<string>();
  /** Names that files were given because they could not have their own. */
  readonly #given = new Set<string>();

  /** `root` is empty or ends in `/`; every key asked for lies below it. */
  constructor(storage: Storage, root: string, now: () => Date) {
    this.#storage = storage;
    this.#root = root;
    this.#now = now;
  }

  /** The object at `key` as it was a moment ago, if there was one. */
  async find(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    const { objects, isComplete } = await this.#listing(folderOf(key), signal);
    return objects.get(key) ?? (isComplete ? undefined : await this.look(key, signal));
  }

  /**
   * Whether nothing is at `key`, which was made up for a file. Where the storage would not refuse to
   * overwrite, it is looked at right now: what was written since the listing counts, too.
   */
  async isFree(key: string, signal: AbortSignal): Promise<boolean> {
    const holdsConditions = this.#storage.capabilities.ifAbsent;
    return !(holdsConditions ? await this.find(key, signal) : await this.look(key, signal));
  }

  /** Whether another file of this transfer has this name, or is being given it. */
  isTaken(key: string): boolean {
    return this.#underWay.has(key) || this.#given.has(key);
  }

  /** Keeps `key` for a file until it is there; see `leave`. */
  enter(key: string): void {
    this.#underWay.add(key);
  }

  leave(key: string): void {
    this.#underWay.delete(key);
  }

  /** Keeps `key` for good for a file whose own name it is not. */
  give(key: string): void {
    this.#given.add(key);
  }

  /** Whether a folder is known to have been at `key` a moment ago. */
  async hasFolder(key: string, signal: AbortSignal): Promise<boolean> {
    const { folders } = await this.#listing(folderOf(key.slice(0, -1)), signal);
    return folders.has(key);
  }

  /** The object at `key` right now. */
  async look(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    try {
      return await this.#storage.stat(key, { signal });
    } catch (error) {
      if (isStorageError(error, "not-found")) return undefined;
      throw error;
    }
  }

  async #listing(folder: string, signal: AbortSignal): Promise<Listing> {
    const known = this.#listings.get(folder);
    const listing = known && (await known.catch(() => undefined));
    if (listing && this.#now().getTime() - listing.listedMs < freshMs) return listing;
    // Several files of one folder ask at the same time, for the same listing.
    const current = this.#listings.get(folder);
    const isOld = current === undefined || current === known;
    const loading = isOld ? this.#load(folder, signal) : current;
    this.#remember(folder, loading);
    const loaded = await loading;
    if (this.#listings.get(folder) === loading)
      this.#names.set(folder, loaded.objects.size + loaded.folders.size);
    this.#forgetMany();
    return loaded;
  }

  /** What takes too much memory; the latest stay. */
  #forgetMany(): void {
    let names = 0;
    for (const folder of [...this.#listings.keys()].toReversed()) {
      const count = this.#names.get(folder) ?? 0;
      if (names + count > namesInAllAtMost) this.#forget(folder);
      else names += count;
    }
  }

  #forget(folder: string): void {
    this.#listings.delete(folder);
    this.#names.delete(folder);
  }

  #remember(folder: string, listing: Promise<Listing>): void {
    this.#listings.delete(folder);
    this.#listings.set(folder, listing);
    const [oldest] = this.#listings.keys();
    if (this.#listings.size > foldersAtMost && oldest !== undefined) this.#forget(oldest);
  }

  async #load(folder: string, signal: AbortSignal): Promise<Listing> {
    const listedMs = this.#now().getTime();
    if (folder.length > this.#root.length) {
      const above = await this.#listing(folderOf(folder.slice(0, -1)), signal);
      if (above.isComplete && !above.folders.has(folder)) return { ...nothing, listedMs };
    }
    const objects = new Map<string, ObjectInfo>();
    const folders = new Set<string>();
    try {
      for await (const entry of this.#storage.list(folder, { shallow: true, signal })) {
        if (entry.type === "object") objects.set(entry.key, entry);
        else folders.add(entry.key);
        if (objects.size + folders.size >= namesAtMost) return incomplete(objects, listedMs);
      }
    } catch (error) {
      // A key that may write need not be allowed to list: then each file is asked for by itself.
      if (!isStorageError(error, "denied")) throw error;
      return incomplete(objects, listedMs);
    }
    return { objects, folders, isComplete: true, listedMs };
  }
}

function incomplete(objects: Listing["objects"], listedMs: number): Listing {
  return { objects, folders: new Set(), isComplete: false, listedMs };
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}
