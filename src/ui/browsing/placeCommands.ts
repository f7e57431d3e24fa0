/** Finding one's way in places that hold more than can be shown at once. */
import { l10n, type QuickInputButton, QuickPickItemKind, ThemeIcon, window } from "vscode";
import type { Browse, FolderRow, ObjectRow, PlaceRow, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { parentOf, type Location } from "../../app/location.ts";
import type { Places } from "../../app/browsing/places.ts";
import { addUp, type Looked } from "../../app/browsing/search.ts";
import { never } from "../../base/abort.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { CommandTable } from "../commands.ts";
import { findInFolder } from "./findInFolder.ts";
import { explain } from "../messages.ts";
import { askText, pickOne, type Choice } from "../steps.ts";
import { connectionName, pathAt, placeName } from "../transfers/places.ts";
import { withProgress } from "../transfers/progress.ts";
import { sizeAsBilled, things, visible } from "../words.ts";

export type PlaceCommands = Pick<
  CommandTable,
  | "filter"
  | "clearFilter"
  | "goToKey"
  | "findInFolder"
  | "folderSize"
  | "addFavourite"
  | "removeFavourite"
  | "goToPlace"
>;

export interface PlaceRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly places: Places;
  /** The rows a command was given, or those the keyboard works on. */
  readonly chosen: (given: readonly unknown[]) => readonly Row[];
  /** Shows a row in the tree and selects it; opens it if it has rows below. */
  readonly reveal: (row: Row) => Promise<void>;
  readonly open: (row: ObjectRow) => Promise<void>;
}

export function placeCommands(rooms: PlaceRooms): PlaceCommands {
  const { browse, places } = rooms;
  const chosenPlaces = (given: readonly unknown[]) => rooms.chosen(given).filter(isPlace);
  const withPlace =
    (act: (place: PlaceRow) => Promise<void>) =>
    async (...given: readonly unknown[]) => {
      const [place] = chosenPlaces(given);
      if (place) await act(place);
    };
  return {
    filter: withPlace(async (place) => await filter(rooms, place)),
    clearFilter: (...given) => {
      // The row that says that nothing passes hands over the place itself.
      const [only] = given;
      if (isLocation(only)) browse.filter(only);
      else for (const { at } of chosenPlaces(given)) browse.filter(at);
    },
    goToKey: withPlace(async ({ at }) => await goToKey(rooms, at)),
    findInFolder: withPlace(async ({ at }) => {
      const entry = await findInFolder(browse, at, placeName(at, rooms.connections));
      if (entry) await showAt(rooms, { ...at, key: entry.key });
    }),
    folderSize: async (...given) => await countAll(rooms, chosenPlaces(given)),
    addFavourite: async (...given) => {
      for (const { at } of chosenPlaces(given)) await places.addFavourite(at);
    },
    removeFavourite: async (...given) => {
      for (const { at } of chosenPlaces(given)) await places.removeFavourite(at);
    },
    goToPlace: async () => await goToPlace(rooms),
  };
}

async function filter({ browse, connections, reveal }: PlaceRooms, place: PlaceRow): Promise<void> {
  const { at } = place;
  const reply = await askText(
    { title: l10n.t("Filter {0} by Prefix", placeName(at, connections)) },
    {
      prompt: l10n.t(
        "Show only what begins with this. The storage does the choosing; case counts.",
      ),
      value: browse.filterOf(at) ?? "",
      placeholder: l10n.t("For example 2026-"),
    },
  );
  if (reply?.type !== "answer") return;
  browse.filter(at, reply.value);
  await reveal(place);
}

async function goToKey(rooms: PlaceRooms, at: Location): Promise<void> {
  const inside = at.key;
  let found: FolderRow | ObjectRow | undefined;
  const reply = await askText(
    { title: l10n.t("Go to Key in {0}", placeName({ ...at, key: "" }, rooms.connections)) },
    {
      prompt: l10n.t("The whole key of an object, or of a folder, which ends in “/”."),
      value: inside,
      begins: true,
      remark: (key) =>
        key === "" ? { text: l10n.t("Enter a key."), severity: "error" } : undefined,
      refuse: async (key, signal) => {
        try {
          found = await rooms.browse.goTo({ ...at, key }, signal);
          return undefined;
        } catch (error) {
          return isStorageError(error, "not-found")
            ? l10n.t("There is no object and no folder “{0}” here.", visible(key))
            : explain(error, l10n.t)?.text;
        }
      },
    },
  );
  if (reply?.type === "answer" && found) await show(rooms, found);
}

type ShowRooms = Pick<PlaceRooms, "reveal" | "open" | "places">;

/** Goes to what lies at a location. Fails with `not-found`. */
export async function showAt(
  rooms: ShowRooms & Pick<PlaceRooms, "browse">,
  at: Location,
): Promise<void> {
  await show(rooms, await rooms.browse.goTo(at, never));
}

/** Goes to a row that has been reached: objects are opened, folders unfolded. */
async function show(
  { reveal, open, places }: ShowRooms,
  row: FolderRow | ObjectRow,
): Promise<void> {
  await reveal(row);
  await places.visit(row.type === "folder" ? row.at : parentOf(row.at));
  if (row.type === "object") await open(row);
}

async function countAll(rooms: PlaceRooms, rows: readonly PlaceRow[]): Promise<void> {
  const { browse, connections } = rooms;
  for (const { at } of rows) {
    const connection = connections.get(at.connection);
    const provider = connection && connections.provider(connection);
    const noun = provider?.noun ?? "object";
    const classes = connection && connections.storageClasses(connection);
    const held = ({ objects, bytes, billedBytes }: Looked) =>
      l10n.t("{0}, {1}", things(l10n.t, noun, objects), sizeAsBilled(l10n.t, bytes, billedBytes));
    const title = l10n.t("Counting {0}", placeName(at, rooms.connections));
    const whole = await withProgress(title, async (signal, tell) => {
      const storage = await browse.open(at);
      let latest: Looked = { objects: 0, bytes: 0, billedBytes: 0, lastKey: "" };
      for await (latest of addUp(storage, at.key, signal, classes))
        tell({ text: l10n.t("{0} so far", held(latest)) });
      return latest;
    });
    browse.keepSize(at, whole);
    const text = l10n.t("{0} holds {1}", placeName(at, rooms.connections), held(whole));
    window.setStatusBarMessage(`$(check) ${text}`, 10_000);
  }
}

async function goToPlace(rooms: PlaceRooms): Promise<void> {
  const { browse, places } = rooms;
  const choices = placeChoices(rooms);
  if (choices.length === 0) {
    await window.showInformationMessage(
      l10n.t("No favourites yet. Add one from the menu of a bucket or folder."),
    );
    return;
  }
  const reply = await pickOne(
    { title: l10n.t("Favourites and Recent Places") },
    {
      placeholder: l10n.t("Where to?"),
      choices,
      onButton: async (at) => {
        if (at)
          await (places.isFavourite(at) ? places.removeFavourite(at) : places.addFavourite(at));
        return placeChoices(rooms);
      },
    },
  );
  const row = reply?.type === "answer" ? browse.placeAt(reply.value) : undefined;
  if (row) await rooms.reveal(row);
}

function placeChoices({ places, connections }: PlaceRooms): readonly Choice<Location>[] {
  const add = { iconPath: new ThemeIcon("star-empty"), tooltip: l10n.t("Add to Favourites") };
  const remove = { iconPath: new ThemeIcon("close"), tooltip: l10n.t("Remove from Favourites") };
  const choice = (at: Location, icon: string, button: QuickInputButton): Choice<Location> => {
    const [name, path] = [connectionName(at, connections), pathAt(at)];
    return {
      label: visible(path === "" ? name : path),
      ...(path !== "" && { description: visible(name) }),
      iconPath: new ThemeIcon(icon),
      buttons: [button],
      value: at,
    };
  };
  const favourites = places.favourites().map((at) => choice(at, "star-full", remove));
  const recent = places.recent().map((at) => choice(at, "history", add));
  return [...headed(l10n.t("favourites"), favourites), ...headed(l10n.t("recent"), recent)];
}

function headed<T>(label: string, choices: readonly Choice<T>[]): readonly Choice<T>[] {
  return choices.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...choices];
}

function isPlace(row: Row): row is PlaceRow {
  return row.type === "connection" || row.type === "container" || row.type === "folder";
}

function isLocation(given: unknown): given is Location {
  return typeof given === "object" && given !== null && !("type" in given) && "key" in given;
}
