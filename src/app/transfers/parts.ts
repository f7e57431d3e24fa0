/** An object that is put together from parts, of which those that have arrived are not sent again. */
import { tiedTo } from "../../base/abort.ts";
import { forEachPooled } from "../../base/pool.ts";
import { Slots } from "../../base/slots.ts";
import { meteredBlob } from "../../base/throughBlob.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import type { UploadedPart, Uploads } from "../../storage/extras.ts";
import type { ObjectInfo, NewDetails } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Location } from "../location.ts";
import { conditionOn, type RemotePlace } from "./places.ts";
import { damagedAt, verifyWritten } from "./verifyWritten.ts";
import type { Checkpoint, Work } from "./work.ts";

export interface InParts {
  readonly storage: Storage;
  readonly place: RemotePlace;
  readonly size: number;
  /** Tells one state of the source from another: parts of two must not be mixed. */
  readonly stamp: string;
  /** Fails if the source is no longer in the state of the stamp. */
  part(start: number, end: number): Promise<Blob>;
  /** Where parts are held in memory: what others hold at the same time, too. */
  readonly held?: Slots;
  readonly contentType?: string;
  readonly details?: NewDetails;
}

/** Where an upload is remembered, to be taken up again after a restart. */
export interface UploadMemory extends Pick<Work, "checkpoint" | "keep"> {
  readonly at: Location;
}

/** The memory of a transfer, for what goes to this place. */
export function memoryOf({ checkpoint, keep }: Work, at: Location): UploadMemory {
  return { at, checkpoint, keep };
}

interface PartsWork extends Pick<Work, "signal"> {
  readonly onBytes?: (bytes: number) => void;
  readonly memory?: UploadMemory;
}

type Begun = Pick<Extract<Checkpoint, { type: "upload" }>, "uploadId" | "partBytes">;

/** Parts of one object under way at once, once so many have arrived. */
const partsAtOnce = 4;

/**
 * Continues the upload that is remembered if it is of this object and this state of the source; else
 * gives that one up and begins. An upload that fails for good is given up; one that is interrupted
 * stays where there is a memory for it.
 */
export async function uploadInParts(wanted: InParts, work: PartsWork): Promise<ObjectInfo> {
  const { storage, place, size, details } = wanted;
  const { uploads } = storage.extras;
  if (!uploads) throw new StorageError("unsupported", "keeps no uploads in parts");
  const { signal, memory } = work;
  const { begun, arrived } = await continued(uploads, wanted, work);
  const upload = { key: place.key, id: begun.uploadId };
  try {
    const sent = await sendMissing(uploads, wanted, begun, arrived, work);
    const parts = sent.toSorted((a, b) => a.number - b.number);
    const request = { ...upload, size, parts, signal, ...conditionOn(place) };
    const info = await uploads.complete(request).catch((error: unknown) => {
      throw damagedAt(place.key, error);
    });
    await memory?.keep(undefined);
    await verifyWritten(storage, place, info, { size, md5: undefined }, signal);
    if (details) await keepTags(storage, place.key, details, signal);
    return info;
  } catch (error) {
    if (!memory || !isWorthKeeping(error, signal)) {
      await memory?.keep(undefined);
      await giveUp(storage, upload.key, upload.id);
    }
    throw error;
  }
}

/** Gives up an upload that is remembered, once nobody needs it any more. */
export async function forgetUpload(storage: Storage, { checkpoint, keep }: Work): Promise<void> {
  if (checkpoint?.type !== "upload") return;
  await keep(undefined);
  await giveUp(storage, checkpoint.at.key, checkpoint.uploadId);
}

/** Frees what an unfinished upload has left. Never rejects: services expire such parts themselves. */
export async function giveUp(storage: Storage, key: string, id: string): Promise<void> {
  // The caller's signal may have fired already.
  const signal = AbortSignal.timeout(20_000);
  await storage.extras.uploads?.abort({ key, id, signal }).catch(() => undefined);
}

/** Ceph 16 drops the tags that an upload in parts begins with. */
async function keepTags(
  { extras }: Storage,
  key: string,
  { tags = {} }: NewDetails,
  signal: AbortSignal,
): Promise<void> {
  if (Object.keys(tags).length === 0 || !extras.details) return;
  const kept = await extras.details.tags({ key, signal });
  if (Object.keys(kept).length === 0) await extras.details.setTags({ key, tags, signal });
}

async function continued(
  uploads: Uploads,
  { storage, place: { key }, size, stamp, contentType, details }: InParts,
  { signal, memory }: PartsWork,
): Promise<{ readonly begun: Begun; readonly arrived: readonly UploadedPart[] }> {
  const checkpoint = memory?.checkpoint;
  if (checkpoint?.type === "upload") {
    const { at: before, uploadId, partBytes } = checkpoint;
    const isOurs = before.key === key && checkpoint.stamp === stamp;
    const arrived = isOurs ? await partsOf(uploads, key, uploadId, signal) : undefined;
    if (arrived) {
      // What has another length than it should is sent again.
      const lengthOf = (number: number) => Math.min(partBytes, size - (number - 1) * partBytes);
      const whole = arrived.filter((part) => part.size === lengthOf(part.number));
      return { begun: checkpoint, arrived: whole };
    }
    await memory?.keep(undefined);
    if (!isOurs) await giveUp(storage, before.key, uploadId);
  }
  const { id: uploadId, partBytes } = await uploads.begin({
    key,
    size,
    signal,
    ...(contentType !== undefined && { contentType }),
    ...(details && { details }),
  });
  await memory?.keep({ type: "upload", at: { ...memory.at, key }, uploadId, partBytes, stamp });
  return { begun: { uploadId, partBytes }, arrived: [] };
}

async function partsOf(
  uploads: Uploads,
  key: string,
  id: string,
  signal: AbortSignal,
): Promise<readonly UploadedPart[] | undefined> {
  try {
    return await uploads.parts({ key, id, signal });
  } catch (error) {
    if (isStorageError(error, "not-found")) return undefined;
    throw error;
  }
}

async function sendMissing(
  uploads: Uploads,
  { place: { key }, size, part, held }: InParts,
  { uploadId: id, partBytes }: Begun,
  arrived: readonly UploadedPart[],
  { signal, onBytes = () => {} }: PartsWork,
): Promise<readonly UploadedPart[]> {
  const there = new Set(arrived.map(({ number }) => number));
  onBytes(arrived.reduce((sum, one) => sum + one.size, 0));
  const count = Math.max(1, Math.ceil(size / partBytes));
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((n) => !there.has(n));
  const sent = [...arrived];
  // What is under way is lost by a pause or a crash: so it is never much more than what has arrived.
  const atOnce = () => Math.min(partsAtOnce, sent.length + 1);
  const slots = new Slots(atOnce());
  // The first part that fails for good ends the others at once.
  const tie = tiedTo(signal);
  try {
    await forEachPooled(missing, partsAtOnce, async (number) => {
      let leave = () => {};
      let letGo: (() => void) | undefined;
      try {
        leave = await slots.take(tie.signal);
        const start = (number - 1) * partBytes;
        const end = Math.min(size, start + partBytes);
        letGo = await held?.take(tie.signal, end - start);
        const body = meteredBlob(await part(start, end), onBytes);
        sent.push(await uploads.part({ key, id, number, body, signal: tie.signal }));
        slots.atOnce = atOnce();
      } catch (error) {
        tie.cut(error);
        throw error;
      } finally {
        letGo?.();
        leave();
      }
    });
  } finally {
    tie.cut();
  }
  return sent;
}

function isWorthKeeping(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return true;
  // A conflict is decided upon, and then the parts that have arrived may still be of use.
  return error instanceof StorageError && (error.retryable || error.kind === "conflict");
}
