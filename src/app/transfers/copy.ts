/** Copies or moves one object as part of a transfer. */
import type { ObjectInfo } from "../../storage/objects.ts";
import { copyObject, moveObject, type ObjectCopy, removeSource } from "./objectCopy.ts";
import { areSameBytes, RemoteBlob, SourceChangedError } from "../objects/remoteBlob.ts";
import { nameOf } from "../location.ts";
import type { Destination, Origin } from "./items.ts";
import { forgetUpload, memoryOf } from "./parts.ts";
import { putSomewhere, type RemotePlace } from "./places.ts";
import { unfinishedMove } from "./unfinishedMove.ts";
import { isMd5, type Checkpoint, type Work } from "./work.ts";

export interface CopyItem {
  readonly name: string;
  readonly from: Extract<Origin, { type: "remote" }>;
  readonly to: Extract<Destination, { type: "remote" }>;
}

/** See `copyObject`. */
export async function copyFile(item: CopyItem, work: Work): Promise<"done" | "skipped"> {
  const { to, name } = item;
  const { signal, onBytes, held } = work;
  const source = await sourceOf(item, work);
  work.onSize(source.size);
  const isSame = async (there: ObjectInfo) =>
    there.size === source.size && isMd5(source.version) && there.version === source.version;
  const hasSameBytes = async (there: ObjectInfo) =>
    await areSameBytes(
      new RemoteBlob(item.from.storage, source, signal),
      new RemoteBlob(to.storage, there, signal),
    );
  const wanted = { name, key: to.at.key, source, isSame, hasSameBytes };
  return await putSomewhere(wanted, work, async (place) => {
    const memory = memoryOf(work, to.at);
    await copyObject(copyOf(item, source, place), { signal, onBytes, held, memory });
  });
}

/**
 * See `moveObject`. Goes on with a move that was interrupted, at whichever request, without asking
 * about its own copy. Fails with `SourceChangedError` where the source has to stay.
 */
export async function moveFile(item: CopyItem, work: Work): Promise<"done" | "skipped"> {
  const { from, to, name } = item;
  if (from.storage === to.storage && from.at.key === to.at.key) return "skipped";
  const before = await unfinishedMove(item, work);
  if (before?.type === "over") {
    tellMoved(item, before.key, work);
    return "done";
  }
  const source = before?.source ?? (await sourceOf(item, work));
  work.onSize(source.size);
  const own = before && { key: before.copy.key, expected: before.copy };
  if (before?.type === "copied" && own) {
    await forgetUpload(to.storage, work);
    await work.keep(moveTo(item, own.key, { source, copy: own.expected }));
    work.onBytes(source.size);
    await remove(item, source, own, work);
    return "done";
  }
  // Whether there is something of the same content is no reason to leave the source.
  const never = async () => false;
  const wanted = { name, key: to.at.key, source, isSame: never, hasSameBytes: never };
  return await putSomewhere(
    wanted,
    work,
    async (place) => await move(item, source, place, work),
    own,
  );
}

async function move(
  item: CopyItem,
  source: ObjectInfo,
  place: RemotePlace,
  work: Work,
): Promise<void> {
  const { from, to } = item;
  const { signal, onBytes, held } = work;
  const begun = moveTo(item, place.key, { source });
  // An upload that is taken up again tells as much.
  if (work.checkpoint?.type !== "upload") await work.keep(begun);
  const { checkpoint } = work;
  const outcome = await moveObject(copyOf(item, source, place), {
    signal,
    onBytes,
    held,
    memory: { at: to.at, checkpoint, keep: async (next) => await work.keep(next ?? begun) },
    onCopied: async (copy) => await work.keep(moveTo(item, place.key, { source, copy })),
  });
  if (outcome === "kept") throw new SourceChangedError(from.at.key);
  tellMoved(item, place.key, work);
}

/** Of a move whose copy is at its place. */
async function remove(
  item: CopyItem,
  source: ObjectInfo,
  place: RemotePlace,
  work: Work,
): Promise<void> {
  const outcome = await removeSource(copyOf(item, source, place), work.signal);
  if (outcome === "kept") throw new SourceChangedError(item.from.at.key);
  tellMoved(item, place.key, work);
}

function copyOf({ from, to }: CopyItem, source: ObjectInfo, place: RemotePlace): ObjectCopy {
  return { from: { storage: from.storage, key: from.at.key }, to: to.storage, source, place };
}

function moveTo(
  { to }: CopyItem,
  key: string,
  states: Pick<MoveCheckpoint, "source" | "copy">,
): MoveCheckpoint {
  return { type: "move", at: { ...to.at, key }, ...states };
}
type MoveCheckpoint = Extract<Checkpoint, { type: "move" }>;

function tellMoved({ from, to }: CopyItem, key: string, { onMoved, onRenamed }: Work): void {
  onMoved(from.at, { ...to.at, key });
  if (key !== to.at.key) onRenamed(nameOf(key));
}

async function sourceOf({ from }: CopyItem, { signal }: Work): Promise<ObjectInfo> {
  return from.info ?? (await from.storage.stat(from.at.key, { signal }));
}
