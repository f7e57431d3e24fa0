import { l10n, type QuickPickItem, window } from "vscode";
import type { Location } from "../../app/location.ts";
import {
  abortUploads,
  arrivedBytes,
  unfinishedUploads,
  type UnfinishedUpload,
} from "../../app/buckets/unfinishedUploads.ts";
import { forEachPooled } from "../../base/pool.ts";
import type { Storage } from "../../storage/storage.ts";
import type { ExtraRooms } from "../objects/extraRooms.ts";
import { redraw } from "../steps.ts";
import { withProgress } from "../transfers/progress.ts";
import { ago, grouped, size, visible } from "../words.ts";

/** So many are listed; of each it takes a request to know what has arrived. */
const mostShown = 200;

interface UploadItem extends QuickPickItem {
  readonly upload: UnfinishedUpload;
}

/** "Unfinished Uploads…": ticks which shall be given up. */
export async function showUnfinishedUploads(rooms: ExtraRooms, at: Location): Promise<void> {
  const storage = await rooms.browse.open(at);
  const writable = rooms.connections.get(at.connection)?.readOnly !== true;
  const chosen = await pickUploads(storage, at, writable);
  if (!chosen || chosen.length === 0 || !writable || !(await confirmed(chosen))) return;
  await withProgress(l10n.t("Giving up uploads"), async (signal, show) => {
    let done = 0;
    const onAborted = () => {
      done++;
      const text = l10n.t("{0} of {1}", grouped(done), grouped(chosen.length));
      show({ fraction: done / chosen.length, text });
    };
    await abortUploads(storage, chosen, { signal, onAborted });
  });
  const text =
    chosen.length === 1
      ? l10n.t("Gave up 1 upload")
      : l10n.t("Gave up {0} uploads", grouped(chosen.length));
  window.setStatusBarMessage(`$(check) ${text}`, 6000);
}

async function pickUploads(
  storage: Storage,
  at: Location,
  writable: boolean,
): Promise<readonly UnfinishedUpload[] | undefined> {
  const picker = window.createQuickPick<UploadItem>();
  Object.assign(picker, {
    title: l10n.t("Unfinished Uploads in {0}", at.key || at.container || "/"),
    placeholder: l10n.t("Looking…"),
    canSelectMany: writable,
    matchOnDescription: true,
    ignoreFocusOut: true,
    busy: true,
  });
  const over = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      picker.onDidHide(() => resolve(undefined));
      picker.onDidAccept(() => resolve(picker.selectedItems.map(({ upload }) => upload)));
      picker.show();
      fill(picker, storage, at, { writable, signal: over.signal }).catch(reject);
    });
  } finally {
    over.abort();
    picker.dispose();
  }
}

async function fill(
  picker: ReturnType<typeof window.createQuickPick<UploadItem>>,
  storage: Storage,
  at: Location,
  { writable, signal }: { readonly writable: boolean; readonly signal: AbortSignal },
): Promise<void> {
  let found: UnfinishedUpload[] = [];
  let isWhole = true;
  for await (const uploads of unfinishedUploads(storage, at.key, { signal })) {
    found.push(...uploads);
    if (found.length > mostShown) {
      isWhole = false;
      found = found.slice(0, mostShown);
      break;
    }
  }
  const bytes = new Map<UnfinishedUpload, number>();
  const show = () => {
    if (signal.aborted) return;
    const ticked = new Set(picker.selectedItems.map(({ upload }) => upload));
    const items = found.map((upload) => itemOf(upload, at, bytes.get(upload)));
    redraw(picker, items);
    picker.selectedItems = items.filter(({ upload }) => ticked.has(upload));
  };
  picker.placeholder = placeholder(found.length, isWhole, writable);
  show();
  await forEachPooled(found, 8, async (upload) => {
    bytes.set(upload, await arrivedBytes(storage, upload, { signal }));
  });
  show();
  picker.busy = false;
}

function placeholder(count: number, isWhole: boolean, writable: boolean): string {
  if (count === 0) return l10n.t("No upload was left unfinished here.");
  if (!isWhole) return l10n.t("The first {0} of more. What is ticked is given up.", grouped(count));
  return writable
    ? l10n.t("What has arrived of these is billed. Tick which to give up.")
    : l10n.t("What has arrived of these is billed. The connection is read-only.");
}

function itemOf(upload: UnfinishedUpload, at: Location, arrived: number | undefined): UploadItem {
  const notes = [
    ...(arrived === undefined ? [] : [l10n.t("{0} arrived", size(l10n.t, arrived))]),
    ...(upload.begun ? [l10n.t("begun {0}", ago(l10n.t, upload.begun, new Date()))] : []),
  ];
  return {
    label: visible(upload.key.slice(at.key.length)),
    description: notes.join(" · "),
    upload,
  };
}

async function confirmed(uploads: readonly UnfinishedUpload[]): Promise<boolean> {
  const act =
    uploads.length === 1
      ? l10n.t("Give Up 1 Upload")
      : l10n.t("Give Up {0} Uploads", grouped(uploads.length));
  const question =
    uploads.length === 1
      ? l10n.t("Give up the upload of “{0}”?", visible(uploads[0]?.key ?? ""))
      : l10n.t("Give up {0} unfinished uploads?", grouped(uploads.length));
  const detail = l10n.t(
    "What has arrived of them is deleted. If a program is still uploading one of them, it will fail.",
  );
  return (await window.showWarningMessage(question, { modal: true, detail }, act)) === act;
}
