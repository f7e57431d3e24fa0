/** The tabs in which remote files are open. */
import {
  commands,
  l10n,
  Range,
  type Tab,
  type TabGroup,
  TabInputCustom,
  TabInputNotebook,
  TabInputText,
  TabInputTextDiff,
  type Uri,
  window,
  workspace,
  WorkspaceEdit,
} from "vscode";
import { nameOf } from "../app/location.ts";
import type { Address } from "../app/files/remoteFiles.ts";
import { addressAt, isRemote, uriAt } from "./remoteUri.ts";
import { visible } from "./words.ts";

/** Every tab that shows one remote file, and its address. */
function remoteTabs(): readonly { readonly tab: Tab; readonly uri: Uri }[] {
  return allTabs().flatMap((tab) => {
    const uri = shownAlone(tab);
    return uri && isRemote(uri) ? [{ tab, uri }] : [];
  });
}

/** Every remote file that a tab shows, alone or beside another; each once. */
export function remoteFilesInTabs(): readonly Uri[] {
  const shown = allTabs().flatMap((tab) => {
    const { input } = tab;
    return input instanceof TabInputTextDiff
      ? [input.original, input.modified]
      : (shownAlone(tab) ?? []);
  });
  return [...new Map(shown.filter(isRemote).map((uri) => [uri.toString(), uri])).values()];
}

function allTabs(): readonly Tab[] {
  return window.tabGroups.all.flatMap(({ tabs }) => tabs);
}

function shownAlone({ input }: Tab): Uri | undefined {
  const isOne =
    input instanceof TabInputText ||
    input instanceof TabInputCustom ||
    input instanceof TabInputNotebook;
  return isOne ? input.uri : undefined;
}

/** Shows what has moved at its new place, unsaved text included. Says so where that cannot be. */
export async function followMove(from: Address, to: Address): Promise<void> {
  for (const { tab, uri } of remoteTabs()) {
    const { connection, path } = addressAt(uri);
    const isMoved =
      connection === from.connection && (path === from.path || path.startsWith(`${from.path}/`));
    if (!isMoved) continue;
    const moved = uriAt({
      connection: to.connection,
      path: to.path + path.slice(from.path.length),
    });
    if (tab.isDirty && !(await takeChangesAlong(tab, moved))) {
      sayThatItStays(path);
      continue;
    }
    await commands.executeCommand("vscode.open", moved, {
      viewColumn: tab.group.viewColumn,
      preview: tab.isPreview,
      preserveFocus: true,
    });
    await window.tabGroups.close(tabsOf(uri, tab.group), true);
  }
}

function sayThatItStays(path: string): void {
  void window.showWarningMessage(
    l10n.t(
      "“{0}” has unsaved changes, so it is still open at its old place. Saving it makes a new file there.",
      visible(nameOf(path)),
    ),
  );
}

/** Puts the unsaved text of an editor into the file at its new place, as unsaved there; the old one has none then. */
async function takeChangesAlong({ input, group }: Tab, moved: Uri): Promise<boolean> {
  if (!(input instanceof TabInputText)) return false;
  const old = await workspace.openTextDocument(input.uri);
  const { encoding } = old;
  // Whatever fails there is no reason to lose what is here.
  const opening = Promise.resolve(workspace.openTextDocument(moved, { encoding }));
  const document = await opening.catch(() => undefined);
  if (!document) return false;
  const take = async () => {
    const text = old.getText();
    const edit = new WorkspaceEdit();
    edit.replace(moved, new Range(0, 0, document.lineCount, 0), text);
    return (await workspace.applyEdit(edit)) ? text : undefined;
  };
  let taken = await take();
  // Only the active editor can be reverted; somebody may go on typing in it until then.
  await window.showTextDocument(old, { viewColumn: group.viewColumn });
  if (taken !== old.getText()) taken = await take();
  if (taken === undefined) return false;
  await commands.executeCommand("workbench.action.files.revert");
  return !old.isDirty;
}

/** Whether a tab waits for the content of this file. */
export function isBeingOpened(uri: Uri): boolean {
  const id = uri.toString();
  return (
    tabsOf(uri).length > 0 && !workspace.textDocuments.some((one) => one.uri.toString() === id)
  );
}

/** Whether an editor for text waits for the content of this file: no viewer has claimed it. */
export function isOpeningAsText(uri: Uri): boolean {
  return isBeingOpened(uri) && tabsOf(uri).some(({ input }) => input instanceof TabInputText);
}

/** Closes the tabs that show this file. */
export async function closeEditorsOf(uri: Uri): Promise<void> {
  await window.tabGroups.close(tabsOf(uri), true);
}

/** The tabs of this file, everywhere or in one group. VS Code makes a tab anew whenever it changes. */
function tabsOf(uri: Uri, group?: TabGroup): readonly Tab[] {
  return remoteTabs()
    .filter((one) => one.uri.toString() === uri.toString())
    .map(({ tab }) => tab)
    .filter((tab) => group === undefined || tab.group.viewColumn === group.viewColumn);
}
