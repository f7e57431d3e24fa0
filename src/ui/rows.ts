import type { FolderRow, KeyedRow, ObjectRow, PlaceRow, Row } from "../app/browsing/browse.ts";

/**
 * The rows a command is about: menus and icons pass the row they belong to and all selected ones, of
 * which that row comes first, because what acts on one row acts on that one.
 */
export type Chosen = (given: readonly unknown[]) => readonly Row[];

/** What a keybinding hands to its command, which thereby knows that no menu was opened on a row. */
export const fromKeyboard = "keyboard";

export function chosenFrom(selected: () => readonly Row[]): Chosen {
  return ([row, rows]) => {
    // VS Code hands back the rows that the tree has made.
    const own = row as Row | undefined;
    const all = Array.isArray(rows) ? (rows as readonly Row[]) : [];
    return own ? [own, ...all.filter((one) => one !== own)] : selected();
  };
}

/** Whether there are rows below it. */
export function isPlaceRow(row: Row): row is PlaceRow {
  return row.type === "connection" || row.type === "container" || row.type === "folder";
}

/** Whether it stands for something stored. */
export function isKeyedRow(row: Row): row is KeyedRow {
  return row.type === "container" || row.type === "folder" || row.type === "object";
}

/** Whether it stands for an object, or for a folder of them. */
export function isStoredRow(row: Row): row is FolderRow | ObjectRow {
  return row.type === "folder" || row.type === "object";
}
