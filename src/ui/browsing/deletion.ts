/** "Delete…": says before what can be taken back, and offers to afterwards. */
import { l10n, window } from "vscode";
import type { Browse, FolderRow, ObjectRow } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { deleteKeys, keysToDelete, undoDeletion, type Marked } from "../../app/objects/deletion.ts";
import { parentOf } from "../../app/location.ts";
import { withoutNested } from "../../app/transfers/sources.ts";
import { type Keeping, keepingOf } from "../../app/objects/versions.ts";
import { type Follow, rowBeside } from "./focus.ts";
import type { LastDone } from "./lastDone.ts";
import { deletionDetail, keepingOfAll, undoneText } from "./deletionWords.ts";
import type { Refusal } from "../../storage/requests.ts";
import { notDeletedText } from "../failedText.ts";
import { withProgress } from "../transfers/progress.ts";
import { grouped, visible } from "../words.ts";

type Deletable = FolderRow | ObjectRow;

interface DeletionRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly lastDone: LastDone;
  readonly follow: Follow;
}

/** Taking so many back is still quick. */
const mostUndone = 1000;

/** Deletes what `rows` stand for with all below, once somebody has agreed to it. */
export async function deleteRows(rooms: DeletionRooms, rows: readonly Deletable[]): Promise<void> {
  const wanted = withoutNested(rows);
  if (wanted.length === 0) return;
  const { keys, keeping } = await withProgress(
    l10n.t("Counting"),
    async (signal) => await survey(rooms, wanted, signal),
  );
  const all = [...keys.values()].flat();
  const objects = all.filter(isObject).length;
  if (!(await confirmed(rooms, wanted, objects, keeping))) return;
  await rooms.follow(await rowBeside(rooms.browse, wanted), Date.now());
  const marks: Marked[] = [];
  const onMark = (mark: Marked) => marks.push(mark);
  let refused: readonly Refusal[] = [];
  try {
    await withCount(l10n.t("Deleting"), all.length, async (signal, show) => {
      let done = 0;
      const onDeleted = (count: number) => show((done += count));
      const told = all.length <= mostUndone && { onMark };
      refused = await deleteKeys(keys, { signal, onDeleted, ...told });
    });
  } finally {
    // Whatever came of it, some of it may be gone.
    refresh(rooms, wanted);
  }
  const gone = objects - refused.filter(({ key }) => isObject(key)).length;
  if (refused.length > 0) void window.showErrorMessage(notDeletedText(l10n.t, refused));
  await tellDeleted(rooms, wanted, { marks, objects, gone, isWhole: refused.length === 0 });
}

interface Deleted {
  readonly marks: readonly Marked[];
  readonly objects: number;
  readonly gone: number;
  /** Nothing was refused, folders neither. */
  readonly isWhole: boolean;
}

/** What is gone can be taken back, also where something else was refused. */
async function tellDeleted(
  rooms: DeletionRooms,
  rows: readonly Deletable[],
  { marks, objects, gone, isWhole }: Deleted,
): Promise<void> {
  if (!isWhole && gone === 0) return;
  const [only, ...others] = rows;
  const all =
    others.length === 0 && only
      ? l10n.t("Deleted “{0}”.", visible(only.name))
      : l10n.t("Deleted {0} objects and folders.", grouped(rows.length));
  const text = isWhole ? all : l10n.t("Deleted {0} of {1}.", grouped(gone), grouped(objects));
  // With fewer marks than objects, a part of them only would come back.
  const canComeBack = gone > 0 && marks.filter(({ key }) => isObject(key)).length === gone;
  if (!canComeBack) return void window.setStatusBarMessage(`$(check) ${text}`, 6000);
  await rooms.lastDone.offer(text, async () => {
    const askedMs = Date.now();
    await takeBack(rooms, rows, marks);
    await rooms.follow(only, askedMs);
  });
}

async function survey({ browse }: DeletionRooms, rows: readonly Deletable[], signal: AbortSignal) {
  const items = await Promise.all(
    rows.map(async ({ at }) => ({ storage: await browse.open(at), key: at.key })),
  );
  const keys = await keysToDelete(items, signal);
  const each = [...keys.keys()].map(async (storage) => await keepingOf(storage, { signal }));
  return { keys, keeping: keepingOfAll(await Promise.all(each)) };
}

async function takeBack(
  rooms: DeletionRooms,
  rows: readonly Deletable[],
  marks: readonly Marked[],
): Promise<void> {
  try {
    const there = await withCount(
      l10n.t("Bringing back"),
      marks.length,
      async (signal, onDone) => await undoDeletion(marks, { signal, onDone }),
    );
    const wanted = marks.filter(({ key }) => isObject(key)).length;
    const text = undoneText(l10n.t, there, wanted);
    if (there === wanted) window.setStatusBarMessage(`$(check) ${text}`, 6000);
    else void window.showWarningMessage(text);
  } finally {
    refresh(rooms, rows);
  }
}

function refresh({ browse }: DeletionRooms, rows: readonly Deletable[]): void {
  for (const { at } of rows) browse.refresh(parentOf(at));
}

async function confirmed(
  rooms: DeletionRooms,
  rows: readonly Deletable[],
  objects: number,
  keeping: Keeping,
): Promise<boolean> {
  const [only, ...others] = rows;
  const single = others.length === 0 && only ? only : undefined;
  const question =
    single?.type === "folder"
      ? l10n.t("Delete the folder “{0}” and all in it?", visible(single.name))
      : single
        ? l10n.t("Delete “{0}”?", visible(single.name))
        : l10n.t("Delete the {0} selected?", grouped(rows.length));
  const noun = nounFor(rooms, only, objects);
  const act =
    objects === 0 ? l10n.t("Delete Folder") : l10n.t("Delete {0} {1}", grouped(objects), noun);
  const detail = deletionDetail(l10n.t, keeping);
  return (await window.showWarningMessage(question, { modal: true, detail }, act)) === act;
}

function nounFor(
  { connections }: DeletionRooms,
  row: Deletable | undefined,
  count: number,
): string {
  const connection = row && connections.get(row.at.connection);
  const noun = connection && connections.provider(connection)?.noun;
  if (noun === "file") return count === 1 ? l10n.t("File") : l10n.t("Files");
  return count === 1 ? l10n.t("Object") : l10n.t("Objects");
}

function isObject(key: string): boolean {
  return !key.endsWith("/");
}

/** Runs `work`, which tells how many of `total` are done. */
async function withCount<T>(
  title: string,
  total: number,
  work: (signal: AbortSignal, show: (done: number) => void) => Promise<T>,
): Promise<T> {
  return await withProgress(title, async (signal, show) => {
    const tell = (done: number) =>
      show({ fraction: done / total, text: l10n.t("{0} of {1}", grouped(done), grouped(total)) });
    return await work(signal, tell);
  });
}
