import type { FolderRow, ObjectRow } from "../../app/browsing/browse.ts";
import { grouped, size, type Translate } from "../words.ts";

/** What is known of several objects and folders without asking: how many they are, and how large. */
export function selectionText(t: Translate, rows: readonly (FolderRow | ObjectRow)[]): string {
  const objects = rows.filter((row) => row.type === "object");
  const folders = rows.length - objects.length;
  const bytes = objects.reduce((sum, { info }) => sum + info.size, 0);
  const counted = t(
    "Selected objects: {0}, {1} together.",
    grouped(objects.length),
    size(t, bytes),
  );
  if (folders === 0) return counted;
  const open = t(
    "Selected folders: {0}; “Count Objects and Size” tells what is in them.",
    grouped(folders),
  );
  return objects.length === 0 ? open : `${counted} ${open}`;
}
