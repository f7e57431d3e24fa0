/** Picks a folder of a connection by browsing it, and says where a repository lies already. */
import { l10n, QuickPickItemKind } from "vscode";
import type { Connection } from "../../app/connections/connection.ts";
import { plainFolder, type RepositoryPlace, storageFolder } from "../../app/backups/place.ts";
import type { Found } from "../../app/backups/repositories.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { BackupRoom } from "./backupRoom.ts";
import { answer, askText, type Choice, type Frame, pickOne, type Reply } from "../steps.ts";
import { ago, grouped, visible } from "../words.ts";

type Move =
  | { readonly type: "use"; readonly place: RepositoryPlace }
  | { readonly type: "go"; readonly place: RepositoryPlace }
  | { readonly type: "new"; readonly inside: RepositoryPlace }
  | { readonly type: "up" };

export interface FolderWish {
  readonly connection: Connection;
  /** Offered first, below the container's root. Absent: only a repository that is there will do. */
  readonly suggestion?: string;
}

/** More rows than this help nobody; typing the name of a new folder reaches the rest. */
const mostRows = 500;

/** Asks for a folder; "back" leads up and, from the top, out. */
export async function pickFolder(
  room: BackupRoom,
  { connection, suggestion }: FolderWish,
  frame: Frame,
): Promise<Reply<RepositoryPlace>> {
  let container: string | undefined;
  for (;;) {
    const asksContainer = room.connections.needsContainer(connection);
    if (asksContainer) {
      const chosen = await pickContainer(room, connection, frame);
      if (chosen?.type !== "answer") return chosen;
      container = chosen.value;
    }
    const top = {
      connection: connection.id,
      ...(container !== undefined && { container }),
      folder: "",
    };
    const chosen = await browse(room, top, suggestion, {
      ...frame,
      canGoBack: frame.canGoBack === true || asksContainer,
    });
    if (chosen?.type === "back" && asksContainer) continue;
    return chosen;
  }
}

async function pickContainer(
  room: BackupRoom,
  connection: Connection,
  frame: Frame,
): Promise<Reply<string>> {
  const chosen = await pickOne<{ name: string } | "type">(frame, {
    placeholder: l10n.t("Which bucket?"),
    choices: async (signal) => [
      ...(await knownContainers(room, connection, signal)).map((name) => ({
        label: `$(archive) ${visible(name)}`,
        value: { name },
      })),
      { label: `$(edit) ${l10n.t("Type the name of a bucket…")}`, value: "type" as const },
    ],
  });
  if (chosen?.type !== "answer") return chosen;
  if (chosen.value !== "type") return answer(chosen.value.name);
  return await askText(frame, {
    prompt: l10n.t("The name of the bucket"),
    remark: (name) =>
      name.trim() === "" ? { text: l10n.t("A bucket has a name."), severity: "error" } : undefined,
  });
}

/** A key that may not list buckets is normal: then those that somebody has named before. */
async function knownContainers(
  room: BackupRoom,
  connection: Connection,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const named = connection.containers ?? [];
  try {
    const listed = await room.connections.containers(connection.id, signal);
    return [...new Set([...listed, ...named])];
  } catch (error) {
    if (!isStorageError(error, "denied")) throw error;
    return named;
  }
}

async function browse(
  room: BackupRoom,
  top: RepositoryPlace,
  suggestion: string | undefined,
  frame: Frame,
): Promise<Reply<RepositoryPlace>> {
  let here = top;
  for (;;) {
    const isTop = here.folder === "";
    const place = here;
    const chosen = await pickOne<Move>(
      { ...frame, canGoBack: frame.canGoBack === true || !isTop },
      {
        placeholder: isTop
          ? l10n.t("Which folder?")
          : l10n.t("Which folder? You are in {0}.", pathOf(place)),
        choices: async (signal) =>
          suggestion === undefined
            ? await rowsToFind(room, place, signal)
            : await rowsToMake(room, place, isTop ? suggestion : undefined, signal),
      },
    );
    if (!chosen) return undefined;
    if (chosen.type === "back") {
      if (isTop) return chosen;
      here = parent(here);
      continue;
    }
    const move = chosen.value;
    if (move.type === "use") return answer(move.place);
    if (move.type === "up") here = parent(here);
    if (move.type === "go") here = move.place;
    if (move.type === "new") here = (await newFolder(move.inside, frame)) ?? here;
  }
}

/** Where a new repository may be made, or an old one is. */
async function rowsToMake(
  room: BackupRoom,
  place: RepositoryPlace,
  suggestion: string | undefined,
  signal: AbortSignal,
): Promise<readonly Choice<Move>[]> {
  const suggested = suggestion === undefined ? undefined : { ...place, folder: suggestion };
  const [folders, found, foundSuggested] = await Promise.all([
    subfolders(room, place, signal),
    room.repositories.look(place, signal),
    suggested && room.repositories.look(suggested, signal),
  ]);
  const choices: Choice<Move>[] = [];
  if (suggested && foundSuggested)
    choices.push(useRow(room, suggested, foundSuggested, l10n.t("suggested")));
  if (!suggested || found.type === "repository") choices.push(useRow(room, place, found));
  if (found.type !== "repository")
    choices.push({
      label: `$(new-folder) ${l10n.t("New folder…")}`,
      value: { type: "new", inside: place },
    });
  return [...choices, ...waysOn(place, found, folders)];
}

/** Only what is a repository can be taken. */
async function rowsToFind(
  room: BackupRoom,
  place: RepositoryPlace,
  signal: AbortSignal,
): Promise<readonly Choice<Move>[]> {
  const [folders, found] = await Promise.all([
    subfolders(room, place, signal),
    room.repositories.look(place, signal),
  ]);
  const ways = waysOn(place, found, folders);
  if (found.type === "repository") return [useRow(room, place, found), ...ways];
  return folders.length > 0
    ? ways
    : [{ label: l10n.t("There is no repository in {0}.", pathOf(place)) }, ...ways];
}

/** Up and down. What lies inside a repository is its own business. */
function waysOn(
  place: RepositoryPlace,
  found: Found,
  folders: readonly string[],
): readonly Choice<Move>[] {
  const up: Choice<Move>[] =
    place.folder === "" ? [] : [{ label: "$(arrow-up) ..", value: { type: "up" } }];
  if (found.type === "repository" || folders.length === 0) return up;
  return [
    ...up,
    { label: l10n.t("folders"), kind: QuickPickItemKind.Separator },
    ...folders.map((folder): Choice<Move> => ({
      label: `$(folder) ${visible(folder.slice(folder.lastIndexOf("/") + 1))}`,
      value: { type: "go", place: { ...place, folder } },
    })),
  ];
}

function useRow(
  room: BackupRoom,
  place: RepositoryPlace,
  found: Found,
  remark?: string,
): Choice<Move> {
  const path = pathOf(place);
  const description = [remark, describe(room, found)].filter(Boolean).join(" · ");
  const label =
    found.type === "repository"
      ? `$(archive) ${l10n.t("Use the repository in {0}", path)}`
      : `$(check) ${l10n.t("Use {0}", path)}`;
  return { label, description, value: { type: "use", place } };
}

/** What was found, in a few words: "restic repository, 14 snapshots, last 2 h ago". */
function describe({ clock }: Pick<BackupRoom, "clock">, found: Found): string {
  switch (found.type) {
    case "empty":
      return l10n.t("new repository");
    case "something-else":
      return l10n.t("holds other files; the repository's will lie beside them");
    case "repository": {
      const count =
        found.snapshots === 1
          ? l10n.t("1 snapshot")
          : l10n.t("{0} snapshots", grouped(found.snapshots));
      return found.lastWritten
        ? l10n.t(
            "restic repository, {0}, last {1}",
            count,
            ago(l10n.t, found.lastWritten, clock.now()),
          )
        : l10n.t("restic repository, {0}", count);
    }
  }
}

async function subfolders(
  room: BackupRoom,
  place: RepositoryPlace,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const storage = await room.connections.open(place.connection, place.container);
  const folders: string[] = [];
  for await (const entry of storage.list(storageFolder(place), { shallow: true, signal })) {
    const folder = entry.type === "folder" ? plainFolder(entry.key) : undefined;
    if (folder) folders.push(folder);
    if (folders.length >= mostRows) break;
  }
  return folders.toSorted((a, b) => a.localeCompare(b));
}

async function newFolder(
  inside: RepositoryPlace,
  frame: Frame,
): Promise<RepositoryPlace | undefined> {
  const reply = await askText(
    { title: frame.title, canGoBack: true },
    {
      prompt: l10n.t(
        "Name of the new folder in {0}. It appears with the first backup.",
        pathOf(inside),
      ),
      remark: (name) =>
        plainFolder(name)
          ? undefined
          : { text: l10n.t("This cannot be a name."), severity: "error" },
    },
  );
  if (reply?.type !== "answer") return undefined;
  const folder = plainFolder(`${inside.folder}/${reply.value}`);
  return folder === undefined ? undefined : { ...inside, folder };
}

function parent(place: RepositoryPlace): RepositoryPlace {
  return { ...place, folder: place.folder.split("/").slice(0, -1).join("/") };
}

function pathOf({ container, folder }: RepositoryPlace): string {
  const path = [container, folder].filter(Boolean).join("/");
  return path === "" ? l10n.t("the top folder") : `“${visible(path)}”`;
}
