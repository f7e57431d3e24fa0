/** Where something lies: in a connection, in a container where it has several, under a key. */
export interface Location {
  /** The connection's id. */
  readonly connection: string;
  /** Absent where the connection is one container. */
  readonly container?: string;
  /** Empty for the container itself; ends in `/` for a folder. */
  readonly key: string;
}

/** One text per location, for maps. */
export function locationId({ connection, container, key }: Location): string {
  return JSON.stringify([connection, container ?? null, key]);
}

/** What people call it: the last part of the key. An object store also holds parts without a name. */
export function nameOf(key: string): string {
  const parts = key.split("/");
  const last = parts.at(-1) === "" ? parts.at(-2) : parts.at(-1);
  return last === undefined || last === "" ? "/" : last;
}

/** The folder it lies in. */
export function parentOf(location: Location): Location {
  const key = location.key.replace(/\/$/, "");
  return { ...location, key: key.slice(0, key.lastIndexOf("/") + 1) };
}

/** `key` where its name is `name`, as a folder if `key` is one. */
export function childOf(folder: Location, name: string): Location {
  return { ...folder, key: folder.key + name };
}

/**
 * The location as the path of a URI whose authority is the connection. Parts that a URI would lose
 * (empty ones, `.` and `..`) are marked with a `~`, and so are those that begin with one.
 */
export function pathOf({ container, key }: Location): string {
  const parts = key === "" ? [] : key.replace(/\/$/, "").split("/");
  return `/${[container ?? "", ...parts].map(marked).join("/")}`;
}

/** The same for an object. One whose key ends in `/` lies in the folder of that key, without a name. */
export function pathOfObject(location: Location): string {
  return pathOf(location) + (location.key.endsWith("/") ? `/${marked("")}` : "");
}

/**
 * The location of an object that `pathOf` has turned into a path. The key of the folder whose name
 * is empty, at the top, is as empty as the top's own: see `namesContainer`.
 */
export function locationAt(connection: string, path: string): Location {
  const [container = "", ...parts] = path.replace(/^\//, "").split("/").map(unmarked);
  return { connection, ...(container !== "" && { container }), key: parts.join("/") };
}

/** Whether the path is that of a container, or of the top of a connection: there is no key in it. */
export function namesContainer(path: string): boolean {
  return !path.slice(1).includes("/");
}

/**
 * Whether the path names a folder beside an object of the same name, which only an object store can
 * hold: its last part has a mark that it does not need.
 */
export function namesFolder(path: string): boolean {
  const last = path.slice(path.lastIndexOf("/") + 1);
  return last.startsWith("~") && marked(unmarked(last)) !== last;
}

/** The last part of the path of a folder beside an object of the same name. See `namesFolder`. */
export function folderBeside(objectName: string): string {
  // Behind a mark that is needed there is no room for another: then only the object is reachable.
  return objectName.startsWith("~") ? objectName : `~${objectName}`;
}

/** A part of a path. See `pathOf`. */
export function marked(part: string): string {
  return part === "" || part === "." || part === ".." || part.startsWith("~") ? `~${part}` : part;
}

function unmarked(part: string): string {
  return part.startsWith("~") ? part.slice(1) : part;
}
