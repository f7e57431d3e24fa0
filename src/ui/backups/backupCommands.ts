/** The commands around backups: each a few lines between a row and the flow that does the work. */
import { commands, l10n, Uri, window, workspace } from "vscode";
import type {
  BackupRow,
  Backups,
  EntryRow,
  FailureRow,
  MoreRow,
  SnapshotRow,
} from "../../app/backups/backups.ts";
import { placeKey, type RepositoryPlace } from "../../app/backups/place.ts";
import type { KnownRepository } from "../../app/backups/repositories.ts";
import { isWithin, snapshotPath } from "../../app/backups/snapshots.ts";
import { newestFirst } from "../../app/backups/tasks.ts";
import type { Repository } from "../../engine/repository/repository.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import { backUpWorkspace, changeTarget, explainBackup } from "./backupFlow.ts";
import { type BackupRoom, currentTarget, placeName } from "./backupRoom.ts";
import { editBackupSettings, saveTarget } from "./backupSettings.ts";
import { changePassphrase } from "./changePassphrase.ts";
import { useExisting } from "./backupSetup.ts";
import { timeLabel } from "./backups.ts";
import type { CommandTable } from "../commands.ts";
import { restoreEarlierVersion } from "./earlierVersions.ts";
import { askAndOpen, openAsking } from "./passphraseSteps.ts";
import { showProgress } from "./progress.ts";
import type { RecoverySheets } from "./recoverySheetDocument.ts";
import { openTwin, restoreFlow, undoRestore } from "./restoreFlow.ts";
import { compareFiles } from "./restorePreview.ts";
import { snapshotUri } from "./snapshotUri.ts";
import { pickOne } from "../steps.ts";
import { ago, changedFiles, visible } from "../words.ts";
import { openWorkspace } from "../workspaceFolders.ts";

export type BackupCommandId =
  | "backUp"
  | "useExistingRepository"
  | "restoreWorkspace"
  | "restore"
  | "restoreEarlierVersion"
  | "undoRestore"
  | "openSnapshotFile"
  | "compareSnapshotFile"
  | "refreshBackups"
  | "retryBackups"
  | "moreBackups"
  | "enterPassphrase"
  | "showRecoverySheet"
  | "changePassphrase"
  | "forgetRepository"
  | "explainBackup"
  | "showProgress"
  | "changeTarget"
  | "editExcludes";

/** The handlers. A row argument is whatever VS Code passes: a row of our own view, or nothing. */
export function backupCommands(
  room: BackupRoom,
  backups: Backups,
  sheets: RecoverySheets,
): Pick<CommandTable, BackupCommandId> {
  return {
    backUp: async () => await backUpWorkspace(room),
    useExistingRepository: async () => await addRepository(room),
    restoreWorkspace: async () => await restoreAnything(room),
    restore: async (row, rows) => await restoreRows(room, rowsOf(row, rows)),
    restoreEarlierVersion: async (uri) => await restoreEarlierVersion(room, uri),
    undoRestore: async () => await undoRestore(room),
    openSnapshotFile: async (row) => await openFile(row),
    compareSnapshotFile: async (row) => await compareWithWorkingFile(row),
    refreshBackups: async () => await backups.refresh(),
    retryBackups: async (row) => await backups.refresh(isRow<FailureRow>(row, "failure")?.of),
    moreBackups: (row) => {
      const more = isRow<MoreRow>(row, "more");
      if (more) backups.more(more);
    },
    enterPassphrase: async (row) => await enterPassphrase(room, row),
    showRecoverySheet: async (row) => await showSheet(room, sheets, row),
    changePassphrase: async (row) => {
      const known = await whichRepository(room, row, l10n.t("Change Passphrase"));
      if (known) await changePassphrase(room, known);
    },
    forgetRepository: async (row) => await forgetRepository(room, row),
    changeTarget: async () => await changeTarget(room),
    explainBackup: async () => await explainBackup(room),
    showProgress: () => showRunning(room),
    editExcludes: async () => await editBackupSettings(),
  };
}

async function addRepository(room: BackupRoom): Promise<void> {
  const place = await useExisting(room);
  if (!place) return;
  await commands.executeCommand("offsite.backups.focus");
  const open = openWorkspace();
  if (open.type !== "folders" || currentTarget(room)) return;
  const yes = l10n.t("Back Up There Too");
  const chosen = await window.showInformationMessage(
    l10n.t(
      "The repository {0} is open: its snapshots are in the view Backups. Shall this workspace be backed up to it from now on?",
      placeName(room, place),
    ),
    yes,
  );
  const id = room.repositories.at(place)?.id;
  if (chosen === yes && id !== undefined) await saveTarget(place, id);
}

/** From the palette or the status bar: which repository, which snapshot, all of it. */
async function restoreAnything(room: BackupRoom): Promise<void> {
  const title = l10n.t("Restore");
  const place = await pickPlace(room, title);
  if (!place) return;
  const opened = await openAsking(room, place, { title });
  if (opened?.type !== "answer") return;
  const { repository } = opened.value;
  const snapshot = await pickSnapshot(room, repository, title);
  if (snapshot) await restoreFlow(room, { place, repository, snapshot, picked: [] });
}

async function pickPlace(room: BackupRoom, title: string): Promise<RepositoryPlace | undefined> {
  const target = currentTarget(room);
  if (target && room.connections.get(target.connection)) return target;
  const known = room.repositories.list();
  if (known.length === 0) return await useExisting(room);
  const chosen = await pickOne<RepositoryPlace>(
    { title },
    {
      placeholder: l10n.t("From which repository?"),
      choices: known.map(({ place }) => ({
        label: `$(archive) ${placeName(room, place)}`,
        value: place,
      })),
    },
  );
  return chosen?.type === "answer" ? chosen.value : undefined;
}

async function pickSnapshot(
  room: BackupRoom,
  repository: Repository,
  title: string,
): Promise<Snapshot | undefined> {
  const now = room.clock.now();
  const chosen = await pickOne<Snapshot>(
    { title },
    {
      placeholder: l10n.t("Which snapshot?"),
      choices: async (signal) =>
        (await newestFirst(repository, signal)).map((snapshot) => {
          const time = new Date(snapshot.time);
          return {
            label: `$(history) ${timeLabel(time, now)}`,
            description: [
              ago(l10n.t, time, now),
              visible(snapshot.hostname ?? ""),
              snapshot.summary && changedFiles(l10n.t, snapshot.summary),
            ]
              .filter(Boolean)
              .join(" · "),
            detail: visible(snapshot.paths.join(", ")),
            value: snapshot,
          };
        }),
    },
  );
  return chosen?.type === "answer" ? chosen.value : undefined;
}

async function restoreRows(room: BackupRoom, rows: readonly BackupRow[]): Promise<void> {
  const wanted = rows.filter((row) => row.type === "snapshot" || row.type === "entry");
  const [first] = wanted;
  if (!first) {
    await restoreAnything(room);
    return;
  }
  const { snapshot } = first;
  if (wanted.some((row) => row.snapshot.id !== snapshot.id)) {
    void window.showInformationMessage(
      l10n.t("Choose files of one snapshot: several states of a file cannot be restored at once."),
    );
    return;
  }
  const known = room.repositories.get(first.repository);
  if (!known) return;
  const repository = await room.repositories.openKnown(first.repository);
  const whole = wanted.some((row) => row.type === "snapshot");
  const picked = whole ? [] : wanted.flatMap((row) => (row.type === "entry" ? [row.path] : []));
  await restoreFlow(room, { place: known.place, repository, snapshot, picked });
}

async function openFile(given: unknown): Promise<void> {
  const row = isRow<EntryRow>(given, "entry");
  if (row) await commands.executeCommand("vscode.open", uriOf(row));
}

async function compareWithWorkingFile(given: unknown): Promise<void> {
  const row = isRow<EntryRow>(given, "entry");
  if (!row) return;
  const working = workingFile(row);
  if (working && (await exists(working))) {
    await compareFiles(row.snapshot, uriOf(row), working);
    return;
  }
  await openFile(row);
  void window.showInformationMessage(
    l10n.t(
      "{0} is not in the workspace any more. This is the file of the snapshot.",
      visible(row.node.name),
    ),
  );
}

/** Where the file lies today: in the open folder that stands for its own, or where it came from. */
function workingFile({ snapshot, path }: EntryRow): Uri | undefined {
  const open = openWorkspace();
  const folders = open.type === "folders" ? open.folders : [];
  const root = snapshot.paths.find((one) => isWithin(snapshotPath(one), path));
  if (root === undefined) return undefined;
  const folder = folders.includes(root) ? root : (openTwin(snapshot, folders)?.folder ?? root);
  return Uri.joinPath(Uri.file(folder), ...path.slice(snapshotPath(root).length));
}

async function exists(uri: Uri): Promise<boolean> {
  try {
    await workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

async function enterPassphrase(room: BackupRoom, given: unknown): Promise<void> {
  const { of } = isRow<FailureRow>(given, "failure") ?? {};
  const place =
    of?.type === "repository" ? of.place : of && room.repositories.get(of.repository)?.place;
  if (place) await askAndOpen(room, place, { title: l10n.t("Open Repository") });
}

async function showSheet(room: BackupRoom, sheets: RecoverySheets, given: unknown): Promise<void> {
  const known = await whichRepository(room, given, l10n.t("Recovery Sheet"));
  if (known) await sheets.show(known);
}

/** The row's repository, the one with the given id, this workspace's, or the one picked from a list. */
async function whichRepository(
  room: BackupRoom,
  given: unknown,
  title: string,
): Promise<KnownRepository | undefined> {
  const { repositories } = room;
  if (typeof given === "string") return repositories.get(given);
  const row = isRow(given, "repository");
  if (row?.type === "repository") return repositories.at(row.place);
  const target = currentTarget(room);
  const current = target && repositories.at(target);
  if (current) return current;
  const chosen = await pickOne<KnownRepository>(
    { title },
    {
      placeholder: l10n.t("Of which repository?"),
      choices: repositories
        .list()
        .map((known) => ({ label: `$(archive) ${placeName(room, known.place)}`, value: known })),
    },
  );
  return chosen?.type === "answer" ? chosen.value : undefined;
}

async function forgetRepository(room: BackupRoom, given: unknown): Promise<void> {
  const row = isRow(given, "repository");
  if (row?.type !== "repository" || row.id === undefined) return;
  const remove = l10n.t("Remove from List");
  const chosen = await window.showWarningMessage(
    l10n.t("Remove {0} from the list?", placeName(room, row.place)),
    {
      modal: true,
      detail: l10n.t(
        "This computer forgets the passphrase. The repository and its snapshots stay where they are.",
      ),
    },
    remove,
  );
  if (chosen === remove) await room.repositories.forget(row.id);
}

function showRunning(room: BackupRoom): void {
  const { jobs } = room;
  const target = currentTarget(room);
  const job = (target && jobs.running(placeKey(target))) ?? jobs.state.running[0];
  if (job) showProgress(jobs, job);
}

function uriOf({ repository, snapshot, path }: EntryRow): Uri {
  return snapshotUri({ repository, snapshot: snapshot.id, path });
}

/** With several rows selected VS Code passes them all second; then the first is one of them. */
function rowsOf(row: unknown, rows: unknown): readonly BackupRow[] {
  const given = Array.isArray(rows) && rows.length > 0 ? rows : [row];
  return given.filter((one): one is SnapshotRow | EntryRow => isAnyRow(one));
}

/** `value` if it is a row of `type`: commands can be called by anyone with anything. */
function isRow<R extends BackupRow>(value: unknown, type: R["type"]): R | undefined {
  // The rows are our own objects, told apart by their type alone.
  return isAnyRow(value) && value.type === type ? (value as R) : undefined;
}

function isAnyRow(value: unknown): value is BackupRow {
  return typeof value === "object" && value !== null && "type" in value;
}
