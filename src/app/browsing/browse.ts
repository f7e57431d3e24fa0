/** What the tree of connections shows, level by level, as it has been loaded so far. */
import { never } from "../../base/abort.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { Entry, ObjectInfo } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Connection } from "../connections/connection.ts";
import type { Connections } from "../connections/connections.ts";
import { firstLevel, furtherLevel, hasMore, type Level, type LevelSource } from "./level.ts";
import { byName } from "./listOrder.ts";
import type { Looked } from "./search.ts";
import { locationId, nameOf, parentOf, type Location } from "../location.ts";

/** A row of the tree. */
export type Row = PlaceRow | ObjectRow | MoreRow | FailureRow | AskRow | NoneRow;

/** A row that has rows below it. */
export type PlaceRow = ConnectionRow | ContainerRow | FolderRow;

/** A row that stands for something stored. */
export type KeyedRow = ContainerRow | FolderRow | ObjectRow;

export interface ConnectionRow {
  readonly type: "connection";
  readonly at: Location;
  readonly connection: Connection;
  /** Its rows are containers, not keys. */
  readonly holdsContainers: boolean;
}
export interface ContainerRow {
  readonly type: "container";
  readonly at: Location;
  readonly name: string;
  readonly writable: boolean;
}
export interface FolderRow {
  readonly type: "folder";
  readonly at: Location;
  readonly name: string;
  readonly writable: boolean;
  /** It was gone to, and stands first because its turn in the listing has not come. */
  readonly isAhead?: true;
}
export interface ObjectRow {
  readonly type: "object";
  readonly at: Location;
  readonly name: string;
  readonly info: ObjectInfo;
  readonly writable: boolean;
  /** As of a folder. */
  readonly isAhead?: true;
}
/** There is more than what is shown. */
export interface MoreRow {
  readonly type: "more";
  readonly parent: Location;
  readonly shown: number;
}
/** Loading `parent` failed. */
export interface FailureRow {
  readonly type: "failure";
  readonly parent: Location;
  readonly error: unknown;
}
/** The key may not list containers, so somebody has to name one. */
export interface AskRow {
  readonly type: "ask";
  readonly parent: Location;
}

/** There is nothing in the place, or nothing that passes its filter. */
export interface NoneRow {
  readonly type: "none";
  readonly parent: Location;
  readonly filter?: string;
}

/** What a folder holds, with all below it. */
export type FolderSize = Pick<Looked, "objects" | "bytes" | "billedBytes">;

interface Containers {
  readonly names: readonly string[];
  readonly error?: unknown;
}

/** What a folder's listing is made of. */
type EntryRow = FolderRow | ObjectRow;

export class Browse {
  readonly #connections: Connections;
  readonly #levels = new Map<string, Promise<Level<EntryRow>>>();
  /** What has come of those. */
  readonly #loaded = new WeakMap<Promise<Level<EntryRow>>, Level<EntryRow>>();
  readonly #containersOf = new Map<string, Promise<Containers>>();
  readonly #failing = new Map<string, unknown>();
  /** What the names shown of a place begin with. */
  readonly #filters = new Map<string, string>();
  /** What was gone to by its key, and is shown though its page may not be loaded. */
  readonly #reached = new Map<string, readonly EntryRow[]>();
  /** The rows that were given last. */
  readonly #shown = new Map<string, readonly Row[]>();
  readonly #sizes = new Map<string, FolderSize>();
  readonly #changed = new Emitter<Location | undefined>();

  /** What lies at a location has to be asked for anew; everything, if none is given. */
  readonly onDidChange: Event<Location | undefined> = this.#changed.event;

  constructor(connections: Connections) {
    this.#connections = connections;
    connections.onDidChange((ids) => {
      // What the others hold has been paid for.
      for (const id of ids) this.#forget({ connection: id, key: "" });
      this.#changed.fire(undefined);
    });
  }

  /** The rows below `parent`, or the connections. Never rejects: a failure is a row. */
  async rows(parent?: Row): Promise<readonly Row[]> {
    if (!parent)
      return this.#connections.list().map((connection) => this.#connectionRow(connection));
    if (parent.type === "connection" && parent.holdsContainers)
      return await this.#containers(parent);
    if (parent.type === "connection" || parent.type === "container" || parent.type === "folder")
      return await this.#entries(parent.at);
    return [];
  }

  /** Shows the next thousand rows of a place, loading what that takes. Gives the first of them. */
  async loadMore(parent: Location): Promise<Row | undefined> {
    const id = locationId(parent);
    const level = await (this.#levels.get(id) ?? firstLevel(this.#source(parent)));
    const further = furtherLevel(level, this.#source(parent));
    this.#levels.set(id, further);
    this.#changed.fire(parent);
    return (await further).rows[level.limit];
  }

  /** Shows of a place only what begins with `text`; everything again if there is none. */
  filter(at: Location, text?: string): void {
    const id = locationId(at);
    if (text) this.#filters.set(id, text);
    else this.#filters.delete(id);
    this.#levels.delete(id);
    // What was gone to before is not what is asked for now.
    this.#reached.delete(id);
    this.#changed.fire(at);
  }

  filterOf(at: Location): string | undefined {
    return this.#filters.get(locationId(at));
  }

  /** Remembers what the folder holds, until it is asked for anew. */
  keepSize(at: Location, size: FolderSize): void {
    this.#sizes.set(locationId(at), size);
    this.#changed.fire(at);
  }

  sizeOf(at: Location): FolderSize | undefined {
    return this.#sizes.get(locationId(at));
  }

  /**
   * The row of the object or folder at `at`, which is shown from now on wherever in a long listing
   * it stands. A key that names no object counts as a folder if something lies below it. Fails with
   * `not-found`.
   */
  async goTo(at: Location, signal: AbortSignal): Promise<EntryRow> {
    const storage = await this.open(at);
    const entry = await entryAt(storage, at.key, signal);
    return this.#reach({ ...at, key: entry.key }, entry);
  }

  /** The row of a place, shown from now on as by `goTo`; whether anything lies there is not asked. */
  placeAt(at: Location): PlaceRow | undefined {
    const connection = this.#connections.get(at.connection);
    if (at.key !== "") this.#reach(at, { type: "folder", key: at.key });
    return connection && this.#placeRow(connection, at);
  }

  /** Forgets what was loaded of a place and all below it, or of everything. */
  refresh(at?: Location): void {
    this.#forget(at);
    this.#changed.fire(at);
  }

  #forget(at?: Location): void {
    for (const known of [this.#levels, this.#reached, this.#shown, this.#sizes])
      for (const id of known.keys()) if (!at || isWithin(id, at)) known.delete(id);
    if (!at) {
      this.#containersOf.clear();
      this.#failing.clear();
    } else {
      if (at.container === undefined && at.key === "") this.#containersOf.delete(at.connection);
      this.#failing.delete(at.connection);
    }
  }

  /** Forgets what was loaded of a place alone: something came, went or changed in it. */
  renew(at: Location): void {
    this.#levels.delete(locationId(at));
    this.#changed.fire(at);
  }

  /** The place that `row` lies in. */
  parent(row: Row): PlaceRow | undefined {
    const at = placeAbove(row);
    const connection = at && this.#connections.get(at.connection);
    return connection && this.#placeRow(connection, at);
  }

  /** Why the connection's last request failed, if it did. */
  failureOf(connection: string): unknown {
    return this.#failing.get(connection);
  }

  /** Opens the container that a location lies in. */
  async open({ connection, container }: Location): Promise<Storage> {
    return await this.#connections.open(connection, container);
  }

  #connectionRow(connection: Connection): ConnectionRow {
    return {
      type: "connection",
      at: { connection: connection.id, key: "" },
      connection,
      holdsContainers: this.#connections.needsContainer(connection),
    };
  }

  #placeRow(connection: Connection, at: Location): PlaceRow {
    const writable = !connection.readOnly;
    if (at.key !== "") return { type: "folder", at, name: nameOf(at.key), writable };
    if (at.container === undefined) return this.#connectionRow(connection);
    return { type: "container", at, name: at.container, writable };
  }

  async #containers({ at, connection }: ConnectionRow): Promise<readonly Row[]> {
    const row = (name: string): ContainerRow => ({
      type: "container",
      at: { ...at, container: name },
      name,
      writable: !connection.readOnly,
    });
    const known = connection.containers ?? [];
    const { names, error } = await this.#listContainers(connection.id);
    if (error !== undefined && !isStorageError(error, "denied"))
      return [this.#failure(at, error), ...known.map(row)];
    this.#worked(connection.id);
    const rows: Row[] = [...new Set([...names, ...known])].toSorted(byName).map(row);
    if (error !== undefined) return [...rows, { type: "ask", parent: at }];
    return rows.length > 0 ? rows : [{ type: "none", parent: at }];
  }

  async #listContainers(connection: string): Promise<Containers> {
    const listing = this.#containersOf.get(connection) ?? this.#askForContainers(connection);
    this.#containersOf.set(connection, listing);
    return await listing;
  }

  async #askForContainers(connection: string): Promise<Containers> {
    try {
      return { names: await this.#connections.containers(connection, never) };
    } catch (error) {
      return { names: [], error };
    }
  }

  async #entries(parent: Location): Promise<readonly Row[]> {
    const id = locationId(parent);
    const loading = this.#levels.get(id) ?? firstLevel(this.#source(parent));
    this.#levels.set(id, loading);
    const level = await loading;
    this.#loaded.set(loading, level);
    const { error, limit } = level;
    const filter = this.#filters.get(id);
    const shown = level.rows.slice(0, limit);
    const rows: Row[] = withReached(shown, this.#reached.get(id));
    const isEmpty = filter === undefined ? rows.length === 0 : shown.length === 0;
    if (isEmpty && error === undefined)
      rows.push({ type: "none", parent, ...(filter !== undefined && { filter }) });
    if (error !== undefined) rows.push(this.#failure(parent, error));
    else this.#worked(parent.connection);
    if (hasMore(level)) rows.push({ type: "more", parent, shown: shown.length });
    this.#shown.set(id, rows);
    return rows;
  }

  #source(parent: Location): LevelSource<EntryRow> {
    const writable = this.#isWritable(parent);
    return {
      open: async () => await this.open(parent),
      key: parent.key,
      prefix: parent.key + (this.#filters.get(locationId(parent)) ?? ""),
      rowOf: (entry) => entryRow(parent, entry, writable),
    };
  }

  #isWritable({ connection }: Location): boolean {
    return !this.#connections.get(connection)?.readOnly;
  }

  /** Shows the entry at `at` and the folders above it; gives its row. */
  #reach(at: Location, entry: Entry): EntryRow {
    const parent = parentOf(at);
    const id = locationId(parent);
    const row = entryRow(parent, entry, this.#isWritable(at));
    // What is drawn anew while VS Code unfolds it is left without its rows.
    if (this.#isShown(id, entry.key)) return row;
    const others = (this.#reached.get(id) ?? []).filter((one) => one.at.key !== entry.key);
    this.#reached.set(id, [...others, row]);
    if (parent.key !== "") this.#reach(parent, { type: "folder", key: parent.key });
    // While a place is drawn anew nothing in it can be revealed, so that is done for a reason only.
    const shown = this.#shown.get(id);
    const isThere = shown?.some((one) => "at" in one && one.at.key === at.key);
    if (shown && !isThere) this.#changed.fire(parent);
    return row;
  }

  /** Whether a row of that key is among those of a place, as they were given last. */
  #isShown(place: string, key: string): boolean {
    const loading = this.#levels.get(place);
    const level = loading && this.#loaded.get(loading);
    if (!level) return false;
    const rows = withReached(level.rows.slice(0, level.limit), this.#reached.get(place));
    return rows.some((row) => "at" in row && row.at.key === key);
  }

  #failure(parent: Location, error: unknown): FailureRow {
    if (!this.#failing.has(parent.connection)) {
      this.#failing.set(parent.connection, error);
      this.#changed.fire({ connection: parent.connection, key: "" });
    }
    return { type: "failure", parent, error };
  }

  #worked(connection: string): void {
    if (this.#failing.delete(connection)) this.#changed.fire({ connection, key: "" });
  }
}

/** What lies at the key: an object, or else a folder. */
async function entryAt(storage: Storage, key: string, signal: AbortSignal): Promise<Entry> {
  const folder = key.endsWith("/") ? key : `${key}/`;
  try {
    if (!key.endsWith("/")) return { type: "object", ...(await storage.stat(key, { signal })) };
  } catch (error) {
    if (!isStorageError(error, "not-found")) throw error;
  }
  const { entries } = await storage.page(folder, { shallow: true, signal });
  if (entries.length > 0) return { type: "folder", key: folder };
  // The server's own words for a missing key, also where it is a folder's.
  return { type: "object", ...(await storage.stat(key, { signal })) };
}

/** Those that were gone to stand first, unless they are among the others. */
function withReached(rows: readonly EntryRow[], reached: readonly EntryRow[] = []): Row[] {
  const isShown = ({ at: { key } }: EntryRow) => rows.some((row) => row.at.key === key);
  const ahead = reached.filter((row) => !isShown(row));
  return [...ahead.map((row): EntryRow => ({ ...row, isAhead: true })), ...rows];
}

function entryRow(parent: Location, entry: Entry, writable: boolean): EntryRow {
  const at = { ...parent, key: entry.key };
  // Below a prefix that ends in "/", what is left of the key is the name; it may hold odd slashes.
  const name = nameOf(entry.key);
  if (entry.type === "folder") return { type: "folder", at, name, writable };
  return { type: "object", at, name, info: entry, writable };
}

function placeAbove(row: Row): Location | undefined {
  switch (row.type) {
    case "connection":
      return undefined;
    case "container":
      return { connection: row.at.connection, key: "" };
    case "folder":
    case "object":
      return parentOf(row.at);
    case "more":
    case "failure":
    case "ask":
    case "none":
      return row.parent;
  }
}

function isWithin(id: string, at: Location): boolean {
  const [connection, container, key] = JSON.parse(id) as [string, string | null, string];
  if (connection !== at.connection) return false;
  if (at.container === undefined && at.key === "") return true;
  return container === (at.container ?? null) && key.startsWith(at.key);
}
