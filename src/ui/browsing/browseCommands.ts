import { commands, l10n, Uri, ViewColumn, window, type Clipboard } from "vscode";
import type { Browse, MoreRow, ObjectRow, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { childOf, parentOf, type Location } from "../../app/location.ts";
import type { Places } from "../../app/browsing/places.ts";
import { never } from "../../base/abort.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import type { CommandTable } from "../commands.ts";
import { compareCommands } from "./compareCommands.ts";
import { deleteRows } from "./deletion.ts";
import type { Follow } from "./focus.ts";
import type { LastDone } from "./lastDone.ts";
import { explain } from "../messages.ts";
import { type PlaceCommands, placeCommands } from "./placeCommands.ts";
import { uriOfObject } from "../remoteUri.ts";
import { chosenFrom, isPlaceRow, isStoredRow } from "../rows.ts";
import { askText } from "../steps.ts";
import { TransferCommands } from "../transfers/commands.ts";
import { changeable, placeName } from "../transfers/places.ts";

type Commands = Pick<
  CommandTable,
  | keyof PlaceCommands
  | "refresh"
  | "refreshNode"
  | "retry"
  | "loadMore"
  | "enterContainer"
  | "open"
  | "openToSide"
  | "download"
  | "uploadFiles"
  | "uploadFolder"
  | "uploadTo"
  | "selectForCompare"
  | "compareWithSelected"
  | "compareSelected"
  | "newFolder"
  | "delete"
  | "undo"
  | "copyKey"
>;

export interface BrowseRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly transfers: Transfers;
  /** The rows the keyboard works on. */
  readonly selected: () => readonly Row[];
  readonly clipboard: Clipboard;
  readonly places: Places;
  readonly lastDone: LastDone;
  readonly follow: Follow;
  /** Shows a row in the tree and selects it; opens it if it has rows below. */
  readonly reveal: (row: Row) => Promise<void>;
  /** The same without opening it. */
  readonly focus: (row: Row) => Promise<void>;
  readonly revealPlace: (at: Location) => Promise<void>;
}

/** What can be done with the rows of the Connections view. */
export function browseCommands(rooms: BrowseRooms): Commands {
  const { browse, clipboard } = rooms;
  const transfers = new TransferCommands(rooms.transfers, rooms.connections);
  const chosen = chosenFrom(rooms.selected);
  return {
    ...placeCommands({ ...rooms, chosen, open }),
    ...compareCommands(chosen),
    refresh: () => browse.refresh(),
    refreshNode: (...given) => {
      for (const row of chosen(given)) if ("at" in row) browse.refresh(row.at);
    },
    retry: (...given) => {
      for (const row of chosen(given)) if (row.type === "failure") browse.refresh(row.parent);
    },
    loadMore: async (...given) => {
      const more = chosen(given).find((row): row is MoreRow => row.type === "more");
      if (more) await loadMore(rooms, more);
    },
    enterContainer: async (...given) => {
      const [row] = chosen(given);
      if (row?.type === "ask") await enterContainer(rooms, row.parent);
      if (row?.type === "connection") await enterContainer(rooms, row.at);
    },
    open: async (...given) => {
      const row = chosen(given).find((one): one is ObjectRow => one.type === "object");
      if (row) await open(row);
    },
    openToSide: async (...given) => {
      const row = chosen(given).find((one): one is ObjectRow => one.type === "object");
      if (row) await openBeside(row);
    },
    download: async (...given) => await transfers.download(chosen(given)),
    uploadFiles: async (...given) => {
      const place = chosen(given).find(isPlaceRow);
      if (place) await transfers.uploadFiles(place.at);
    },
    uploadFolder: async (...given) => {
      const place = chosen(given).find(isPlaceRow);
      if (place) await transfers.uploadFolder(place.at);
    },
    uploadTo: async (...given) => await transfers.uploadTo(localFiles(given), browse),
    newFolder: async (...given) => {
      const place = chosen(given).find(isPlaceRow);
      if (place) await newFolder(rooms, place.at);
    },
    delete: async (...given) => {
      const rows = chosen(given);
      // One key deletes whatever it is pressed on; what holds all the rest has questions of its own.
      const whole = rows.find(({ type }) => type === "connection" || type === "container");
      if (!whole) return await deleteRows(rooms, changeable(rows, rooms.connections));
      const id = whole.type === "connection" ? "removeConnection" : "deleteBucket";
      await commands.executeCommand(`offsite.${id}`, whole, rows);
    },
    undo: async () => await rooms.lastDone.undo(),
    copyKey: async (...given) => {
      const keys = chosen(given)
        .filter(isStoredRow)
        .map(({ at }) => at.key);
      if (keys.length > 0) await clipboard.writeText(keys.join("\n"));
    },
  };
}

/** Who is still at "Load more…" goes on with the first of the new rows. */
async function loadMore({ browse, selected, focus }: BrowseRooms, more: MoreRow): Promise<void> {
  const first = await browse.loadMore(more.parent);
  const isStillThere = selected().every(({ type }) => type === "more");
  if (first && isStillThere) await focus(first);
}

/** What the Explorer passes, or the file of the active editor. */
function localFiles([one, several]: readonly unknown[]): readonly Uri[] {
  const given = Array.isArray(several) && several.length > 0 ? several : [one];
  const uris = given.filter((uri) => uri instanceof Uri);
  const active = window.activeTextEditor?.document.uri;
  const chosen = uris.length > 0 || !active ? uris : [active];
  return chosen.filter(({ scheme }) => scheme === "file");
}

/** Shows an object in an editor. */
export async function open({ at, writable }: ObjectRow): Promise<void> {
  await commands.executeCommand("vscode.open", uriOfObject(at, writable), { preview: true });
}

async function openBeside({ at, writable }: ObjectRow): Promise<void> {
  const how = { preview: false, viewColumn: ViewColumn.Beside };
  await commands.executeCommand("vscode.open", uriOfObject(at, writable), how);
}

/** The name is remembered once something of that name has answered. */
async function enterContainer(rooms: BrowseRooms, at: Location): Promise<void> {
  const { connections } = rooms;
  const reply = await askText(
    { title: l10n.t("Bucket Name") },
    {
      prompt: l10n.t("The key may not list buckets, but it may use one you can name."),
      remark: (name) => {
        const text = containerNameProblem(name.trim());
        return text === undefined ? undefined : { text, severity: "error" };
      },
      refuse: async (name, signal) => {
        try {
          const storage = await connections.open(at.connection, name.trim());
          await storage.page("", { shallow: true, signal });
          return undefined;
        } catch (error) {
          return explain(error, l10n.t)?.text;
        }
      },
    },
  );
  if (reply?.type !== "answer") return;
  const container = reply.value.trim();
  await connections.addContainer(at.connection, container);
  await rooms.revealPlace({ ...at, container });
}

function containerNameProblem(name: string): string | undefined {
  if (name === "") return l10n.t("Enter a name.");
  // What is in it would have no address here.
  return name.includes("/")
    ? l10n.t("A name with a slash needs a connection of its own.")
    : undefined;
}

async function newFolder(
  { browse, connections, follow }: BrowseRooms,
  at: Location,
): Promise<void> {
  const name = await window.showInputBox({
    title: l10n.t("New Folder in {0}", placeName(at, connections)),
    prompt: l10n.t("Name of the new folder"),
    validateInput: folderNameProblem,
  });
  if (name === undefined) return;
  const namedMs = Date.now();
  const folder = childOf(at, `${name.trim()}/`);
  const storage = await browse.open(folder);
  await storage.makeFolder(folder.key, { signal: never });
  browse.refresh(at.key === "" ? at : parentOf(folder));
  await follow(browse.placeAt(folder), namedMs);
}

function folderNameProblem(text: string): string | undefined {
  const parts = text.trim().split("/");
  if (text.trim() === "") return l10n.t("A folder needs a name.");
  return parts.some((part) => part === "" || part === "." || part === "..")
    ? l10n.t("Between slashes there must be names, other than “.” and “..”.")
    : undefined;
}
