/** What a transfer has left that nobody will take up again. */
import { removeLocal } from "../../engine/disk/localFiles.ts";
import { removePartial } from "../../engine/disk/partialFile.ts";
import type { Log } from "../ports.ts";
import type { Entry } from "./entry.ts";
import type { Open } from "./items.ts";
import { giveUp } from "./parts.ts";
import type { Checkpoint } from "./work.ts";

/** Removes parts, hidden files, and copies that were made for it. Never rejects. */
export async function removeRemains(entry: Entry, open: Open, log: Log): Promise<void> {
  const left = [...entry.checkpoints.values()];
  entry.checkpoints.clear();
  const { plan } = entry.transfer;
  const made = plan.kind === "upload" ? plan.sources.filter(({ isTemporary }) => isTemporary) : [];
  const removals = [
    ...left.map((checkpoint) => async () => await removeOne(checkpoint, open)),
    ...made.map(
      ({ path }) =>
        async () =>
          await removeLocal(path),
    ),
  ];
  for (const remove of removals)
    try {
      await remove();
    } catch (error) {
      log.warn(`something unfinished could not be removed: ${String(error)}`);
    }
}

async function removeOne(checkpoint: Checkpoint, open: Open): Promise<void> {
  if (checkpoint.type === "download") await removePartial(checkpoint.path);
  if (checkpoint.type !== "upload") return;
  const { at, uploadId } = checkpoint;
  await giveUp(await open(at), at.key, uploadId);
}
