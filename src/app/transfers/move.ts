/** What a move does with whole folders, before and after what is in them. */
import type { Storage } from "../../storage/storage.ts";
import { isStorageError } from "../../storage/errors.ts";
import { isFolderEntry } from "../../storage/objects.ts";
import { childOf, type Location } from "../location.ts";
import { movedWhole } from "./moving.ts";
import { leadsIntoItself, type Open } from "./items.ts";
import type { RemoteSource, TransferPlan } from "./plan.ts";

type MovePlan = Extract<TransferPlan, { kind: "copy" | "move" }>;

/** Whether the source is a folder that its server has moved in one step. */
export async function movedAtOnce(
  source: RemoteSource,
  target: Location,
  open: Open,
  signal: AbortSignal,
): Promise<boolean> {
  const { at, name } = source;
  if (!at.key.endsWith("/") || leadsIntoItself(source, target)) return false;
  const [from, to] = [await open(at), await open(target)];
  const place = childOf(target, `${name}/`);
  return await movedWhole({ storage: from, key: at.key }, { storage: to, key: place.key }, signal);
}

/** Deletes what is left of moved folders if it is nothing but folders, as far as anybody can tell. */
export async function removeMovedFolders(
  { sources }: MovePlan,
  open: Open,
  signal: AbortSignal,
): Promise<void> {
  for (const { at } of sources)
    if (at.key.endsWith("/")) await removeFolders(await open(at), at.key, signal);
}

async function removeFolders(storage: Storage, key: string, signal: AbortSignal): Promise<void> {
  if (storage.capabilities.hidesNames) return;
  const folders = [key];
  for await (const entry of storage.list(key, { signal }))
    if (isFolderEntry(entry)) folders.push(entry.key);
    else return;
  try {
    // What lies deeper comes after what it lies in, in every listing's order.
    for (const folder of folders.toSorted().toReversed())
      await storage.delete([folder], { signal });
  } catch (error) {
    // Something has come into one of them meanwhile: it is not ours to take.
    if (!isStorageError(error, "conflict")) throw error;
  }
}
