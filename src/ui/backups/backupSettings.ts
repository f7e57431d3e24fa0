/** The workspace's settings about backups, typed and checked. */
import { commands, ConfigurationTarget, workspace } from "vscode";
import { parsePlace, type RepositoryPlace } from "../../app/backups/place.ts";

export interface BackupSettings {
  /** Where this workspace is backed up to; absent until it is set up. */
  readonly target?: RepositoryPlace;
  /** The id of the repository there: another computer may reach it over another connection. */
  readonly targetRepository?: string;
  /** Gitignore patterns that hold in every folder. */
  readonly excludes: readonly string[];
  readonly useGitignore: boolean;
  readonly maxFileBytes?: number;
  readonly saveFirst: "ask" | "always" | "never";
  /** After so many days with changes and without a backup the status bar warns; 0: never. */
  readonly remindAfterDays: number;
}

export const backupSection = "offsite.backup";

/** What holds now. A value of the wrong form counts as not set. */
export function backupSettings(): BackupSettings {
  const section = workspace.getConfiguration(backupSection);
  const saved = section.get<Readonly<Record<string, unknown>>>("target");
  const target = parsePlace(saved);
  const targetRepository = saved?.["repository"];
  const maxFileMegabytes = section.get("maxFileMegabytes");
  const saveFirst = section.get("saveFirst");
  return {
    ...(target && { target }),
    ...(typeof targetRepository === "string" && { targetRepository }),
    excludes: texts(section.get("excludes")),
    useGitignore: section.get("useGitignore") !== false,
    ...(typeof maxFileMegabytes === "number" &&
      maxFileMegabytes > 0 && { maxFileBytes: maxFileMegabytes * 1e6 }),
    saveFirst: saveFirst === "always" || saveFirst === "never" ? saveFirst : "ask",
    remindAfterDays: positive(section.get("remindAfterDays")),
  };
}

/** Remembers where this workspace is backed up to: in its own settings, and without any secret. */
export async function saveTarget(place: RepositoryPlace, repository: string): Promise<void> {
  await workspace
    .getConfiguration(backupSection)
    .update("target", { ...place, repository }, ConfigurationTarget.Workspace);
}

/** Opens the settings where this workspace's own can be changed. */
export async function editBackupSettings(): Promise<void> {
  await commands.executeCommand("workbench.action.openWorkspaceSettings", {
    query: backupSection,
  });
}

/** Saves unsaved editors from now on without asking. */
export async function alwaysSaveFirst(): Promise<void> {
  await workspace
    .getConfiguration(backupSection)
    .update("saveFirst", "always", ConfigurationTarget.Global);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function positive(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : 0;
}
