/** The Transfers view: there while it has something to say. */
import {
  type Command,
  Disposable,
  EventEmitter,
  l10n,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeDataProvider,
  type TreeView,
  type TreeViewExpansionEvent,
  window,
} from "vscode";
import type { Connections } from "../../app/connections/connections.ts";
import type { Memento } from "../../app/ports.ts";
import {
  isOver,
  type ItemFailure,
  type RunningItem,
  type Transfer,
  type TransferStatus,
} from "../../app/transfers/state.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { isObject } from "../../base/json.ts";
import { rowsOfKeyboard } from "../browsing/keyboard.ts";
import { explain } from "../messages.ts";
import { setOffer } from "../offers.ts";
import { appendPlain } from "../plainText.ts";
import { targetName } from "./places.ts";
import {
  isUnderWay,
  itemProgress,
  totalProgress,
  transferAct,
  transferName,
  transferProgress,
} from "./words.ts";
import { files, grouped, size, visible } from "../words.ts";

/** A row: a transfer, or one of its files that is on its way or has failed. */
export type TransferRow =
  | { readonly type: "transfer"; readonly id: string }
  | { readonly type: "running"; readonly id: string; readonly item: RunningItem }
  | { readonly type: "failure"; readonly id: string; readonly failure: ItemFailure }
  | { readonly type: "more"; readonly id: string; readonly count: number };

export interface TransfersView extends Disposable {
  /** What a key is about. */
  readonly rowsOfKeyboard: () => Promise<readonly TransferRow[]>;
  /** Gives the row of a transfer the focus, if it is there. */
  focus(id: string): Promise<void>;
}

/** Shows the view, and keeps its rows, its badge and whether it is there. */
export function showTransfers(
  transfers: Transfers,
  connections: Connections,
  memento: Memento,
): TransfersView {
  const folding = new Folding(memento);
  const tree = new TransfersTree(transfers, connections, folding);
  const view = window.createTreeView("offsite.transfers", {
    treeDataProvider: tree,
    canSelectMany: true,
  });
  const fold = (isOpen: boolean) => (event: TreeViewExpansionEvent<TransferRow>) => {
    const all = transfers.state.transfers;
    const transfer = all.find(({ id }) => id === event.element.id);
    // VS Code folds up what nothing is in by itself.
    if (transfer && mayHaveRows(transfer)) folding.keep(transfer.id, isOpen, all);
  };
  view.onDidExpandElement(fold(true));
  view.onDidCollapseElement(fold(false));
  const show = async (row: TransferRow, options: Parameters<typeof view.reveal>[1]) => {
    try {
      await view.reveal(row, options);
    } catch {
      // It has gone meanwhile.
    }
  };
  const told = new Map<string, boolean>();
  const tell = (context: string, value: boolean) => {
    if (told.get(context) === value) return;
    told.set(context, value);
    void setOffer(context, value);
  };
  const redraw = () => {
    const all = transfers.state.transfers;
    tell("hasTransfers", all.length > 0);
    const ours = all.filter(({ isElsewhere }) => !isElsewhere);
    tell("hasRunningTransfers", ours.some(isUnderWay));
    tell(
      "hasPausedTransfers",
      all.some(({ status }) => status === "paused"),
    );
    tell(
      "hasFinishedTransfers",
      all.some(({ status }) => status === "done" || status === "cancelled"),
    );
    showBadge(view, ours);
    // Beside the title it may change at any time: no icon is drawn anew with it.
    view.description = totalProgress(all, l10n.t);
    // VS Code heeds what a row says of being open only when it is new.
    for (const row of tree.redraw())
      if (view.visible) void show(row, { expand: true, select: false, focus: false });
  };
  redraw();
  const parts = Disposable.from(view, transfers.onDidChange(redraw));
  return {
    dispose: () => parts.dispose(),
    rowsOfKeyboard: rowsOfKeyboard(view),
    focus: async (id) => {
      const row = tree.rowOf(id);
      if (row) await show(row, { focus: true });
    },
  };
}

/** What somebody has opened or closed: VS Code forgets it when the window is loaded anew. */
class Folding {
  readonly #memento: Memento;
  #isOpen: ReadonlyMap<string, boolean>;

  constructor(memento: Memento) {
    this.#memento = memento;
    const kept = memento.get<unknown>(foldingKey);
    this.#isOpen = new Map(
      Object.entries(isObject(kept) ? kept : {}).map(([id, isOpen]) => [id, isOpen === true]),
    );
  }

  isOpen({ id, status }: Transfer): boolean {
    return this.#isOpen.get(id) ?? isOver(status);
  }

  keep(id: string, isOpen: boolean, all: readonly Transfer[]): void {
    const ids = new Set(all.map((transfer) => transfer.id));
    const others = [...this.#isOpen].filter(([other]) => ids.has(other) && other !== id);
    this.#isOpen = new Map([...others, [id, isOpen]]);
    void this.#memento.update(foldingKey, Object.fromEntries(this.#isOpen));
  }
}
const foldingKey = "transfers.folding";

function showBadge(view: TreeView<TransferRow>, all: readonly Transfer[]): void {
  const value = all.filter(isUnderWay).length;
  if (view.badge?.value === value) return;
  const tooltip =
    value === 1 ? l10n.t("1 transfer running") : l10n.t("{0} transfers running", value);
  view.badge = value === 0 ? undefined : { value, tooltip };
}

/** VS Code draws a row's icons anew with it, and loses a press on one that has gone meanwhile. */
const restMs = 2000;

/** What is drawn at once when it changes; numbers may wait. */
function looksOf(transfer: Transfer): string {
  const { status, isAsking, isElsewhere, counts } = transfer;
  return [status, isAsking, isElsewhere, counts.isComplete, mayHaveRows(transfer)].join(" ");
}

class TransfersTree implements TreeDataProvider<TransferRow> {
  readonly #transfers: Transfers;
  readonly #connections: Connections;
  readonly #folding: Folding;
  readonly #changed = new EventEmitter<TransferRow | undefined>();
  /** VS Code knows rows by identity. */
  readonly #rows = new Map<string, TransferRow>();
  /** The transfers as they were drawn last, and when. */
  readonly #drawn = new Map<string, { readonly transfer: Transfer; readonly atMs: number }>();

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(transfers: Transfers, connections: Connections, folding: Folding) {
    this.#transfers = transfers;
    this.#connections = connections;
    this.#folding = folding;
  }

  /** The row of a transfer, as VS Code knows it. */
  rowOf(id: string): TransferRow | undefined {
    return this.#rows.get(id);
  }

  getParent(row: TransferRow): TransferRow | undefined {
    return row.type === "transfer" ? undefined : this.rowOf(row.id);
  }

  /** Draws again what has changed, and no more. Gives the rows that are to be opened now. */
  redraw(): readonly TransferRow[] {
    const all = this.#transfers.state.transfers;
    const isSameList =
      all.length === this.#drawn.size && all.every(({ id }) => this.#drawn.has(id));
    if (!isSameList) {
      this.#changed.fire(undefined);
      return [];
    }
    const toOpen: TransferRow[] = [];
    for (const transfer of all) {
      const row = this.#rows.get(transfer.id);
      if (!row || !this.#isDue(transfer)) continue;
      const before = this.#drawn.get(transfer.id)?.transfer;
      const isNewlyFoldable = before && !mayHaveRows(before) && mayHaveRows(transfer);
      if (isNewlyFoldable && this.#folding.isOpen(transfer)) toOpen.push(row);
      this.#drawn.set(transfer.id, { transfer, atMs: Date.now() });
      this.#changed.fire(row);
    }
    return toOpen;
  }

  #isDue(transfer: Transfer): boolean {
    const drawn = this.#drawn.get(transfer.id);
    if (!drawn || drawn.transfer === transfer) return !drawn;
    return looksOf(drawn.transfer) !== looksOf(transfer) || Date.now() - drawn.atMs >= restMs;
  }

  getChildren(row?: TransferRow): TransferRow[] {
    if (!row) return this.#transferRows();
    const transfer = row.type === "transfer" ? this.#find(row.id) : undefined;
    if (!transfer) return [];
    const { id, running, failures, counts, error } = transfer;
    const unnamed = Math.max(0, counts.failed - failures.length);
    return [
      ...(error === undefined
        ? []
        : [{ type: "failure", id, failure: { name: "", error } } as const]),
      ...running.map((item) => ({ type: "running", id, item }) as const),
      ...failures.map((failure) => ({ type: "failure", id, failure }) as const),
      ...(unnamed > 0 ? [{ type: "more", id, count: unnamed } as const] : []),
    ];
  }

  getTreeItem(row: TransferRow): TreeItem {
    switch (row.type) {
      case "transfer":
        return this.#drawTransfer(row.id);
      case "running":
        return drawRunning(row.item);
      case "failure":
        return drawFailure(row);
      case "more":
        return new TreeItem(l10n.t("…and {0} more", grouped(row.count)));
    }
  }

  #transferRows(): TransferRow[] {
    const all = this.#transfers.state.transfers;
    const ids = new Set(all.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
    this.#drawn.clear();
    for (const transfer of all) this.#drawn.set(transfer.id, { transfer, atMs: Date.now() });
    // The newest is what somebody has just asked for.
    return all.toReversed().map(({ id }) => {
      const row = this.#rows.get(id) ?? { type: "transfer", id };
      this.#rows.set(id, row);
      return row;
    });
  }

  #find(id: string): Transfer | undefined {
    return this.#transfers.state.transfers.find((transfer) => transfer.id === id);
  }

  #drawTransfer(id: string): TreeItem {
    const transfer = this.#find(id);
    if (!transfer) return new TreeItem("");
    const { status, plan } = transfer;
    const name = transferName(transfer, l10n.t);
    const folded = this.#folding.isOpen(transfer)
      ? TreeItemCollapsibleState.Expanded
      : TreeItemCollapsibleState.Collapsed;
    const item = new TreeItem(name, mayHaveRows(transfer) ? folded : TreeItemCollapsibleState.None);
    item.id = id;
    item.iconPath = iconOf(transfer);
    item.description = transferProgress(transfer, l10n.t);
    item.contextValue = `transfer ${transfer.isElsewhere ? "elsewhere" : status}`;
    const command = commandOf(status);
    if (command) item.command = { ...command, arguments: [{ type: "transfer", id }] };
    item.tooltip = this.#tooltip(transfer);
    item.accessibilityInformation = {
      label: `${transferAct(plan.kind, l10n.t)} ${name}, ${item.description}`,
    };
    return item;
  }

  /** Names come from storages, so everything goes in as text. */
  #tooltip(transfer: Transfer): MarkdownString {
    const { plan, counts } = transfer;
    const lines = [
      l10n.t("To: {0}", targetName(plan.target, this.#connections)),
      ...(counts.found > 0 ? [totalText(transfer)] : []),
      ...(counts.skipped > 0 ? [l10n.t("Skipped: {0}", files(l10n.t, counts.skipped))] : []),
    ];
    const title = `${transferAct(plan.kind, l10n.t)}: ${transferName(transfer, l10n.t)}`;
    const text = appendPlain(new MarkdownString("**"), title).appendMarkdown("**");
    for (const line of lines) appendPlain(text.appendMarkdown("  \n"), line);
    return text;
  }
}

/** Between two files, too: what VS Code draws without rows, it folds up. */
function mayHaveRows({ status, isElsewhere, running, failures, error }: Transfer): boolean {
  const mayRun = status === "running" && !isElsewhere;
  return mayRun || running.length > 0 || failures.length > 0 || error !== undefined;
}

function totalText({ counts }: Transfer): string {
  const { done, found, bytesDone, bytesFound, isComplete } = counts;
  const of = isComplete ? files(l10n.t, found) : l10n.t("over {0}", files(l10n.t, found));
  const bytes = l10n.t("{0} of {1}", size(l10n.t, bytesDone), size(l10n.t, bytesFound));
  return `${l10n.t("{0} of {1}", grouped(done), of)}, ${bytes}`;
}

function iconOf({ status, plan, isElsewhere }: Transfer): ThemeIcon {
  if (isElsewhere) return new ThemeIcon("window");
  switch (status) {
    case "queued":
      return new ThemeIcon("watch");
    case "paused":
      return new ThemeIcon("debug-pause");
    case "done":
      return new ThemeIcon("check", new ThemeColor("testing.iconPassed"));
    case "cancelled":
      return new ThemeIcon("circle-slash");
    case "failed":
      return new ThemeIcon("error", new ThemeColor("list.errorForeground"));
    case "running":
      return new ThemeIcon(runningIcons[plan.kind]);
  }
}

const runningIcons = {
  upload: "cloud-upload",
  download: "cloud-download",
  copy: "copy",
  move: "arrow-right",
} as const;

function drawRunning(running: RunningItem): TreeItem {
  const item = new TreeItem(visible(running.name));
  item.iconPath = new ThemeIcon("loading~spin");
  item.description = itemProgress(running, l10n.t);
  item.contextValue = "running-file";
  return item;
}

/** A click, or Enter, leads to what has come of it. */
function commandOf(status: TransferStatus): Command | undefined {
  if (status === "done")
    return { command: "offsite.showTransferResult", title: l10n.t("Show Result") };
  return status === "failed" ? showReason() : undefined;
}

function showReason(): Command {
  return { command: "offsite.showTransferReason", title: l10n.t("Show Reason") };
}

function drawFailure(row: Extract<TransferRow, { type: "failure" }>): TreeItem {
  const { name: given, error } = row.failure;
  const name = visible(given);
  const why = explain(error, l10n.t)?.text ?? l10n.t("It was cancelled.");
  const item = new TreeItem(name === "" ? why : name);
  item.iconPath = new ThemeIcon("error", new ThemeColor("list.errorForeground"));
  if (name !== "") item.description = why;
  item.tooltip = appendPlain(new MarkdownString(), name === "" ? why : `${name}: ${why}`);
  item.contextValue = "failure";
  item.command = { ...showReason(), arguments: [row] };
  return item;
}
