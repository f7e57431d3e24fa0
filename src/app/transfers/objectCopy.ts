/**
 * One object to another place, in the only way in which Offsite does it: by the server where it can,
 * else by way of this computer. The file commands and the transfers both stand on it.
 */
import { blobOf, collected } from "../../base/bytes.ts";
import { md5OfBlob } from "../../base/digest.ts";
import type { Slots } from "../../base/slots.ts";
import { meteredBlob } from "../../base/throughBlob.ts";
import { type ErrorKind, isStorageError, StorageError } from "../../storage/errors.ts";
import type { ObjectDetails } from "../../storage/extras.ts";
import {
  type ObjectInfo,
  type NewDetails,
  type ObjectState,
  isSameState,
} from "../../storage/objects.ts";
import { isPerhapsOne } from "../../storage/paths.ts";
import type { Storage, WriteOptions } from "../../storage/storage.ts";
import { nameOf } from "../location.ts";
import { contentTypeOf } from "../objects/contentTypes.ts";
import { readWhole, RemoteBlob, SourceChangedError } from "../objects/remoteBlob.ts";
import { uploadInParts, type UploadMemory } from "./parts.ts";
import { conditionFor, expectAt, type RemotePlace } from "./places.ts";
import { verifyWritten } from "./verifyWritten.ts";
import { isMd5, largeBytes, tellsMd5 } from "./work.ts";

/** An object and where it lies. */
export interface Stored {
  readonly storage: Storage;
  readonly key: string;
}

export interface ObjectCopy {
  readonly from: Stored;
  /** The state of it that is meant: another one fails with `SourceChangedError`. */
  readonly source: ObjectInfo;
  readonly to: Storage;
  readonly place: RemotePlace;
}

export interface CopyWork {
  readonly signal: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
  /** What others hold in memory at the same time, too; without it, as much as it takes. */
  readonly held?: Slots;
  /** Where a large upload is remembered, to be taken up again; without it, it is given up. */
  readonly memory?: UploadMemory;
  /** Told of a move's copy before anything else is done: from now on it can be recognised. */
  readonly onCopied?: (written: ObjectInfo) => Promise<void>;
}

/**
 * Copies the object with its type, headers, metadata, tags and time, as far as both storages know of
 * such, and verifies what has arrived as far as the answers tell. Fails with `conflict` if there is
 * something else at the target than is expected: at the moment of writing where the storage can
 * hold that condition, else right before it.
 */
export async function copyObject(copy: ObjectCopy, work: CopyWork): Promise<void> {
  await copied(copy, work);
}

/**
 * Gives the object another place: by the server's own move, or by a copy, of which the source is
 * deleted last. It is `kept` if it is no longer what was copied, or if both places are one.
 */
export async function moveObject(copy: ObjectCopy, work: CopyWork): Promise<"moved" | "kept"> {
  const { from, to } = copy;
  const { signal } = work;
  if (from.storage === to && to.canMove && (await movedByServer(copy, work))) return "moved";
  const { written, isProven } = await copied(copy, work);
  await work.onCopied?.(written);
  if (!isProven) await checkThere(copy, written, signal);
  return await removeSource(copy, signal);
}

/** The last step of a move, once the copy is known to be at its place. See `moveObject`. */
export async function removeSource(
  copy: ObjectCopy,
  signal: AbortSignal,
): Promise<"moved" | "kept"> {
  const { from, source, to, place } = copy;
  if (await areOne(from, { storage: to, key: place.key }, signal)) return "kept";
  const now = await stateOf(from, signal);
  if (!now) return "moved";
  if (!isSameState(source, now) || (await isTarget(copy, now, signal))) return "kept";
  return await removedAs(from, now, signal);
}

/** In that state only, where the storage heeds it: else what was written since would be lost. */
async function removedAs(
  { storage, key }: Stored,
  { version }: ObjectState,
  signal: AbortSignal,
): Promise<"moved" | "kept"> {
  const pin = version === undefined ? {} : { ifMatch: version };
  try {
    await storage.delete([key], { signal, ...pin });
    return "moved";
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
    // What is gone has gone by an attempt whose answer was lost, or by somebody else.
    return (await stateOf({ storage, key }, signal)) ? "kept" : "moved";
  }
}

/** Two connections may show one place: then the target, under the same name, is the source itself. */
async function isTarget(
  { from, to, place }: ObjectCopy,
  source: ObjectInfo,
  signal: AbortSignal,
): Promise<boolean> {
  const mayBe = from.storage !== to && isPerhapsOne(nameOf(from.key), nameOf(place.key));
  const there = mayBe && (await stateOf({ storage: to, key: place.key }, signal));
  return there ? seemsOne(source, there) : false;
}

/** Whether they look like one object in two places: a copy, be it of the same content, is younger. */
export function seemsOne(a: ObjectState, b: ObjectState): boolean {
  return isSameState(a, b) && a.modified?.getTime() === b.modified?.getTime();
}

/** Whether both names lead to one thing, as they may where the case of letters does not count. */
export async function areOne(from: Stored, to: Stored, signal: AbortSignal): Promise<boolean> {
  if (from.storage !== to.storage || !isPerhapsOne(from.key, to.key)) return false;
  const seen = async (key: string) => {
    const prefix = key.replace(/\/$/, "");
    for await (const entry of from.storage.list(prefix, { shallow: true, signal }))
      if (entry.key === key) return true;
    return false;
  };
  return !((await seen(from.key)) && (await seen(to.key)));
}

/** What an object says of itself that another storage can keep too; classes mean nothing elsewhere. */
export async function detailsToKeep(
  { storage, key }: Stored,
  details: ObjectDetails,
  signal: AbortSignal,
): Promise<NewDetails> {
  const { headers, metadata } = details;
  try {
    const tags = (await storage.extras.details?.tags({ key, signal })) ?? {};
    return { headers, metadata, tags };
  } catch (error) {
    // The key may not read them, or the storage has none.
    if (isStorageError(error) && without.has(error.kind)) return { headers, metadata };
    throw error;
  }
}
const without: ReadonlySet<ErrorKind> = new Set<ErrorKind>(["denied", "unsupported", "not-found"]);

interface Copied {
  readonly written: ObjectInfo;
  /** The answer has told that it holds the same bytes. */
  readonly isProven: boolean;
}

async function copied(copy: ObjectCopy, work: CopyWork): Promise<Copied> {
  const { from, source, to } = copy;
  try {
    const byServer =
      from.storage === to && to.canCopy ? await copiedByServer(copy, work) : undefined;
    return byServer ?? (await carried(copy, work));
  } catch (error) {
    if (!isStorageError(error, "conflict") || error instanceof SourceChangedError) throw error;
    // It is either end that is not as it was; which one makes a difference to whoever decides.
    const now = await stateOf(from, work.signal);
    throw now && isSameState(source, now)
      ? atTarget(error, copy.place)
      : new SourceChangedError(from.key);
  }
}

function atTarget(error: StorageError, { key, expected }: RemotePlace): StorageError {
  if (expected !== "nothing") return error;
  const { details } = error;
  const named = new StorageError("conflict", `already there: ${key}`, {
    ...details,
    reason: "exists",
    cause: error,
  });
  named.place = { operation: "copy", key };
  return named;
}

/** Nothing where the server cannot, after all. */
async function copiedByServer(
  { from, source, to, place }: ObjectCopy,
  { signal, onBytes }: CopyWork,
): Promise<Copied | undefined> {
  const ifAbsent = place.expected === "nothing" && to.capabilities.copyIfAbsent === true;
  if (!ifAbsent) await expectAt(to, place, signal);
  try {
    const written = await to.copy(from.key, place.key, { source, ifAbsent, signal });
    onBytes?.(source.size);
    await verifyWritten(to, place, written, { size: source.size, md5: undefined }, signal);
    const isProven = tellsMd5(to) && isMd5(source.version) && source.version === written.version;
    return { written, isProven };
  } catch (error) {
    if (isStorageError(error, "unsupported")) return undefined;
    throw error;
  }
}

async function movedByServer(
  { from, source, to, place }: ObjectCopy,
  { signal, onBytes }: CopyWork,
): Promise<boolean> {
  const ifAbsent = place.expected === "nothing";
  // A server that was found to ignore the condition of a write will ignore this one too.
  if (!ifAbsent || !to.capabilities.ifAbsent) await expectAt(to, place, signal);
  try {
    await to.move(from.key, place.key, { source, ifAbsent, signal });
  } catch (error) {
    if (isStorageError(error, "unsupported")) return false;
    throw isStorageError(error, "conflict") ? atTarget(error, place) : error;
  }
  onBytes?.(source.size);
  return true;
}

/** By way of this computer: what is small through memory, what is large as it is read. */
async function carried(copy: ObjectCopy, work: CopyWork): Promise<Copied> {
  const { from, source, to } = copy;
  const { signal } = work;
  const known = to.extras.details && (await from.storage.extras.details?.get({ ...from, signal }));
  const said = await sayingOf(copy, known, signal);
  const isLarge = source.size > largeBytes;
  if (isLarge && to.extras.uploads && from.storage.capabilities.range)
    return await carriedInParts(copy, work, said);
  if (isLarge) {
    const written = await send(copy, work, new RemoteBlob(from.storage, source, signal), said);
    return await checked(copy, written, md5Told(source, known), signal);
  }
  const leave = await work.held?.take(signal, source.size);
  try {
    const body = blobOf(await readWhole(from.storage, source, signal));
    const written = await send(copy, work, body, said);
    const md5 = tellsMd5(to) ? await md5OfBlob(body) : undefined;
    return await checked(copy, written, md5, signal);
  } finally {
    leave?.();
  }
}

type Saying = Pick<WriteOptions, "contentType" | "details">;

async function sayingOf(
  { from, place }: ObjectCopy,
  known: ObjectDetails | undefined,
  signal: AbortSignal,
): Promise<Saying> {
  const details = known && (await detailsToKeep(from, known, signal));
  const contentType = details?.headers["content-type"] ?? contentTypeOf(place.key);
  return { ...(contentType !== undefined && { contentType }), ...(details && { details }) };
}

async function send(
  { source, to, place }: ObjectCopy,
  { signal, onBytes }: CopyWork,
  body: Blob,
  said: Saying,
): Promise<ObjectInfo> {
  const condition = await conditionFor(to, place, signal);
  if (place.expected === "nothing" && !condition.ifAbsent) await expectAt(to, place, signal);
  return await to.write(place.key, onBytes ? meteredBlob(body, onBytes) : body, {
    signal,
    ...said,
    ...(source.modified && { modified: source.modified }),
    ...condition,
  });
}

async function checked(
  { source, to, place }: ObjectCopy,
  written: ObjectInfo,
  md5: string | undefined,
  signal: AbortSignal,
): Promise<Copied> {
  await verifyWritten(to, place, written, { size: source.size, md5: async () => md5 }, signal);
  return { written, isProven: md5 !== undefined && written.version === md5 };
}

async function carriedInParts(
  { from, source, to, place }: ObjectCopy,
  { signal, onBytes, held, memory }: CopyWork,
  said: Saying,
): Promise<Copied> {
  const blob = new RemoteBlob(from.storage, source, signal);
  const written = await uploadInParts(
    {
      storage: to,
      place,
      size: source.size,
      stamp: `${source.size} ${source.version ?? source.modified?.toISOString() ?? ""}`,
      // In memory, because a part that fails is sent again.
      part: async (start, end) => blobOf(await collected(blob.slice(start, end).stream())),
      ...(held && { held }),
      ...said,
    },
    { signal, ...(onBytes && { onBytes }), ...(memory && { memory }) },
  );
  return { written, isProven: false };
}

/** The ETag of what is encrypted with a key of its own is no MD5 of the content. */
function md5Told(source: ObjectInfo, details: ObjectDetails | undefined): string | undefined {
  const isPlain = details?.encryption === undefined || details.encryption === "AES256";
  return details && isPlain && isMd5(source.version) ? source.version : undefined;
}

/** Looks at the target itself before the source goes. */
async function checkThere(
  { from, source, to, place }: ObjectCopy,
  written: ObjectInfo,
  signal: AbortSignal,
): Promise<void> {
  const there = await to.stat(place.key, { signal });
  const isOther =
    written.version !== undefined &&
    there.version !== undefined &&
    written.version !== there.version;
  if (isOther) throw new StorageError("conflict", `replaced meanwhile: ${place.key}`);
  const problem = arrival({ ...source, key: from.key }, there);
  if (problem) throw problem;
}

/**
 * What is wrong with the copy. Sizes must agree. Versions say nothing: the same bytes have another
 * ETag when they are encrypted with another key, or were sent in other parts.
 */
export function arrival(
  source: ObjectInfo,
  target: ObjectInfo | undefined,
): StorageError | undefined {
  if (target?.size === source.size) return undefined;
  const error = new StorageError(
    "corrupt",
    `the copy has ${target?.size ?? "no"} bytes instead of ${source.size}`,
  );
  error.place = { operation: "copy", key: source.key };
  return error;
}

/** The object as it is now; nothing if it is not there. */
export async function stateOf(
  { storage, key }: Stored,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  try {
    return await storage.stat(key, { signal });
  } catch (error) {
    if (isStorageError(error, "not-found")) return undefined;
    throw error;
  }
}
