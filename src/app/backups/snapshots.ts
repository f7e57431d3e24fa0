/** How the paths of a snapshot relate to folders on this computer. */
import type { Repository } from "../../engine/repository/repository.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import type { Node } from "../../engine/format/tree.ts";

/** A folder or file inside a snapshot: segments from the snapshot's root. */
export type SnapshotPath = readonly string[];

/** One of the folders a snapshot was made of. */
export interface SnapshotRoot {
  /** As it was called where it was backed up. */
  readonly original: string;
  readonly path: SnapshotPath;
  readonly node: Node;
}

/** Where an absolute path lies in a snapshot: `/a/b` is a, b and `C:\x` is C, x, as restic has it. */
export function snapshotPath(absolute: string): SnapshotPath {
  const drive = /^([A-Za-z]):[\\/]/.exec(absolute);
  if (drive) return [drive[1] ?? "", ...absolute.slice(3).split(/[\\/]/).filter(Boolean)];
  return absolute.split("/").filter(Boolean);
}

/**
 * The folders the snapshot was made of, as they can be found in it. Empty where its paths say
 * nothing about its tree (older restic, relative paths): then the tree's own root is to be shown.
 */
export async function snapshotRoots(
  repository: Repository,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<readonly SnapshotRoot[]> {
  const found: SnapshotRoot[] = [];
  for (const original of snapshot.paths) {
    const path = snapshotPath(original);
    const node = await repository.find(snapshot, path, signal);
    if (node) found.push({ original, path, node });
  }
  return found;
}

/** Whether the absolute path is one of the local folders or lies in one. */
export function isInOneOf(folders: readonly string[], absolute: string): boolean {
  return folders.some((folder) => isWithin(snapshotPath(folder), snapshotPath(absolute)));
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(folder: SnapshotPath, path: SnapshotPath): boolean {
  return folder.length <= path.length && folder.every((segment, index) => segment === path[index]);
}

/** The innermost folder that holds all of `paths` without being one of them. */
export function commonFolder(paths: readonly SnapshotPath[]): SnapshotPath {
  const [first = []] = paths;
  const parents = paths.map((path) => path.slice(0, -1));
  const shared = first.findIndex(
    (_, length) => !parents.every((parent) => isWithin(first.slice(0, length + 1), parent)),
  );
  return first.slice(0, Math.max(0, shared));
}
