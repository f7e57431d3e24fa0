/** What carrying one file needs, and what is kept of one that was interrupted. */
import { isObject } from "../../base/json.ts";
import type { Slots } from "../../base/slots.ts";
import type { PlacingQueue } from "../../engine/threads/placingQueue.ts";
import type { TargetFolder } from "../../engine/disk/targetFolder.ts";
import { md5OfBlob, md5OfParts } from "../../base/digest.ts";
import { StorageError } from "../../storage/errors.ts";
import type { ObjectInfo, ObjectState } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Location } from "../location.ts";
import { isLocation } from "./plan.ts";
import type { TransferPolicy } from "./policy.ts";
import type { TransferTargets } from "./targets.ts";

/** Around the carrying of one file. */
export interface Work {
  readonly signal: AbortSignal;
  readonly policy: TransferPolicy;
  /** Present if the target is remote. */
  readonly targets?: TransferTargets;
  /** A local folder that files come into; see `openTargetFolder`. */
  openFolder(root: string, segments: readonly string[]): Promise<TargetFolder>;
  readonly placing: PlacingQueue;
  /** Bytes of objects in memory, of all transfers. */
  readonly held: Slots;
  /** All of it is here, and only its way to the disk is left: another file may begin. */
  arrived(): Promise<void>;
  /** Negative where a reading starts over. */
  onBytes(bytes: number): void;
  /** How long it is, which may not have been known, or be different by now. */
  onSize(bytes: number): void;
  /** The object is at another place now, and no more where it was. */
  onMoved(from: Location, to: Location): void;
  /** It lies under this name, which is not its own. */
  onRenamed(name: string): void;
  /** When the transfer was begun, if this run goes on with it: what has come since may be its own. */
  readonly begun?: Date;
  /** What an earlier attempt has left, of this run or another. */
  readonly checkpoint: Checkpoint | undefined;
  /**
   * Remembers what this attempt would leave, beyond a restart; nothing if it leaves nothing. Resolves
   * once it is written down, or cannot be.
   */
  keep(checkpoint: Checkpoint | undefined): Promise<void>;
}

export type Checkpoint =
  | {
      readonly type: "upload";
      readonly at: Location;
      readonly uploadId: string;
      readonly partBytes: number;
      /** Tells the state of the source that the parts were cut from. */
      readonly stamp: string;
    }
  | {
      readonly type: "download";
      /** Of the partial file. */
      readonly path: string;
      /** The object's, as far as it has arrived. */
      readonly version: string;
    }
  | {
      readonly type: "move";
      /** Where the copy goes, or a server's own move. */
      readonly at: Location;
      /** The source as it is moved. */
      readonly source: ObjectState;
      /** What was told of the copy as it was written; absent while nobody knows whether it was. */
      readonly copy?: ObjectState;
    };

/** Reads a checkpoint from a file, which anyone may have edited; undefined if it is none. */
export function parseCheckpoint(value: unknown): Checkpoint | undefined {
  if (!isObject(value)) return undefined;
  const { type, at, uploadId, partBytes, stamp, path, version } = value;
  if (type === "download" && typeof path === "string" && typeof version === "string")
    return { type, path, version };
  if (type === "move") return parseMove(value);
  if (type !== "upload" || !isLocation(at) || typeof uploadId !== "string") return undefined;
  if (typeof stamp !== "string" || !Number.isSafeInteger(partBytes)) return undefined;
  return Number(partBytes) > 0
    ? { type, at, uploadId, partBytes: Number(partBytes), stamp }
    : undefined;
}

function parseMove({
  at,
  source,
  copy,
}: Readonly<Record<string, unknown>>): Checkpoint | undefined {
  const before = parseState(source);
  const written = parseState(copy);
  if (!before || !isLocation(at)) return undefined;
  return { type: "move", at, source: before, ...(written && { copy: written }) };
}

function parseState(value: unknown): ObjectState | undefined {
  if (!isObject(value) || !Number.isSafeInteger(value["size"])) return undefined;
  const { size, version } = value;
  const modified = dateIn(value["modified"]);
  return {
    size: Number(size),
    ...(typeof version === "string" && { version }),
    ...(modified && { modified }),
  };
}

/** Reads a date as JSON has it; undefined if it is none. */
export function dateIn(value: unknown): Date | undefined {
  const time = typeof value === "string" ? new Date(value) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}

/** What is larger is worth taking up again where it was interrupted. */
export const largeBytes = 16 * 1024 * 1024;

/** Whether the object's version is the MD5 of its content, as S3 has it for what came in one piece. */
export function isMd5(version: string | undefined): version is string {
  return version !== undefined && /^[0-9a-f]{32}$/.test(version);
}

/** Whether versions of objects here may be MD5s. Elsewhere one may merely look like it. */
export function tellsMd5(storage: Storage): boolean {
  return storage.extras.details !== undefined;
}

const mebibyte = 1024 * 1024;
/** What we and others cut files into. */
const usualPartBytes = [16, 8, 5].map((size) => size * mebibyte);

/**
 * Whether the object holds what the blob does, where its version is made of its content, also of
 * parts: so what has been uploaded is known again, though nobody was told that it had arrived.
 */
export async function isContentOf(
  { size, version = "" }: ObjectInfo,
  blob: Blob,
  signal: AbortSignal,
): Promise<boolean> {
  if (size !== blob.size) return false;
  if (isMd5(version)) return version === (await md5OfBlob(blob));
  const count = Number(/^[0-9a-f]{32}-(\d+)$/.exec(version)?.[1]);
  for (const partBytes of usualPartBytes)
    if (Math.ceil(size / partBytes) === count)
      if ((await md5OfParts(blob, partBytes, signal)) === version) return true;
  return false;
}

/** What an object should be. */
export interface Wanted {
  readonly size: number;
  readonly md5: (() => Promise<string | undefined>) | undefined;
}

/** Fails with `corrupt` unless the object is as long as what was sent, and has its MD5 if it tells. */
export async function verifyObject(
  storage: Storage,
  info: ObjectInfo,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<void> {
  if (info.size !== wanted.size)
    throw new StorageError("corrupt", `${info.size} bytes instead of ${wanted.size}`);
  if (!wanted.md5 || !tellsMd5(storage) || !isMd5(info.version)) return;
  const md5 = await wanted.md5();
  if (md5 === undefined || md5 === info.version) return;
  // Of what is encrypted with a key of its own, the ETag is no MD5 of the content.
  const details = await storage.extras.details?.get({ key: info.key, signal });
  const isPlain = details?.encryption === undefined || details.encryption === "AES256";
  if (isPlain) throw new StorageError("corrupt", `MD5 ${info.version} instead of ${md5}`);
}
