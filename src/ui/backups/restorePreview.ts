/** A look at what a restore would do, before anything is written. */
import { commands, l10n, QuickPickItemKind, ThemeIcon, Uri, window } from "vscode";
import type { RepositoryPlace } from "../../app/backups/place.ts";
import type { SnapshotPath } from "../../app/backups/snapshots.ts";
import { type RestorePreview, withoutItems } from "../../app/backups/tasks.ts";
import type { Repository } from "../../engine/repository/repository.ts";
import { isWritten, type RestoreItem } from "../../engine/restore/restorePlan.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import { snapshotUri } from "./snapshotUri.ts";
import { type Choice, pickOne } from "../steps.ts";
import { unsavedDocuments } from "./unsaved.ts";
import { clock, day, files, grouped, size, visible } from "../words.ts";

/** An item and the folder of the snapshot its path starts from. */
type PlacedItem = RestoreItem & { readonly base: SnapshotPath };

export interface RestoreSource {
  readonly place: RepositoryPlace;
  readonly repository: Repository;
  readonly snapshot: Snapshot;
  /** Empty: everything. */
  readonly picked: readonly SnapshotPath[];
}

type Row =
  | { readonly type: "restore"; readonly keepUnsaved: boolean }
  | { readonly type: "item"; readonly item: PlacedItem };

/** More rows than this are not read by anybody; the counts are above them. */
const rowsPerGroup = 200;

/** Shows the preview until it is accepted; undefined if called off or there is nothing to do. */
export async function lookAtPreview(
  source: RestoreSource,
  preview: RestorePreview,
): Promise<RestorePreview | undefined> {
  const unsaved = new Set(unsavedDocuments().map(({ uri }) => uri.fsPath));
  const items = preview.plans.flatMap((one) =>
    one.items.map((item): PlacedItem => ({ ...item, base: one.request.base })),
  );
  const writes = items.filter(isWritten);
  if (writes.length === 0 && !items.some(({ action }) => action === "refuse")) {
    void window.showInformationMessage(
      items.length === 0
        ? l10n.t("There is nothing to restore there.")
        : l10n.t("Nothing to do: what is there is the same already."),
    );
    return undefined;
  }
  const endangered = writes.filter(({ target }) => unsaved.has(target));
  const compare = { iconPath: new ThemeIcon("diff"), tooltip: l10n.t("Compare") };
  const chosen = await pickOne<Row>(
    { title: title(source) },
    {
      placeholder: l10n.t("Nothing has been written yet. Look, then restore."),
      choices: [
        ...decisions(items, preview, endangered.length),
        ...itemGroups(items, unsaved, compare),
      ],
      onButton: (row) => {
        if (row?.type === "item") void compareItem(source, row.item);
      },
      stay: (row) => {
        if (row.type === "item") void compareItem(source, row.item);
        return row.type === "item";
      },
    },
  );
  if (chosen?.type !== "answer" || chosen.value.type !== "restore") return undefined;
  return chosen.value.keepUnsaved
    ? withoutItems(preview, ({ target }) => unsaved.has(target))
    : preview;
}

function decisions(
  items: readonly PlacedItem[],
  preview: RestorePreview,
  endangered: number,
): readonly Choice<Row>[] {
  if (!items.some(isWritten)) return [];
  // Folders come along unsaid: people count files.
  const count = (action: RestoreItem["action"]) =>
    items.filter((item) => item.action === action && item.node.type !== "dir").length;
  const bytes = preview.plans.reduce((sum, one) => sum + one.bytes, 0);
  const numbers = [
    l10n.t("{0} new", grouped(count("create"))),
    l10n.t("{0} changed", grouped(count("replace"))),
    l10n.t("{0} the same", grouped(count("same"))),
    size(l10n.t, bytes),
  ].join(" · ");
  const detail =
    count("replace") > 0 ? l10n.t("What is overwritten is kept, and Undo brings it back.") : "";
  const all: Choice<Row> = {
    label: `$(discard) ${l10n.t("Restore")}`,
    description: numbers,
    detail,
    alwaysShow: true,
    value: { type: "restore", keepUnsaved: false },
  };
  if (endangered === 0) return [all];
  return [
    {
      ...all,
      label: `$(discard) ${l10n.t("Restore, except {0} with unsaved changes", files(l10n.t, endangered))}`,
      value: { type: "restore", keepUnsaved: true },
    },
    {
      label: `$(warning) ${l10n.t("Restore all")}`,
      detail: l10n.t("Unsaved text stays in its editor; saving it then asks before it overwrites."),
      alwaysShow: true,
      value: { type: "restore", keepUnsaved: false },
    },
  ];
}

function itemGroups(
  items: readonly PlacedItem[],
  unsaved: ReadonlySet<string>,
  compare: { iconPath: ThemeIcon; tooltip: string },
): readonly Choice<Row>[] {
  const isUnsaved = ({ target, action }: RestoreItem) =>
    action === "replace" && unsaved.has(target);
  const groups: readonly [string, readonly PlacedItem[]][] = [
    [l10n.t("unsaved in an editor"), items.filter(isUnsaved)],
    [
      l10n.t("changed, would be overwritten"),
      items.filter((item) => item.action === "replace" && !isUnsaved(item)),
    ],
    [l10n.t("cannot be restored"), items.filter(({ action }) => action === "refuse")],
    [l10n.t("new"), items.filter(({ action, node }) => action === "create" && node.type !== "dir")],
  ];
  return groups.flatMap(([label, members]) => {
    if (members.length === 0) return [];
    const hidden = members.length - rowsPerGroup;
    return [
      {
        label: hidden > 0 ? l10n.t("{0} ({1} more)", label, grouped(hidden)) : label,
        kind: QuickPickItemKind.Separator,
      },
      ...members.slice(0, rowsPerGroup).map((item) => ({
        label: visible(item.path.join("/")),
        description: item.reason ?? size(l10n.t, item.node.size ?? 0),
        buttons: item.node.type === "file" && item.action !== "refuse" ? [compare] : [],
        value: { type: "item" as const, item },
      })),
    ];
  });
}

async function compareItem(
  { repository, snapshot }: RestoreSource,
  item: PlacedItem,
): Promise<void> {
  if (item.node.type !== "file" || item.action === "refuse") return;
  const path = [...item.base, ...item.path];
  const then = snapshotUri({ repository: repository.id, snapshot: snapshot.id, path });
  if (item.action === "create") await commands.executeCommand("vscode.open", then);
  else await compareFiles(snapshot, then, Uri.file(item.target));
}

/** The file as it was beside the file as it is. */
export async function compareFiles(snapshot: Snapshot, then: Uri, now: Uri): Promise<void> {
  const name = now.path.slice(now.path.lastIndexOf("/") + 1);
  await commands.executeCommand(
    "vscode.diff",
    then,
    now,
    l10n.t("{0} ({1} ↔ now)", name, timeOf(snapshot)),
  );
}

/** What is restored, and of when: the title of every question about it. */
export function title({ snapshot, picked }: RestoreSource): string {
  const [only] = picked;
  const what =
    picked.length === 0
      ? l10n.t("the snapshot")
      : picked.length === 1
        ? `“${visible(only?.at(-1) ?? "/")}”`
        : l10n.t("{0} items", picked.length);
  return l10n.t("Restore {0} of {1}", what, timeOf(snapshot));
}

function timeOf({ time }: Snapshot): string {
  const then = new Date(time);
  return `${day(then)} ${clock(then)}`;
}
