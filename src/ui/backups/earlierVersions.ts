/** "Restore Earlier Version…": every distinct content a file had, whichever snapshots hold it. */
import { l10n, ThemeIcon, Uri, window, workspace } from "vscode";
import type { RepositoryPlace } from "../../app/backups/place.ts";
import { isWithin, type SnapshotPath, snapshotPath } from "../../app/backups/snapshots.ts";
import { type Destination, newestFirst } from "../../app/backups/tasks.ts";
import { findVersions, type FileVersion } from "../../engine/snapshots/find.ts";
import type { Repository } from "../../engine/repository/repository.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import { backUpWorkspace } from "./backupFlow.ts";
import { type BackupRoom, currentTarget } from "./backupRoom.ts";
import { timeLabel } from "./backups.ts";
import { openAsking } from "./passphraseSteps.ts";
import { openTwin, restoreFlow } from "./restoreFlow.ts";
import { compareFiles } from "./restorePreview.ts";
import { snapshotUri } from "./snapshotUri.ts";
import { type Choice, pickOne } from "../steps.ts";
import { ago, size, visible } from "../words.ts";

/** Asks which version of the file at `given`, or of the one in the editor, and restores it. */
export async function restoreEarlierVersion(room: BackupRoom, given: unknown): Promise<void> {
  const file = openFile(given instanceof Uri ? given : window.activeTextEditor?.document.uri);
  if (!file) {
    void window.showInformationMessage(l10n.t("Open or select a file of the workspace first."));
    return;
  }
  const place = currentTarget(room);
  if (place && room.connections.get(place.connection)) await restoreVersion(room, place, file);
  else await backUpWorkspace(room);
}

async function restoreVersion(
  room: BackupRoom,
  place: RepositoryPlace,
  file: OpenFile,
): Promise<void> {
  const name = file.uri.path.slice(file.uri.path.lastIndexOf("/") + 1);
  const title = l10n.t("Restore an Earlier Version of {0}", name);
  const opened = await openAsking(room, place, { title });
  if (opened?.type !== "answer") return;
  const { repository } = opened.value;
  const version = await askVersion(room, repository, file, title);
  const [snapshot] = version?.snapshots ?? [];
  const path = snapshot && pathIn(snapshot, file);
  if (!snapshot || !path) return;
  const destination = placeOf(snapshot, path, file.root);
  await restoreFlow(room, { place, repository, snapshot, picked: [path] }, destination);
}

function openFile(uri: Uri | undefined): OpenFile | undefined {
  const folder = uri?.scheme === "file" ? workspace.getWorkspaceFolder(uri) : undefined;
  return uri && folder && { uri, root: folder.uri.fsPath };
}

/** A file of an open folder. */
interface OpenFile {
  readonly uri: Uri;
  /** Absolute path of the open folder. */
  readonly root: string;
}

async function askVersion(
  room: BackupRoom,
  repository: Repository,
  file: OpenFile,
  title: string,
): Promise<FileVersion | undefined> {
  const compare = { iconPath: new ThemeIcon("diff"), tooltip: l10n.t("Compare with Working File") };
  const path = (snapshot: Snapshot) => pathIn(snapshot, file);
  const chosen = await pickOne<FileVersion>(
    { title },
    {
      placeholder: l10n.t("Which version? The button compares it with the file of today."),
      choices: async (signal) => {
        const snapshots = await newestFirst(repository, signal);
        const versions = await findVersions(repository, { snapshots, path, signal });
        return rows(room, versions, compare);
      },
      onButton: (version) => {
        if (version) void compareVersion(repository, version, file);
      },
    },
  );
  return chosen?.type === "answer" ? chosen.value : undefined;
}

function rows(
  { clock }: BackupRoom,
  versions: readonly FileVersion[],
  compare: { iconPath: ThemeIcon; tooltip: string },
): readonly Choice<FileVersion>[] {
  if (versions.length === 0) return [{ label: l10n.t("No snapshot has this file.") }];
  const now = clock.now();
  return versions.map((version) => {
    // The oldest snapshot that has it tells when this content came to be.
    const time = new Date(version.snapshots.at(-1)?.time ?? version.node.mtime);
    const count = version.snapshots.length;
    return {
      label: `$(history) ${timeLabel(time, now)}`,
      description: [
        ago(l10n.t, time, now),
        visible(version.snapshots[0]?.hostname ?? ""),
        size(l10n.t, version.node.size ?? 0),
        count === 1 ? l10n.t("in 1 snapshot") : l10n.t("in {0} snapshots", count),
      ]
        .filter(Boolean)
        .join(" · "),
      buttons: [compare],
      value: version,
    };
  });
}

async function compareVersion(
  repository: Repository,
  { snapshots }: FileVersion,
  file: OpenFile,
): Promise<void> {
  const [snapshot] = snapshots;
  const path = snapshot && pathIn(snapshot, file);
  if (!snapshot || !path) return;
  const then = snapshotUri({ repository: repository.id, snapshot: snapshot.id, path });
  await compareFiles(snapshot, then, file.uri);
}

/** Where the file lies in the snapshot, be it another computer's. */
function pathIn(snapshot: Snapshot, { uri, root }: OpenFile): SnapshotPath | undefined {
  const path = snapshotPath(uri.fsPath);
  if (snapshot.paths.includes(root)) return path;
  const twin = openTwin(snapshot, [root]);
  return twin && [...snapshotPath(twin.root), ...path.slice(snapshotPath(root).length)];
}

/** The open folder, whatever it was called where the snapshot was made. */
function placeOf(snapshot: Snapshot, path: SnapshotPath, folder: string): Destination {
  const root = snapshot.paths.find((one) => isWithin(snapshotPath(one), path));
  if (root === undefined || root === folder) return { type: "original" };
  return { type: "instead", root, folder };
}
