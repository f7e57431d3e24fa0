import { hostname } from "node:os";
import { env, l10n, UIKind, type Uri, window, workspace } from "vscode";
import type { Browse, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { nameOf, type Location } from "../../app/location.ts";
import type { RemoteSource } from "../../app/transfers/plan.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { withoutNested } from "../../app/transfers/sources.ts";
import { pickPlace } from "../pickPlace.ts";
import { isKeyedRow } from "../rows.ts";
import { placeName } from "./places.ts";
import { usualExisting } from "./settings.ts";
import { grouped, visible } from "../words.ts";

/** Puts transfers into the queue, with what has to be asked before. */
export class TransferCommands {
  readonly #transfers: Transfers;
  readonly #connections: Connections;

  constructor(transfers: Transfers, connections: Connections) {
    this.#transfers = transfers;
    this.#connections = connections;
  }

  async download(rows: readonly Row[]): Promise<void> {
    const sources = withoutNested(rows.flatMap(downloadOf));
    if (sources.length === 0) return;
    const title = computer
      ? l10n.t("Download to a Folder of {0}", computer)
      : l10n.t("Download to a Folder");
    this.#transfers.expectDownload();
    const folder = await askForFolder(l10n.t("Download Here"), title);
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
      title: computer
        ? l10n.t("Upload Files of {0} to {1}", computer, this.#nameOf(place))
        : l10n.t("Upload Files to {0}", this.#nameOf(place)),
    });
    if (chosen) this.#upload(place, chosen);
  }

  async uploadFolder(place: Location): Promise<void> {
    const title = computer
      ? l10n.t("Upload a Folder of {0} to {1}", computer, this.#nameOf(place))
      : l10n.t("Upload a Folder to {0}", this.#nameOf(place));
    const folder = await askForFolder(l10n.t("Upload This Folder"), title);
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

  #nameOf(place: Location): string {
    return placeName(place, this.#connections);
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

/** The computer that files are on, where that is not the one in front of the user. */
const computer = env.remoteName !== undefined || env.uiKind === UIKind.Web ? hostname() : undefined;

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

/** What is downloaded of a row, and under which name; nothing of one that stands for no content. */
export function downloadOf(row: Row): readonly RemoteSource[] {
  if (isKeyedRow(row)) return [{ at: row.at, name: row.name }];
  if (row.type !== "connection" || row.holdsContainers) return [];
  // A connection may be called what no folder may be.
  return [{ at: row.at, name: row.connection.name.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_") }];
}
