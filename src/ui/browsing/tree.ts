import {
  EventEmitter,
  l10n,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeDataProvider,
} from "vscode";
import type {
  AskRow,
  Browse,
  ConnectionRow,
  ContainerRow,
  FailureRow,
  FolderRow,
  MoreRow,
  NoneRow,
  ObjectRow,
  PlaceRow,
  Row,
} from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { locationId, type Location } from "../../app/location.ts";
import type { Places } from "../../app/browsing/places.ts";
import { connectionIcon } from "../connectionIcon.ts";
import { connectionFacts, connectionNotes, isUnverified } from "./connectionFacts.ts";
import { explain } from "../messages.ts";
import { appendPlain } from "../plainText.ts";
import { uriOf, uriOfObject } from "../remoteUri.ts";
import { RowWords } from "./rowWords.ts";
import {
  ago,
  besideHeadline,
  grouped,
  moment,
  size,
  sizeAsBilled,
  things,
  visible,
} from "../words.ts";

const favouriteSign = "★";

/** Draws the rows of `Browse`; holds nothing that could not be asked for again. */
export class ConnectionsTree implements TreeDataProvider<Row> {
  readonly #browse: Browse;
  readonly #connections: Connections;
  readonly #words: RowWords;
  readonly #places: Places;
  readonly #changed = new EventEmitter<Row | Row[] | undefined>();
  /** VS Code knows rows by identity: these are the ones it was given last. */
  readonly #given = new Map<string, Row>();

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(browse: Browse, connections: Connections, places: Places) {
    this.#browse = browse;
    this.#connections = connections;
    this.#words = new RowWords(connections);
    this.#places = places;
    const redraw = (at: Location | undefined) => {
      const row = at && this.#given.get(placeId(at));
      // A place that was never shown needs no redrawing.
      if (!at || row) this.#changed.fire(row);
    };
    browse.onDidChange(redraw);
    places.onDidChange(redraw);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    const rows = [...(await this.#browse.rows(row))];
    for (const child of rows) this.#given.set(idOf(child), child);
    return rows;
  }

  getParent(row: Row): Row | undefined {
    const parent = this.#browse.parent(row);
    return parent && (this.#given.get(idOf(parent)) ?? parent);
  }

  getTreeItem(row: Row): TreeItem {
    const item = this.#draw(row);
    item.contextValue = [item.contextValue, ...this.#words.of(row)].join(" ");
    item.id = idOf(row);
    return item;
  }

  /** Draws those rows anew of which "3 min ago", true at `then`, is true no longer. */
  redrawAges(then: Date, now: Date): void {
    const aged = [...this.#given.values()].filter((row) => {
      const modified = row.type === "object" ? row.info.modified : undefined;
      return modified && ago(l10n.t, modified, then) !== ago(l10n.t, modified, now);
    });
    if (aged.length > 0) this.#changed.fire(aged);
  }

  resolveTreeItem(item: TreeItem, row: Row): TreeItem {
    item.tooltip = this.#tooltip(row);
    return item;
  }

  #draw(row: Row): TreeItem {
    switch (row.type) {
      case "connection":
        return this.#drawConnection(row);
      case "container":
      case "folder":
        return this.#drawFolder(row);
      case "object":
        return drawObject(row, this.#noun(row.at));
      case "more":
        return drawMore(row);
      case "failure":
        return drawFailure(row);
      case "ask":
        return drawAsk(row);
      case "none":
        return this.#drawNone(row);
    }
  }

  #drawConnection({ at, connection, holdsContainers }: ConnectionRow): TreeItem {
    const name = visible(connection.name);
    const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
    const failure = this.#browse.failureOf(connection.id);
    const notes = [
      failure === undefined ? "" : shortly(failure),
      ...(holdsContainers ? [] : this.#placeNotes(at)),
      this.#connections.place(connection),
      connection.readOnly ? l10n.t("read-only") : "",
      isUnverified(connection) ? l10n.t("certificate not verified") : "",
      this.#connections.sessionOnly(connection.id) ? l10n.t("this session only") : "",
    ];
    item.iconPath =
      failure === undefined
        ? new ThemeIcon(connectionIcon(this.#connections, connection))
        : new ThemeIcon("error", new ThemeColor("list.errorForeground"));
    item.description = notes.filter((note) => note !== "").join(" · ");
    item.contextValue = [
      "connection",
      holdsContainers ? "containers" : `root ${this.#placeWords(at)}`,
      ...(connection.readOnly ? [] : ["writable"]),
    ].join(" ");
    item.accessibilityInformation = {
      label: spoken(l10n.t("Connection {0}, {1}", name, item.description)),
    };
    return item;
  }

  #drawFolder(row: ContainerRow | FolderRow): TreeItem {
    const name = visible(row.name);
    const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
    const isContainer = row.type === "container";
    item.iconPath = isContainer ? new ThemeIcon("archive") : ThemeIcon.Folder;
    if (!isContainer) item.resourceUri = uriOf(row.at);
    const notes = [...aheadNote(row), ...this.#placeNotes(row.at)];
    if (notes.length > 0) item.description = notes.join(" · ");
    item.contextValue = [row.type, this.#placeWords(row.at), ...(row.writable ? ["writable"] : [])]
      .filter((word) => word !== "")
      .join(" ");
    const kind = isContainer ? l10n.t("Bucket {0}", name) : l10n.t("Folder {0}", name);
    item.accessibilityInformation = { label: spoken([kind, ...notes].join(", ")) };
    return item;
  }

  /** What there is to say of a place beside its name. */
  #placeNotes(at: Location): readonly string[] {
    const filter = this.#browse.filterOf(at);
    const held = this.#browse.sizeOf(at);
    return [
      ...(this.#places.isFavourite(at) ? [favouriteSign] : []),
      ...(filter === undefined ? [] : [l10n.t("only “{0}…”", filter)]),
      ...(held
        ? [
            things(l10n.t, this.#noun(at), held.objects),
            sizeAsBilled(l10n.t, held.bytes, held.billedBytes),
          ]
        : []),
    ];
  }

  #drawNone(row: NoneRow): TreeItem {
    const { parent, filter } = row;
    if (filter === undefined) return this.#drawEmpty(this.#browse.parent(row));
    const item = new TreeItem(l10n.t("Nothing here begins with “{0}”", filter));
    item.iconPath = new ThemeIcon("filter");
    item.contextValue = "none";
    const title = l10n.t("Clear Filter");
    item.description = title;
    item.command = { command: "offsite.clearFilter", title, arguments: [parent] };
    return item;
  }

  #drawEmpty(place: PlaceRow | undefined): TreeItem {
    const account = place?.type === "connection" && place.holdsContainers ? place : undefined;
    const text = account ? l10n.t("no buckets yet") : l10n.t("empty");
    const item = new TreeItem("");
    item.contextValue = "none";
    item.description = text;
    item.accessibilityInformation = { label: text };
    const makesBuckets = account && this.#connections.provider(account.connection)?.createContainer;
    if (!makesBuckets || account.connection.readOnly) return item;
    const title = l10n.t("New Bucket…");
    item.label = title;
    item.iconPath = new ThemeIcon("add");
    item.command = { command: "offsite.newBucket", title, arguments: [account] };
    item.accessibilityInformation = { label: `${title}, ${text}` };
    return item;
  }

  #noun({ connection }: Location): "object" | "file" {
    const known = this.#connections.get(connection);
    return (known && this.#connections.provider(known)?.noun) ?? "object";
  }

  /** Which of the menus' entries a place is offered. */
  #placeWords(at: Location): string {
    return [
      ...(this.#places.isFavourite(at) ? ["favourite"] : []),
      ...(this.#browse.filterOf(at) === undefined ? [] : ["filtered"]),
    ].join(" ");
  }

  #tooltip(row: Row): MarkdownString | undefined {
    switch (row.type) {
      case "connection":
        return this.#connectionTooltip(row);
      case "object":
        return objectTooltip(row);
      case "container":
      case "folder":
        return appendPlain(new MarkdownString(), visible(row.at.key || row.name));
      case "failure":
        return failureTooltip(row);
      case "more":
      case "ask":
      case "none":
        return undefined;
    }
  }

  #connectionTooltip({ connection }: ConnectionRow): MarkdownString {
    const error = this.#browse.failureOf(connection.id);
    const known = {
      connection,
      provider: this.#connections.provider(connection),
      place: this.#connections.place(connection),
      triedAt: this.#connections.triedAt(connection),
      found: this.#connections.found(connection),
    };
    const text = table(visible(connection.name), connectionFacts(l10n.t, known, new Date()));
    for (const line of connectionNotes(l10n.t, known))
      appendPlain(text.appendMarkdown("\n\n"), line);
    if (this.#connections.sessionOnly(connection.id))
      appendPlain(
        text.appendMarkdown("\n\n$(warning) "),
        l10n.t(
          "The secret store of this computer failed: the connection works until this window closes.",
        ),
      );
    const failure = error === undefined ? undefined : explain(error, l10n.t);
    if (failure) appendPlain(text.appendMarkdown("\n\n$(error) "), failure.text);
    return text;
  }
}

function drawObject(row: ObjectRow, noun: "object" | "file"): TreeItem {
  const { at, info, writable } = row;
  const name = visible(row.name);
  const item = new TreeItem(name);
  const modified = info.modified && ago(l10n.t, info.modified, new Date());
  item.iconPath = ThemeIcon.File;
  item.resourceUri = uriOfObject(at);
  const facts = [size(l10n.t, info.size), ...(modified ? [modified] : [])];
  item.description = [...aheadNote(row), ...facts].join(" · ");
  item.contextValue = writable ? "object writable" : "object";
  const label =
    noun === "file"
      ? l10n.t("File {0}, {1}", name, item.description)
      : l10n.t("Object {0}, {1}", name, item.description);
  item.accessibilityInformation = { label };
  // Opened by VS Code itself, as in the Explorer: a click shows a preview and leaves the focus here.
  const uri = uriOfObject(at, writable);
  item.command = { command: "vscode.open", title: l10n.t("Open"), arguments: [uri] };
  return item;
}

/** A screen reader has no good word for the sign. */
function spoken(label: string): string {
  return label.replace(favouriteSign, l10n.t("favourite"));
}

/** Why it stands before rows that its name would come after. */
function aheadNote(row: ContainerRow | FolderRow | ObjectRow): readonly string[] {
  return row.type !== "container" && row.isAhead ? [l10n.t("from further down")] : [];
}

function drawMore(row: MoreRow): TreeItem {
  const item = new TreeItem(l10n.t("Load more…"));
  item.iconPath = new ThemeIcon("ellipsis");
  item.description = l10n.t("{0} shown", grouped(row.shown));
  item.contextValue = "more";
  item.command = { command: "offsite.loadMore", title: l10n.t("Load more…"), arguments: [row] };
  return item;
}

function drawFailure(row: FailureRow): TreeItem {
  const message = explain(row.error, l10n.t);
  const text = message?.text ?? l10n.t("Loading was cancelled.");
  const item = new TreeItem(message?.headline ?? text);
  if (message?.headline !== undefined) item.description = besideHeadline(message.headline, text);
  item.iconPath = new ThemeIcon("error", new ThemeColor("list.errorForeground"));
  item.contextValue = "failure";
  item.accessibilityInformation = { label: l10n.t("Error: {0} Press Enter to retry.", text) };
  item.command = { command: "offsite.retry", title: l10n.t("Retry"), arguments: [row] };
  return item;
}

function drawAsk(row: AskRow): TreeItem {
  const title = l10n.t("Enter a bucket name…");
  const item = new TreeItem(title);
  item.iconPath = new ThemeIcon("edit");
  item.description = l10n.t("this key may not list buckets");
  item.contextValue = "ask";
  item.command = { command: "offsite.enterContainer", title, arguments: [row] };
  return item;
}

/** Why it failed, as far as there is room for it beside a name. */
function shortly(error: unknown): string {
  return explain(error, l10n.t)?.headline ?? l10n.t("failed");
}

function objectTooltip({ at, info }: ObjectRow): MarkdownString {
  return table(visible(at.key), [
    [l10n.t("Size"), exactSize(info.size)],
    ...(info.modified ? ([[l10n.t("Changed"), moment(info.modified)]] as const) : []),
  ]);
}

function exactSize(bytes: number): string {
  const rounded = size(l10n.t, bytes);
  return bytes < 1000 ? rounded : l10n.t("{0} ({1} bytes)", rounded, grouped(bytes));
}

function failureTooltip({ error }: FailureRow): MarkdownString {
  const message = explain(error, l10n.t);
  const text = appendPlain(new MarkdownString(), message?.text ?? "");
  return appendPlain(text.appendMarkdown("\n\n"), message?.detail ?? "");
}

/** Remote names are hostile: everything goes in as text, never as markdown. */
function table(title: string, facts: readonly (readonly [string, string])[]): MarkdownString {
  const text = appendPlain(new MarkdownString("**", true), title).appendMarkdown("**");
  for (const [name, value] of facts)
    if (value !== "") appendPlain(text.appendMarkdown("  \n"), `${name}: ${value}`);
  return text;
}

function idOf(row: Row): string {
  switch (row.type) {
    case "connection":
    case "container":
    case "folder":
      return placeId(row.at);
    case "object":
      return `object ${locationId(row.at)}`;
    case "more":
    case "failure":
    case "ask":
    case "none":
      return `${row.type} ${locationId(row.parent)}`;
  }
}

function placeId(at: Location): string {
  return `place ${locationId(at)}`;
}
