/** Copies one object to another place of the same storage or of another one. */
import type { Bytes } from "../base/bytes.ts";
import { meteredBlob } from "../base/throughBlob.ts";
import type { ObjectInfo } from "../storage/driver.ts";
import { isStorageError, StorageError } from "../storage/errors.ts";
import { describeAs } from "./carrying.ts";
import { contentTypeOf } from "./contentTypes.ts";
import { RemoteBlob, SourceChangedError } from "./remoteBlob.ts";
import type { Destination, Origin } from "./transferItems.ts";
import { uploadInParts } from "./transferParts.ts";
import { conditionFor, expectAt, putSomewhere, type RemotePlace } from "./transferPlaces.ts";
import { isMd5, largeBytes, tellsMd5, verifyObject, type Work } from "./transferWork.ts";

export interface CopyItem {
  readonly name: string;
  readonly from: Extract<Origin, { type: "remote" }>;
  readonly to: Extract<Destination, { type: "remote" }>;
  /** The source goes once the copy is verified. */
  readonly isMove: boolean;
}

/**
 * Copies by the server where it can, else through this computer without keeping it all in memory.
 * A move deletes the source last, and only in the state that was copied.
 */
export async function copyFile(item: CopyItem, work: Work): Promise<"done" | "skipped"> {
  const { from, to, name } = item;
  const { signal } = work;
  if (from.storage === to.storage && from.at.key === to.at.key && item.isMove) return "skipped";
  const info = from.info ?? (await from.storage.stat(from.at.key, { signal }));
  work.onSize(info.size);
  const isSame = async (there: ObjectInfo) =>
    !item.isMove &&
    there.size === info.size &&
    isMd5(info.version) &&
    there.version === info.version;
  const wanted = { name, key: to.at.key, source: info, isSame };
  return await putSomewhere(wanted, work, async (place) => {
    await copyTo(item, info, place, work);
    if (item.isMove) await removeSource(item, info, signal);
  });
}

async function copyTo(
  item: CopyItem,
  info: ObjectInfo,
  place: RemotePlace,
  work: Work,
): Promise<void> {
  const { from, to } = item;
  const { signal } = work;
  if (from.storage === to.storage && (await copiedByServer(item, info, place, work))) return;
  const details = await from.storage.extras.details?.get({ key: from.at.key, signal });
  const contentType = details?.headers["content-type"] ?? contentTypeOf(place.key);
  const written = await stream(item, info, place, work, contentType);
  await describeAs({ storage: to.storage, key: place.key }, written, details, signal);
}

/** By way of this computer. What is large goes in parts where it can, to be taken up again. */
async function stream(
  item: CopyItem,
  info: ObjectInfo,
  place: RemotePlace,
  work: Work,
  contentType: string | undefined,
): Promise<ObjectInfo> {
  const { from, to } = item;
  const { signal } = work;
  const type = contentType === undefined ? {} : { contentType };
  const isLarge = info.size > largeBytes;
  if (isLarge && to.storage.extras.uploads && from.storage.capabilities.range) {
    const object = {
      storage: to.storage,
      at: { ...to.at, key: place.key },
      place,
      size: info.size,
      stamp: `${info.size} ${info.version ?? ""}`,
      // In memory, because a part that fails is sent again.
      part: async (start: number, end: number) =>
        new Blob([await partOf(item, info, { start, end }, signal)]),
      ...type,
    };
    return await uploadInParts(object, work);
  }
  const body = isLarge
    ? new RemoteBlob(from.storage, info, signal)
    : new Blob([await wholeOf(item, info, signal)]);
  const written = await to.storage.write(place.key, meteredBlob(body, work.onBytes), {
    signal,
    ...(await conditionFor(to.storage, place, work)),
    ...type,
  });
  const md5 = async () =>
    tellsMd5(from.storage) && isMd5(info.version) ? info.version : undefined;
  await verifyObject(to.storage, written, { size: info.size, md5 }, signal);
  return written;
}

/** Whether the server could do it. It takes no condition, so the target is looked at right before. */
async function copiedByServer(
  { from, to }: CopyItem,
  info: ObjectInfo,
  place: RemotePlace,
  work: Work,
): Promise<boolean> {
  await expectAt(place, work);
  try {
    const { signal } = work;
    const copied = await to.storage.copy(from.at.key, place.key, { signal });
    if (copied.size !== info.size)
      throw new StorageError("corrupt", `${copied.size} bytes instead of ${info.size}`);
  } catch (error) {
    if (isStorageError(error, "unsupported")) return false;
    throw error;
  }
  work.onBytes(info.size);
  return true;
}

async function wholeOf(item: CopyItem, info: ObjectInfo, signal: AbortSignal): Promise<Bytes> {
  return info.size === 0 ? new Uint8Array() : await partOf(item, info, undefined, signal);
}

async function partOf(
  { from }: CopyItem,
  wanted: ObjectInfo,
  range: { readonly start: number; readonly end: number } | undefined,
  signal: AbortSignal,
): Promise<Bytes> {
  return await from.storage.read(
    from.at.key,
    async ({ info, body }) => {
      if (info.version !== wanted.version || info.size !== wanted.size)
        throw new SourceChangedError(from.at.key);
      return new Uint8Array(await new Response(body).arrayBuffer());
    },
    { signal, ...(range && { range }) },
  );
}

async function removeSource(
  { from }: CopyItem,
  copied: ObjectInfo,
  signal: AbortSignal,
): Promise<void> {
  const now = await from.storage.stat(from.at.key, { signal });
  if (now.version !== copied.version || now.size !== copied.size)
    throw new SourceChangedError(from.at.key);
  await from.storage.delete([from.at.key], { signal });
}
