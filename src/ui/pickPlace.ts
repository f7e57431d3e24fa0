/** Asks for a folder of any connection, by walking through them. */
import { l10n, QuickPickItemKind } from "vscode";
import type { Browse, PlaceRow } from "../app/browsing/browse.ts";
import { childOf, type Location } from "../app/location.ts";
import { askText, type Choice, pickOne, type Reply } from "./steps.ts";
import { visible } from "./words.ts";

type Move =
  | { readonly type: "here" }
  | { readonly type: "new" }
  | { readonly type: "up" }
  | { readonly type: "into"; readonly row: PlaceRow };

export interface PlaceWish {
  readonly title: string;
  /** What is done with the folder that is chosen: "Move Here". */
  readonly act: string;
  /** Where the walk begins; at the list of connections if absent. */
  readonly from?: PlaceRow;
  /** Whether there is nothing to do there: such a folder is walked through, but not offered. */
  isIdle?(place: Location): boolean;
}

/** The folder that was chosen; it may be one that is not there yet. */
export async function pickPlace(browse: Browse, wish: PlaceWish): Promise<Location | undefined> {
  const { title } = wish;
  // Undefined: the list of connections.
  let here: PlaceRow | undefined = wish.from;
  for (;;) {
    const place: PlaceRow | undefined = here;
    const chosen: Reply<Move> = await pickOne<Move>(
      { title },
      {
        placeholder: placeholder(place),
        choices: async () => await choices(browse, place, wish),
      },
    );
    if (chosen?.type !== "answer") return undefined;
    const move: Move = chosen.value;
    if (move.type === "into") here = move.row;
    else if (!place) return undefined;
    else if (move.type === "up") here = browse.parent(place);
    else if (move.type === "here") return place.at;
    else {
      const made = await newFolder(title, place);
      if (made) return made;
    }
  }
}

function placeholder(place: PlaceRow | undefined): string {
  return place
    ? l10n.t("Where to? You are in “{0}”.", visible(nameAt(place)))
    : l10n.t("Where to?");
}

async function choices(
  browse: Browse,
  place: PlaceRow | undefined,
  { act, isIdle }: PlaceWish,
): Promise<readonly Choice<Move>[]> {
  const rows = await browse.rows(place);
  const places = rows.filter((row) => isPlace(row) && !isReadOnly(row));
  const failure = rows.find((row) => row.type === "failure");
  if (failure?.type === "failure") throw failure.error;
  const into = places.filter(isPlace).map((row): Choice<Move> => ({
    label: `$(${icons[row.type]}) ${visible(nameAt(row))}`,
    value: { type: "into", row },
  }));
  if (!place) return into;
  const holdsContainers = place.type === "connection" && place.holdsContainers;
  const here: Choice<Move> = {
    label: `$(check) ${act}`,
    description: visible(nameAt(place)),
    value: { type: "here" },
  };
  const make: Choice<Move> = {
    label: `$(new-folder) ${l10n.t("New folder…")}`,
    value: { type: "new" },
  };
  return [
    ...(holdsContainers || isIdle?.(place.at) ? [] : [here]),
    ...(holdsContainers ? [] : [make]),
    { label: "$(arrow-up) ..", value: { type: "up" } },
    { label: l10n.t("folders"), kind: QuickPickItemKind.Separator },
    ...into,
  ];
}

function isPlace(row: { readonly type: string }): row is PlaceRow {
  return row.type === "connection" || row.type === "container" || row.type === "folder";
}

function isReadOnly(row: PlaceRow): boolean {
  return row.type === "connection" ? row.connection.readOnly === true : !row.writable;
}

function nameAt(row: PlaceRow): string {
  return row.type === "connection" ? row.connection.name : row.name;
}

async function newFolder(title: string, inside: PlaceRow): Promise<Location | undefined> {
  const reply = await askText(
    { title, canGoBack: true },
    {
      prompt: l10n.t("Name of the new folder in “{0}”", visible(nameAt(inside))),
      remark: (name) =>
        name.split("/").some((part) => ["", ".", ".."].includes(part.trim()))
          ? { text: l10n.t("This cannot be a name."), severity: "error" }
          : undefined,
    },
  );
  return reply?.type === "answer" ? childOf(inside.at, `${reply.value.trim()}/`) : undefined;
}

const icons: Readonly<Record<PlaceRow["type"], string>> = {
  connection: "cloud",
  container: "archive",
  folder: "folder",
};
