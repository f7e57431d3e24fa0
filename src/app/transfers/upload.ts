/** Puts one file of this computer into a storage. */
import { md5OfBlob } from "../../base/digest.ts";
import { meteredBlob } from "../../base/throughBlob.ts";
import { readLocal } from "../../engine/disk/localFiles.ts";
import { sourceState } from "../../engine/disk/partialFile.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import { contentTypeOf } from "../objects/contentTypes.ts";
import { areSameBytes, RemoteBlob } from "../objects/remoteBlob.ts";
import type { Destination, Origin } from "./items.ts";
import { memoryOf, uploadInParts } from "./parts.ts";
import { conditionFor, putSomewhere, type RemotePlace } from "./places.ts";
import { verifyWritten } from "./verifyWritten.ts";
import { isContentOf, largeBytes, tellsMd5, type Work } from "./work.ts";

export interface UploadItem {
  readonly name: string;
  readonly from: Extract<Origin, { type: "local" }>;
  readonly to: Extract<Destination, { type: "remote" }>;
}

/**
 * Uploads the file, in parts where it is large and the storage keeps them, and verifies what has
 * arrived. What appears under its name meanwhile is not overwritten unasked, as far as the storage
 * can tell.
 */
export async function uploadFile(item: UploadItem, work: Work): Promise<"done" | "skipped"> {
  const { from, to, name } = item;
  const blob = await readLocal(from.path);
  work.onSize(blob.size);
  const { storage } = to;
  const source = { size: blob.size, modified: new Date(from.state.modifiedMs) };
  const isSame = async (there: ObjectInfo) =>
    tellsMd5(storage) && (await isContentOf(there, blob, work.signal));
  const hasSameBytes = async (there: ObjectInfo) =>
    await areSameBytes(blob, new RemoteBlob(storage, there, work.signal));
  const wanted = { name, key: to.at.key, source, isSame, hasSameBytes };
  return await putSomewhere(wanted, work, async (place) => await put(item, blob, place, work));
}

async function put(item: UploadItem, blob: Blob, place: RemotePlace, work: Work): Promise<void> {
  const { from, to } = item;
  const { storage } = to;
  const { signal } = work;
  const contentType = contentTypeOf(place.key);
  if (blob.size > largeBytes && storage.extras.uploads) {
    // Not as it was listed, which may be long ago: the blob is of the file as it was opened, and
    // refuses to be read if that has changed since.
    const state = await sourceState(from.path);
    await uploadInParts(
      {
        storage,
        place,
        size: blob.size,
        stamp: `${state.size} ${state.modifiedMs}`,
        part: async (start, end) => blob.slice(start, end),
        ...(contentType !== undefined && { contentType }),
      },
      { signal, onBytes: work.onBytes, memory: memoryOf(work, to.at) },
    );
    return;
  }
  const info = await storage.write(place.key, meteredBlob(blob, work.onBytes), {
    signal,
    modified: new Date(from.state.modifiedMs),
    ...(await conditionFor(storage, place, signal)),
    ...(contentType !== undefined && { contentType }),
  });
  const md5 = async () => await md5OfBlob(blob);
  await verifyWritten(storage, place, info, { size: blob.size, md5 }, signal);
}
