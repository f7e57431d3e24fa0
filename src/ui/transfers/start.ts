/** Builds and registers everything around transfers; the front door calls it once. */
import { randomUUID } from "node:crypto";
import { commands, Disposable, l10n, Uri, window, workspace, type ExtensionContext } from "vscode";
import type { Browse } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { type Location, parentOf, pathOf } from "../../app/location.ts";
import type { Clock, Log } from "../../app/ports.ts";
import type { Transfer } from "../../app/transfers/state.ts";
import { Transfers } from "../../app/transfers/transfers.ts";
import { shortName } from "../../base/digest.ts";
import type { Kernels } from "../../engine/threads/kernels.ts";
import { PlacingQueue } from "../../engine/threads/placingQueue.ts";
import { removeFilesFrom } from "../../engine/disk/localFiles.ts";
import { TransferFiles } from "../../engine/disk/transferFiles.ts";
import type { CommandTable } from "../commands.ts";
import { explain } from "../messages.ts";
import { followMove } from "../openEditors.ts";
import { targetName } from "./places.ts";
import { filesAtOnce, resumeAfterReload, transferSection } from "./settings.ts";
import { askAboutExisting } from "./question.ts";
import { removeTransfers } from "./removal.ts";
import { showTransfers, type TransferRow, type TransfersView } from "./view.ts";
import { transferDone, transferFailed, transferName } from "./words.ts";

export interface Neighbours {
  readonly connections: Connections;
  readonly browse: Browse;
  readonly kernels: Kernels;
  readonly log: Log;
  readonly clock: Clock;
}

type Commands = Pick<
  CommandTable,
  | "pauseTransfer"
  | "resumeTransfer"
  | "retryTransfer"
  | "cancelTransfer"
  | "clearTransfer"
  | "pauseTransfers"
  | "resumeTransfers"
  | "clearTransfers"
  | "removeTransfers"
  | "showTransfers"
>;

export interface TransferParts {
  readonly transfers: Transfers;
  readonly commands: Commands;
  /** The rows of the Transfers view that a key is about. */
  readonly rowsOfKeyboard: () => Promise<readonly unknown[]>;
  /** For copies that are made for a transfer, and go with it. */
  readonly spool: Uri;
}

/** Copies that are made for transfers are kept for so long. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

export function startTransfers(context: ExtensionContext, neighbours: Neighbours): TransferParts {
  const { connections, browse, kernels, log, clock } = neighbours;
  const home = Uri.joinPath(context.globalStorageUri, "transfers", queueName());
  const transfers: Transfers = new Transfers({
    open: async (at) => await browse.open(at),
    store: new TransferFiles(home.fsPath),
    placing: new PlacingQueue(kernels),
    clock,
    log,
    newId: randomUUID,
    ask: async ({ plan: { target } }, question, signal) =>
      await askAboutExisting(question, targetName(target, connections), signal),
    filesAtOnce: filesAtOnce(),
    onMoved: followMoves(log),
    onEnd: (transfer) => {
      refreshAround(browse, transfer);
      void tell(transfers, transfer);
    },
  });
  const view = showTransfers(transfers, connections, context.workspaceState);
  context.subscriptions.push(
    view,
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(transferSection)) transfers.filesAtOnce = filesAtOnce();
    }),
    // What other windows have added meanwhile, or left.
    window.onDidChangeWindowState(({ focused }) => {
      if (focused) void transfers.restore(resumeAfterReload());
    }),
    new Disposable(() => void transfers.close()),
  );
  void transfers.restore(resumeAfterReload());
  const spool = Uri.joinPath(context.globalStorageUri, "spool");
  // What a window that died has left. A transfer that waits for longer in another one finds nothing.
  void removeFilesFrom(spool.fsPath, new Date(clock.now().getTime() - keptMs));
  const { rowsOfKeyboard } = view;
  return { transfers, commands: transferRowCommands(transfers, view), rowsOfKeyboard, spool };
}

/** Of all windows of one folder, or of none: VS Code gives each window of a folder a storage of its own. */
function queueName(): string {
  const { workspaceFolders = [], workspaceFile } = workspace;
  const [folder, ...others] = workspaceFolders;
  return shortName(String((others.length === 0 ? folder?.uri : workspaceFile) ?? ""));
}

/** Editors follow one after the other: they take turns with the focus. */
function followMoves(log: Log): (from: Location, to: Location) => void {
  let following = Promise.resolve();
  const addressOf = (at: Location) => ({ connection: at.connection, path: pathOf(at) });
  return (from, to) => {
    following = following
      .then(async () => await followMove(addressOf(from), addressOf(to)))
      .catch((error: unknown) => log.warn(`an editor did not follow: ${String(error)}`));
  };
}

function transferRowCommands(transfers: Transfers, view: TransfersView): Commands {
  const each =
    (act: (id: string) => unknown) =>
    async (...given: readonly unknown[]) => {
      // All at the same time: else those that wait would begin while the first ones end.
      await Promise.all(idsOf(given).map(act));
    };
  return {
    pauseTransfer: each((id) => transfers.pause(id)),
    resumeTransfer: each((id) => transfers.resume(id)),
    retryTransfer: each((id) => transfers.resume(id)),
    cancelTransfer: each((id) => transfers.cancel(id)),
    clearTransfer: each((id) => transfers.clear([id])),
    pauseTransfers: async () => await transfers.pauseAll(),
    resumeTransfers: () => transfers.resumeAll(),
    clearTransfers: async () => await transfers.clear(),
    removeTransfers: async (...given) => await removeTransfers(transfers, view, rowsOf(given)),
    showTransfers: focusTransfers,
  };
}

/** Menus pass the row they were opened on, and all selected ones. */
function idsOf(given: readonly unknown[]): readonly string[] {
  return [...new Set(rowsOf(given).map(({ id }) => id))];
}

function rowsOf([row, rows]: readonly unknown[]): readonly TransferRow[] {
  const chosen = Array.isArray(rows) && rows.length > 0 ? rows : [row];
  // VS Code hands back the rows that the tree has made.
  return chosen.filter(Boolean) as readonly TransferRow[];
}

function refreshAround(browse: Browse, { plan }: Transfer): void {
  if (plan.kind !== "download") browse.refresh(plan.target);
  if (plan.kind === "move") for (const { at } of plan.sources) browse.refresh(parentOf(at));
}

/** Success is one line in the bar; a failure is a message, the first in words and the rest counted. */
async function tell(transfers: Transfers, transfer: Transfer): Promise<void> {
  const { status } = transfer;
  if (status === "done")
    window.setStatusBarMessage(`$(check) ${transferDone(transfer, l10n.t)}`, 6000);
  if (status === "failed") await tellFailure(transfers, transfer);
}

/** Says why a transfer has failed. */
export async function tellFailure(transfers: Transfers, transfer: Transfer): Promise<void> {
  const { failures, error } = transfer;
  const why = explain(error ?? failures[0]?.error, l10n.t)?.text ?? "";
  const text =
    error === undefined
      ? transferFailed(transfer, why, l10n.t)
      : `${transferName(transfer, l10n.t)}: ${why}`;
  const retry = l10n.t("Retry");
  const show = l10n.t("Show Transfers");
  const answer = await window.showErrorMessage(text, retry, show);
  if (answer === retry) transfers.resume(transfer.id);
  if (answer === show) await focusTransfers();
}

async function focusTransfers(): Promise<void> {
  await commands.executeCommand("offsite.transfers.focus");
}
