/** "Back Up Workspace": the first time four questions, afterwards one click. */
import { commands, l10n, Uri, window } from "vscode";
import type { BackupReport } from "../../engine/backup/backup.ts";
import { isRepositoryError } from "../../engine/errors.ts";
import { placeKey, type RepositoryPlace } from "../../app/backups/place.ts";
import type { JobContext, Started } from "../../app/backups/jobs.ts";
import { backUp } from "../../app/backups/tasks.ts";
import { type BackupRoom, currentTarget, excludeRules } from "./backupRoom.ts";
import { setUpBackup } from "./backupSetup.ts";
import { explain, explainFile } from "../messages.ts";
import { openAsking } from "./passphraseSteps.ts";
import { showIfLong } from "./progress.ts";
import { saveUnsaved } from "./unsaved.ts";
import { files, size, visible } from "../words.ts";
import { openWorkspace, type OpenWorkspace, sayWhyNot } from "../workspaceFolders.ts";

type Folders = Extract<OpenWorkspace, { type: "folders" }>;

/** The command: sets the backup up where it is not, then backs up. */
export async function backUpWorkspace(room: BackupRoom): Promise<void> {
  const open = openWorkspace();
  if (open.type !== "folders") {
    await sayWhyNot(open);
    return;
  }
  const target = currentTarget(room);
  const known = target && room.connections.get(target.connection);
  if (target && known) {
    await runBackup(room, open, target);
    return;
  }
  if (target && !(await wantsAnotherTarget())) return;
  await setUpAndRun(room, open);
}

/** "Change Where to Back Up…": the questions of the first time again. */
export async function changeTarget(room: BackupRoom): Promise<void> {
  const open = openWorkspace();
  if (open.type === "folders") await setUpAndRun(room, open);
  else await sayWhyNot(open);
}

async function setUpAndRun(room: BackupRoom, open: Folders): Promise<void> {
  const chosen = await setUpBackup(room, open);
  if (chosen) await runBackup(room, open, chosen, true);
}

/** Backs the open folders up to `target`, telling how it goes. Resolves when it is over. */
async function runBackup(
  room: BackupRoom,
  open: Folders,
  target: RepositoryPlace,
  first = false,
): Promise<void> {
  if (!(await saveUnsaved(open.folders))) return;
  const started = room.jobs.start("backup", placeKey(target), async (job) => {
    const before = room.connections.requestsSent;
    try {
      const report = await openAndBackUp(room, open, target, job);
      job.record({ requests: room.connections.requestsSent - before });
      return report;
    } catch (error) {
      const sentence = explain(error, l10n.t)?.text;
      if (sentence !== undefined) job.record({ failure: sentence });
      throw error;
    }
  });
  showIfLong(room.jobs, started);
  await tellOutcome(room, started, first);
}

async function openAndBackUp(
  room: BackupRoom,
  { folders }: Folders,
  target: RepositoryPlace,
  job: JobContext,
): Promise<BackupReport> {
  const opened = await openAsking(room, target, { title: l10n.t("Back Up Workspace") }, job.signal);
  // Called off at the passphrase is called off.
  if (opened?.type !== "answer") throw new DOMException("no passphrase", "AbortError");
  return await backUp(
    {
      repositories: room.repositories,
      repository: opened.value.repository,
      folders,
      excludes: excludeRules(room, target),
      changes: room.changes,
    },
    job,
  );
}

async function tellOutcome(
  room: BackupRoom,
  started: Started<BackupReport>,
  first: boolean,
): Promise<void> {
  if (started.type === "busy") return;
  const outcome = await started.outcome;
  if (outcome.type === "failed") await tellFailure(room, outcome.error);
  if (outcome.type !== "done") return;
  const { failed } = outcome.value;
  const line = resultLine(outcome.value);
  if (failed.length > 0) void tellFailures(outcome.value);
  else if (first) void offerBackups(line);
  else window.setStatusBarMessage(`$(check) ${line}`, 5000);
}

async function tellFailure(room: BackupRoom, error: unknown): Promise<void> {
  if (!isRepositoryError(error, "not-a-repository")) {
    room.reporter.report(error, { retry: async () => await backUpWorkspace(room) });
    return;
  }
  const choose = l10n.t("Choose Where…");
  const sentence = explain(error, l10n.t)?.text ?? "";
  if ((await window.showErrorMessage(sentence, choose)) === choose) await changeTarget(room);
}

function resultLine({ snapshot, summary }: BackupReport): string {
  if (!snapshot) return l10n.t("Nothing to do: nothing has changed since the last snapshot");
  const changed = summary.files_new + summary.files_changed;
  return l10n.t(
    "Backed up {0}, {1} added",
    files(l10n.t, changed),
    size(l10n.t, summary.data_added_packed),
  );
}

async function offerBackups(line: string): Promise<void> {
  const show = l10n.t("Show Backups");
  if ((await window.showInformationMessage(l10n.t("{0}.", line), show)) === show)
    await commands.executeCommand("offsite.backups.focus");
}

async function tellFailures({ failed }: BackupReport): Promise<void> {
  const show = l10n.t("Show Files");
  const chosen = await window.showWarningMessage(
    failed.length === 1
      ? l10n.t("Backed up, except {0}, which could not be read.", visible(failed[0]?.path ?? ""))
      : l10n.t("Backed up, except {0} that could not be read.", files(l10n.t, failed.length)),
    show,
  );
  if (chosen !== show) return;
  const rows = failed.map(({ path, message }) => ({
    label: visible(path),
    description: explainFile(message, l10n.t),
    path,
  }));
  const file = await window.showQuickPick(rows, { title: l10n.t("Not backed up") });
  if (file) await commands.executeCommand("vscode.open", Uri.file(file.path));
}

/** The workspace's target refers to a connection this computer does not have. */
async function wantsAnotherTarget(): Promise<boolean> {
  const choose = l10n.t("Choose Where…");
  const chosen = await window.showWarningMessage(
    l10n.t(
      "This workspace is backed up over a connection that is not saved on this computer. Add the connection and choose the same folder, or choose another.",
    ),
    choose,
  );
  return chosen === choose;
}

/** The click on a warning in the status bar: what is wrong, and the fix. */
export async function explainBackup(room: BackupRoom): Promise<void> {
  const target = currentTarget(room);
  const last = target && room.jobs.last(placeKey(target), "backup");
  const failure = last?.outcome === "failed" ? last.facts["failure"] : undefined;
  const text =
    typeof failure === "string"
      ? l10n.t("The last backup failed. {0}", failure)
      : l10n.t("The last backup of this workspace is too long ago.");
  const again = l10n.t("Back Up Now");
  const log = l10n.t("Show Log");
  const chosen = await window.showWarningMessage(text, again, log);
  if (chosen === again) await backUpWorkspace(room);
  if (chosen === log) await commands.executeCommand("offsite.showLog");
}
