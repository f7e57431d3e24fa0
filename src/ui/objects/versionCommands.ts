/** Versions of objects: looking at them, comparing, restoring, deleting, and what was deleted. */
import { commands, l10n, window } from "vscode";
import type { ObjectRow } from "../../app/browsing/browse.ts";
import { nameOf, parentOf } from "../../app/location.ts";
import { type Keeping, keepingOf, restoreVersion, versionsIn } from "../../app/objects/versions.ts";
import { never } from "../../base/abort.ts";
import type { ObjectVersion } from "../../storage/extras.ts";
import type { Storage } from "../../storage/storage.ts";
import { showDeletedObjects } from "./deletedObjects.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import { copyLinks } from "./linkCommands.ts";
import { isPlaceRow } from "../rows.ts";
import { uriOfObject } from "../remoteUri.ts";
import { versionUri } from "./versionFiles.ts";
import { pickVersion, type VersionPicked } from "./versionPick.ts";
import { moment, visible } from "../words.ts";

export function versionCommands(rooms: ExtraRooms) {
  return {
    showVersions: async (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find((one) => one.type === "object");
      if (row) await showVersions(rooms, row);
    },
    showDeletedObjects: async (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find(isPlaceRow);
      if (row) await showDeletedObjects(rooms, row.at);
    },
  };
}

async function showVersions(rooms: ExtraRooms, row: ObjectRow): Promise<void> {
  const { at, writable } = row;
  const storage = await rooms.browse.open(at);
  for (;;) {
    const picked = await pickVersion(storage, at.key, { writable });
    if (!picked || !(await carryOut(rooms, storage, row, picked))) return;
  }
}

/** Resolves to whether the list of versions is worth another look. */
async function carryOut(
  rooms: ExtraRooms,
  storage: Storage,
  row: ObjectRow,
  { act, version, versions }: VersionPicked,
): Promise<boolean> {
  const { at } = row;
  switch (act) {
    case "open":
      await open(row, version);
      return false;
    case "compare":
      await compare(row, version);
      return false;
    case "link":
      return !(await copyLinks(rooms, [{ at, name: row.name, version: version.id }]));
    case "restore":
      if (!(await confirmedRestore(storage, version))) return true;
      await restoreVersion(storage, version, versions);
      rooms.browse.refresh(parentOf(at));
      window.setStatusBarMessage(
        `$(check) ${l10n.t("Restored the version of {0}", timeOf(version))}`,
        6000,
      );
      return false;
    case "delete":
      if (!(await confirmedDelete(version, versions))) return true;
      await versionsIn(storage).delete({ key: at.key, id: version.id, signal: never });
      rooms.browse.refresh(parentOf(at));
      return versions.length > 1;
  }
}

/** Opens it where VS Code would open such a file; the tab says which version it is. */
async function open({ at, writable }: ObjectRow, version: ObjectVersion): Promise<void> {
  const uri = version.isLatest ? uriOfObject(at, writable) : versionUri(at, version.id);
  const label = l10n.t("{0} ({1})", visible(nameOf(at.key)), timeOf(version));
  await commands.executeCommand(
    "vscode.open",
    uri,
    { preview: true },
    version.isLatest ? undefined : label,
  );
}

async function compare({ at, writable }: ObjectRow, version: ObjectVersion): Promise<void> {
  const title = l10n.t("{0} ({1}) ↔ Current", visible(nameOf(at.key)), timeOf(version));
  await commands.executeCommand(
    "vscode.diff",
    versionUri(at, version.id),
    uriOfObject(at, writable),
    title,
  );
}

async function confirmedRestore(storage: Storage, version: ObjectVersion): Promise<boolean> {
  const restore = l10n.t("Restore Version");
  const detail = restoreDetail(await keepingOf(storage));
  const question = l10n.t(
    "Make “{0}” current again as it was on {1}?",
    visible(nameOf(version.key)),
    timeOf(version),
  );
  return (await window.showWarningMessage(question, { modal: true, detail }, restore)) === restore;
}

/** A bucket whose versioning is suspended overwrites what was written since. */
function restoreDetail(keeping: Keeping): string {
  if (keeping === "on")
    return l10n.t(
      "The storage copies it to a new version. Nothing is lost: all versions stay, also the one that is current now.",
    );
  return keeping === "unknown"
    ? l10n.t(
        "Whether versioning is on in this bucket, this connection cannot ask. If it is not, what is current is replaced for good.",
      )
    : l10n.t(
        "Versioning is not on in this bucket now, so what is current may be replaced for good. Turn versioning on first to keep it.",
      );
}

async function confirmedDelete(
  version: ObjectVersion,
  versions: readonly ObjectVersion[],
): Promise<boolean> {
  const name = visible(nameOf(version.key));
  const question = version.isDeletion
    ? l10n.t("Remove the mark that says “{0}” was deleted on {1}?", name, timeOf(version))
    : l10n.t("Delete the version of “{0}” of {1}?", name, timeOf(version));
  const act = version.isDeletion ? l10n.t("Remove Mark") : l10n.t("Delete Version");
  const detail = consequence(version, versions);
  return (await window.showWarningMessage(question, { modal: true, detail }, act)) === act;
}

function consequence(version: ObjectVersion, versions: readonly ObjectVersion[]): string {
  const [next] = versions.filter(({ id }) => id !== version.id);
  if (version.isDeletion)
    return version.isLatest && next && !next.isDeletion
      ? l10n.t("The object is there again, with its last content.")
      : l10n.t("No content is lost.");
  if (!next) return l10n.t("It is the only one: the object is gone for good.");
  if (!version.isLatest) return l10n.t("It is gone for good. The other versions stay.");
  return next.isDeletion
    ? l10n.t("It is gone for good, and what came before is a deletion: the object is gone, too.")
    : l10n.t("It is gone for good. The version of {0} becomes the current one.", timeOf(next));
}

function timeOf({ modified }: ObjectVersion): string {
  return modified ? moment(modified) : l10n.t("unknown time");
}
