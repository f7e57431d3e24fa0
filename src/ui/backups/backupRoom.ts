/** What the backup commands share. Built once, by the front door. */
import { Uri } from "vscode";
import type { Emitter } from "../../base/event.ts";
import type { Changes } from "../../app/backups/changes.ts";
import type { Browse } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import type { Jobs } from "../../app/backups/jobs.ts";
import { localFolder } from "../../app/connections/localFolders.ts";
import type { RepositoryPlace } from "../../app/backups/place.ts";
import type { Clock, Log, Memento } from "../../app/ports.ts";
import type { Repositories } from "../../app/backups/repositories.ts";
import type { ExcludeRules } from "../../engine/disk/ignore.ts";
import { backupSettings } from "./backupSettings.ts";
import type { Reporter } from "../report.ts";
import { visible } from "../words.ts";

export interface BackupRoom {
  /** The tree of connections, which shows what comes into a storage. */
  readonly browse: Pick<Browse, "renew">;
  readonly connections: Connections;
  readonly repositories: Repositories;
  readonly jobs: Jobs;
  readonly changes: Changes;
  readonly reporter: Reporter;
  /** Fires when the questions of a set-up begin: whoever waits in an earlier one gives up. */
  readonly setupBegun: Emitter<void>;
  readonly log: Log;
  readonly clock: Clock;
  /** This workspace's own state. */
  readonly memento: Memento;
  /** This computer's name, as snapshots carry it. */
  readonly hostname: string;
  /** Absolute paths that are never backed up: our own cache and what restores have kept. */
  readonly ownFolders: readonly string[];
  /** Absolute path of the folder that keeps what restores overwrite. */
  readonly safetyFolder: string;
}

/** The name of a place as people read it: "studio › photos/offsite/site". */
export function placeName(
  { connections }: Pick<BackupRoom, "connections">,
  place: RepositoryPlace,
): string {
  const name = connections.get(place.connection)?.name ?? "?";
  const path = [place.container, place.folder].filter(Boolean).join("/");
  return visible(path === "" ? name : `${name} › ${path}`);
}

/**
 * Where this workspace is backed up to. Its settings may come from another computer, whose
 * connection has another id: then the same repository is looked for among those known here.
 */
export function currentTarget({
  connections,
  repositories,
}: Pick<BackupRoom, "connections" | "repositories">): RepositoryPlace | undefined {
  const { target, targetRepository } = backupSettings();
  if (!target || connections.get(target.connection) || targetRepository === undefined)
    return target;
  return repositories.get(targetRepository)?.place ?? target;
}

/** What the backup leaves out, from the settings and from what can never count. */
export function excludeRules(room: BackupRoom, place: RepositoryPlace | undefined): ExcludeRules {
  const { excludes, useGitignore, maxFileBytes } = backupSettings();
  const repository = place && localFolderOf(room, place);
  return {
    patterns: excludes,
    gitignore: useGitignore,
    ...(maxFileBytes !== undefined && { maxFileBytes }),
    never: [...room.ownFolders, ...(repository === undefined ? [] : [repository])],
  };
}

/** The repository's own folder, if its storage is a folder of this computer. */
export function localFolderOf(
  { connections }: Pick<BackupRoom, "connections">,
  { connection, folder }: RepositoryPlace,
): string | undefined {
  const saved = connections.get(connection);
  const root = saved && localFolder(connections, saved);
  return root === undefined ? undefined : Uri.joinPath(Uri.file(root), folder).fsPath;
}
