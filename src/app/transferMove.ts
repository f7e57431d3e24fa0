/** The end of a move: folders that are empty now. */
import { isStorageError } from "../storage/errors.ts";
import type { Open } from "./transferItems.ts";
import type { TransferPlan } from "./transferPlan.ts";

/** Deletes what is left of moved folders if it is nothing but folders. */
export async function removeMovedFolders(
  { sources }: Extract<TransferPlan, { kind: "copy" | "move" }>,
  open: Open,
  signal: AbortSignal,
): Promise<void> {
  for (const { at } of sources) {
    if (!at.key.endsWith("/")) continue;
    const storage = await open(at);
    const folders = [at.key];
    for await (const { key } of storage.list(at.key, { signal }))
      if (key.endsWith("/")) folders.push(key);
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
}
