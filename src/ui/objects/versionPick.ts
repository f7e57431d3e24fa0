import { l10n, type QuickInputButton, type QuickPickItem, ThemeIcon, window } from "vscode";
import { nameOf } from "../../app/location.ts";
import { versionsOf } from "../../app/objects/versions.ts";
import type { ObjectVersion } from "../../storage/extras.ts";
import type { Storage } from "../../storage/storage.ts";
import { redraw } from "../steps.ts";
import { ago, moment, size, visible } from "../words.ts";

export interface VersionPicked {
  readonly act: "open" | "compare" | "link" | "restore" | "delete";
  readonly version: ObjectVersion;
  /** Those that were shown. */
  readonly versions: readonly ObjectVersion[];
}

interface ActButton extends QuickInputButton {
  readonly act: VersionPicked["act"];
}

interface VersionItem extends QuickPickItem {
  /** Absent for the row that loads more. */
  readonly version?: ObjectVersion;
  readonly buttons?: readonly ActButton[];
}

/** What can be done with the versions of this object, beside looking at them. */
interface Offers {
  readonly writable: boolean;
  readonly links: boolean;
}

/** Shows the versions of an object as they arrive; resolves to what shall be done with one. */
export async function pickVersion(
  storage: Storage,
  key: string,
  row: { readonly writable: boolean },
): Promise<VersionPicked | undefined> {
  const picker = window.createQuickPick<VersionItem>();
  picker.title = l10n.t("Versions of {0}", visible(nameOf(key)));
  picker.placeholder = l10n.t("Enter opens a version; its buttons do the rest.");
  picker.matchOnDescription = true;
  picker.ignoreFocusOut = true;
  const offers = { ...row, links: storage.extras.links !== undefined };
  const loading = new AbortController();
  let versions: readonly ObjectVersion[] = [];
  let cursor: string | undefined;
  const load = async () => {
    picker.busy = true;
    const { signal } = loading;
    const page = await versionsOf(storage, key, {
      signal,
      ...(cursor !== undefined && { cursor }),
    });
    versions = [...versions, ...page.versions];
    ({ cursor } = page);
    redraw(picker, itemsOf(versions, cursor !== undefined, offers));
    picker.busy = false;
  };
  try {
    return await new Promise((resolve, reject) => {
      const loadOrEnd = () => void load().catch(reject);
      picker.onDidHide(() => resolve(undefined));
      picker.onDidAccept(() => {
        const [item] = picker.selectedItems;
        const { version } = item ?? {};
        if (item && !version && cursor !== undefined) loadOrEnd();
        else if (version && !version.isDeletion) resolve({ act: "open", version, versions });
      });
      picker.onDidTriggerItemButton(({ item: { version }, button }) => {
        // Every button of these rows was made below.
        if (version) resolve({ act: (button as ActButton).act, version, versions });
      });
      picker.show();
      loadOrEnd();
    });
  } finally {
    loading.abort();
    picker.dispose();
  }
}

function itemsOf(
  versions: readonly ObjectVersion[],
  isMore: boolean,
  offers: Offers,
): readonly VersionItem[] {
  if (versions.length === 0) return [{ label: l10n.t("The storage keeps no version of it.") }];
  const more: VersionItem = {
    label: l10n.t("$(ellipsis) Load more…"),
    description: l10n.t("{0} shown", versions.length),
    alwaysShow: true,
  };
  return [...versions.map((version) => itemOf(version, offers)), ...(isMore ? [more] : [])];
}

function itemOf(version: ObjectVersion, offers: Offers): VersionItem {
  const { modified, isDeletion, isLatest } = version;
  const notes = [
    isLatest && !isDeletion ? l10n.t("current") : "",
    modified ? ago(l10n.t, modified, new Date()) : "",
    isDeletion ? l10n.t("deleted") : size(l10n.t, version.size),
  ];
  const icon = isDeletion ? "trash" : isLatest ? "circle-filled" : "history";
  return {
    label: `$(${icon}) ${modified ? moment(modified) : visible(version.id)}`,
    description: notes.filter((note) => note !== "").join(" · "),
    version,
    buttons: buttonsOf(version, offers),
  };
}

function buttonsOf({ isDeletion, isLatest }: ObjectVersion, { writable, links }: Offers) {
  const button = (act: VersionPicked["act"], icon: string, tooltip: string): ActButton => ({
    act,
    tooltip,
    iconPath: new ThemeIcon(icon),
  });
  const compare = button("compare", "diff", l10n.t("Compare with Current"));
  const link = button("link", "link", l10n.t("Copy Presigned Link to This Version…"));
  const restore = button("restore", "discard", l10n.t("Restore This Version…"));
  const remove = isDeletion
    ? button("delete", "close", l10n.t("Remove the Mark of Deletion…"))
    : button("delete", "trash", l10n.t("Delete This Version…"));
  return [
    ...(isDeletion || isLatest ? [] : [compare]),
    ...(links && !isDeletion ? [link] : []),
    ...(writable && !isDeletion && !isLatest ? [restore] : []),
    ...(writable ? [remove] : []),
  ];
}
