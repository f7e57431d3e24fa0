/** Keeps `Changes` up to date: with the watcher's word, and once with a comparison on disk. */
import { Disposable, l10n, RelativePattern, type Uri, workspace } from "vscode";
import { placeKey } from "../../app/backups/place.ts";
import { compareWithLast, lookAgain } from "../../app/backups/tasks.ts";
import { excluder } from "../../engine/disk/excluder.ts";
import { type BackupRoom, currentTarget, excludeRules } from "./backupRoom.ts";
import { backupSection } from "./backupSettings.ts";
import { explain } from "../messages.ts";
import { openWorkspace } from "../workspaceFolders.ts";

/** What a window does first is more urgent than a number in the status bar. */
const settleMs = 5_000;
const quietMs = 2_000;

/** Whether backups leave a path out, by the settings and ignore files of now. */
export class Exclusion {
  #excluded: ((path: string) => boolean) | undefined;
  readonly #make: () => (path: string) => boolean;

  constructor(make: () => (path: string) => boolean) {
    this.#make = make;
  }

  readonly of = (path: string): boolean => (this.#excluded ??= this.#make())(path);

  /** The rules are others now. */
  forget(): void {
    this.#excluded = undefined;
  }
}

/** The exclusion as the workspace has it. */
export function workspaceExclusion(room: () => BackupRoom): Exclusion {
  return new Exclusion(() => {
    const open = openWorkspace();
    if (open.type !== "folders") return () => true;
    const target = currentTarget(room());
    return excluder(open.folders, excludeRules(room(), target));
  });
}

/** Folders below which VS Code watches nothing, unless told otherwise; `Changes` knows about them. */
const usuallyUnwatched = ["**/.git/objects/**", "**/.git/subtree-cache/**", "**/.hg/store/**"];

/** Whether the settings keep more from the watcher than they usually do. */
export function watcherIsSightless(): boolean {
  const unwatched = workspace.getConfiguration("files").get<unknown>("watcherExclude");
  return Object.entries(unwatched ?? {}).some(
    ([pattern, isSet]) => isSet === true && !usuallyUnwatched.includes(pattern),
  );
}

/** Watches what is open, and starts anew when that changes. */
export function watchWorkspace(room: BackupRoom, exclusion: Exclusion): Disposable {
  const { changes } = room;
  const touch = ({ fsPath }: Uri, isKnown = false) => {
    if (/[\\/]\.(git|offsite)ignore$/.test(fsPath)) exclusion.forget();
    changes.touch(fsPath, { isKnown });
  };
  let watchers = watchFolders(touch);
  let comparison = compareSoon(room);
  const again = () => {
    exclusion.forget();
    changes.reset();
    comparison.dispose();
    comparison = compareSoon(room);
  };
  return Disposable.from(
    { dispose: () => watchers.dispose() },
    { dispose: () => comparison.dispose() },
    lookAgainWhenQuiet(room),
    // A saved editor is known at once; the watcher's word comes a moment later.
    workspace.onDidSaveTextDocument(({ uri }) => {
      if (uri.scheme === "file" && workspace.getWorkspaceFolder(uri)) touch(uri, true);
    }),
    workspace.onDidChangeWorkspaceFolders(() => {
      watchers.dispose();
      watchers = watchFolders(touch);
      again();
    }),
    workspace.onDidGrantWorkspaceTrust(again),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(backupSection)) again();
    }),
  );
}

function watchFolders(touch: (uri: Uri) => void): Disposable {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  return Disposable.from(
    ...folders.map((folder) => {
      const watcher = workspace.createFileSystemWatcher(new RelativePattern(folder, "**"));
      for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
        event((uri) => touch(uri));
      return watcher;
    }),
  );
}

/** A quiet while after something has changed, looks whether it still differs. */
function lookAgainWhenQuiet(room: BackupRoom): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const stop = new AbortController();
  const look = async () => {
    try {
      const target = currentTarget(room);
      if (!target || !room.changes.baseline || room.jobs.running(placeKey(target))) return;
      const { repository } = await room.repositories.open(target, undefined, stop.signal);
      await lookAgain(repository, room.changes, stop.signal);
    } catch (error) {
      // The count stays too high, which the next backup mends.
      room.log.trace(`not looked again at what has changed: ${String(error)}`);
    } finally {
      room.changes.believe();
    }
  };
  const subscription = room.changes.onDidChange(() => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), quietMs);
  });
  return new Disposable(() => {
    clearTimeout(timer);
    subscription.dispose();
    stop.abort();
  });
}

/**
 * A while later, compares the folders with the last snapshot, so that the count is right after a
 * restart too. Asks for nothing: without a passphrase or a network it stays unknown.
 */
function compareSoon(room: BackupRoom): Disposable {
  const stop = new AbortController();
  const timer = setTimeout(() => void compare(room, stop.signal), settleMs);
  return {
    dispose: () => {
      clearTimeout(timer);
      stop.abort();
    },
  };
}

async function compare(room: BackupRoom, signal: AbortSignal): Promise<void> {
  const open = openWorkspace();
  const target = currentTarget(room);
  if (open.type !== "folders" || !target || !room.repositories.at(target)) return;
  // A backup under way settles the count by itself.
  if (room.jobs.running(placeKey(target))) return;
  try {
    const { repository } = await room.repositories.open(target, undefined, signal);
    const { folders } = open;
    const excludes = excludeRules(room, target);
    await compareWithLast({ repository, folders, excludes, changes: room.changes }, signal);
  } catch (error) {
    const sentence = explain(error, l10n.t)?.text;
    if (sentence !== undefined) room.log.info(`not compared with the last snapshot: ${sentence}`);
  }
}
