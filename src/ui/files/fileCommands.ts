/** Making, renaming and moving what is stored, and mounting it in the Explorer. */
import { commands, l10n, window } from "vscode";
import type { Browse, FolderRow, ObjectRow, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { childOf, nameOf, type Location, parentOf } from "../../app/location.ts";
import type { MoveReport } from "../../app/transfers/moving.ts";
import type { RemoteFiles } from "../../app/files/remoteFiles.ts";
import { isStorageError } from "../../storage/errors.ts";
import { isOfOne } from "../../storage/refusals.ts";
import type { CommandTable } from "../commands.ts";
import { type Follow, rowBeside } from "../browsing/focus.ts";
import type { LastDone } from "../browsing/lastDone.ts";
import { failureText, leftText, withMoveProgress } from "./fileSystem.ts";
import { keepMineAsCopy } from "./keepMine.ts";
import { findByName, openAsFolder } from "./mountedFolders.ts";
import { followMove } from "../openEditors.ts";
import { notMovedText } from "../failedText.ts";
import { isCancel } from "../messages.ts";
import { pickPlace } from "../pickPlace.ts";
import { chosenFrom, isPlaceRow } from "../rows.ts";
import { uriOf } from "../remoteUri.ts";
import { changeable, placeName } from "../transfers/places.ts";
import { grouped, visible } from "../words.ts";

export type FileCommandId =
  | "newFile"
  | "rename"
  | "moveTo"
  | "openAsFolder"
  | "findByName"
  | "keepMine";

export interface FileCommandRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly files: RemoteFiles;
  readonly lastDone: LastDone;
  readonly follow: Follow;
  readonly selected: () => readonly Row[];
}

type Movable = FolderRow | ObjectRow;

interface Moved {
  readonly from: Location;
  readonly to: Location;
}

/** Undoing that many objects is as quick as it was to do. */
const cheapObjects = 1000;

export function fileCommands(rooms: FileCommandRooms): Pick<CommandTable, FileCommandId> {
  const chosen = chosenFrom(rooms.selected);
  return {
    newFile: async (...given) => {
      const place = chosen(given).find(isPlaceRow);
      if (place) await newFile(rooms, place.at);
    },
    rename: async (...given) => {
      const [first] = chosen(given);
      // One key renames whatever it is pressed on.
      if (first?.type === "connection")
        await commands.executeCommand("offsite.renameConnection", first);
      const [row] = changeable(first ? [first] : [], rooms.connections);
      if (row) await rename(rooms, row);
    },
    moveTo: async (...given) => await moveTo(rooms, changeable(chosen(given), rooms.connections)),
    openAsFolder: async (...given) => {
      const row = chosen(given).find(isPlaceRow);
      if (row) await openAsFolder(rooms, row);
    },
    findByName: async (uri) => await findByName(rooms, uri),
    keepMine: async () => await keepMineAsCopy(rooms.files),
  };
}

/** Makes an empty one and opens it, as the Explorer does. Fails if there is one of that name. */
async function newFile(rooms: FileCommandRooms, folder: Location): Promise<void> {
  const { files, connections, follow } = rooms;
  const name = await window.showInputBox({
    title: l10n.t("New File in {0}", placeName(folder, connections)),
    prompt: l10n.t("Name of the new file"),
    validateInput: nameProblem,
  });
  if (name === undefined) return;
  const namedMs = Date.now();
  const at = childOf(folder, name);
  const how = { create: true, overwrite: false, recreate: true };
  await files.write(files.addressOf(at), new Uint8Array(), how);
  await follow(
    { type: "object", at, name, info: { key: at.key, size: 0 }, writable: true },
    namedMs,
  );
  await commands.executeCommand("vscode.open", uriOf(at), { preview: false });
}

async function rename(rooms: FileCommandRooms, row: Movable): Promise<void> {
  const { name, at, type } = row;
  const stem = type === "object" ? name.lastIndexOf(".") : -1;
  const given = await window.showInputBox({
    title: l10n.t("Rename"),
    prompt: l10n.t("The new name of “{0}”", visible(name)),
    value: name,
    valueSelection: [0, stem > 0 ? stem : name.length],
    validateInput: nameProblem,
  });
  if (given === undefined || given === name) return;
  const namedMs = Date.now();
  const to = childOf(parentOf(at), type === "folder" ? `${given}/` : given);
  const moved = await moveAll(rooms, [{ from: at, to }], l10n.t("Renaming"));
  if (moved.length > 0) void rooms.follow({ ...row, at: to, name: given }, namedMs);
  const text = l10n.t("Renamed “{0}” to “{1}”.", visible(name), visible(given));
  await offerUndo(rooms, [row], moved, text);
}

async function moveTo(rooms: FileCommandRooms, rows: readonly Movable[]): Promise<void> {
  const [first] = rows;
  const from = first && rooms.browse.parent(first);
  if (!from) return;
  const title =
    rows.length === 1
      ? l10n.t("Move “{0}”", visible(first.name))
      : l10n.t("Move {0} Objects", grouped(rows.length));
  const target = await pickPlace(rooms.browse, {
    title,
    act: l10n.t("Move Here"),
    from,
    isIdle: (place) => rows.every(({ at }) => isSame(parentOf(at), place)),
  });
  if (!target) return;
  const moves = rows.map(({ at, name, type }) => ({
    from: at,
    to: childOf(target, type === "folder" ? `${name}/` : name),
  }));
  await rooms.follow(await rowBeside(rooms.browse, rows), Date.now());
  const wanted = moves.filter(({ from: source, to }) => !isSame(source, to));
  const moved = await moveAll(rooms, wanted, l10n.t("Moving"));
  const [only, ...others] = moved;
  const text =
    only && others.length === 0
      ? l10n.t("Moved “{0}”.", visible(nameOf(only.to.key)))
      : l10n.t("Moved {0} objects and folders.", grouped(moved.length));
  await offerUndo(rooms, rows, moved, text);
}

interface Done extends Moved {
  /** Undoing it is as quick, and brings back exactly what was. */
  readonly isCheap: boolean;
}

/** One after the other. Those that fail are named once the others are done. */
async function moveAll(
  rooms: FileCommandRooms,
  moves: readonly Moved[],
  title: string,
): Promise<readonly Done[]> {
  const [only, ...others] = moves;
  if (!only || others.length > 0) return await moveSeveral(rooms, moves, title);
  try {
    const done = await moveOne(rooms, only, title);
    return done ? [done] : [];
  } catch (error) {
    if (isCancel(error)) sayThatItStopped(only);
    else if (error instanceof IncompleteMove) void window.showErrorMessage(error.message);
    // As every command fails, with all that can be done about it.
    else throw error;
    return [];
  }
}

async function moveSeveral(
  rooms: FileCommandRooms,
  moves: readonly Moved[],
  title: string,
): Promise<readonly Done[]> {
  const done: Done[] = [];
  const failed: { readonly key: string; readonly error: unknown }[] = [];
  for (const one of moves)
    try {
      const moved = await moveOne(rooms, one, title);
      if (moved) done.push(moved);
    } catch (error) {
      if (isCancel(error)) {
        sayThatItStopped(one);
        break;
      }
      failed.push({
        key: one.from.key,
        error: error instanceof IncompleteMove ? error.cause : error,
      });
      // What concerns more than this one would only be said again of the next.
      if (!(error instanceof IncompleteMove) && !isOfOne(error)) break;
    }
  if (failed.length > 0) void window.showErrorMessage(notMovedText(l10n.t, failed));
  return done;
}

/** A part of a folder could not be moved, so all of it is still where it was. */
class IncompleteMove extends Error {
  override readonly name = "IncompleteMove";
}

/** Nothing if it was not wanted after all. Fails with `IncompleteMove`, too. */
async function moveOne(
  rooms: FileCommandRooms,
  one: Moved,
  title: string,
): Promise<Done | undefined> {
  const moved = await relocated(rooms, one, title);
  if (!moved) return undefined;
  const { report, hasReplaced } = moved;
  const [first] = report.failed;
  if (first) throw new IncompleteMove(failureText(report), { cause: first.error });
  const text = leftText(report);
  if (text !== undefined) void window.showWarningMessage(text);
  await followMove(rooms.files.addressOf(one.from), rooms.files.addressOf(one.to));
  // What was put together with something else would come back with all of that.
  const isWhole = text === undefined && !hasReplaced;
  return { ...one, isCheap: isOneContainer(one) && isWhole && report.done <= cheapObjects };
}

/** Of an object nothing is left half done. One line, because VS Code folds a longer one. */
function sayThatItStopped({ from }: Moved): void {
  if (!from.key.endsWith("/")) return;
  void window.showInformationMessage(
    l10n.t(
      "Stopped. Nothing is lost: moving “{0}” again goes on from there.",
      visible(nameOf(from.key)),
    ),
  );
}

/** Asks before something is replaced; undefined if it is to stay. */
async function relocated(
  { files }: FileCommandRooms,
  { from, to }: Moved,
  title: string,
): Promise<{ readonly report: MoveReport; readonly hasReplaced: boolean } | undefined> {
  const move = async (overwrite: boolean) =>
    await withMoveProgress(
      title,
      async (options) => await files.relocate("move", from, to, { ...options, overwrite }),
    );
  try {
    return { report: await move(false), hasReplaced: false };
  } catch (error) {
    if (!isStorageError(error, "conflict") || error.details.reason !== "exists") throw error;
    return (await mayReplace(to)) ? { report: await move(true), hasReplaced: true } : undefined;
  }
}

async function mayReplace({ key }: Location): Promise<boolean> {
  const isFolder = key.endsWith("/");
  const name = key.replace(/\/$/, "");
  const replace = isFolder ? l10n.t("Merge Folders") : l10n.t("Replace");
  const answer = await window.showWarningMessage(
    l10n.t("“{0}” is there already.", visible(name.slice(name.lastIndexOf("/") + 1))),
    {
      modal: true,
      detail: isFolder
        ? l10n.t("What has the same name in both is replaced; the rest is put together.")
        : l10n.t("Replacing it cannot be undone from here."),
    },
    replace,
  );
  return answer === replace;
}

async function offerUndo(
  rooms: FileCommandRooms,
  rows: readonly Movable[],
  moved: readonly Done[],
  text: string,
): Promise<void> {
  if (moved.length === 0) return;
  if (!moved.every(({ isCheap }) => isCheap)) {
    window.setStatusBarMessage(`$(check) ${text}`, 6000);
    return;
  }
  const back = moved.map(({ from, to }) => ({ from: to, to: from }));
  await rooms.lastDone.offer(text, async () => {
    const askedMs = Date.now();
    await moveAll(rooms, back, l10n.t("Moving back"));
    await rooms.follow(rows[0], askedMs);
  });
}

function nameProblem(text: string): string | undefined {
  if (text === "") return l10n.t("It needs a name.");
  return text.includes("/") || text === "." || text === ".."
    ? l10n.t("A name holds no slash, and is neither “.” nor “..”. Use Move To… for another folder.")
    : undefined;
}

function isOneContainer({ from, to }: Moved): boolean {
  return from.connection === to.connection && from.container === to.container;
}

function isSame(a: Location, b: Location): boolean {
  return a.connection === b.connection && a.container === b.container && a.key === b.key;
}
