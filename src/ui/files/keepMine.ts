/** The third way out of a conflict, beside VS Code's own two: what is in the editor becomes a copy. */
import { commands, l10n, type TextDocument, Uri, window, workspace } from "vscode";
import type { RemoteFiles } from "../../app/files/remoteFiles.ts";
import type { Bytes } from "../../base/bytes.ts";
import { isStorageError } from "../../storage/errors.ts";
import { addressAt, isRemote } from "../remoteUri.ts";
import { clock, day } from "../words.ts";

/** Stores the active editor's text beside its file, takes the file as it is, and shows the copy. */
export async function keepMineAsCopy(files: RemoteFiles): Promise<void> {
  const document = window.activeTextEditor?.document;
  if (!document || !isRemote(document.uri)) return;
  const written = document.getText();
  const copy = await writeCopy(files, document);
  // Somebody may have gone on typing meanwhile.
  if (document.getText() !== written)
    await files.write(addressAt(copy), await encoded(document), { create: true, overwrite: true });
  // In the comparison this is its own "discard"; it works on nothing but the active editor.
  await commands.executeCommand("workbench.files.action.revertLocalChanges", document.uri);
  if (document.isDirty) {
    await window.showTextDocument(document, { preview: false });
    await commands.executeCommand("workbench.action.files.revert");
  }
  await window.showTextDocument(copy, { preview: false });
}

async function writeCopy(files: RemoteFiles, document: TextDocument): Promise<Uri> {
  const body = await encoded(document);
  for (let count = 1; ; count++) {
    const uri = copyUri(document.uri, count);
    try {
      await files.write(addressAt(uri), body, { create: true, overwrite: false });
      return uri;
    } catch (error) {
      if (!isStorageError(error, "conflict") || count >= 100) throw error;
    }
  }
}

async function encoded(document: TextDocument): Promise<Bytes> {
  const { encoding } = document;
  return new Uint8Array(await workspace.encode(document.getText(), { encoding }));
}

/** "report (my copy 2026-03-01 14.02).txt" beside "report.txt". */
function copyUri(uri: Uri, count: number): Uri {
  const path = uri.path;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  const now = new Date();
  const when = `${day(now)} ${clock(now).replace(":", ".")}`;
  const mark = count === 1 ? when : `${when}, ${count}`;
  return Uri.joinPath(uri, "..", `${stem} (${l10n.t("my copy {0}", mark)})${ending}`);
}
