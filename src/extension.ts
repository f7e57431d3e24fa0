/** The front door: builds the rooms in order, registers them, disposes of them. */
import { randomUUID } from "node:crypto";
import { env, ExtensionMode, Uri, window, type ExtensionContext } from "vscode";
import { Browse, type Row } from "./app/browsing/browse.ts";
import { Connections } from "./app/connections/connections.ts";
import type { Location } from "./app/location.ts";
import { Places } from "./app/browsing/places.ts";
import { never } from "./base/abort.ts";
import { Kernels } from "./engine/threads/kernels.ts";
import { providers } from "./storage/registry.ts";
import type { BackupRoom } from "./ui/backups/backupRoom.ts";
import { startBackups } from "./ui/backups/backupStart.ts";
import { browseCommands, open } from "./ui/browsing/browseCommands.ts";
import { keepAgesTrue } from "./ui/browsing/ages.ts";
import { startClipboard } from "./ui/browsing/clipboard.ts";
import { registerCommands } from "./ui/commands.ts";
import { connectionCommands } from "./ui/connections/commands.ts";
import { ConnectionForms } from "./ui/connections/connectionForm.ts";
import { diagnoseCommands, DiagnosisPages } from "./ui/connections/diagnoseCommands.ts";
import { editorCommands } from "./ui/browsing/editorCommands.ts";
import { followIn } from "./ui/browsing/focus.ts";
import { LastDone } from "./ui/browsing/lastDone.ts";
import { DragAndDrop } from "./ui/browsing/dragAndDrop.ts";
import { extraCommands } from "./ui/extraCommands.ts";
import { otherWindows } from "./ui/elsewhere.ts";
import { openWalkthrough, watchWelcomePage } from "./ui/getStarted.ts";
import { importCommands } from "./ui/connections/importCommands.ts";
import { rowsOfKeyboard } from "./ui/browsing/keyboard.ts";
import { setOffer } from "./ui/offers.ts";
import { Panels } from "./ui/panels/panel.ts";
import { panelSource } from "./ui/panelSources.ts";
import { showAt } from "./ui/browsing/placeCommands.ts";
import { startRemoteFiles } from "./ui/files/remoteStart.ts";
import { Reporter } from "./ui/report.ts";
import { outcomeCommands } from "./ui/transfers/outcome.ts";
import { liveLimits } from "./ui/transfers/settings.ts";
import { startTransfers } from "./ui/transfers/start.ts";
import { revealIn } from "./ui/browsing/reveal.ts";
import { ConnectionsTree } from "./ui/browsing/tree.ts";
import { VersionFiles } from "./ui/objects/versionFiles.ts";
import { offerWorkspaceFiles } from "./ui/connections/workspaceSecrets.ts";

/** What tests and the demo are handed in a development window. Installed, it hands out nothing. */
export interface Rooms {
  readonly connections: Connections;
  readonly backups: BackupRoom;
}

export function activate(context: ExtensionContext): Rooms | undefined {
  const { subscriptions, globalState, secrets, extensionUri, extensionMode } = context;
  const log = window.createOutputChannel("Offsite", { log: true });
  const clock = { now: () => new Date() };
  const built = (name: string) => Uri.joinPath(extensionUri, "dist", name).fsPath;
  const kernels = new Kernels({
    files: { worker: built("worker.js"), wasm: built("kernels.wasm") },
  });

  const limits = liveLimits();
  const connections = new Connections({
    memento: globalState,
    secrets,
    log,
    clock,
    elsewhere: otherWindows,
    limits,
    newId: randomUUID,
  });
  const browse = new Browse(connections);

  const forms: ConnectionForms = new ConnectionForms({
    connections,
    providers,
    extensionUri,
    reporter: () => reporter,
    showObject: async (at) => await showAt({ browse, places, reveal, open }, at),
    showConnection: async ({ id }, how) => {
      const row = browse.placeAt({ connection: id, key: "" });
      // The focus at once: what is in it may take long to come.
      if (how.focus) await follow(row, Date.now());
      if (row) await revealRow(row, { focus: false, expand: how.expand });
    },
  });
  const reporter = new Reporter({
    connections,
    log,
    editConnection: async (id) => await forms.show(connections.get(id)),
  });

  const panels = new Panels({
    extensionUri,
    connections,
    sourceOf: (subject) => panelSource({ browse, connections }, subject),
    reporter: () => reporter,
    editConnection: async (id) => await forms.show(connections.get(id)),
  });

  const places = new Places(
    globalState,
    ({ connection }) => connections.get(connection) !== undefined,
  );
  const transferParts = startTransfers(context, { connections, browse, kernels, log, clock });
  const { transfers, spool } = transferParts;
  const tree = new ConnectionsTree(browse, connections, places);
  const view = window.createTreeView("offsite.connections", {
    treeDataProvider: tree,
    dragAndDropController: new DragAndDrop({ browse, connections, transfers, reporter, spool }),
    canSelectMany: true,
    showCollapseAll: true,
  });
  const selected = () => view.selection;
  view.onDidExpandElement(({ element }) => {
    if (element.type === "folder" || element.type === "container") void places.visit(element.at);
    void setOffer("hasBrowsed", true);
  });
  const follow = followIn(view);
  const lastDone = new LastDone();
  const revealRow = revealIn(view);
  const reveal = async (row: Row) => await revealRow(row, { focus: true, expand: true });
  const focus = async (row: Row) => await revealRow(row, { focus: true });
  const showRow = async (at: Location) => await reveal(await browse.goTo(at, never));
  const revealPlace = async (at: Location) => {
    const row = browse.placeAt(at);
    // Whoever has gone on to something else keeps the focus.
    if (row) await revealRow(row, { focus: false, expand: true });
  };

  const backups = startBackups(context, { browse, connections, reporter, kernels, log, clock });

  const remote = startRemoteFiles(context, {
    browse,
    connections,
    selected,
    lastDone,
    follow,
    reporter,
    log,
    clock,
  });

  const clipboard = startClipboard({ browse, connections, transfers, selected });

  const browseKeys = rowsOfKeyboard(view);
  const { rowsOfKeyboard: transferKeys } = transferParts;

  const pages = new DiagnosisPages();
  const commands = registerCommands(
    {
      ...connectionCommands({ connections, forms, selected }),
      ...importCommands({ connections, forms }),
      ...diagnoseCommands({ connections, pages, selected: () => selected()[0] }),
      ...browseCommands({
        browse,
        connections,
        places,
        transfers,
        selected,
        lastDone,
        follow,
        reveal,
        focus,
        revealPlace,
        clipboard: env.clipboard,
      }),
      ...editorCommands(showRow),
      ...extraCommands({ browse, connections, selected, panels, revealPlace }),
      ...transferParts.commands,
      ...outcomeCommands({ transfers, browse, reporter, reveal }),
      ...remote.commands,
      ...clipboard.commands,
      ...backups.commands,
      showLog: () => log.show(),
      getStarted: async () => await openWalkthrough(context.extension.id),
    },
    reporter,
    async (command) => await (command === "removeTransfers" ? transferKeys : browseKeys)(),
  );

  void offerWorkspaceFiles(context.workspaceState);

  subscriptions.push(
    log,
    connections,
    view,
    keepAgesTrue(view, tree, clock),
    clipboard.decorations,
    pages,
    commands,
    panels.register(),
    forms.register(),
    watchWelcomePage(),
    new VersionFiles(browse).register(),
  );
  return extensionMode === ExtensionMode.Production
    ? undefined
    : { connections, backups: backups.room };
}
