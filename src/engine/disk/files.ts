import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  type BigIntStats,
} from "node:fs";
import { sep } from "node:path";
import { compareNames, type NodeFacts, type NodeType } from "../format/tree.ts";
import type { Owners } from "./owners.ts";

/**
 * The local side of a backup. Everything here blocks its thread and belongs on a worker: there, a
 * plain call takes a seventh of the time of its promised twin.
 */

/** A path as the system has it: text, or bytes where some name along it is not UTF-8. */
export type LocalPath = string | Buffer;

export type { BigIntStats } from "node:fs";

/** The path of `name` within the folder `path`. */
export function childPath(path: LocalPath, name: LocalPath): LocalPath {
  if (typeof path === "string" && typeof name === "string")
    return path.endsWith(sep) ? path + name : path + sep + name;
  return Buffer.concat([Buffer.from(path), Buffer.from("/"), Buffer.from(name)]);
}

/** A path for people to read. */
export function pathText(path: LocalPath): string {
  return typeof path === "string" ? path : path.toString("utf8");
}

/** The names in a folder, in the format's order. */
export function listFolder(path: LocalPath): LocalPath[] {
  const names = readdirSync(path, "utf8");
  if (names.some((name) => name.includes("\ufffd")))
    return readdirSync(path, "buffer").map(textIfPossible).sort(compareRaw);
  names.sort();
  // The usual order is by units, which differs from the format's where a name has surrogates.
  return names.some((name) => /[\ud800-\udfff]/.test(name)) ? names.sort(compareNames) : names;
}

function textIfPossible(name: Buffer): LocalPath {
  const text = name.toString("utf8");
  return Buffer.from(text).equals(name) ? text : name;
}

function compareRaw(a: LocalPath, b: LocalPath): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What lies at `path` itself: a link is not followed. */
export function lookAt(path: LocalPath): BigIntStats {
  return lstatSync(path, { bigint: true });
}

/** What lies at `path` or where it leads. */
export function lookThrough(path: LocalPath): BigIntStats {
  return statSync(path, { bigint: true });
}

/** Where a link leads. */
export function linkTarget(path: LocalPath): LocalPath {
  return textIfPossible(readlinkSync(path, "buffer"));
}

/** A small file as text; undefined if it cannot be read. */
export function readText(path: LocalPath): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The type a tree gives an entry. */
function nodeType(stats: BigIntStats): NodeType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "dir";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isBlockDevice()) return "dev";
  if (stats.isCharacterDevice()) return "chardev";
  if (stats.isFIFO()) return "fifo";
  return stats.isSocket() ? "socket" : "irregular";
}

/** What a tree records of an entry. */
export function nodeFacts(name: LocalPath, stats: BigIntStats, owners: Owners): NodeFacts {
  const uid = Number(stats.uid);
  const gid = Number(stats.gid);
  return {
    name,
    type: nodeType(stats),
    mode: Number(stats.mode),
    mtime: stats.mtimeNs,
    ctime: stats.ctimeNs,
    uid,
    gid,
    user: owners.user(uid),
    group: owners.group(gid),
    inode: stats.ino,
    deviceId: stats.dev,
    size: Number(stats.size),
    links: Number(stats.nlink),
  };
}

/** A file open for reading, and what was there when it was last looked at. */
export interface OpenFile {
  readonly descriptor: number;
  readonly stats: BigIntStats;
}

/**
 * Opens a file that a walk has seen. Neither a link nor a pipe that took its place meanwhile is
 * followed or waited for. The caller closes it.
 */
export function openFile(path: LocalPath): OpenFile {
  const descriptor = openDescriptor(path);
  try {
    return { descriptor, stats: lookInto(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The same, and nothing looked at yet: `lookInto` tells whether it is a file. */
export function openDescriptor(path: LocalPath): number {
  // Windows has the first of these only; what is not defined counts as no bits.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

/** What is open now. Fails like a system call if that is no file. */
export function lookInto(descriptor: number): BigIntStats {
  const stats = fstatSync(descriptor, { bigint: true });
  if (stats.isFile()) return stats;
  throw Object.assign(new Error("it is no longer a file"), { code: "ENOENT", syscall: "open" });
}

export function closeFile(descriptor: number): void {
  closeSync(descriptor);
}

/** Reads from `position` until `target` is full or the file ends; returns how many bytes came. */
export function readAt(descriptor: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const bytes = readSync(descriptor, target, done, target.length - done, position + done);
    if (bytes === 0) break;
    done += bytes;
  }
  return done;
}

/** Why a file could not be read. */
export interface ReadFailure {
  readonly reason: "vanished" | "unreadable" | "changed-while-read" | "unsupported";
  readonly message: string;
}

/** The last three: a link, a folder or a pipe has taken the file's place. */
const isGone: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ESPIPE"]);

/** What a failed call on a file means. */
function readFailure(error: unknown): ReadFailure {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { reason: isGone.has(code) ? "vanished" : "unreadable", message };
}

/** The result, or what a failed system call means. Anything else is not the file's fault and passes. */
export function attempt<T extends object>(work: () => T): T | ReadFailure {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && "syscall" in error) return readFailure(error);
    throw error;
  }
}
