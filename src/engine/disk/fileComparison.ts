import { closeSync, lstatSync, openSync, readSync, type BigIntStats } from "node:fs";
import { sha256Hex } from "../format/crypto.ts";
import { native, type LocalPath } from "./localPath.ts";

/** A file as a snapshot has it, to be compared with what is on the disk. */
export interface WantedFile {
  readonly path: LocalPath;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Permissions as `chmod` wants them. */
  readonly mode: number;
  /** The blobs of its content, in order. */
  readonly content: readonly { readonly id: string; readonly bytes: number }[];
}

/** What is on the disk in a file's place. */
export type FoundFile =
  | { readonly type: "absent" }
  | { readonly type: "other" }
  | {
      readonly type: "file";
      readonly hasSameContent: boolean;
      readonly hasSameMetadata: boolean;
      /** Changed later than the snapshot's. */
      readonly isNewer: boolean;
    };

/**
 * Node sets times as seconds in a double, which near today is a quarter of a microsecond coarse: so
 * a file we restored is not exactly as old as the snapshot says.
 */
const clockGrain = 1000n;

/** Whether two times are the same as far as Node can set them. */
export function sameTime(a: bigint, b: bigint): boolean {
  return a - b < clockGrain && b - a < clockGrain;
}

/**
 * Compares files with the disk. Same size and time count as same content if `trustTimes`; otherwise
 * the content is read and hashed blob by blob. Blocks: for a thread of its own.
 */
export function compareFiles(files: readonly WantedFile[], trustTimes: boolean): FoundFile[] {
  return files.map((file) => compareFile(file, trustTimes));
}

function compareFile(file: WantedFile, trustTimes: boolean): FoundFile {
  const stats = lstatIfThere(file.path);
  if (!stats) return { type: "absent" };
  if (!stats.isFile()) return { type: "other" };
  const hasSameTime = sameTime(stats.mtimeNs, file.mtime);
  const hasSameSize = Number(stats.size) === file.size;
  return {
    type: "file",
    hasSameContent: hasSameSize && ((trustTimes && hasSameTime) || hasContent(file)),
    hasSameMetadata: hasSameTime && hasMode(stats, file.mode),
    isNewer: !hasSameTime && stats.mtimeNs > file.mtime,
  };
}

/** Whether a file or folder has the permissions `mode`; always on Windows, which has none. */
export function hasMode(stats: BigIntStats, mode: number): boolean {
  return process.platform === "win32" || (Number(stats.mode) & 0o7777) === mode;
}

/** What is at `path` itself, links not followed; undefined if there is nothing. */
export function lstatIfThere(path: LocalPath): BigIntStats | undefined {
  return lstatSync(native(path), { bigint: true, throwIfNoEntry: false });
}

/** Larger blobs are not compared: no honest one is, and room would have to be made for it. */
const maxPieceBytes = 128 * 1024 * 1024;

function hasContent({ path, size, content }: WantedFile): boolean {
  const total = content.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total !== size || content.some(({ bytes }) => bytes > maxPieceBytes)) return false;
  let file: number;
  try {
    file = openSync(native(path), "r");
  } catch {
    // Unreadable is as good as different: it will be kept aside, and replaced.
    return false;
  }
  try {
    const largest = content.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    const buffer = Buffer.allocUnsafe(largest);
    return content.every(({ id, bytes }) => {
      const piece = buffer.subarray(0, bytes);
      return readFully(file, piece) && sha256Hex(piece) === id;
    });
  } catch {
    return false;
  } finally {
    closeSync(file);
  }
}

function readFully(file: number, target: Uint8Array): boolean {
  for (let at = 0; at < target.length;) {
    const bytes = readSync(file, target, at, target.length - at, null);
    if (bytes === 0) return false;
    at += bytes;
  }
  return true;
}
