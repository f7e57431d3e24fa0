/** Dragging into, within and out of the Connections view. */
import { isObject } from "../../base/json.ts";
import {
  DataTransferItem,
  l10n,
  Uri,
  window,
  workspace,
  type CancellationToken,
  type DataTransfer,
  type DataTransferFile,
  type TreeDragAndDropController,
} from "vscode";
import type { Browse, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { locationAt, type Location } from "../../app/location.ts";
import { leadsIntoItself } from "../../app/transfers/items.ts";
import { isLocation, type LocalSource, type RemoteSource } from "../../app/transfers/plan.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { liesIn, plansFor, sourceAt, withoutNested } from "../../app/transfers/sources.ts";
import type { Reporter } from "../report.ts";
import { isStoredRow } from "../rows.ts";
import { placeName, placeToPut } from "../transfers/places.ts";
import { usualExisting } from "../transfers/settings.ts";
import { isRemote, uriOf } from "../remoteUri.ts";
import { grouped, visible } from "../words.ts";

const rowsType = "application/vnd.code.tree.offsite.connections";
const uriListType = "text/uri-list";

export interface DropRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly transfers: Transfers;
  readonly reporter: Reporter;
  /** A folder for what a browser hands over, until it is uploaded. */
  readonly spool: Uri;
}

/**
 * Rows go to other rows, and to editors, which open them; files come from VS Code's Explorer and from
 * the system. VS Code lets nothing be dragged out to the system.
 */
export class DragAndDrop implements TreeDragAndDropController<Row> {
  readonly dragMimeTypes = [uriListType];
  readonly dropMimeTypes = [rowsType, uriListType, "files"];
  readonly #rooms: DropRooms;

  constructor(rooms: DropRooms) {
    this.#rooms = rooms;
  }

  handleDrag(rows: readonly Row[], data: DataTransfer): void {
    const stored = rows.filter(isStoredRow);
    if (stored.length === 0) return;
    const sources = stored.map(({ at, name }): RemoteSource => ({ at, name }));
    data.set(rowsType, new DataTransferItem(JSON.stringify(sources)));
    const addresses = stored.map(({ at, writable }) => uriOf(at, writable).toString());
    data.set(uriListType, new DataTransferItem(addresses.join("\r\n")));
  }

  async handleDrop(
    row: Row | undefined,
    data: DataTransfer,
    token: CancellationToken,
  ): Promise<void> {
    const place = placeToPut(row, this.#rooms.connections);
    if (!place) return;
    try {
      const own = data.get(rowsType);
      if (own) await this.#putRows(sourcesIn(await own.asString()), place);
      else await this.#putFiles(data, place, token);
    } catch (error) {
      this.#rooms.reporter.report(error);
    }
  }

  async #putRows(dragged: readonly RemoteSource[], place: Location): Promise<void> {
    const { browse, transfers } = this.#rooms;
    // A row that is let go where it was is no wish for anything.
    const sources = withoutNested(dragged).filter(
      (source) => !liesIn(source, place) && !leadsIntoItself(source, place),
    );
    if (sources.length === 0) return;
    const kind = await this.#copyOrMove(sources, place);
    if (!kind) return;
    const open = async (at: Location) => await browse.open(at);
    for (const plan of await plansFor(kind, sources, place, { open, existing: usualExisting() }))
      transfers.add(plan);
  }

  /** Within a connection a drag moves, as in VS Code's Explorer; it asks first, since nobody can undo it. */
  async #copyOrMove(
    sources: readonly RemoteSource[],
    place: Location,
  ): Promise<"copy" | "move" | undefined> {
    const { connections } = this.#rooms;
    const isWithin = sources.every(({ at }) => at.connection === place.connection);
    if (!isWithin || connections.get(place.connection)?.readOnly) return "copy";
    const [first, ...others] = sources;
    const what =
      others.length === 0
        ? `“${visible(first?.name ?? "")}”`
        : l10n.t("{0} items", grouped(sources.length));
    const move = l10n.t("Move");
    const copy = l10n.t("Copy");
    const answer = await window.showInformationMessage(
      l10n.t("Move {0} to “{1}”?", what, placeName(place, connections)),
      { modal: true },
      move,
      copy,
    );
    if (answer === move) return "move";
    return answer === copy ? "copy" : undefined;
  }

  async #putFiles(data: DataTransfer, target: Location, token: CancellationToken): Promise<void> {
    const uris = urisIn((await data.get(uriListType)?.asString()) ?? "");
    const local: LocalSource[] = uris.filter(isOnThisHost).map(({ fsPath }) => ({ path: fsPath }));
    const addresses = uris.filter(isRemote);
    if (local.length + addresses.length === 0) local.push(...(await this.#handedOver(data)));
    if (token.isCancellationRequested) return;
    if (local.length > 0)
      this.#rooms.transfers.add({
        kind: "upload",
        existing: usualExisting(),
        sources: local,
        target,
      });
    if (addresses.length > 0) await this.#putAddresses(addresses, target, token);
  }

  async #putAddresses(
    addresses: readonly Uri[],
    target: Location,
    token: CancellationToken,
  ): Promise<void> {
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    const open = async (at: Location) => await this.#rooms.browse.open(at);
    const sources: RemoteSource[] = [];
    for (const { authority, path } of addresses)
      sources.push(await sourceAt(locationAt(authority, path), open, cancel.signal));
    await this.#putRows(sources, target);
  }

  /** Files of the computer in front of the user, where that is not the one we run on. */
  async #handedOver(data: DataTransfer): Promise<readonly LocalSource[]> {
    const files: DataTransferFile[] = [];
    for (const [, item] of data) {
      const file = item.asFile();
      if (file) files.push(file);
    }
    const sources: LocalSource[] = [];
    for (const file of files)
      sources.push(
        file.uri && isOnThisHost(file.uri) ? { path: file.uri.fsPath } : await this.#spooled(file),
      );
    if (sources.length === 0)
      void window.showInformationMessage(
        l10n.t("Only files can be dropped here. For a folder, use Upload Folder."),
      );
    return sources;
  }

  async #spooled(file: DataTransferFile): Promise<LocalSource> {
    const { spool } = this.#rooms;
    await workspace.fs.createDirectory(spool);
    const copy = Uri.joinPath(spool, `dropped-${crypto.randomUUID()}`);
    await workspace.fs.writeFile(copy, await file.data());
    return { path: copy.fsPath, name: file.name, isTemporary: true };
  }
}

function isOnThisHost({ scheme: own }: Uri): boolean {
  return own === "file" || own === "vscode-remote";
}

function urisIn(list: string): readonly Uri[] {
  const lines = list.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => Uri.parse(line));
}

/** What an earlier drag has written; nothing else is taken for it. */
function sourcesIn(text: string): readonly RemoteSource[] {
  const value: unknown = JSON.parse(text);
  return (Array.isArray(value) ? value : []).flatMap((one: unknown) =>
    isObject(one) && typeof one["name"] === "string" && isLocation(one["at"])
      ? [{ at: one["at"], name: one["name"] }]
      : [],
  );
}
