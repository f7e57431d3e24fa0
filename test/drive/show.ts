import type { Node } from "../../src/engine/format/tree.ts";
import type { Snapshot } from "../../src/engine/format/snapshot.ts";

/** Rows as lines, their columns aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A size as people read it. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

export function snapshotRow({ id, time, hostname = "", paths, tags = [] }: Snapshot): string[] {
  return [
    id.slice(0, 8),
    time.slice(0, 19).replace("T", " "),
    hostname,
    tags.join(),
    paths.join(" "),
  ];
}

/** A snapshot without what nobody reads. */
export function snapshotJson({ id, ...snapshot }: Snapshot): object {
  return { id, short_id: id.slice(0, 8), ...snapshot };
}

export function nodeRow(path: readonly string[], node: Node): string[] {
  const mode = (node.mode & 0o777).toString(8).padStart(3, "0");
  return [node.type, mode, size(node.size ?? 0), node.mtime.slice(0, 19), shownPath(path)];
}

export function nodeJson(path: readonly string[], node: Node): object {
  const { type, mode, mtime, uid, gid, size: bytes, linktarget } = node;
  return { path: shownPath(path), type, mode, mtime, uid, gid, size: bytes, linktarget };
}

export function shownPath(path: readonly string[]): string {
  return `/${path.join("/")}`;
}
