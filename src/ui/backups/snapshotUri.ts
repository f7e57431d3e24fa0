/** Addresses of files in snapshots: repository, snapshot and path, and nothing that must be remembered. */
import { Uri } from "vscode";
import type { SnapshotPath } from "../../app/backups/snapshots.ts";

export const snapshotScheme = "offsite-backup";

export interface SnapshotAddress {
  readonly repository: string;
  readonly snapshot: string;
  readonly path: SnapshotPath;
}

/** The address of a file or folder in a snapshot. */
export function snapshotUri({ repository, snapshot, path }: SnapshotAddress): Uri {
  // A segment may hold anything but "/"; what the URI would take for a part of its own is encoded.
  const segments = [snapshot, ...path].map((segment) => segment.replaceAll("/", "%2F"));
  return Uri.from({
    scheme: snapshotScheme,
    authority: repository,
    path: `/${segments.join("/")}`,
  });
}

/** What `uri` is the address of; undefined if of nothing. */
export function snapshotAddress(uri: Uri): SnapshotAddress | undefined {
  const [snapshot, ...path] = uri.path.split("/").filter((segment) => segment !== "");
  if (uri.scheme !== snapshotScheme || snapshot === undefined) return undefined;
  return { repository: uri.authority, snapshot, path };
}
