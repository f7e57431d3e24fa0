import { hostname } from "node:os";
import { env, l10n, UIKind, type Uri, window, workspace } from "vscode";
import type { Browse, FolderRow, KeyedRow, ObjectRow } from "../app/browse.ts";
import type { Connections } from "../app/connections.ts";
import { parentOf, type Location } from "../app/location.ts";
import { deleteKeys, keysToDelete, type Deletable } from "../app/deletion.ts";
import type { Transfers } from "../app/transfers.ts";
import { withoutNested } from "../app/transferSources.ts";
import { extrasOf } from "../storage/provider.ts";
import { withProgress } from "./transferProgress.ts";
import { usualExisting } from "./transferSettings.ts";
import { grouped, visible } from "./words.ts";

interface TransferRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly transfers: Transfers;
}

/** Puts transfers into the queue, and deletes, with what has to be asked before. */
export class TransferCommands {
  readonly #rooms: TransferRooms;

  constructor(rooms: TransferRooms) {
    this.#rooms = rooms;
  }

  async download(rows: readonly KeyedRow[]): Promise<void> {
    const sources = withoutNested(rows.map(({ at, name }) => ({ at, name })));
    if (sources.length === 0) return;
    const folder = await askForFolder(l10n.t("Download Here"), titled(l10n.t("Download")));
    if (!folder) return;
    this.#rooms.transfers.add({
      kind: "download",
      existing: usualExisting(),
      sources,
      target: folder.fsPath,
    });
  }

  async uploadFiles(place: Location): Promise<void> {
    const chosen = await window.showOpenDialog({
      canSelectMany: true,
      openLabel: l10n.t("Upload"),
      title: l10n.t("Upload Files to {0}", place.key || place.container || "/"),
    });
    if (chosen) this.#upload(place, chosen);
  }

  async uploadFolder(place: Location): Promise<void> {
    const folder = await askForFolder(l10n.t("Upload This Folder"), titled(l10n.t("Upload")));
    if (folder) this.#upload(place, [folder]);
  }

  async delete(rows: readonly (FolderRow | ObjectRow)[]): Promise<void> {
    const wanted = withoutNested(rows);
    if (wanted.length === 0) return;
    const keys = await withProgress(l10n.t("Counting"), async (signal) => {
      const items = await Promise.all(wanted.map((row) => this.#deletable(row)));
      return await keysToDelete(items, signal);
    });
    const all = [...keys.values()].flat();
    const count = all.filter((key) => !key.endsWith("/")).length;
    if (!(await this.#confirmed(wanted, count))) return;
    try {
      await withProgress(l10n.t("Deleting"), async (signal, show) => {
        let done = 0;
        const onDeleted = (deleted: number) => {
          done += deleted;
          const text = l10n.t("{0} of {1}", grouped(done), grouped(all.length));
          show({ fraction: done / all.length, text });
        };
        await deleteKeys(keys, { signal, onDeleted });
      });
    } finally {
      // Whatever came of it, some of it may be gone.
      for (const { at } of wanted) this.#rooms.browse.refresh(parentOf(at));
    }
  }

  #upload(target: Location, chosen: readonly Uri[]): void {
    this.#rooms.transfers.add({
      kind: "upload",
      existing: usualExisting(),
      sources: chosen.map(({ fsPath }) => ({ path: fsPath })),
      target,
    });
  }

  async #deletable({ at }: KeyedRow): Promise<Deletable> {
    return { storage: await this.#rooms.browse.open(at), key: at.key };
  }

  async #confirmed(rows: readonly (FolderRow | ObjectRow)[], count: number): Promise<boolean> {
    const noun = this.#nounFor(rows[0], count);
    const [only, ...others] = rows;
    const single = others.length === 0 && only ? only : undefined;
    const question =
      single?.type === "folder"
        ? l10n.t("Delete the folder “{0}” and all in it?", visible(single.name))
        : single
          ? l10n.t("Delete “{0}”?", visible(single.name))
          : l10n.t("Delete the {0} selected?", grouped(rows.length));
    const act =
      count === 0 ? l10n.t("Delete Folder") : l10n.t("Delete {0} {1}", grouped(count), noun);
    const detail = this.#mayKeepVersions(rows[0])
      ? l10n.t(
          "If the bucket keeps versions, “Show Deleted Objects…” brings it back. If not, this cannot be undone from here.",
        )
      : l10n.t("This cannot be undone from here.");
    return (await window.showWarningMessage(question, { modal: true, detail }, act)) === act;
  }

  #mayKeepVersions(row: FolderRow | ObjectRow | undefined): boolean {
    const { connections } = this.#rooms;
    const connection = row && connections.get(row.at.connection);
    const provider = connection && connections.provider(connection);
    return provider ? extrasOf(provider, connection).includes("versions") : false;
  }

  #nounFor(row: FolderRow | ObjectRow | undefined, count: number): string {
    const { connections } = this.#rooms;
    const connection = row && connections.get(row.at.connection);
    const noun = connection && connections.provider(connection)?.noun;
    if (noun === "file") return count === 1 ? l10n.t("File") : l10n.t("Files");
    return count === 1 ? l10n.t("Object") : l10n.t("Objects");
  }
}

/** Says on which computer the folder is, where that is not the one in front of the user. */
function titled(act: string): string {
  const isElsewhere = env.remoteName !== undefined || env.uiKind === UIKind.Web;
  return isElsewhere ? l10n.t("{0}: a Folder on {1}", act, hostname()) : act;
}

async function askForFolder(openLabel: string, title: string): Promise<Uri | undefined> {
  const [workspaceFolder] = workspace.workspaceFolders ?? [];
  const isLocal = workspaceFolder?.uri.scheme === "file";
  const [folder] =
    (await window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel,
      title,
      ...(isLocal && { defaultUri: workspaceFolder.uri }),
    })) ?? [];
  return folder;
}
