/** What a row of the Transfers view leads to: to what has come of it, or to why it failed. */
import { commands, env, l10n, UIKind, Uri, window, workspace, FileType } from "vscode";
import type { Browse, Row } from "../../app/browsing/browse.ts";
import { childOf, type Location } from "../../app/location.ts";
import { firstName } from "../../app/transfers/plan.ts";
import type { Transfer } from "../../app/transfers/state.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { never } from "../../base/abort.ts";
import type { CommandTable } from "../commands.ts";
import type { Reporter } from "../report.ts";
import { visible } from "../words.ts";
import { tellFailure } from "./start.ts";
import type { TransferRow } from "./view.ts";

export interface OutcomeRooms {
  readonly transfers: Transfers;
  readonly browse: Browse;
  readonly reporter: Reporter;
  readonly reveal: (row: Row) => Promise<void>;
}

/** Where several things were transferred, to the first of them. */
export function outcomeCommands(
  rooms: OutcomeRooms,
): Pick<CommandTable, "showTransferResult" | "showTransferReason"> {
  const { transfers, reporter } = rooms;
  const find = (id: string) => transfers.state.transfers.find((one) => one.id === id);
  return {
    showTransferResult: async (...given) => {
      const transfer = find(rowOf(given)?.id ?? "");
      if (transfer) await showResult(rooms, transfer);
    },
    showTransferReason: async (...given) => {
      const row = rowOf(given);
      const transfer = find(row?.id ?? "");
      if (!row || !transfer) return;
      const retry = () => transfers.resume(transfer.id);
      if (row.type === "failure") reporter.report(row.failure.error, { retry });
      else await tellFailure(transfers, transfer);
    },
  };
}

/** VS Code hands back the rows that the tree has made. */
function rowOf([row]: readonly unknown[]): TransferRow | undefined {
  return row as TransferRow | undefined;
}

async function showResult(
  { browse, reveal }: OutcomeRooms,
  { plan, renamed }: Transfer,
): Promise<void> {
  const name = renamed ?? firstName(plan);
  if (plan.kind === "download") return await showLocal(Uri.joinPath(Uri.file(plan.target), name));
  // Of what was uploaded, the storage knows whether it is a folder.
  const [source] = plan.sources;
  const isFolder = source && "at" in source && /(^|\/)$/.test(source.at.key);
  const at: Location = childOf(plan.target, isFolder ? `${name}/` : name);
  await reveal(await browse.goTo(at, never));
}

/** In the Explorer if it lies there, else with the system's own, else in an editor. */
async function showLocal(uri: Uri): Promise<void> {
  const found = await workspace.fs.stat(uri).then(
    ({ type }) => type,
    () => undefined,
  );
  if (found === undefined) {
    void window.showInformationMessage(l10n.t("“{0}” is no longer there.", visible(uri.fsPath)));
    return;
  }
  const isHere = env.remoteName === undefined && env.uiKind === UIKind.Desktop;
  if (workspace.getWorkspaceFolder(uri)) await commands.executeCommand("revealInExplorer", uri);
  else if (isHere) await commands.executeCommand("revealFileInOS", uri);
  else if (found !== FileType.Directory) await commands.executeCommand("vscode.open", uri);
  else await offerFolder(uri);
}

/** A folder of the computer that VS Code runs on, which may not be the one in front of the user. */
async function offerFolder(uri: Uri): Promise<void> {
  const open = l10n.t("Open in New Window");
  const answer = await window.showInformationMessage(
    l10n.t("It lies in “{0}”.", visible(uri.fsPath)),
    open,
  );
  if (answer === open)
    await commands.executeCommand("vscode.openFolder", uri, { forceNewWindow: true });
}
