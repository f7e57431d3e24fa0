/** Carries one object to this computer. */
import { kindAt, LocalFileError, pathBelow } from "../engine/localFiles.ts";
import {
  openPartial,
  removePartial,
  stateAt,
  type Expected,
  type LocalState,
  type PartialFile,
} from "../engine/partialFile.ts";
import type { ObjectInfo } from "../storage/driver.ts";
import { StorageError } from "../storage/errors.ts";
import type { Destination, Origin } from "./transferItems.ts";
import { numbered, type Side } from "./transferPolicy.ts";
import { Receiver } from "./transferReceiver.ts";
import { isMd5, tellsMd5, verifyObject, type Work } from "./transferWork.ts";

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
  const place = await choosePlace(item, work, item.from.info);
  if (!place) return "skipped";
  const earlier = work.checkpoint?.type === "download" ? work.checkpoint : undefined;
  const partial = await partialFor(item, earlier?.path, work);
  const receiver = new Receiver(item.from, partial, work, earlier?.version);
  try {
    const info = await receiver.receive();
    await verify(item, partial, info, work.signal);
    const isInPlace = await putInPlace(item, partial, place, info, work);
    if (!isInPlace) await partial.discard();
    work.keep(undefined);
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
  work.keep(undefined);
}

/** The hidden file, the earlier one if it can be continued; of two, the other is removed. */
async function partialFor(
  { from, to }: DownloadItem,
  earlier: string | undefined,
  { visit }: Work,
): Promise<PartialFile> {
  await visit(pathBelow(to.root, to.segments.slice(0, -1)));
  const partial = await openPartial({
    root: to.root,
    folder: to.segments.slice(0, -1),
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
  item: DownloadItem,
  partial: PartialFile,
  first: Place,
  info: ObjectInfo,
  work: Work,
): Promise<boolean> {
  let place: Place | undefined = first;
  while (place) {
    try {
      await partial.finish(place.name, place.expected, info.modified);
      return true;
    } catch (error) {
      if (!(error instanceof LocalFileError) || error.kind !== "appeared") throw error;
      place = await choosePlace(item, work, info);
    }
  }
  return false;
}

interface Place {
  readonly name: string;
  readonly expected: Expected;
}

/** Where it goes; nowhere if it is to be skipped. */
async function choosePlace(
  { name, from, to }: DownloadItem,
  { policy, signal }: Work,
  known: ObjectInfo | undefined,
): Promise<Place | undefined> {
  const own = to.segments.at(-1) ?? "";
  const path = pathBelow(to.root, to.segments);
  const there = await stateAt(path);
  if (!there) return { name: own, expected: "nothing" };
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
    const free =
      (await kindAt(pathBelow(to.root, [...to.segments.slice(0, -1), other]))) === "nothing";
    if (free) return { name: other, expected: "nothing" };
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
