import type { FolderRow, KeyedRow, ObjectRow, PlaceRow, Row } from "../app/browse.ts";

/** The rows a command is about: menus pass the row they were opened on and all selected ones; keys pass nothing. */
export type Chosen = (given: readonly unknown[]) => readonly Row[];

/** What a keybinding hands to its command, which thereby knows that no menu was opened on a row. */
export const fromKeyboard = "keyboard";

export function chosenFrom(selected: () => readonly Row[]): Chosen {
  return ([row, rows]) => {
    // VS Code hands back the rows that the tree has made.
    if (Array.isArray(rows) && rows.length > 0) return rows as Row[];
    return row === undefined ? selected() : [row as Row];
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
