/** Builds and registers everything around backups; the front door calls it once. */
import { hostname, userInfo } from "node:os";
import { Disposable, type ExtensionContext, Uri, window, workspace } from "vscode";
import { Emitter } from "../../base/event.ts";
import { Backups } from "../../app/backups/backups.ts";
import { Changes } from "../../app/backups/changes.ts";
import type { Browse } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { Jobs } from "../../app/backups/jobs.ts";
import type { Clock, Log } from "../../app/ports.ts";
import { Repositories } from "../../app/backups/repositories.ts";
import type { Kernels } from "../../engine/threads/kernels.ts";
import { backupCommands, type BackupCommandId } from "./backupCommands.ts";
import { type BackupRoom, currentTarget } from "./backupRoom.ts";
import { backupSection } from "./backupSettings.ts";
import { BackupsTree } from "./backups.ts";
import type { CommandTable } from "../commands.ts";
import { otherWindows } from "../elsewhere.ts";
import { offerWhatThereIs } from "../offers.ts";
import { RecoverySheets } from "./recoverySheetDocument.ts";
import type { Reporter } from "../report.ts";
import { tellCutOff } from "./restoreFlow.ts";
import { SnapshotFiles } from "./snapshotFiles.ts";
import { showStatus } from "./statusBarItem.ts";
import { watcherIsSightless, watchWorkspace, workspaceExclusion } from "./watch.ts";

export interface Neighbours {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly reporter: Reporter;
  /** Ended here, once no backup needs them. */
  readonly kernels: Kernels;
  readonly log: Log;
  readonly clock: Clock;
}

export interface BackupParts {
  readonly room: BackupRoom;
  readonly commands: Pick<CommandTable, BackupCommandId>;
}

export function startBackups(context: ExtensionContext, neighbours: Neighbours): BackupParts {
  const { subscriptions, globalState, workspaceState, globalStorageUri, secrets } = context;
  const { connections, kernels, log, clock } = neighbours;
  const within = (name: string) => Uri.joinPath(globalStorageUri, name).fsPath;
  const exclusion = workspaceExclusion(() => room);
  const { version } = context.extension.packageJSON as { readonly version: string };
  const room: BackupRoom = {
    ...neighbours,
    setupBegun: new Emitter<void>(),
    memento: workspaceState,
    hostname: hostname(),
    ownFolders: [globalStorageUri.fsPath],
    safetyFolder: within("restores"),
    repositories: new Repositories({
      connections,
      memento: globalState,
      secrets,
      elsewhere: otherWindows,
      kernels,
      writer: { hostname: hostname(), username: userName(), program: `Offsite ${version}` },
      cacheFolder: within("cache"),
      clock,
      log,
    }),
    jobs: new Jobs({ memento: workspaceState, clock, log }),
    changes: new Changes({ clock, excluded: exclusion.of, sightless: watcherIsSightless }),
  };

  const backups = new Backups({
    repositories: room.repositories,
    clock,
    target: () => currentTarget(room),
  });
  const sheets = new RecoverySheets(room);
  const view = window.createTreeView("offsite.backups", {
    treeDataProvider: new BackupsTree(room, backups),
    canSelectMany: true,
    showCollapseAll: true,
  });
  subscriptions.push(
    view,
    sheets,
    new SnapshotFiles(room.repositories).register(),
    showStatus(room),
    offerWhatThereIs(room),
    watchWorkspace(room, exclusion),
    connections.onDidChange(() => backups.redraw()),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${backupSection}.target`)) backups.redraw();
    }),
    // What runs is called off, so that it lets go of its locks; then the threads may end.
    new Disposable(() => void room.jobs.stop().then(async () => await kernels.dispose())),
  );
  void tellCutOff(room);
  return { room, commands: backupCommands(room, backups, sheets) };
}

/** Empty where the system has no name for the user, as in some containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}
