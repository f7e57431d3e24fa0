/** Draws the rows of the Backups view. */
import {
  type Command,
  EventEmitter,
  l10n,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
} from "vscode";
import {
  type BackupRow,
  type Backups,
  type EntryRow,
  type FailureRow,
  type Period,
  type RepositoryRow,
  rowId,
  type SnapshotRow,
} from "../../app/backups/backups.ts";
import { isRepositoryError } from "../../engine/errors.ts";
import { type BackupRoom, placeName } from "./backupRoom.ts";
import { explain } from "../messages.ts";
import { appendPlain } from "../plainText.ts";
import { snapshotUri } from "./snapshotUri.ts";
import {
  ago,
  besideHeadline,
  changedFiles,
  clock,
  day,
  files,
  grouped,
  moment,
  size,
  visible,
} from "../words.ts";

export class BackupsTree implements TreeDataProvider<BackupRow> {
  readonly #room: BackupRoom;
  readonly #backups: Backups;
  readonly #changed = new EventEmitter<BackupRow | undefined>();
  /** VS Code knows rows by identity: these are the ones it was given last. */
  readonly #given = new Map<string, BackupRow>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(room: BackupRoom, backups: Backups) {
    this.#room = room;
    this.#backups = backups;
    backups.onDidChange((row) => this.#changed.fire(row && this.#given.get(rowId(row))));
  }

  async getChildren(row?: BackupRow): Promise<BackupRow[]> {
    const rows = [...(await this.#backups.rows(row))];
    for (const child of rows) this.#given.set(rowId(child), child);
    return rows;
  }

  getTreeItem(row: BackupRow): TreeItem {
    const item = this.#draw(row);
    // VS Code remembers by the id what is open, and this workspace's repository begins so.
    item.id = row.type === "repository" && row.current ? `${rowId(row)} current` : rowId(row);
    return item;
  }

  #draw(row: BackupRow): TreeItem {
    switch (row.type) {
      case "repository":
        return this.#drawRepository(row);
      case "period":
        return drawPeriod(row.period, row.snapshots.length);
      case "snapshot":
        return this.#drawSnapshot(row);
      case "entry":
        return this.#drawEntry(row);
      case "more":
        return withCommand(
          new TreeItem(l10n.t("Show more ({0} hidden)", grouped(row.hidden))),
          "more",
          { command: "offsite.moreBackups", title: l10n.t("Show More"), arguments: [row] },
        );
      case "failure":
        return drawFailure(row);
      case "empty":
        return new TreeItem(l10n.t("No snapshots yet"));
    }
  }

  #drawRepository({ place, current, id }: RepositoryRow): TreeItem {
    const item = new TreeItem(
      placeName(this.#room, place),
      current ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
    );
    item.iconPath = new ThemeIcon("archive");
    item.description = current ? l10n.t("this workspace") : "";
    item.contextValue = ["repository", current && "current", id !== undefined && "known"]
      .filter(Boolean)
      .join(" ");
    item.tooltip = l10n.t("Repository {0}", id?.slice(0, 10) ?? l10n.t("not opened here yet"));
    item.accessibilityInformation = {
      label: [l10n.t("Repository {0}", placeName(this.#room, place)), item.description]
        .filter(Boolean)
        .join(", "),
    };
    return item;
  }

  #drawSnapshot({ snapshot }: SnapshotRow): TreeItem {
    const now = this.#room.clock.now();
    const time = new Date(snapshot.time);
    const { summary, hostname } = snapshot;
    const item = new TreeItem(timeLabel(time, now), TreeItemCollapsibleState.Collapsed);
    item.iconPath = new ThemeIcon("history");
    item.description = [
      hostname === this.#room.hostname ? "" : visible(hostname ?? ""),
      summary ? changedFiles(l10n.t, summary) : "",
      summary ? l10n.t("{0} added", size(l10n.t, summary.data_added_packed)) : "",
    ]
      .filter(Boolean)
      .join(" · ");
    item.contextValue = "snapshot";
    item.tooltip = snapshotTooltip({ snapshot, now });
    item.accessibilityInformation = {
      label: [l10n.t("Snapshot of {0}", moment(time)), item.description].filter(Boolean).join(", "),
    };
    return item;
  }

  #drawEntry(row: EntryRow): TreeItem {
    const { node, path, original } = row;
    const folder = node.type === "dir";
    const name = visible(node.name);
    const item = new TreeItem(
      name,
      folder ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None,
    );
    const uri = snapshotUri({ repository: row.repository, snapshot: row.snapshot.id, path });
    const time = new Date(node.mtime);
    item.resourceUri = uri;
    item.iconPath = folder ? ThemeIcon.Folder : ThemeIcon.File;
    item.description = visible(original ?? (folder ? "" : fileDescription(row)));
    item.contextValue = folder ? "folder" : node.type === "file" ? "file" : "other";
    item.tooltip = `${visible(`/${path.join("/")}`)}\n${moment(time)}`;
    item.accessibilityInformation = {
      label: folder ? l10n.t("Folder {0}", name) : l10n.t("File {0}, {1}", name, item.description),
    };
    if (!folder)
      item.command = {
        command: "offsite.openSnapshotFile",
        title: l10n.t("Open"),
        arguments: [row],
      };
    return item;
  }
}

/** "14:02" today; with the day's name or date before. */
export function timeLabel(time: Date, now: Date): string {
  const today = day(time) === day(now);
  return today ? clock(time) : `${day(time)} ${clock(time)}`;
}

function fileDescription({ node }: EntryRow): string {
  if (node.type === "symlink") return `→ ${node.linktarget ?? ""}`;
  return node.type === "file" ? size(l10n.t, node.size ?? 0) : node.type;
}

function drawPeriod(period: Period, count: number): TreeItem {
  const names: Readonly<Record<Period, string>> = {
    today: l10n.t("Today"),
    yesterday: l10n.t("Yesterday"),
    "this-week": l10n.t("This week"),
    older: l10n.t("Older"),
  };
  const recent = period === "today" || period === "yesterday";
  const item = new TreeItem(
    names[period],
    recent ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
  );
  item.description = grouped(count);
  item.contextValue = "period";
  return item;
}

function drawFailure(row: FailureRow): TreeItem {
  if (isRepositoryError(row.error, "wrong-passphrase")) {
    const item = new TreeItem(l10n.t("Enter the passphrase to see the snapshots"));
    item.iconPath = new ThemeIcon("key");
    return withCommand(item, "passphrase", {
      command: "offsite.enterPassphrase",
      title: l10n.t("Enter Passphrase…"),
      arguments: [row],
    });
  }
  const message = explain(row.error, l10n.t);
  const sentence = message?.text ?? l10n.t("Stopped.");
  const item = new TreeItem(message?.headline ?? sentence);
  if (message?.headline !== undefined)
    item.description = besideHeadline(message.headline, sentence);
  item.accessibilityInformation = {
    label: l10n.t("Error: {0} Press Enter to retry.", sentence),
  };
  item.iconPath = new ThemeIcon("error", new ThemeColor("list.errorForeground"));
  item.tooltip = `${sentence}\n${l10n.t("Click to try again.")}`;
  return withCommand(item, "failure", {
    command: "offsite.retryBackups",
    title: l10n.t("Retry"),
    arguments: [row],
  });
}

function withCommand(item: TreeItem, contextValue: string, command: Command): TreeItem {
  item.contextValue = contextValue;
  item.command = command;
  return item;
}

function snapshotTooltip({
  snapshot,
  now,
}: Pick<SnapshotRow, "snapshot"> & { now: Date }): MarkdownString {
  const { id, time, hostname, username, paths, tags, summary, program_version: program } = snapshot;
  const when = new Date(time);
  const line = (title: string, value: string | undefined) =>
    value === undefined || value === "" ? [] : [`${title}: ${value}`];
  const lines = [
    `${moment(when)} (${ago(l10n.t, when, now)})`,
    ...line(l10n.t("Snapshot"), id.slice(0, 8)),
    ...line(l10n.t("By"), [username, hostname].filter(Boolean).join(" @ ")),
    ...line(l10n.t("Of"), paths.join(", ")),
    ...line(l10n.t("Tags"), tags?.join(", ")),
    ...line(l10n.t("With"), program),
  ];
  if (summary)
    lines.push(
      l10n.t(
        "{0}, {1} in all",
        files(l10n.t, summary.total_files_processed),
        size(l10n.t, summary.total_bytes_processed),
      ),
    );
  const tooltip = new MarkdownString();
  // Names come from whoever wrote the snapshot: as text, never as Markdown.
  for (const text of lines) appendPlain(tooltip, `${visible(text)}\n\n`);
  return tooltip;
}
