/** The tabs in which remote files are open. */
import {
  commands,
  type Tab,
  TabInputCustom,
  TabInputNotebook,
  TabInputText,
  type Uri,
  window,
} from "vscode";
import type { Address } from "../app/remoteFiles.ts";
import { addressAt, isRemote, uriAt } from "./remoteUri.ts";

/** Every tab that shows one remote file, and its address. */
export function remoteTabs(): readonly { readonly tab: Tab; readonly uri: Uri }[] {
  return window.tabGroups.all.flatMap(({ tabs }) =>
    tabs.flatMap((tab) => {
      const { input } = tab;
      const uri =
        input instanceof TabInputText ||
        input instanceof TabInputCustom ||
        input instanceof TabInputNotebook
          ? input.uri
          : undefined;
      return uri && isRemote(uri) ? [{ tab, uri }] : [];
    }),
  );
}

/** Shows what has moved at its new place. An editor with unsaved changes stays as it is. */
export async function followMove(from: Address, to: Address): Promise<void> {
  for (const { tab, uri } of remoteTabs()) {
    const { connection, path } = addressAt(uri);
    const isMoved =
      connection === from.connection && (path === from.path || path.startsWith(`${from.path}/`));
    if (!isMoved || tab.isDirty) continue;
    const moved = uriAt({
      connection: to.connection,
      path: to.path + path.slice(from.path.length),
    });
    await commands.executeCommand("vscode.open", moved, {
      viewColumn: tab.group.viewColumn,
      preview: tab.isPreview,
      preserveFocus: true,
    });
    await window.tabGroups.close(tab, true);
  }
}

/** Closes the tabs that show this file. */
export async function closeEditorsOf(uri: Uri): Promise<void> {
  const tabs = remoteTabs().filter((one) => one.uri.toString() === uri.toString());
  await window.tabGroups.close(
    tabs.map(({ tab }) => tab),
    true,
  );
}
