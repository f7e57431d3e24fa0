import { isObject, jsonObject } from "../../base/json.ts";
import { RepositoryError } from "../errors.ts";
import { fileKey, idPattern } from "./layout.ts";

/** What restic 0.17 and newer write about a run; every number is a count or a size in bytes. */
export interface SnapshotSummary {
  readonly backup_start: string;
  readonly backup_end: string;
  readonly files_new: number;
  readonly files_changed: number;
  readonly files_unmodified: number;
  readonly dirs_new: number;
  readonly dirs_changed: number;
  readonly dirs_unmodified: number;
  readonly data_blobs: number;
  readonly tree_blobs: number;
  readonly data_added: number;
  readonly data_added_packed: number;
  readonly total_files_processed: number;
  readonly total_bytes_processed: number;
}

/** The state of some folders at a moment, as the repository keeps it. Field names are the format's own. */
export interface Snapshot {
  /** 64 lower-case hex digits. */
  readonly id: string;
  /** RFC 3339 with nanoseconds, in the writer's zone. */
  readonly time: string;
  readonly tree: string;
  readonly paths: readonly string[];
  readonly parent?: string;
  readonly hostname?: string;
  readonly username?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly excludes?: readonly string[];
  readonly tags?: readonly string[];
  readonly original?: string;
  readonly program_version?: string;
  readonly summary?: SnapshotSummary;
}

/** The snapshot in `json`. Fields that make no sense count as absent. Fails with `damaged` without those that matter. */
export function parseSnapshot(id: string, json: string): Snapshot {
  const value = jsonObject(json) ?? {};
  const { time, tree, paths } = value;
  if (typeof time !== "string" || Number.isNaN(Date.parse(time))) throw damaged(id, "has no time");
  if (typeof tree !== "string" || !idPattern.test(tree)) throw damaged(id, "has no tree");
  if (!isTexts(paths)) throw damaged(id, "has no paths");
  return {
    id,
    time,
    tree,
    paths,
    ...pick(value, ["parent", "hostname", "username", "original", "program_version"], isText),
    ...pick(value, ["uid", "gid"], isNumber),
    ...pick(value, ["excludes", "tags"], isTexts),
    ...pick(value, ["summary"], isSummary),
  };
}

/** The text of a snapshot's file, its fields in the order restic writes them. */
export function snapshotText(snapshot: Omit<Snapshot, "id">): string {
  const fields = [
    "time",
    "parent",
    "tree",
    "paths",
    "hostname",
    "username",
    "uid",
    "gid",
    "excludes",
    "tags",
    "original",
    "program_version",
    "summary",
  ] as const;
  return JSON.stringify(Object.fromEntries(fields.map((name) => [name, snapshot[name]])));
}

/** Oldest first; snapshots of the same moment in the order of their ids. */
export function bySnapshotTime(a: Snapshot, b: Snapshot): number {
  return Date.parse(a.time) - Date.parse(b.time) || (a.id < b.id ? -1 : 1);
}

function pick<K extends string, V>(
  value: Readonly<Record<string, unknown>>,
  names: readonly K[],
  fits: (field: unknown) => field is V,
): { [name in K]?: V } {
  const picked: { [name in K]?: V } = {};
  for (const name of names) {
    const field = value[name];
    if (fits(field)) picked[name] = field;
  }
  return picked;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

const summaryCounts = [
  "files_new",
  "files_changed",
  "files_unmodified",
  "dirs_new",
  "dirs_changed",
  "dirs_unmodified",
  "data_blobs",
  "tree_blobs",
  "data_added",
  "data_added_packed",
  "total_files_processed",
  "total_bytes_processed",
] as const satisfies readonly (keyof SnapshotSummary)[];

function isSummary(value: unknown): value is SnapshotSummary {
  return (
    isObject(value) &&
    isText(value["backup_start"]) &&
    isText(value["backup_end"]) &&
    summaryCounts.every((name) => isNumber(value[name]))
  );
}

function damaged(id: string, what: string): RepositoryError {
  return new RepositoryError("damaged", `snapshot ${id} ${what}`, {
    file: fileKey("snapshots", id),
  });
}
