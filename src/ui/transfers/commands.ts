import { hostname } from "node:os";
import { env, l10n, UIKind, type Uri, window, workspace } from "vscode";
import type { Browse, KeyedRow } from "../../app/browsing/browse.ts";
import { nameOf, type Location } from "../../app/location.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { withoutNested } from "../../app/transfers/sources.ts";
import { pickPlace } from "../pickPlace.ts";
import { usualExisting } from "./settings.ts";
import { grouped, visible } from "../words.ts";

/** Puts transfers into the queue, with what has to be asked before. */
export class TransferCommands {
  readonly #transfers: Transfers;

  constructor(transfers: Transfers) {
    this.#transfers = transfers;
  }

  async download(rows: readonly KeyedRow[]): Promise<void> {
    const sources = withoutNested(rows.map(({ at, name }) => ({ at, name })));
    if (sources.length === 0) return;
    const folder = await askForFolder(l10n.t("Download Here"), titled(l10n.t("Download")));
    if (!folder) return;
    this.#transfers.add({
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

  /** Asks for the folder, of any connection. */
  async uploadTo(chosen: readonly Uri[], browse: Browse): Promise<void> {
    const [first] = chosen;
    if (!first) return;
    const title =
      chosen.length === 1
        ? l10n.t("Upload “{0}”", visible(nameOf(first.path)))
        : l10n.t("Upload {0} Files and Folders", grouped(chosen.length));
    const place = await pickPlace(browse, { title, act: l10n.t("Upload Here") });
    if (place) this.#upload(place, chosen);
  }

  #upload(target: Location, chosen: readonly Uri[]): void {
    this.#transfers.add({
      kind: "upload",
      existing: usualExisting(),
      sources: chosen.map(({ fsPath }) => ({ path: fsPath })),
      target,
    });
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
