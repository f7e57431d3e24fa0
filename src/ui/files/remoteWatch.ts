/** Keeps editors, the Explorer and the tree of connections at one about what has changed. */
import { Disposable, window, workspace } from "vscode";
import type { Browse } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { locationAt, parentOf } from "../../app/location.ts";
import { Polling } from "../../app/files/polling.ts";
import type { Log } from "../../app/ports.ts";
import type { RemoteChange, RemoteFiles } from "../../app/files/remoteFiles.ts";
import type { RemoteFileSystem } from "./fileSystem.ts";
import { remoteFilesInTabs } from "../openEditors.ts";
import { addressAt, isRemote } from "../remoteUri.ts";
import { settings } from "../settings.ts";

/** In a round, whatever is open: a request costs money. */
const requestsInARound = 20;

export interface RemoteWatchRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly files: RemoteFiles;
  readonly fileSystem: RemoteFileSystem;
  readonly log: Log;
}

/** Watches until it is disposed of. */
export function watchRemote(rooms: RemoteWatchRooms): Disposable {
  return Disposable.from(rememberEdited(rooms), keepTreeInStep(rooms), poll(rooms));
}

/** What a dirty editor has read is remembered, so that a save after a restart finds a conflict too. */
function rememberEdited({ files: { editing }, log }: RemoteWatchRooms): Disposable {
  const run = (work: Promise<void>) =>
    void work.catch((error: unknown) => log.warn(`not remembered: ${String(error)}`));
  return Disposable.from(
    workspace.onDidChangeTextDocument(({ document: { uri, isDirty } }) => {
      if (isRemote(uri) && isDirty) run(editing.edited(locationAt(uri.authority, uri.path)));
    }),
    workspace.onDidCloseTextDocument(({ uri }) => {
      if (isRemote(uri)) run(editing.forget(locationAt(uri.authority, uri.path)));
    }),
  );
}

function keepTreeInStep({ browse, files, fileSystem, log }: RemoteWatchRooms): Disposable {
  let isOurs = false;
  return Disposable.from(
    files.onDidChange((changes) => {
      isOurs = true;
      try {
        refreshTree(browse, changes);
      } finally {
        isOurs = false;
      }
    }),
    browse.onDidChange((at) => {
      if (isOurs) return;
      files.listings.distrust();
      if (!at) return;
      const address = files.addressOf(at);
      const isMounted = files.listings.get(address) && fileSystem.watches.reach(address);
      // What was restored or replaced in there is not to be seen a minute later only.
      const open = openFiles().filter((file) => isDirectlyIn(file, address));
      for (const one of isMounted ? [address, ...open] : open)
        files.lookAgain(one).then(
          (changes) => fileSystem.fire(changes),
          (error: unknown) => log.info(`not looked again: ${String(error)}`),
        );
    }),
  );
}

function isDirectlyIn(file: RemoteChange["address"], folder: RemoteChange["address"]): boolean {
  const parent = file.path.slice(0, file.path.lastIndexOf("/"));
  return file.connection === folder.connection && parent === folder.path.replace(/\/$/, "");
}

/** Each folder once, in which something came, went or changed. */
function refreshTree(browse: Browse, changes: readonly RemoteChange[]): void {
  const folders = new Map<string, RemoteChange["address"]>();
  for (const { address } of changes)
    folders.set(address.path.slice(0, address.path.lastIndexOf("/")), address);
  for (const { connection, path } of folders.values())
    browse.renew(parentOf(locationAt(connection, path)));
}

/** Only while somebody looks at the window. */
function poll({ browse, connections, files, fileSystem, log }: RemoteWatchRooms): Disposable {
  const polling = new Polling(files);
  let lastMs = Date.now();
  let isRunning = false;
  const round = async () => {
    const changes = await polling.round({
      documents: openFiles(),
      isWatched: (folder) => fileSystem.watches.want(folder),
      requests: requestsInARound,
    });
    if (changes.length === 0) return;
    fileSystem.fire(changes);
    refreshTree(browse, changes);
  };
  const tick = () => {
    const seconds = watchSeconds();
    const isDue = seconds > 0 && Date.now() - lastMs >= seconds * 1000;
    if (!isDue || isRunning || !window.state.focused) return;
    isRunning = true;
    round()
      .catch((error: unknown) => log.warn(`not looked for changes: ${String(error)}`))
      .finally(() => {
        isRunning = false;
        lastMs = Date.now();
      });
  };
  const timer = setInterval(tick, 1000);
  return Disposable.from(
    new Disposable(() => clearInterval(timer)),
    connections.onDidChange(() => polling.restNoMore()),
    // Who comes back to the window sees what has changed meanwhile.
    window.onDidChangeWindowState(tick),
  );
}

function watchSeconds(): number {
  const declared = settings["browse.watchSeconds"].default;
  return workspace.getConfiguration("offsite").get("browse.watchSeconds", declared);
}

/** Remote files that are in a tab. */
function openFiles(): readonly RemoteChange["address"][] {
  return remoteFilesInTabs().map((uri) => addressAt(uri));
}
