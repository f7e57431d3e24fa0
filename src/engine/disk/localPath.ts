import { lstatSync } from "node:fs";
import { sep } from "node:path";

/** A path as Node takes it: bytes where they are not UTF-8. Bytes cross threads as a plain array. */
export type LocalPath = string | Uint8Array;

/** A path as plain data: `{ hex }` of its bytes where they are not UTF-8. */
export type SavedPath = string | { readonly hex: string };

/** `path` as Node's types want it. */
export function native(path: LocalPath): string | Buffer {
  return typeof path === "string"
    ? path
    : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
}

/** `path` as text, for people: what is not UTF-8 shows as U+FFFD. */
export function shown(path: LocalPath): string {
  return native(path).toString();
}

export function saved(path: LocalPath): SavedPath {
  return typeof path === "string" ? path : { hex: Buffer.from(path).toString("hex") };
}

export function unsaved(path: SavedPath): LocalPath {
  return typeof path === "string" ? path : Buffer.from(path.hex, "hex");
}

/** `name` in `folder`; the caller has checked the name with `nameProblem`. */
export function within(folder: LocalPath, name: LocalPath): LocalPath {
  // Not `join`: what that returns takes twenty times the memory, until someone reads it.
  if (typeof folder === "string" && typeof name === "string")
    return folder.endsWith(sep) ? folder + name : folder + sep + name;
  return Buffer.concat([Buffer.from(folder), Buffer.from(sep), Buffer.from(name)]);
}

/** The folder `path` lies in. */
export function parentOf(path: LocalPath): LocalPath {
  if (typeof path === "string") return path.slice(0, path.lastIndexOf(sep));
  const parent = Buffer.from(path.subarray(0, path.lastIndexOf(sep.charCodeAt(0))));
  const text = parent.toString();
  return Buffer.from(text).equals(parent) ? text : parent;
}

/** Longer names fit no file system. */
const maxNameBytes = 255;

/** Names that mean a device on Windows, whatever follows the dot. */
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;

/**
 * Why a file may not be called `name` on `platform`, or undefined if it may. Names come out of a
 * repository: one that holds a slash or dots would lead out of its folder.
 */
export function nameProblem(
  name: string,
  nameBytes: Uint8Array | undefined,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const bytes = nameBytes ?? Buffer.from(name);
  if (bytes.length === 0 || name === "." || name === "..") return "it is not a name";
  if (bytes.includes(0x2f)) return "its name contains a slash";
  if (bytes.includes(0)) return "its name contains a null character";
  if (bytes.length > maxNameBytes) return "its name is too long";
  if (platform === "win32") return windowsProblem(name, nameBytes);
  // Linux takes any bytes; macOS refuses them.
  return nameBytes && platform === "darwin" ? "its name is not valid Unicode" : undefined;
}

function windowsProblem(name: string, nameBytes: Uint8Array | undefined): string | undefined {
  if (nameBytes) return "its name is not valid Unicode";
  // A colon would even lead into another stream of a file.
  const illegal = /[\\:*?"<>|\p{Cc}]/u.exec(name)?.[0];
  if (illegal !== undefined) return `Windows allows no ${JSON.stringify(illegal)} in a name`;
  if (/[. ]$/.test(name)) return "Windows allows no dot or space at the end of a name";
  return deviceName.test(name) ? "Windows keeps its name for a device" : undefined;
}

/** Thrown where a path would lead out of the folder it should stay in. */
export class EscapeError extends Error {
  override readonly name = "EscapeError";
}

/**
 * Sees, right before something is changed at a path, that every folder between `root` and it is a
 * real one: a link there would lead the change elsewhere. Remembers what it has seen: make one for
 * each stretch of work.
 */
export class FolderGuard {
  readonly #root: string;
  readonly #seen = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Throws `EscapeError` unless `path` lies below the root, through real folders only. */
  check(path: LocalPath): void {
    const folder = parentOf(path);
    const text = Buffer.from(folder).toString("latin1");
    if (this.#seen.has(text)) return;
    const root = this.#root.endsWith(sep) ? this.#root.slice(0, -1) : this.#root;
    const rootLatin = Buffer.from(root).toString("latin1");
    if (text !== rootLatin) {
      if (!text.startsWith(rootLatin + sep)) throw new EscapeError("it lies outside the target");
      if (/[\\/]\.\.?$/.test(text)) throw new EscapeError("it has dots in its way");
      this.check(folder);
      if (!lstatSync(native(folder)).isDirectory())
        throw new EscapeError("something that is no folder stands in its way");
    }
    this.#seen.add(text);
  }
}
