/** What an interrupted move has left, so that nobody is asked about its own copy. */
import { isSameState, type ObjectInfo, type ObjectState } from "../../storage/objects.ts";
import { areSameBytes, RemoteBlob } from "../objects/remoteBlob.ts";
import type { Destination, Origin } from "./items.ts";
import { stateOf } from "./objectCopy.ts";
import type { Checkpoint, Work } from "./work.ts";

interface Ends {
  readonly from: Extract<Origin, { type: "remote" }>;
  readonly to: Extract<Destination, { type: "remote" }>;
}

export type UnfinishedMove =
  /** The object is at `key`, and no more at its source. */
  | { readonly type: "over"; readonly key: string; readonly source?: undefined }
  /** The copy is whole, and the source is there. */
  | { readonly type: "copied"; readonly source: ObjectInfo; readonly copy: ObjectInfo }
  /** The copy is ours, and the source has changed since. */
  | { readonly type: "outdated"; readonly source: ObjectInfo; readonly copy: ObjectInfo };

/**
 * How far an earlier attempt has come: as it was remembered, and as both ends are now. Nothing if there
 * was none, or if what is at the target may be somebody else's.
 */
export async function unfinishedMove(
  { from, to }: Ends,
  { checkpoint, policy, signal }: Work,
): Promise<UnfinishedMove | undefined> {
  if (!checkpoint || checkpoint.type === "download") return undefined;
  const { key } = checkpoint.at;
  const copy = await stateOf({ storage: to.storage, key }, signal);
  if (!copy) return undefined;
  const source = await stateOf({ storage: from.storage, key: from.at.key }, signal);
  if (!source) return isAtTarget(checkpoint, copy) ? { type: "over", key } : undefined;
  const known = toldState(checkpoint, source, copy);
  if (known) return { type: known, source, copy };
  // What is replaced anyway need not be compared.
  if (policy.existing === "replace") return undefined;
  // Nobody was told of the copy, so only its bytes tell. It was about to be made: it is worth reading.
  const mine = new RemoteBlob(to.storage, copy, signal);
  const isSame = await areSameBytes(new RemoteBlob(from.storage, source, signal), mine);
  return isSame ? { type: "copied", source, copy } : undefined;
}

/** What the copy is, if it is still as it was written. */
function toldState(checkpoint: Checkpoint, source: ObjectInfo, copy: ObjectInfo) {
  if (checkpoint.type !== "move" || !checkpoint.copy) return undefined;
  if (!isSameState(checkpoint.copy, copy)) return undefined;
  const isCopied = isSameState(checkpoint.source, source) && copy.size === source.size;
  return isCopied ? "copied" : "outdated";
}

/** Whether the source is gone because the move was over, or nearly. */
function isAtTarget(checkpoint: Checkpoint, now: ObjectInfo): boolean {
  if (checkpoint.type !== "move") return false;
  return checkpoint.copy !== undefined || isMovedTo(checkpoint.source, now);
}

/** By the server. Under another name it may be told another version; then its time is the same. */
function isMovedTo(before: ObjectState, now: ObjectState): boolean {
  if (isSameState(before, now)) return true;
  const time = before.modified?.getTime();
  return before.size === now.size && time !== undefined && time === now.modified?.getTime();
}
