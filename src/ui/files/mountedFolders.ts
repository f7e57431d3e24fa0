/** Places of a storage as folders of the workspace, and what VS Code does not do in them. */
import { commands, type Disposable, l10n, Uri, window, workspace } from "vscode";
import type { Browse, PlaceRow } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import type { Address, RemoteFiles } from "../../app/files/remoteFiles.ts";
import { locationAt, nameOf, namesContainer } from "../../app/location.ts";
import type { Memento } from "../../app/ports.ts";
import { findInFolder } from "../browsing/findInFolder.ts";
import { addressAt, isRemote, uriAt, uriOf } from "../remoteUri.ts";
import { visible } from "../words.ts";

interface Rooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly files: RemoteFiles;
}

/** Adds the place to the workspace; shows it there if it is part of it already. */
export async function openAsFolder({ connections, files }: Rooms, row: PlaceRow): Promise<void> {
  const connection = connections.get(row.at.connection);
  if (!connection) return;
  const uri = uriAt(files.addressOf(row.at), !connection.readOnly);
  const name =
    row.type === "connection" ? connection.name : l10n.t("{0} — {1}", row.name, connection.name);
  const open = workspace.workspaceFolders ?? [];
  const isOpen = open.some((folder) => folder.uri.toString() === uri.toString());
  if (isOpen) await commands.executeCommand("revealInExplorer", uri);
  else workspace.updateWorkspaceFolders(open.length, 0, { uri, name });
}

/** Whether it is one of the workspace's folders. */
export function isMounted({ connection, path }: Address): boolean {
  return (workspace.workspaceFolders ?? []).some(({ uri }) => {
    const mounted = isRemote(uri) ? addressAt(uri) : undefined;
    return mounted?.connection === connection && mounted.path === path;
  });
}

/** "Find by Name…" on a folder of the Explorer; opens what is chosen. */
export async function findByName(
  { browse, connections }: Pick<Rooms, "browse" | "connections">,
  folder: unknown,
): Promise<void> {
  if (!(folder instanceof Uri) || !isRemote(folder)) return;
  const { connection: id, path } = addressAt(folder);
  const { key, ...place } = locationAt(id, path);
  const connection = connections.get(place.connection);
  if (!connection) return;
  if (place.container === undefined && connections.needsContainer(connection)) {
    const text = l10n.t(
      "“{0}” holds buckets. Choose one of them, or a folder in one.",
      visible(connection.name),
    );
    return void window.showInformationMessage(text);
  }
  const at = { ...place, key: namesContainer(path) ? "" : `${key}/` };
  const name = at.key === "" ? (place.container ?? connection.name) : nameOf(at.key);
  const found = await findInFolder(browse, at, visible(name));
  if (!found) return;
  const uri = uriOf({ ...at, key: found.key }, !connection.readOnly);
  const isFolder = found.key.endsWith("/");
  await commands.executeCommand(isFolder ? "revealInExplorer" : "vscode.open", uri);
}

const toldKey = "toldOfSearch";

/** Says what to use in place of VS Code's search where it is first of use, until somebody has closed it. */
export function tellOfSearch(memento: Memento): Disposable {
  let isTold = memento.get<boolean>(toldKey) === true;
  const tell = async () => {
    const folder = workspace.workspaceFolders?.find(({ uri }) => isRemote(uri));
    if (!folder || isTold) return;
    isTold = true;
    const find = l10n.t("Find by Name…");
    const chosen = await window.showInformationMessage(
      l10n.t(
        "VS Code's search and Quick Open do not look into “{0}”: they know files of this computer only. “Find by Name…” in the menu of its folders does.",
        visible(folder.name),
      ),
      find,
    );
    // Not before: a window that loads anew takes its messages with it, and a mounted folder makes it do so.
    await memento.update(toldKey, true);
    if (chosen === find) await commands.executeCommand("offsite.findByName", folder.uri);
  };
  void tell();
  return workspace.onDidChangeWorkspaceFolders(() => void tell());
}
