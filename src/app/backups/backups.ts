/** The rows of the Backups view: repositories, their snapshots, and what lies in them. */
import { Emitter, type Event } from "../../base/event.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import type { Node } from "../../engine/format/tree.ts";
import { type Listed, listOrder } from "../browsing/listOrder.ts";
import { type RepositoryPlace, placeKey } from "./place.ts";
import type { Clock } from "../ports.ts";
import type { Repositories } from "./repositories.ts";
import { type SnapshotPath, snapshotRoots } from "./snapshots.ts";
import { newestFirst } from "./tasks.ts";

export interface RepositoryRow {
  readonly type: "repository";
  readonly place: RepositoryPlace;
  /** Absent for a target that was never opened on this computer. */
  readonly id?: string;
  /** Whether this workspace is backed up to it. */
  readonly current: boolean;
}

export type Period = "today" | "yesterday" | "this-week" | "older";

export interface PeriodRow {
  readonly type: "period";
  readonly period: Period;
  readonly repository: string;
  readonly snapshots: readonly Snapshot[];
}

export interface SnapshotRow {
  readonly type: "snapshot";
  readonly repository: string;
  readonly snapshot: Snapshot;
}

export interface EntryRow {
  readonly type: "entry";
  readonly repository: string;
  readonly snapshot: Snapshot;
  readonly path: SnapshotPath;
  readonly node: Node;
  /** As the folder was called where it was backed up; only of the snapshot's own folders. */
  readonly original?: string;
}

export interface MoreRow {
  readonly type: "more";
  readonly of: ParentRow;
  readonly hidden: number;
}

export interface FailureRow {
  readonly type: "failure";
  readonly of: ParentRow;
  readonly error: unknown;
}

export interface EmptyRow {
  readonly type: "empty";
  readonly of: RepositoryRow;
}

export type BackupRow =
  | RepositoryRow
  | PeriodRow
  | SnapshotRow
  | EntryRow
  | MoreRow
  | FailureRow
  | EmptyRow;
export type ParentRow = RepositoryRow | PeriodRow | SnapshotRow | EntryRow;

export interface BackupsOptions {
  readonly repositories: Repositories;
  readonly clock: Clock;
  /** Where this workspace is backed up to. */
  readonly target: () => RepositoryPlace | undefined;
}

/** With more snapshots than this, periods make them easier to find. */
const longList = 20;
/** Rows of one folder shown at a time. */
const pageRows = 1000;

/** Answers what is below a row. A failure is a row too, never an empty folder. */
export class Backups {
  readonly #options: BackupsOptions;
  readonly #changed = new Emitter<ParentRow | undefined>();
  /** Rows shown of long folders, by row id. */
  readonly #shown = new Map<string, number>();

  constructor(options: BackupsOptions) {
    this.#options = options;
    options.repositories.onDidChange(() => this.#changed.fire(undefined));
  }

  /** Fires with the row below which something changed, or with none for everything. */
  get onDidChange(): Event<ParentRow | undefined> {
    return this.#changed.event;
  }

  async rows(parent?: BackupRow): Promise<readonly BackupRow[]> {
    if (!parent) return this.#repositories();
    if (parent.type === "more" || parent.type === "failure" || parent.type === "empty") return [];
    try {
      return await this.#below(parent);
    } catch (error) {
      return [{ type: "failure", of: parent, error }];
    }
  }

  /** Another repository is this workspace's now. */
  redraw(): void {
    this.#changed.fire(undefined);
  }

  /** Looks again below `row`, or everywhere. */
  async refresh(row?: ParentRow): Promise<void> {
    const { repositories } = this.#options;
    const ids = row ? [idOfRepository(row)] : repositories.list().map(({ id }) => id);
    for (const id of ids) if (id !== undefined) await repositories.forgetContents(id);
    this.#changed.fire(row);
  }

  /** Shows more of a long folder. */
  more({ of }: MoreRow): void {
    this.#shown.set(rowId(of), this.#limit(of) + pageRows);
    this.#changed.fire(of);
  }

  #repositories(): readonly RepositoryRow[] {
    const { repositories, target } = this.#options;
    const place = target();
    const key = place && placeKey(place);
    const rows = repositories.list().map((known): RepositoryRow => ({
      type: "repository",
      id: known.id,
      place: known.place,
      current: placeKey(known.place) === key,
    }));
    const current = rows.find((row) => row.current);
    const others = rows.filter((row) => !row.current);
    if (current) return [current, ...others];
    return place ? [{ type: "repository", place, current: true }, ...others] : others;
  }

  async #below(parent: ParentRow): Promise<readonly BackupRow[]> {
    switch (parent.type) {
      case "repository":
        return await this.#snapshots(parent);
      case "period":
        return parent.snapshots.map((snapshot) => snapshotRow(parent.repository, snapshot));
      case "snapshot":
        return await this.#roots(parent);
      case "entry":
        return await this.#entries(parent, parent.path, parent.node.subtree);
    }
  }

  async #snapshots(row: RepositoryRow): Promise<readonly BackupRow[]> {
    const { repositories, clock } = this.#options;
    const { repository } = await repositories.open(row.place);
    const damaged: FailureRow[] = [];
    const snapshots = await newestFirst(repository, undefined, (error) =>
      damaged.push({ type: "failure", of: row, error }),
    );
    if (snapshots.length + damaged.length === 0) return [{ type: "empty", of: row }];
    if (snapshots.length <= longList)
      return [...damaged, ...snapshots.map((snapshot) => snapshotRow(repository.id, snapshot))];
    const now = clock.now();
    const groups = Map.groupBy(snapshots, ({ time }) => periodOf(new Date(time), now));
    const periods = [...groups].map(([period, members]): PeriodRow => ({
      type: "period",
      period,
      repository: repository.id,
      snapshots: members,
    }));
    return [...damaged, ...periods];
  }

  /** One folder is opened at once; several are rows; none known, the snapshot's own root is shown. */
  async #roots(row: SnapshotRow): Promise<readonly BackupRow[]> {
    const repository = await this.#options.repositories.openKnown(row.repository);
    const roots = await snapshotRoots(repository, row.snapshot);
    const [only] = roots;
    if (!only) return await this.#entries(row, [], row.snapshot.tree);
    if (roots.length === 1 && only.node.type === "dir")
      return await this.#entries(row, only.path, only.node.subtree);
    return roots.map(({ path, node, original }) => ({
      type: "entry",
      repository: row.repository,
      snapshot: row.snapshot,
      path,
      node,
      original,
    }));
  }

  async #entries(
    parent: SnapshotRow | EntryRow,
    path: SnapshotPath,
    tree: string | undefined,
  ): Promise<readonly BackupRow[]> {
    if (tree === undefined) return [];
    const { repository, snapshot } = parent;
    const open = await this.#options.repositories.openKnown(repository);
    const nodes = listOrder(await open.tree(tree), listed);
    const limit = this.#limit(parent);
    const rows = nodes.slice(0, limit).map((node): EntryRow => ({
      type: "entry",
      repository,
      snapshot,
      path: [...path, node.name],
      node,
    }));
    const hidden = nodes.length - rows.length;
    return hidden > 0 ? [...rows, { type: "more", of: parent, hidden }] : rows;
  }

  #limit(row: ParentRow): number {
    return this.#shown.get(rowId(row)) ?? pageRows;
  }
}

/** One text per row, the same whenever it is shown. */
export function rowId(row: BackupRow): string {
  switch (row.type) {
    case "repository":
      return `r ${placeKey(row.place)}`;
    case "period":
      return `p ${row.repository} ${row.period}`;
    case "snapshot":
      return `s ${row.repository} ${row.snapshot.id}`;
    case "entry":
      return `e ${row.repository} ${row.snapshot.id} ${JSON.stringify(row.path)}`;
    case "failure":
      return `failure ${rowId(row.of)} ${String(row.error)}`;
    case "more":
    case "empty":
      return `${row.type} ${rowId(row.of)}`;
  }
}

/** When `time` was, seen from `now`, by the days of this computer's zone. */
export function periodOf(time: Date, now: Date): Period {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const daysBefore = (days: number) =>
    new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - days);
  if (time >= midnight) return "today";
  if (time >= daysBefore(1)) return "yesterday";
  return time >= daysBefore(6) ? "this-week" : "older";
}

function snapshotRow(repository: string, snapshot: Snapshot): SnapshotRow {
  return { type: "snapshot", repository, snapshot };
}

function idOfRepository(row: ParentRow): string | undefined {
  return row.type === "repository" ? row.id : row.repository;
}

function listed({ name, type }: Node): Listed {
  return { name, isFolder: type === "dir" };
}
