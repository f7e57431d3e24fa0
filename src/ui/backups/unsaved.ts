/** Editors with unsaved changes, before something reads or writes their files. */
import { l10n, type TextDocument, window, workspace } from "vscode";
import { isInOneOf } from "../../app/backups/snapshots.ts";
import { alwaysSaveFirst, backupSettings } from "./backupSettings.ts";
import { files } from "../words.ts";

/** Documents of local files that differ from their files on disk. */
export function unsavedDocuments(): readonly TextDocument[] {
  return workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && uri.scheme === "file");
}

/** Saves them if the user consents; false if the whole matter was called off. */
export async function saveUnsaved(folders: readonly string[]): Promise<boolean> {
  const { saveFirst } = backupSettings();
  const unsaved = unsavedDocuments().filter(({ uri }) => isInOneOf(folders, uri.fsPath));
  if (unsaved.length === 0 || saveFirst === "never") return true;
  if (saveFirst === "always") return await saveAll(unsaved);
  const save = { label: l10n.t("Save them, then back up") };
  const always = { label: l10n.t("Always save first"), description: l10n.t("changes the setting") };
  const leave = { label: l10n.t("Back up what is on disk") };
  const chosen = await window.showQuickPick([save, always, leave], {
    title: l10n.t("Back Up Workspace"),
    placeHolder: l10n.t("{0} open with unsaved changes", files(l10n.t, unsaved.length)),
  });
  if (!chosen) return false;
  if (chosen === always) await alwaysSaveFirst();
  return chosen === leave || (await saveAll(unsaved));
}

async function saveAll(documents: readonly TextDocument[]): Promise<boolean> {
  const saved = await Promise.all(documents.map(async (document) => await document.save()));
  if (saved.every(Boolean)) return true;
  void window.showWarningMessage(
    l10n.t("Not every file could be saved, so nothing was backed up. Save them by hand first."),
  );
  return false;
}
