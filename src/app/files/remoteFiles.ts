// Long because a file system is one contract of VS Code: its operations share what they know of each file.
/** A connection as a file system: what VS Code's editors and Explorer do with `offsite:` addresses. */
import { never } from "../../base/abort.ts";
import type { Bytes } from "../../base/bytes.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import { isOtherCase } from "../../storage/paths.ts";
import type { Refusal } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import { wholeBody } from "../../storage/wholeBody.ts";
import type { Connections } from "../connections/connections.ts";
import { Editing, type SaveOptions } from "./editing.ts";
import {
  alreadyThere,
  isMissing,
  isTop,
  nothingAt,
  refusalOfTop,
  RemoteFileError,
} from "./refusals.ts";
import type { Told } from "./told.ts";
import { FolderListings, hiddenAbove, type Listed } from "./folderListings.ts";
import { listFolder, mostListed, typeAt } from "./folders.ts";
import { isCalledOtherwise } from "./letterCase.ts";
import {
  locationAt,
  locationId,
  marked,
  namesContainer,
  namesFolder,
  pathOf,
  type Location,
} from "../location.ts";
import { copyStored, moveStored, type MoveOptions, type MoveReport } from "../transfers/moving.ts";
import type { Stored } from "../transfers/objectCopy.ts";
import type { Clock, Memento } from "../ports.ts";
import { deleteKeys, keysToDelete } from "../objects/deletion.ts";

/** An address without its scheme: what `pathOf` makes of a location, in a connection. */
export interface Address {
  readonly connection: string;
  readonly path: string;
}

export interface RemoteStat {
  readonly type: "file" | "folder";
  /** As an editor is told it: see `Told`. */
  readonly size: number;
  readonly mtime: number;
  readonly readOnly: boolean;
}

export interface RemoteChange {
  readonly type: "created" | "changed" | "deleted";
  readonly address: Address;
}

/** Editors want all of a file in memory, twice. Beyond this, downloading is the way. */
export const largestBytes = 256 * 1024 * 1024;

export interface RemoteFilesRooms {
  readonly connections: Connections;
  readonly memento: Memento;
  readonly clock: Clock;
  /** Whether it is a folder of the workspace: on an object store that is one with nothing in it, too. */
  readonly isMounted?: (address: Address) => boolean;
}

interface Place extends Stored {
  readonly at: Location;
  /** The address can mean nothing but the folder. */
  readonly isFolder: boolean;
}

export class RemoteFiles {
  readonly editing: Editing;
  readonly listings: FolderListings;
  readonly #connections: Connections;
  readonly #isMounted: (address: Address) => boolean;
  /** What they are, for all who want to know at the same time. */
  readonly #asking = new Map<string, Promise<RemoteStat["type"] | undefined>>();
  readonly #changed = new Emitter<readonly RemoteChange[]>();
  readonly #cut = new Emitter<Address>();

  /** What has been changed here, in the order in which it happened. */
  readonly onDidChange: Event<readonly RemoteChange[]> = this.#changed.event;
  /** Not all of a folder was listed. */
  readonly onDidCut: Event<Address> = this.#cut.event;

  constructor({ connections, memento, clock, isMounted = () => false }: RemoteFilesRooms) {
    this.#connections = connections;
    this.#isMounted = isMounted;
    this.editing = new Editing({ memento, clock });
    this.listings = new FolderListings(clock);
  }

  /** Fails with `not-found`. A folder is where something lies in it. */
  async stat(address: Address): Promise<RemoteStat> {
    const at = this.#locate(address);
    const readOnly = this.#connections.get(at.connection)?.readOnly === true;
    const folder: RemoteStat = { type: "folder", size: 0, mtime: 0, readOnly };
    const said = this.listings.justSaid(address);
    if (said === "folder") return folder;
    if (namesContainer(address.path)) {
      await this.#checkContainer(at);
      return folder;
    }
    const storage = await this.#open(at);
    if (await this.#isKnownMissing(storage, address)) throw nothingAt(at);
    // What was a folder is one still, as a rule: then one request says so.
    const wasFolder = this.listings.get(address) !== undefined;
    if (wasFolder && (await this.#isFolder(storage, address, at))) return folder;
    const told = await this.#look(storage, address, at);
    if (told) return { type: "file", size: told.size, mtime: told.mtime, readOnly };
    if (!wasFolder && (await this.#isFolder(storage, address, at))) return folder;
    this.listings.saw(address, "nothing");
    throw nothingAt(at);
  }

  /**
   * Names in a folder. One that is an object's and a folder's is the object's; see `namesFolder`. Of
   * a huge folder only the first ones, which `onDidCut` tells. Fails with `not-found`, and with
   * `not-folder`.
   */
  async list(address: Address): Promise<readonly Listed[]> {
    const listed = await this.#list(address);
    // What one listing cuts off is no news in the next.
    if (listed.length < mostListed) this.listings.rememberNames(address, listed);
    else {
      this.listings.forget(address);
      this.#cut.fire(address);
    }
    return listed;
  }

  async #list(address: Address): Promise<readonly Listed[]> {
    const at = this.#locate(address);
    if (this.#holdsContainers(at)) return await this.#containers(at.connection);
    return await this.#listFolder(address, at);
  }

  /** How large it is; asks only if nobody has looked yet. Fails with `not-found` and `is-folder`. */
  async sizeOf(address: Address): Promise<number> {
    const at = this.#locate(address);
    if (at.key === "") throw new RemoteFileError("is-folder");
    const told = this.editing.told(at);
    if (told) return told.info.size;
    const storage = await this.#open(at);
    if (await this.#isKnownMissing(storage, address)) throw nothingAt(at);
    const found = await this.#look(storage, address, at);
    if (found) return found.info.size;
    if (await this.#isFolderHere(storage, address)) throw new RemoteFileError("is-folder");
    this.listings.saw(address, "nothing");
    throw nothingAt(at);
  }

  /** All of it. Fails with `not-found`, `is-folder` or `too-large`. */
  async read(address: Address): Promise<Bytes> {
    const at = this.#locate(address);
    if ((await this.sizeOf(address)) > largestBytes) throw new RemoteFileError("too-large");
    const storage = await this.#open(at);
    const { info, bytes } = await storage.read(at.key, async (reply) => {
      if (reply.info.size > largestBytes) throw new RemoteFileError("too-large");
      return { info: reply.info, bytes: await wholeBody(reply) };
    });
    await this.editing.hasRead(storage, at, info, bytes);
    return bytes;
  }

  /** See `Editing.save`. */
  async write(address: Address, body: Bytes, options: Omit<SaveOptions, "signal">): Promise<void> {
    const at = this.#locate(address);
    if (isTop(at)) throw new RemoteFileError("is-folder");
    const storage = await this.#writable(address);
    const isUnknown = this.editing.told(at) === undefined;
    if (namesFolder(address.path) || (isUnknown && (await this.#isFolderHere(storage, address))))
      throw new RemoteFileError("is-folder");
    const saved = await this.editing.save(storage, at, body, { ...options, signal: never });
    this.#tell({ type: saved, address });
  }

  /** Fails with `conflict` (`exists`) if there is something of that name. */
  async makeFolder(address: Address): Promise<void> {
    const at = this.#locate(address);
    if (isTop(at)) throw alreadyThere(at.key);
    const storage = await this.#writable(address);
    if (await this.#typeOf(address)) throw alreadyThere(at.key);
    await storage.makeFolder(`${at.key}/`);
    this.#tell({ type: "created", address });
  }

  /**
   * Deletes a file, or a folder with all in it; gives what of a folder was refused, see `deleteKeys`.
   * Fails with `not-found` and `not-empty`.
   */
  async delete(
    address: Address,
    options: {
      readonly recursive: boolean;
      readonly signal?: AbortSignal;
      readonly onProgress?: (done: number, total: number) => void;
    },
  ): Promise<readonly Refusal[]> {
    const { recursive, signal = never, onProgress } = options;
    const { at, ...stored } = await this.#place(address);
    const storage = await this.#writable(address);
    const isKnown = stored.isFolder || this.listings.heldAs(address) === "itself";
    if (!isKnown && (await isCalledOtherwise(storage, at.key))) throw nothingAt(at);
    let refused: readonly Refusal[] = [];
    try {
      if (!stored.isFolder) await stored.storage.delete([at.key], { signal });
      else {
        const keys = await keysToDelete([stored], signal);
        const total = [...keys.values()].flat().length;
        if (!recursive && total > 1) throw new RemoteFileError("not-empty");
        let done = 0;
        const onDeleted = (count: number) => onProgress?.((done += count), total);
        refused = await deleteKeys(keys, { signal, onDeleted });
      }
      await this.editing.forget(at);
      this.#tell({ type: refused.length === 0 ? "deleted" : "changed", address });
      return refused;
    } catch (error) {
      // Some of it may be gone.
      this.#tell({ type: "changed", address });
      throw error;
    }
  }

  /** See `relocate`. To where it is already, nothing is to be done. */
  async move(from: Address, to: Address, options: MoveOptions): Promise<MoveReport> {
    if (isOne(from, to)) return nothingDone;
    const ends = await this.#ends(from, to, options);
    return await this.relocate("move", ends.from, ends.to, ends.options);
  }

  /** See `relocate`. To where it is already, nothing is to be done. */
  async copy(from: Address, to: Address, options: MoveOptions): Promise<MoveReport> {
    if (isOne(from, to)) return nothingDone;
    const ends = await this.#ends(from, to, options);
    return await this.relocate("copy", ends.from, ends.to, ends.options);
  }

  /**
   * Moves or copies to another place of any connection, and says so. Folders' keys end in `/`.
   * Fails with `not-found` and `conflict` (`exists`); see `moveStored`.
   */
  async relocate(
    how: "move" | "copy",
    from: Location,
    to: Location,
    options: MoveOptions,
  ): Promise<MoveReport> {
    await this.#writable(this.addressOf(to));
    if (how === "move") await this.#writable(this.addressOf(from));
    const source = { storage: await this.#open(from), key: from.key };
    const target = { storage: await this.#open(to), key: to.key };
    // Whatever comes of it, some of it may be there.
    const changes: RemoteChange[] = [{ type: "created", address: this.addressOf(to) }];
    try {
      const work = how === "move" ? moveStored : copyStored;
      const report = await work(source, target, options);
      const { failed, kept, undeleted } = report;
      const isWhole = failed.length + kept.length === 0 && !undeleted;
      if (how === "move") {
        await this.editing.forget(from);
        const type = isWhole ? "deleted" : "changed";
        changes.unshift({ type, address: this.addressOf(from) });
      }
      return report;
    } finally {
      // At once, because a place that both ends lie in is drawn anew for it.
      this.#tell(...changes);
    }
  }

  /** What others have changed since it was asked for last: in a folder that was listed, or of a file. */
  async lookAgain(address: Address): Promise<readonly RemoteChange[]> {
    const at = this.#locate(address);
    const before = this.listings.get(address);
    if (before) {
      const now = await this.#listAgain(address);
      if (now === "nothing")
        return [...this.listings.compare(address, before, []), { type: "deleted", address }];
      // Of what has grown too large, nobody knows what is gone.
      return now.length < mostListed ? this.listings.compare(address, before, now) : [];
    }
    const type = await this.editing.lookAgain(at, async () => await this.#open(at));
    return type ? [{ type, address }] : [];
  }

  /** The address of a location; of a connection's top, too. */
  addressOf(at: Location): Address {
    const isTop = at.key === "" && this.#holdsContainers(at);
    return { connection: at.connection, path: isTop ? "/" : pathOf(at) };
  }

  async #listAgain(address: Address): Promise<readonly Listed[] | "nothing"> {
    try {
      const listed = await this.list(address);
      if (listed.length < mostListed) this.listings.remember(address, listed);
      return listed;
    } catch (error) {
      if (!isMissing(error) && !(error instanceof RemoteFileError)) throw error;
      this.listings.forget(address);
      return "nothing";
    }
  }

  async #listFolder(address: Address, at: Location): Promise<readonly Listed[]> {
    const storage = await this.#open(at);
    const prefix = namesContainer(address.path) ? "" : `${at.key}/`;
    const { names, isThere } = await listFolder(storage, prefix);
    if (isThere) return names;
    // An empty folder, a file and what is not there list alike.
    const type = this.listings.justSaid(address) ?? (await this.#listedAs(storage, address, at));
    if (type === "folder") return names;
    if (type === "file" && !namesFolder(address.path)) throw new RemoteFileError("not-folder");
    throw nothingAt(at);
  }

  async #ends(from: Address, to: Address, options: MoveOptions) {
    const source = await this.#place(from);
    const at = this.#locate(to);
    const isItself =
      from.connection === to.connection &&
      isOtherCase(from.path, to.path) &&
      (await isCalledOtherwise(source.storage, at.key));
    const there = isItself ? undefined : await this.#typeOf(to);
    if (there && options.overwrite !== true) throw alreadyThere(at.key);
    if (there && (there === "folder") !== source.isFolder)
      throw new RemoteFileError(there === "folder" ? "is-folder" : "not-folder");
    const ending = source.isFolder ? "/" : "";
    return {
      from: { ...source.at, key: source.at.key + ending },
      to: { ...at, key: at.key + ending },
      // What comes meanwhile is not what was to be replaced.
      options: { ...options, overwrite: there !== undefined },
    };
  }

  /** Where the address leads, as what it is. Fails with `not-found`. */
  async #place(address: Address): Promise<Place> {
    const at = this.#locate(address);
    if (namesContainer(address.path)) throw refusalOfTop(at, this.#holdsContainers(at));
    const isFolder = (await this.stat(address)).type === "folder";
    return { at, storage: await this.#open(at), key: isFolder ? `${at.key}/` : at.key, isFolder };
  }

  async #typeOf(address: Address): Promise<RemoteStat["type"] | undefined> {
    try {
      return (await this.stat(address)).type;
    } catch (error) {
      if (isStorageError(error, "not-found")) return undefined;
      throw error;
    }
  }

  async #isFolderHere(storage: Storage, address: Address): Promise<boolean> {
    const said = this.listings.justSaid(address);
    if (said) return said === "folder";
    return await this.#isFolder(storage, address, this.#locate(address));
  }

  /**
   * Whether it need not be asked for. Of a folder of settings that it would lie in is asked once for
   * all that is looked for in there.
   */
  async #isKnownMissing(storage: Storage, address: Address): Promise<boolean> {
    if (this.editing.told(this.#locate(address)) || this.#isMounted(address)) return false;
    if (this.listings.justSaid(address) === "nothing") return true;
    const folder = hiddenAbove(address);
    if (!folder) return false;
    const said = this.listings.justSaid(folder);
    if (said) return said === "nothing";
    const is = await this.#isFolder(storage, folder, this.#locate(folder));
    if (!is) this.listings.saw(folder, "nothing");
    return !is;
  }

  /** The object, if there is one. */
  async #look(storage: Storage, address: Address, at: Location): Promise<Told | undefined> {
    if (namesFolder(address.path) || at.key === "") return undefined;
    try {
      const told = await this.editing.look(storage, at);
      const isOther = this.listings.heldAs(address) === "other";
      if (!isOther || !(await isCalledOtherwise(storage, at.key))) return told;
      await this.editing.forget(at);
      return undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #isFolder(storage: Storage, address: Address, at: Location): Promise<boolean> {
    return (await this.#listedAs(storage, address, at)) === "folder";
  }

  /** What it is by a listing of its own name. */
  async #listedAs(
    storage: Storage,
    address: Address,
    at: Location,
  ): Promise<RemoteStat["type"] | undefined> {
    const id = locationId(at);
    const asked = this.#asking.get(id) ?? typeAt(storage, at.key);
    this.#asking.set(id, asked);
    const type = await asked.finally(() => this.#asking.delete(id));
    // VS Code would call a workspace broken because the last of its files has gone.
    const isEmpty = type === undefined && !storage.keepsFolders && this.#isMounted(address);
    if (type !== "folder" && !isEmpty) return type;
    this.listings.saw(address, "folder");
    return "folder";
  }

  /** Fails with `not-found` if the connection's list of containers does not have it. */
  async #checkContainer({ connection, container }: Location): Promise<void> {
    const top = { connection, path: "/" };
    if (container === undefined || !this.#holdsContainers({ connection, key: "" })) return;
    if (!this.listings.get(top)) await this.list(top);
    if (!this.listings.get(top)?.has(marked(container)))
      throw new StorageError("not-found", `no such container: ${container}`);
  }

  #locate({ connection, path }: Address): Location {
    if (!this.#connections.get(connection))
      throw new StorageError("not-found", "no such connection");
    return locationAt(connection, path);
  }

  /** Whether it is the top of a connection that has several containers. */
  #holdsContainers({ connection: id, container }: Location): boolean {
    const connection = this.#connections.get(id);
    return (
      container === undefined &&
      connection !== undefined &&
      this.#connections.needsContainer(connection)
    );
  }

  async #containers(id: string): Promise<readonly Listed[]> {
    const named = this.#connections.get(id)?.containers ?? [];
    const found = await this.#connections.containers(id, never).catch((error: unknown) => {
      if (isStorageError(error, "denied")) return [];
      throw error;
    });
    return [...new Set([...found, ...named])].map((name) => ({
      name: marked(name),
      type: "folder",
      state: "",
    }));
  }

  async #open(at: Location): Promise<Storage> {
    if (this.#holdsContainers(at)) throw new RemoteFileError("holds-containers");
    return await this.#connections.open(at.connection, at.container);
  }

  /** Refuses before a request is sent; the storage of a read-only connection would too. */
  async #writable(address: Address): Promise<Storage> {
    const at = this.#locate(address);
    const connection = this.#connections.get(at.connection);
    if (connection?.readOnly) {
      const error = new StorageError("denied", "read-only", { reason: "read-only" });
      error.place = { operation: "write", key: at.key, connection: connection.name };
      throw error;
    }
    if (namesContainer(address.path)) throw refusalOfTop(at, this.#holdsContainers(at));
    return await this.#open(at);
  }

  #tell(...changes: readonly RemoteChange[]): void {
    for (const { type, address } of changes) this.listings.note(type, address);
    this.#changed.fire(changes);
  }
}

const nothingDone: MoveReport = { done: 0, bytes: 0, failed: [], kept: [] };

function isOne(a: Address, b: Address): boolean {
  return a.connection === b.connection && a.path === b.path;
}
