import { l10n, type Uri, window, workspace } from "vscode";
import type { Browse, FolderRow, KeyedRow, ObjectRow } from "../app/browse.ts";
import type { Connections } from "../app/connections.ts";
import { nameOf, parentOf, type Location } from "../app/location.ts";
import {
  deleteKeys,
  download,
  keysToDelete,
  uploadFiles,
  uploadFolder,
  type Existing,
  type Item,
  type TransferOptions,
  type TransferProgress,
  type TransferReport,
} from "../app/transfers.ts";
import { explain } from "./messages.ts";
import { withProgress, type ShownProgress } from "./transferProgress.ts";
import { files, grouped, size } from "./words.ts";

interface TransferRooms {
  readonly browse: Browse;
  readonly connections: Connections;
}

/** Downloads, uploads and deletes, with what has to be asked before and said after. */
export class TransferCommands {
  readonly #rooms: TransferRooms;

  constructor(rooms: TransferRooms) {
    this.#rooms = rooms;
  }

  async download(rows: readonly KeyedRow[]): Promise<void> {
    const wanted = withoutNested(rows);
    if (wanted.length === 0) return;
    const folder = await askForFolder(l10n.t("Download Here"));
    if (!folder) return;
    const report = await withProgress(l10n.t("Downloading"), async (signal, show) => {
      const items = await Promise.all(wanted.map((row) => this.#item(row)));
      return await download(items, folder.fsPath, options(signal, show));
    });
    await tell(l10n.t("Downloaded {0}", summary(report)), report);
  }

  async uploadFiles(place: Location): Promise<void> {
    const chosen = await window.showOpenDialog({
      canSelectMany: true,
      openLabel: l10n.t("Upload"),
      title: l10n.t("Upload Files to {0}", place.key || place.container || "/"),
    });
    if (!chosen) return;
    const storage = await this.#rooms.browse.open(place);
    await this.#upload(place, async (transfer) => {
      const paths = chosen.map(({ fsPath }) => fsPath);
      return await uploadFiles(storage, place.key, paths, transfer);
    });
  }

  async uploadFolder(place: Location): Promise<void> {
    const folder = await askForFolder(l10n.t("Upload This Folder"));
    if (!folder) return;
    const storage = await this.#rooms.browse.open(place);
    await this.#upload(
      place,
      async (transfer) => await uploadFolder(storage, place.key, folder.fsPath, transfer),
    );
  }

  async delete(rows: readonly (FolderRow | ObjectRow)[]): Promise<void> {
    const wanted = withoutNested(rows);
    if (wanted.length === 0) return;
    const keys = await withProgress(l10n.t("Counting"), async (signal) => {
      const items = await Promise.all(wanted.map((row) => this.#item(row)));
      return await keysToDelete(items, signal);
    });
    const all = [...keys.values()].flat();
    const count = all.filter((key) => !key.endsWith("/")).length;
    if (!(await this.#confirmed(wanted, count))) return;
    try {
      await withProgress(l10n.t("Deleting"), async (signal, show) => {
        let done = 0;
        const onDeleted = (deleted: number) => {
          done += deleted;
          const text = l10n.t("{0} of {1}", grouped(done), grouped(all.length));
          show({ fraction: done / all.length, text });
        };
        await deleteKeys(keys, { signal, onDeleted });
      });
    } finally {
      // Whatever came of it, some of it may be gone.
      for (const { at } of wanted) this.#rooms.browse.refresh(parentOf(at));
    }
  }

  async #upload(
    place: Location,
    work: (transfer: TransferOptions) => Promise<TransferReport>,
  ): Promise<void> {
    try {
      const report = await withProgress(
        l10n.t("Uploading"),
        async (signal, show) => await work(options(signal, show)),
      );
      await tell(l10n.t("Uploaded {0}", summary(report)), report);
    } finally {
      this.#rooms.browse.refresh(place);
    }
  }

  async #item(row: KeyedRow): Promise<Item> {
    const storage = await this.#rooms.browse.open(row.at);
    return {
      storage,
      key: row.at.key,
      name: row.name,
      ...(row.type === "object" && { info: row.info }),
    };
  }

  async #confirmed(rows: readonly (FolderRow | ObjectRow)[], count: number): Promise<boolean> {
    const noun = this.#nounFor(rows[0], count);
    const [only, ...others] = rows;
    const single = others.length === 0 && only ? only : undefined;
    const question =
      single?.type === "folder"
        ? l10n.t("Delete the folder “{0}” and all in it?", single.name)
        : single
          ? l10n.t("Delete “{0}”?", single.name)
          : l10n.t("Delete the {0} selected?", grouped(rows.length));
    const act =
      count === 0 ? l10n.t("Delete Folder") : l10n.t("Delete {0} {1}", grouped(count), noun);
    const detail = l10n.t("This cannot be undone from here.");
    return (await window.showWarningMessage(question, { modal: true, detail }, act)) === act;
  }

  #nounFor(row: FolderRow | ObjectRow | undefined, count: number): string {
    const { connections } = this.#rooms;
    const connection = row && connections.get(row.at.connection);
    const noun = connection && connections.provider(connection)?.noun;
    if (noun === "file") return count === 1 ? l10n.t("File") : l10n.t("Files");
    return count === 1 ? l10n.t("Object") : l10n.t("Objects");
  }
}

/** What lies in a folder that is chosen too would be done twice. */
function withoutNested<T extends KeyedRow>(rows: readonly T[]): readonly T[] {
  return rows.filter(
    (row) =>
      !rows.some(
        (other) =>
          other !== row &&
          other.type !== "object" &&
          other.at.connection === row.at.connection &&
          other.at.container === row.at.container &&
          row.at.key !== other.at.key &&
          row.at.key.startsWith(other.at.key),
      ),
  );
}

function options(signal: AbortSignal, show: (progress: ShownProgress) => void): TransferOptions {
  return { signal, onExisting: askAboutExisting, onProgress: (done) => show(shown(done)) };
}

function shown({ filesDone, filesTotal, bytesDone, bytesTotal }: TransferProgress): ShownProgress {
  const counted = l10n.t("{0} of {1}", grouped(filesDone), files(l10n.t, filesTotal));
  if (!bytesTotal) return { fraction: filesDone / Math.max(1, filesTotal), text: counted };
  const sized = l10n.t("{0} of {1}", size(l10n.t, bytesDone), size(l10n.t, bytesTotal));
  return { fraction: bytesDone / bytesTotal, text: `${counted}, ${sized}` };
}

async function askForFolder(openLabel: string): Promise<Uri | undefined> {
  const [workspaceFolder] = workspace.workspaceFolders ?? [];
  const isLocal = workspaceFolder?.uri.scheme === "file";
  const [folder] =
    (await window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel,
      ...(isLocal && { defaultUri: workspaceFolder.uri }),
    })) ?? [];
  return folder;
}

async function askAboutExisting(names: readonly string[]): Promise<Existing> {
  const overwrite =
    names.length === 1 ? l10n.t("Overwrite") : l10n.t("Overwrite {0} Files", names.length);
  const skip = l10n.t("Skip");
  const question =
    names.length === 1
      ? l10n.t("“{0}” is there already.", names[0] ?? "")
      : l10n.t("{0} of these are there already.", grouped(names.length));
  const most = names.slice(0, 10).map(nameOf).join("\n");
  const detail = names.length > 10 ? `${most}\n…` : most;
  const answer = await window.showWarningMessage(
    question,
    { modal: true, ...(names.length > 1 && { detail }) },
    overwrite,
    skip,
  );
  if (answer === overwrite) return "overwrite";
  return answer === skip ? "skip" : "cancel";
}

function summary({ done, bytes, skipped }: TransferReport): string {
  const what = l10n.t("{0} ({1})", files(l10n.t, done), size(l10n.t, bytes));
  return skipped > 0 ? l10n.t("{0}, skipped {1}", what, grouped(skipped)) : what;
}

/** Success is one line in the bar; a failure is a message, the first in words and the rest counted. */
async function tell(text: string, { failed }: TransferReport): Promise<void> {
  const [first] = failed;
  if (!first) {
    window.setStatusBarMessage(`$(check) ${text}`, 6000);
    return;
  }
  const why = explain(first.error, l10n.t)?.text ?? "";
  const others = failed.length - 1;
  const also = others > 0 ? ` ${l10n.t("So did {0} more.", grouped(others))}` : "";
  await window.showErrorMessage(l10n.t("{0}. “{1}” failed: {2}{3}", text, first.name, why, also));
}
