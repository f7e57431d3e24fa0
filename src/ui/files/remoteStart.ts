/** Builds what makes remote files native: the file system, its commands, and what keeps them in step. */
import { commands, type ExtensionContext, type Uri } from "vscode";
import type { Browse, ObjectRow, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { locationAt, nameOf } from "../../app/location.ts";
import type { Clock, Log } from "../../app/ports.ts";
import { RemoteFiles } from "../../app/files/remoteFiles.ts";
import type { CommandTable } from "../commands.ts";
import { type FileCommandId, fileCommands } from "./fileCommands.ts";
import { nameConnections } from "./fileDecorations.ts";
import type { Follow } from "../browsing/focus.ts";
import type { LastDone } from "../browsing/lastDone.ts";
import { isMounted, tellOfSearch } from "./mountedFolders.ts";
import { RemoteFileSystem } from "./fileSystem.ts";
import { LargeFiles } from "./largeFiles.ts";
import { UnshownFiles } from "./unshownFiles.ts";
import type { Reporter } from "../report.ts";
import { watchRemote } from "./remoteWatch.ts";

interface Neighbours {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly selected: () => readonly Row[];
  readonly lastDone: LastDone;
  readonly follow: Follow;
  readonly reporter: Reporter;
  readonly log: Log;
  readonly clock: Clock;
}

export interface RemoteParts {
  readonly files: RemoteFiles;
  readonly commands: Pick<CommandTable, FileCommandId>;
}

export function startRemoteFiles(context: ExtensionContext, neighbours: Neighbours): RemoteParts {
  const { connections, reporter, clock } = neighbours;
  const files = new RemoteFiles({
    connections,
    memento: context.workspaceState,
    clock,
    isMounted,
  });
  const download = async (uri: Uri) =>
    await commands.executeCommand("offsite.download", rowAt(files, uri));
  const large = new LargeFiles(download);
  const unshown = new UnshownFiles({ connections, reporter, download });
  const fileSystem = new RemoteFileSystem({ files, large, unshown, reporter });
  context.subscriptions.push(
    fileSystem.register(),
    nameConnections(connections),
    tellOfSearch(context.globalState),
    watchRemote({ ...neighbours, files, fileSystem }),
  );
  return { files, commands: fileCommands({ ...neighbours, files }) };
}

/** The row that the tree would show for it. */
function rowAt(files: RemoteFiles, uri: Uri): ObjectRow | undefined {
  const at = locationAt(uri.authority, uri.path);
  const info = files.editing.told(at)?.info;
  return info && { type: "object", at, name: nameOf(at.key), info, writable: true };
}
