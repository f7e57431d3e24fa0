/** Carries one item of a transfer, whatever it is. */
import { makeFolderBelow } from "../../engine/disk/localFiles.ts";
import { removePartial } from "../../engine/disk/partialFile.ts";
import { copyFile, moveFile } from "./copy.ts";
import { downloadFile } from "./download.ts";
import type { Destination, TransferItem } from "./items.ts";
import { forgetUpload } from "./parts.ts";
import { uploadFile } from "./upload.ts";
import type { Work } from "./work.ts";

/** Rejects with the reason if it cannot be carried. */
export async function carryFile(
  item: Extract<TransferItem, { type: "file" }>,
  isMove: boolean,
  work: Work,
): Promise<"done" | "skipped"> {
  const { name, from, to } = item;
  if (to.type === "local") {
    if (from.type === "local") throw new Error("a transfer has a remote end");
    const outcome = await downloadFile({ name, from, to }, work);
    // As below, of what has come.
    if (work.checkpoint?.type === "download") await removePartial(work.checkpoint.path);
    return outcome;
  }
  const outcome = await sendFile({ name, from, to }, isMove, work);
  // Parts may have been sent before somebody decided that they are not wanted.
  await forgetUpload(to.storage, work);
  return outcome;
}

async function sendFile(
  { name, from, to }: SentItem,
  isMove: boolean,
  work: Work,
): Promise<"done" | "skipped"> {
  if (from.type === "local") return await uploadFile({ name, from, to }, work);
  return await (isMove ? moveFile : copyFile)({ name, from, to }, work);
}

interface SentItem extends Pick<Extract<TransferItem, { type: "file" }>, "name" | "from"> {
  readonly to: Extract<Destination, { type: "remote" }>;
}

/**
 * Makes a folder that nothing lies in, unless one is there: what lay in it may have been moved by an
 * earlier run, and on an object store a mark would be added.
 */
export async function carryFolder(
  { to }: Extract<TransferItem, { type: "folder" }>,
  { targets, signal }: Pick<Work, "targets" | "signal">,
): Promise<void> {
  if (to.type === "local") await makeFolderBelow(to.root, to.segments);
  else if (!(await targets?.hasFolder(to.at.key, signal)))
    await to.storage.makeFolder(to.at.key, { signal });
}
