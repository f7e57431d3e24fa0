/** Where the focus of the tree goes when the row that has it goes away: VS Code leaves it nowhere. */
import type { TreeView } from "vscode";
import type { Browse, Row } from "../../app/browsing/browse.ts";
import { locationId } from "../../app/location.ts";
import { isStoredRow } from "../rows.ts";

/** So long somebody waits for what they have asked for; later they are at something else. */
const patienceMs = 1500;

/** Moves the focus to `row`, unless what was begun at `sinceMs` took so long that it would be stolen. */
export type Follow = (row: Row | undefined, sinceMs: number) => Promise<void>;

export function followIn(view: TreeView<Row>): Follow {
  return async (row, sinceMs) => {
    if (!row || !view.visible || Date.now() - sinceMs > patienceMs) return;
    try {
      await view.reveal(row, { select: true, focus: true });
    } catch {
      // It is not among the rows that are loaded.
    }
  };
}

/**
 * What is to have the focus instead of `rows`: the next row, else the one before, else the folder. It
 * gets it before they go, when nobody can be at anything else yet.
 */
export async function rowBeside(browse: Browse, rows: readonly Row[]): Promise<Row | undefined> {
  const [first] = rows;
  const parent = first && browse.parent(first);
  if (!parent) return undefined;
  const going = new Set(rows.filter(isStoredRow).map(({ at }) => locationId(at)));
  const siblings = (await browse.rows(parent)).filter(isStoredRow);
  const stays = siblings.map((row) => !going.has(locationId(row.at)));
  const last = stays.lastIndexOf(false);
  const next = stays.indexOf(true, last + 1);
  return siblings[next] ?? siblings[stays.lastIndexOf(true)] ?? parent;
}
