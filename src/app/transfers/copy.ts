/** Copies or moves one object as part of a transfer. */
import type { ObjectInfo } from "../../storage/objects.ts";
import { copyObject, moveObject } from "./objectCopy.ts";
import { SourceChangedError } from "../objects/remoteBlob.ts";
import type { Destination, Origin } from "./items.ts";
import { memoryOf } from "./parts.ts";
import { putSomewhere } from "./places.ts";
import { isMd5, type Work } from "./work.ts";

export interface CopyItem {
  readonly name: string;
  readonly from: Extract<Origin, { type: "remote" }>;
  readonly to: Extract<Destination, { type: "remote" }>;
  /** The source goes once the copy is verified. */
  readonly isMove: boolean;
}

/** See `copyObject` and `moveObject`. Fails with `SourceChangedError` where the source has to stay. */
export async function copyFile(item: CopyItem, work: Work): Promise<"done" | "skipped"> {
  const { from, to, name, isMove } = item;
  const { signal, onBytes, onMoved } = work;
  if (from.storage === to.storage && from.at.key === to.at.key && isMove) return "skipped";
  const source = from.info ?? (await from.storage.stat(from.at.key, { signal }));
  work.onSize(source.size);
  const isSame = async (there: ObjectInfo) =>
    !isMove &&
    there.size === source.size &&
    isMd5(source.version) &&
    there.version === source.version;
  const wanted = { name, key: to.at.key, source, isSame };
  return await putSomewhere(wanted, work, async (place) => {
    const ends = { from: { storage: from.storage, key: from.at.key }, to: to.storage };
    const carriage = { signal, onBytes, memory: memoryOf(work, to.at) };
    if (!isMove) {
      await copyObject({ ...ends, source, place }, carriage);
      return;
    }
    if ((await moveObject({ ...ends, source, place }, carriage)) === "kept")
      throw new SourceChangedError(from.at.key);
    onMoved(from.at, { ...to.at, key: place.key });
  });
}
