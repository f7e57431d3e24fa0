import {
  commands,
  l10n,
  type QuickInputButton,
  type QuickPickItem,
  ThemeIcon,
  window,
} from "vscode";
import { nameOf, type Location } from "../../app/location.ts";
import { bringBack, deletedObjects, type DeletedObject } from "../../app/objects/versions.ts";
import type { Storage } from "../../storage/storage.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import { withProgress } from "../transfers/progress.ts";
import { redraw } from "../steps.ts";
import { versionUri } from "./versionFiles.ts";
import { ago, grouped, size, visible } from "../words.ts";

/** A search looks so far by itself: a page is a thousand versions, and each costs a request. */
const pagesAtOnce = 20;

interface DeletedItem extends QuickPickItem {
  readonly object: DeletedObject;
}

/** "Show Deleted Objects": ticks what shall come back. */
export async function showDeletedObjects(rooms: ExtraRooms, at: Location): Promise<void> {
  const storage = await rooms.browse.open(at);
  const writable = rooms.connections.get(at.connection)?.readOnly !== true;
  const objects = await pickDeleted(storage, at, writable);
  if (!objects || objects.length === 0 || !writable) return;
  const marks = objects.flatMap((object) => object.marks).length;
  let removed = 0;
  try {
    const failures = await withProgress(l10n.t("Bringing back"), async (signal, show) => {
      const onRemoved = (count: number) => {
        removed += count;
        const text = l10n.t("{0} of {1}", grouped(removed), grouped(marks));
        show({ fraction: removed / marks, text });
      };
      return await bringBack(storage, objects, { signal, onRemoved });
    });
    const [failure] = failures;
    if (failure) throw failure.error;
    const done = objects.length;
    const text =
      done === 1
        ? l10n.t("Brought back “{0}”", visible(nameOf(objects[0]?.key ?? "")))
        : l10n.t("Brought back {0} objects", grouped(done));
    window.setStatusBarMessage(`$(check) ${text}`, 6000);
  } finally {
    // Whatever came of it, some of them may be there again.
    if (removed > 0) rooms.browse.refresh(at);
  }
}

async function pickDeleted(
  storage: Storage,
  at: Location,
  writable: boolean,
): Promise<readonly DeletedObject[] | undefined> {
  const further: QuickInputButton = {
    iconPath: new ThemeIcon("search"),
    tooltip: l10n.t("Look Further"),
  };
  const open = { iconPath: new ThemeIcon("go-to-file"), tooltip: l10n.t("Open Its Last Content") };
  const picker = window.createQuickPick<DeletedItem>();
  Object.assign(picker, {
    title: l10n.t("Deleted Objects in {0}", visible(at.key || at.container || "/")),
    canSelectMany: writable,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  const over = new AbortController();
  const looking = deletedObjects(storage, at.key, { signal: over.signal });
  const look = async () => {
    if (picker.busy) return;
    picker.busy = true;
    picker.buttons = [];
    for (let pages = 0; pages < pagesAtOnce; pages++) {
      const { done, value } = await looking.next();
      if (over.signal.aborted) return;
      if (done) {
        picker.placeholder = wholeText(picker.items.length, writable);
        picker.busy = false;
        return;
      }
      if (value.found.length > 0) {
        const ticked = picker.selectedItems;
        const found = value.found.map((object) => itemOf(object, at, open));
        redraw(picker, [...picker.items, ...found]);
        picker.selectedItems = ticked;
      }
      picker.placeholder = l10n.t("Looked at {0} versions so far…", grouped(value.looked));
    }
    picker.placeholder = l10n.t(
      "{0} There is more to look at: the button looks further.",
      picker.placeholder ?? "",
    );
    picker.buttons = [further];
    picker.busy = false;
  };
  try {
    return await new Promise((resolve, reject) => {
      const lookOrEnd = () => void look().catch(reject);
      picker.onDidHide(() => resolve(undefined));
      picker.onDidTriggerButton(lookOrEnd);
      picker.onDidTriggerItemButton(({ item: { object } }) => {
        const uri = versionUri({ ...at, key: object.key }, object.last.id);
        void commands.executeCommand("vscode.open", uri, { preview: true });
      });
      picker.onDidAccept(() => resolve(picker.selectedItems.map(({ object }) => object)));
      picker.show();
      lookOrEnd();
    });
  } finally {
    over.abort();
    picker.dispose();
  }
}

function wholeText(count: number, writable: boolean): string {
  if (count === 0) return l10n.t("Nothing here was deleted that is still kept.");
  return writable
    ? l10n.t("Tick what shall come back. Enter brings it back.")
    : l10n.t("These are still kept. The connection is read-only, so none can be brought back.");
}

function itemOf(
  object: DeletedObject,
  at: Location,
  open: { readonly iconPath: ThemeIcon; readonly tooltip: string },
): DeletedItem {
  const deleted = object.marks[0]?.modified;
  return {
    label: visible(object.key.slice(at.key.length)),
    description: [
      size(l10n.t, object.last.size),
      ...(deleted ? [l10n.t("deleted {0}", ago(l10n.t, deleted, new Date()))] : []),
    ].join(" · "),
    buttons: [open],
    object,
  };
}
