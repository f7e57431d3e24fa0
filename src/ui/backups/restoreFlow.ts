/** "Restore…": where to, a look at what would happen, then the deed, and a way to take it back. */
import { commands, l10n, Uri, window, workspace } from "vscode";
import type { JobContext } from "../../app/backups/jobs.ts";
import { placeKey, type RepositoryPlace } from "../../app/backups/place.ts";
import {
  cutOffRestore,
  type Destination,
  planRestore,
  restore,
  type RestorePreview,
  type RestoreResult,
  undo,
} from "../../app/backups/tasks.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import { isWritten } from "../../engine/restore/restorePlan.ts";
import type { RestoreUndo } from "../../engine/restore/restoreUndo.ts";
import type { BackupRoom } from "./backupRoom.ts";
import { explainFile } from "../messages.ts";
import { showIfLong } from "./progress.ts";
import { lookAtPreview, type RestoreSource, title } from "./restorePreview.ts";
import { type Choice, pickOne } from "../steps.ts";
import { UndoShelf } from "./undoShelf.ts";
import { files, visible } from "../words.ts";
import { openWorkspace, sayWhyNot } from "../workspaceFolders.ts";

/** Asks where to unless that is known, shows what would happen, and restores if that is what is wanted. */
export async function restoreFlow(
  room: BackupRoom,
  source: RestoreSource,
  known?: Destination,
): Promise<void> {
  const open = openWorkspace();
  if (open.type === "untrusted") {
    await sayWhyNot(open);
    return;
  }
  const destination = known ?? (await askDestination(room, source));
  if (!destination) return;
  const preview = await plan(room, source, destination);
  if (!preview) return;
  const decided = await lookAtPreview(source, preview);
  if (decided) await carryOut(room, source, decided);
}

async function askDestination(
  room: BackupRoom,
  source: RestoreSource,
): Promise<Destination | undefined> {
  const chosen = await pickOne<Destination | "elsewhere">(
    { title: title(source) },
    { placeholder: l10n.t("Where to?"), choices: destinations(room, source.snapshot) },
  );
  if (chosen?.type !== "answer") return undefined;
  if (chosen.value !== "elsewhere") return chosen.value;
  const [folder] =
    (await window.showOpenDialog({
      title: l10n.t("The folder to restore into"),
      openLabel: l10n.t("Restore Here"),
      canSelectFolders: true,
      canSelectFiles: false,
    })) ?? [];
  return folder && { type: "into", folder: folder.fsPath };
}

function destinations(
  room: BackupRoom,
  snapshot: Snapshot,
): readonly Choice<Destination | "elsewhere">[] {
  const open = openWorkspace();
  const folders = open.type === "folders" ? open.folders : [];
  const isOpen = snapshot.paths.every((path) => folders.includes(path));
  const choices: Choice<Destination | "elsewhere">[] = [];
  if (isOpen || snapshot.hostname === room.hostname)
    choices.push({
      label: `$(reply) ${l10n.t("Original place")}`,
      description: visible(snapshot.paths.join(", ")),
      value: { type: "original" },
    });
  const twin = isOpen ? undefined : openTwin(snapshot, folders);
  if (twin)
    choices.push({
      label: `$(root-folder) ${l10n.t("This workspace")}`,
      description: visible(twin.folder),
      value: { type: "instead", ...twin },
    });
  choices.push({
    label: `$(folder) ${l10n.t("Another folder…")}`,
    description: l10n.t("what you picked appears in it under its own name"),
    value: "elsewhere",
  });
  return choices;
}

/** The open folder that stands for the snapshot's folder: the only one, or the one of its name. */
export function openTwin(snapshot: Snapshot, folders: readonly string[]) {
  const nameOf = (path: string) => path.split(/[\\/]/).findLast((segment) => segment !== "");
  const [root, ...others] = snapshot.paths;
  if (root === undefined || others.length > 0) return undefined;
  const folder =
    folders.find((one) => nameOf(one) === nameOf(root)) ??
    (folders.length === 1 ? folders[0] : undefined);
  return folder === undefined ? undefined : { root, folder };
}

async function plan(
  room: BackupRoom,
  source: RestoreSource,
  destination: Destination,
): Promise<RestorePreview | undefined> {
  const { repository, snapshot, picked, place } = source;
  return await finished(room, place, async (job) =>
    planRestore(repository, { snapshot, picked, destination }, job),
  );
}

async function carryOut(
  room: BackupRoom,
  source: RestoreSource,
  preview: RestorePreview,
): Promise<void> {
  const shelf = new UndoShelf(room);
  const id = shelf.newId();
  await shelf.begin(id);
  const work = async (job: JobContext) =>
    await restore(source.repository, preview, shelf.folder(id), job);
  const result = await finished(room, source.place, work, async () => await isPutBack(shelf, id));
  if (!result) return;
  await shelf.put(id, result.undo);
  await tellResult(room, result, preview);
}

/** Whether a restore that was called off or failed has left all as it was; if not, says so. */
async function isPutBack(shelf: UndoShelf, id: string): Promise<boolean> {
  const parts = await cutOffRestore(shelf.folder(id));
  if (parts.length === 0) {
    await shelf.forget(id);
    return true;
  }
  await shelf.put(id, parts);
  void window.showWarningMessage(
    l10n.t(
      "{0} could not be put back as before. “Undo Last Restore” tries it again.",
      files(l10n.t, replacedIn(parts)),
    ),
  );
  return false;
}

function replacedIn(parts: readonly RestoreUndo[]): number {
  return parts.reduce((sum, { made }) => sum + made.length, 0);
}

async function tellResult(
  room: BackupRoom,
  result: RestoreResult,
  preview: RestorePreview,
): Promise<void> {
  const { written, failed, lackingAttributes } = result;
  const undoIt = l10n.t("Undo");
  const show = l10n.t("Show Files");
  const lacking = l10n.t(
    "Extended attributes of {0} could not be set here.",
    files(l10n.t, lackingAttributes),
  );
  const restored = l10n.t("Restored {0}.", files(l10n.t, written));
  const done = lackingAttributes > 0 ? `${restored} ${lacking}` : restored;
  const [first] = failed;
  const chosen = first
    ? await window.showWarningMessage(
        l10n.t(
          "{0} {1} could not be restored: {2}",
          done,
          failed.length === 1 ? visible(first.path) : files(l10n.t, failed.length),
          explainFile(first.message, l10n.t),
        ),
        undoIt,
        show,
      )
    : await window.showInformationMessage(done, undoIt, show);
  if (chosen === undoIt) await undoRestore(room);
  if (chosen === show) await showFiles(preview);
}

/** Takes the last restore of this workspace back. */
export async function undoRestore(room: BackupRoom): Promise<void> {
  const shelf = new UndoShelf(room);
  const last = shelf.last();
  if (!last) {
    void window.showInformationMessage(l10n.t("There is no restore to undo."));
    return;
  }
  const started = room.jobs.start("undo", "undo", async () => undo(last.parts));
  showIfLong(room.jobs, started);
  if (started.type === "busy") return;
  const outcome = await started.outcome;
  if (outcome.type === "failed") room.reporter.report(outcome.error);
  if (outcome.type !== "done") return;
  const { left, rest } = outcome.value;
  if (rest.length === 0) {
    await shelf.drop(last.id);
    void window.showInformationMessage(l10n.t("The restore was undone."));
    return;
  }
  await shelf.put(last.id, rest);
  void window.showWarningMessage(
    l10n.t(
      "Undone, except for {0}, changed since. What was there before is kept for a month: move the changed one away and undo again.",
      left.length === 1
        ? `“${visible(workspace.asRelativePath(left[0] ?? ""))}”`
        : files(l10n.t, left.length),
    ),
  );
}

/** Says of a restore that its window has not seen the end of it, and offers to take it back. */
export async function tellCutOff(room: BackupRoom): Promise<void> {
  const shelf = new UndoShelf(room);
  const cutOff = await shelf.cutOff();
  await shelf.clean();
  if (!cutOff) return;
  const undoIt = l10n.t("Undo");
  const chosen = await window.showWarningMessage(
    l10n.t(
      "A restore was cut off when its window closed. It had replaced {0} by then; what was there before is kept for a month.",
      files(l10n.t, replacedIn(cutOff.parts)),
    ),
    undoIt,
  );
  if (chosen === undoIt) await undoRestore(room);
}

async function showFiles(preview: RestorePreview): Promise<void> {
  const items = preview.plans.flatMap((one) => one.items);
  const item = items.find(isWritten);
  if (!item) return;
  const uri = Uri.file(item.target);
  const inside = workspace.getWorkspaceFolder(uri) !== undefined;
  await commands.executeCommand(inside ? "revealInExplorer" : "revealFileInOS", uri);
}

/**
 * Runs work on the place as a job, tells a failure, and gives the value only of what is done. Of what
 * is not, `isAsBefore` finds out whether it has left all as it was.
 */
async function finished<T>(
  room: BackupRoom,
  place: RepositoryPlace,
  work: (job: JobContext) => Promise<T>,
  isAsBefore: () => Promise<boolean> = async () => true,
): Promise<T | undefined> {
  const started = room.jobs.start("restore", placeKey(place), work);
  showIfLong(room.jobs, started);
  const outcome = started.type === "busy" ? started : await started.outcome;
  if (outcome.type === "done") return outcome.value;
  const aftermath = (await isAsBefore()) ? l10n.t("All files are as they were before.") : undefined;
  if (outcome.type === "failed") room.reporter.report(outcome.error, {}, aftermath);
  return undefined;
}
