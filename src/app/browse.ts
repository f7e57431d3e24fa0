/** What the tree of connections shows, level by level, as it has been loaded so far. */
import { never } from "../base/abort.ts";
import { Emitter, type Event } from "../base/event.ts";
import type { Entry, ObjectInfo } from "../storage/driver.ts";
import { isStorageError, StorageError } from "../storage/errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { Connection, Connections } from "./connections.ts";
import { byName, type Listed, listOrder } from "./listOrder.ts";
import { locationId, nameOf, parentOf, type Location } from "./location.ts";

/** A row of the tree. */
export type Row = PlaceRow | ObjectRow | MoreRow | FailureRow | AskRow;

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
}
export interface ObjectRow {
  readonly type: "object";
  readonly at: Location;
  readonly name: string;
  readonly info: ObjectInfo;
  readonly writable: boolean;
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

/** What has been loaded of one place. */
interface Level {
  /** Page after page; in each, folders first, then by name. */
  readonly entries: readonly Entry[];
  /** How many of them are shown. */
  readonly limit: number;
  /** Where the next page begins. */
  readonly cursor?: string;
  /** Why the last page could not be loaded. */
  readonly error?: unknown;
}

interface Containers {
  readonly names: readonly string[];
  readonly error?: unknown;
}

const rowsAtOnce = 1000;
/** Pages in a row that may be empty before a listing counts as going nowhere. */
const emptyPagesAtMost = 50;

export class Browse {
  readonly #connections: Connections;
  readonly #levels = new Map<string, Promise<Level>>();
  readonly #containersOf = new Map<string, Promise<Containers>>();
  readonly #failing = new Map<string, unknown>();
  readonly #changed = new Emitter<Location | undefined>();

  /** What lies at a location has to be asked for anew; everything, if none is given. */
  readonly onDidChange: Event<Location | undefined> = this.#changed.event;

  constructor(connections: Connections) {
    this.#connections = connections;
    connections.onDidChange(() => this.refresh());
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

  /** Shows the next thousand rows of a place, loading what that takes. */
  async loadMore(parent: Location): Promise<void> {
    const id = locationId(parent);
    const level = await (this.#levels.get(id) ?? this.#load(parent));
    this.#levels.set(id, this.#extend(parent, { ...level, limit: level.limit + rowsAtOnce }));
    this.#changed.fire(parent);
  }

  /** Forgets what was loaded of a place and all below it, or of everything. */
  refresh(at?: Location): void {
    for (const id of this.#levels.keys()) if (!at || isWithin(id, at)) this.#levels.delete(id);
    if (!at) {
      this.#containersOf.clear();
      this.#failing.clear();
    } else {
      if (at.container === undefined && at.key === "") this.#containersOf.delete(at.connection);
      this.#failing.delete(at.connection);
    }
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
    return error === undefined ? rows : [...rows, { type: "ask", parent: at }];
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
    const loading = this.#levels.get(id) ?? this.#load(parent);
    this.#levels.set(id, loading);
    const { entries, limit, cursor, error } = await loading;
    const writable = !this.#connections.get(parent.connection)?.readOnly;
    const rows: Row[] = entries.slice(0, limit).map((entry) => entryRow(parent, entry, writable));
    if (error !== undefined) rows.push(this.#failure(parent, error));
    else this.#worked(parent.connection);
    if (error === undefined && (cursor !== undefined || entries.length > limit))
      rows.push({ type: "more", parent, shown: Math.min(entries.length, limit) });
    return rows;
  }

  async #load(parent: Location): Promise<Level> {
    return await this.#extend(parent, { entries: [], limit: rowsAtOnce });
  }

  /** Loads one page more, unless enough is there already. A failure keeps what is there. */
  async #extend(parent: Location, level: Level): Promise<Level> {
    const { entries, limit } = level;
    const begun = entries.length > 0;
    if (
      entries.length >= limit ||
      (begun && level.cursor === undefined && level.error === undefined)
    )
      return level;
    try {
      const storage = await this.open(parent);
      const { found, cursor } = await nextPage(storage, parent.key, level.cursor);
      const others = found.filter(({ key }) => key !== parent.key);
      // What is shown already stays where it is: a later page goes below, in the storage's order.
      const whole = !begun && cursor === undefined;
      const all = [...entries, ...listOrder(others, listed, whole)];
      return { entries: all, limit, ...(cursor !== undefined && { cursor }) };
    } catch (error) {
      return { ...level, error };
    }
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

/** The next page that has anything in it. */
async function nextPage(
  storage: Storage,
  prefix: string,
  from: string | undefined,
): Promise<{ found: readonly Entry[]; cursor?: string }> {
  let cursor = from;
  for (let pages = 0; pages < emptyPagesAtMost; pages++) {
    const page = await storage.page(prefix, {
      shallow: true,
      ...(cursor !== undefined && { cursor }),
    });
    if (page.entries.length > 0 || page.cursor === undefined)
      return { found: page.entries, ...(page.cursor !== undefined && { cursor: page.cursor }) };
    cursor = page.cursor;
  }
  throw new StorageError("unexpected", "the listing does not advance");
}

function listed({ key, type }: Entry): Listed {
  return { name: key, isFolder: type === "folder" };
}

function entryRow(parent: Location, entry: Entry, writable: boolean): FolderRow | ObjectRow {
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
      return row.parent;
  }
}

function isWithin(id: string, at: Location): boolean {
  const [connection, container, key] = JSON.parse(id) as [string, string | null, string];
  if (connection !== at.connection) return false;
  if (at.container === undefined && at.key === "") return true;
  return container === (at.container ?? null) && key.startsWith(at.key);
}
