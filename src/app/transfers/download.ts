/** Carries one object to this computer. */
import type { Bytes } from "../../base/bytes.ts";
import { md5OfBytes } from "../../base/digest.ts";
import { kindAt, LocalFileError, pathBelow } from "../../engine/disk/localFiles.ts";
import {
  openPartial,
  removePartial,
  stateAt,
  type PartialFile,
} from "../../engine/disk/partialFile.ts";
import type { Expected, LocalState } from "../../engine/disk/placing.ts";
import type { TargetFolder } from "../../engine/disk/targetFolder.ts";
import { StorageError } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import type { Destination, Origin } from "./items.ts";
import { numbered, type Side } from "./policy.ts";
import { Receiver, receiveSmall, smallBytes } from "./receiver.ts";
import { isMd5, tellsMd5, verifyObject, type Work } from "./work.ts";

export interface DownloadItem {
  readonly name: string;
  readonly from: Extract<Origin, { type: "remote" }>;
  readonly to: Extract<Destination, { type: "local" }>;
}

/**
 * Downloads beside the final name, continues what an earlier attempt has left of the same version,
 * and puts the file in place once it is whole and verified. What has appeared there meanwhile is
 * not overwritten unasked.
 */
export async function downloadFile(item: DownloadItem, work: Work): Promise<"done" | "skipped"> {
  const { root, segments } = item.to;
  // First of all: where nothing can be written, no request is spent.
  const folder = await work.openFolder(root, segments.slice(0, -1));
  const isNew = !folder.mayHold(segments.at(-1) ?? "");
  const place = isNew ? nothingThere(item) : await choosePlace(item, folder, work, item.from.info);
  if (!place) return "skipped";
  const target: Target = { item, folder, place };
  const isSmall = (item.from.info?.size ?? Infinity) <= smallBytes && !work.checkpoint;
  return (isSmall && (await downloadSmall(target, work))) || (await downloadLarge(target, work));
}

interface Target {
  readonly item: DownloadItem;
  readonly folder: TargetFolder;
  /** The first choice. */
  readonly place: Place;
}

/** Through memory. Nothing if it is not small any more. */
async function downloadSmall(target: Target, work: Work): Promise<"done" | "skipped" | undefined> {
  const { from } = target.item;
  const arrived = await receiveSmall(from, work);
  if (!arrived) return undefined;
  const { info, bytes } = arrived;
  const wanted = { size: info.size, md5: async () => md5OfBytes(bytes) };
  await verifyObject(from.storage, { ...info, size: bytes.length }, wanted, work.signal);
  await work.arrived();
  return (await putInPlace(target, bytes, info, work)) ? "done" : "skipped";
}

/** Through a hidden file. */
async function downloadLarge(target: Target, work: Work): Promise<"done" | "skipped"> {
  const { item } = target;
  const earlier = work.checkpoint?.type === "download" ? work.checkpoint : undefined;
  const partial = await partialFor(item, earlier?.path);
  const receiver = new Receiver(item.from, partial, work, earlier?.version);
  try {
    const info = await receiver.receive();
    await verify(item, partial, info, work.signal);
    await partial.close();
    const isInPlace = await putInPlace(target, partial.path, info, work);
    if (!isInPlace) await partial.discard();
    await work.keep(undefined);
    return isInPlace ? "done" : "skipped";
  } catch (error) {
    await leave(partial, receiver.isKept && mayGoOn(error, work.signal), work);
    throw error;
  }
}

/** What is not worth keeping must not stay where it is. */
async function leave(partial: PartialFile, isWorthKeeping: boolean, work: Work): Promise<void> {
  if (isWorthKeeping) {
    await partial.close();
    return;
  }
  await partial.discard();
  await work.keep(undefined);
}

/** The hidden file, the earlier one if it can be continued; of two, the other is removed. */
async function partialFor(
  { from, to }: DownloadItem,
  earlier: string | undefined,
): Promise<PartialFile> {
  const partial = await openPartial({
    root: to.root,
    segments: to.segments.slice(0, -1),
    withMd5: tellsMd5(from.storage) && (!from.info || isMd5(from.info.version)),
    ...(earlier !== undefined && { earlier }),
  });
  if (earlier !== undefined && earlier !== partial.path) await removePartial(earlier);
  return partial;
}

async function verify(
  { from }: DownloadItem,
  partial: PartialFile,
  info: ObjectInfo,
  signal: AbortSignal,
): Promise<void> {
  const md5 = async () => partial.md5();
  const arrived = { ...info, size: partial.size };
  await verifyObject(from.storage, arrived, { size: info.size, md5 }, signal);
}

/** Whether it went in. What has appeared there meanwhile is decided about. */
async function putInPlace(
  { item, folder, place: first }: Target,
  content: Bytes | string,
  info: ObjectInfo,
  work: Work,
): Promise<boolean> {
  const { modified } = info;
  let place: Place | undefined = first;
  while (place) {
    try {
      await work.placing.place(folder, { ...place, content, ...(modified && { modified }) });
      if (place.name !== item.to.segments.at(-1)) work.onRenamed(place.name);
      return true;
    } catch (error) {
      if (!(error instanceof LocalFileError) || error.kind !== "appeared") throw error;
      place = await choosePlace(item, folder, work, info);
    }
  }
  return false;
}

interface Place {
  readonly name: string;
  readonly expected: Expected;
}

function nothingThere({ to }: DownloadItem): Place {
  return { name: to.segments.at(-1) ?? "", expected: "nothing" };
}

/** Where it goes; nowhere if it is to be skipped. */
async function choosePlace(
  item: DownloadItem,
  folder: TargetFolder,
  { policy, signal }: Work,
  known: ObjectInfo | undefined,
): Promise<Place | undefined> {
  const { name, from } = item;
  const free = nothingThere(item);
  const own = free.name;
  const there = await stateAt(pathBelow(folder.path, [own]));
  if (!there) return free;
  if (policy.existing === "replace") return { name: own, expected: "anything" };
  if (policy.existing === "skip") return undefined;
  const info = known ?? (await from.storage.stat(from.at.key, { signal }));
  if (isSame(there, info)) return undefined;
  const question = { name, source: info, there: sideOf(there) };
  const decision = await policy.decide(question, signal);
  if (decision === "skip") return undefined;
  if (decision === "replace") return { name: own, expected: there };
  for (let number = 2; ; number++) {
    const other = numbered(own, number);
    if ((await kindAt(pathBelow(folder.path, [other]))) === "nothing")
      return { name: other, expected: "nothing" };
  }
}

/** A download of ours has the object's time, so this is as good as certain. */
function isSame(there: LocalState, { size, modified }: ObjectInfo): boolean {
  return (
    there.size === size &&
    modified !== undefined &&
    Math.floor(there.modifiedMs / 1000) === Math.floor(modified.getTime() / 1000)
  );
}

function sideOf({ size, modifiedMs }: LocalState): Side {
  return { size, modified: new Date(modifiedMs) };
}

function mayGoOn(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || (error instanceof StorageError && error.retryable);
}
