/** Carries one item of a transfer, whatever it is. */
import { makeFolderBelow } from "../../engine/disk/localFiles.ts";
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
    if (from.type === "remote") return await downloadFile({ name, from, to }, work);
    throw new Error("a transfer has a remote end");
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

/** Makes a folder that nothing lies in. */
export async function carryFolder(
  { to }: Extract<TransferItem, { type: "folder" }>,
  signal: AbortSignal,
): Promise<void> {
  if (to.type === "local") await makeFolderBelow(to.root, to.segments);
  else await to.storage.makeFolder(to.at.key, { signal });
}
