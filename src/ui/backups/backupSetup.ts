/** The first backup's questions: where to, which folder, what passphrase, and a last look. */
import { commands, l10n, ProgressLocation, QuickPickItemKind, window } from "vscode";
import type { Connection } from "../../app/connections/connection.ts";
import { connectLocalFolder } from "../../app/connections/localFolders.ts";
import type { RepositoryPlace } from "../../app/backups/place.ts";
import type { Found, Opened } from "../../app/backups/repositories.ts";
import { isInOneOf } from "../../app/backups/snapshots.ts";
import { type Survey, survey } from "../../engine/backup/survey.ts";
import { type BackupRoom, excludeRules, localFolderOf, placeName } from "./backupRoom.ts";
import { editBackupSettings, saveTarget } from "./backupSettings.ts";
import { connectionIcon } from "../connectionIcon.ts";
import { askAndOpen, newPassphrase, openAsking, tellIfForgetful } from "./passphraseSteps.ts";
import { pickFolder } from "./remoteFolder.ts";
import {
  answer,
  type Choice,
  forQuestion,
  type Frame,
  pickOne,
  type Reply,
  runSteps,
  type Step,
} from "../steps.ts";
import { files, grouped, size, visible } from "../words.ts";
import type { OpenWorkspace } from "../workspaceFolders.ts";

type Folders = Extract<OpenWorkspace, { type: "folders" }>;

/** The answers so far. */
interface Draft {
  readonly connection?: Connection;
  readonly place?: RepositoryPlace;
  readonly found?: Found;
  /** Of a repository still to be made. */
  readonly passphrase?: string;
  /** A repository that was there already. */
  readonly opened?: Opened;
}

/**
 * Asks everything, makes the repository and remembers it as this workspace's target. Nothing is
 * written anywhere before the last question is answered. Undefined if called off.
 */
export async function setUpBackup(
  room: BackupRoom,
  open: Folders,
): Promise<RepositoryPlace | undefined> {
  const steps: readonly Step<Draft>[] = [
    { ask: async (draft, frame) => await askWhere(room, draft, frame, { writes: true }) },
    { ask: async (draft, frame) => await askFolder(room, open, draft, frame) },
    { ask: async (draft, frame) => await askPassphrase(room, draft, frame) },
    { ask: async (draft, frame) => await lastLook(room, open, draft, frame) },
  ];
  const draft = await runSteps(l10n.t("Back Up Workspace"), steps, {});
  if (!draft?.place) return undefined;
  const { place, passphrase = "" } = draft;
  const { repository } = draft.opened ?? (await create(room, place, passphrase));
  await saveTarget(place, repository.id);
  return place;
}

/**
 * "Use Existing Repository…", for a second computer: a connection, a folder with a repository in
 * it, its passphrase. Undefined if called off.
 */
export async function useExisting(room: BackupRoom): Promise<RepositoryPlace | undefined> {
  const steps: readonly Step<Draft>[] = [
    { ask: async (draft, frame) => await askWhere(room, draft, frame, { writes: false }) },
    { ask: async (draft, frame) => await askFolder(room, undefined, draft, frame) },
    { ask: async (draft, frame) => await askPassphrase(room, draft, frame) },
  ];
  const draft = await runSteps(l10n.t("Use Existing Repository"), steps, {});
  return draft?.place;
}

type Where =
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "local" }
  | { readonly type: "add" };

async function askWhere(
  room: BackupRoom,
  draft: Draft,
  frame: Frame,
  { writes }: { readonly writes: boolean },
): Promise<Reply<Draft>> {
  const { connections, setupBegun } = room;
  setupBegun.fire();
  const choices: Choice<Where>[] = connections.list().map((connection) => ({
    label: `$(${connectionIcon(connections, connection)}) ${visible(connection.name)}`,
    description: [
      connections.place(connection),
      connection.readOnly && writes ? l10n.t("read-only: takes no backups") : "",
    ]
      .filter(Boolean)
      .join(" · "),
    ...(!(writes && connection.readOnly) && { value: { type: "connection", connection } }),
  }));
  if (choices.length > 0) choices.push({ label: "", kind: QuickPickItemKind.Separator });
  choices.push(
    {
      label: `$(folder) ${l10n.t("A folder on this computer or network share…")}`,
      value: { type: "local" },
    },
    { label: `$(add) ${l10n.t("Add connection…")}`, value: { type: "add" } },
  );
  const placeholder = writes ? l10n.t("Where to?") : l10n.t("Where is it?");
  const chosen = await pickOne<Where>(frame, { placeholder, choices });
  if (chosen?.type !== "answer") return chosen;
  const connection = await connectionFor(room, chosen.value, writes);
  return connection && answer({ ...draft, connection });
}

async function connectionFor(
  room: BackupRoom,
  where: Where,
  writes: boolean,
): Promise<Connection | undefined> {
  switch (where.type) {
    case "connection":
      return where.connection;
    case "local":
      return await localConnection(room, writes);
    case "add":
      return await addedConnection(room);
  }
}

/**
 * Opens the form and waits until a connection has been saved with it, however long that takes, or
 * until somebody asks these questions anew.
 */
async function addedConnection(room: BackupRoom): Promise<Connection | undefined> {
  const { connections, setupBegun } = room;
  const before = new Set(connections.list().map(({ id }) => id));
  const added = new Promise<Connection | undefined>((resolve) => {
    const finish = (connection?: Connection) => {
      for (const subscription of subscriptions) subscription.dispose();
      resolve(connection);
    };
    const subscriptions = [
      setupBegun.event(() => finish()),
      connections.onDidChange(() => {
        const connection = connections.list().find(({ id }) => !before.has(id));
        if (connection) finish(connection);
      }),
    ];
  });
  await commands.executeCommand("offsite.addConnection", forQuestion);
  return await added;
}

/** A local folder is a connection like any other, made on the spot. */
async function localConnection(
  { connections }: BackupRoom,
  writes: boolean,
): Promise<Connection | undefined> {
  const [folder] =
    (await window.showOpenDialog({
      title: writes
        ? l10n.t("The folder to back up to, on another disk than the workspace at best")
        : l10n.t("The folder with the repository in it"),
      openLabel: writes ? l10n.t("Back Up Here") : l10n.t("Look Here"),
      canSelectFolders: true,
      canSelectFiles: false,
    })) ?? [];
  return folder && (await connectLocalFolder(connections, folder.fsPath));
}

async function askFolder(
  room: BackupRoom,
  open: Folders | undefined,
  draft: Draft,
  frame: Frame,
): Promise<Reply<Draft>> {
  const { connection } = draft;
  if (!connection) return { type: "back" };
  const picked = await pickFolder(
    room,
    { connection, ...(open && { suggestion: `offsite/${folderName(open.name)}` }) },
    frame,
  );
  if (picked?.type !== "answer") return picked;
  const place = picked.value;
  return answer({ connection, place, found: await room.repositories.look(place) });
}

async function askPassphrase(room: BackupRoom, draft: Draft, frame: Frame): Promise<Reply<Draft>> {
  const { place, found } = draft;
  if (!place) return { type: "back" };
  if (found?.type === "repository") {
    const known = room.repositories.at(place) !== undefined;
    const opened = known
      ? await openAsking(room, place, frame)
      : await askAndOpen(room, place, frame);
    return opened?.type === "answer" ? answer({ ...draft, opened: opened.value }) : opened;
  }
  const chosen = await newPassphrase(frame, l10n.t("The passphrase of the new repository"));
  return chosen?.type === "answer" ? answer({ ...draft, passphrase: chosen.value }) : chosen;
}

type Look = "back-up" | "edit-excludes";

async function lastLook(
  room: BackupRoom,
  open: Folders,
  draft: Draft,
  frame: Frame,
): Promise<Reply<Draft>> {
  const { place } = draft;
  if (!place) return { type: "back" };
  const chosen = await pickOne<Look>(frame, {
    placeholder: l10n.t("What will be backed up to {0}", placeName(room, place)),
    choices: async (signal) =>
      lookRows(room, open, place, await survey(open.folders, excludeRules(room, place), signal)),
  });
  if (chosen?.type !== "answer") return chosen;
  if (chosen.value === "back-up") return answer(draft);
  // Nothing is lost: the answers are asked for again in seconds, and the settings want the window.
  await editBackupSettings();
  return undefined;
}

function lookRows(
  room: BackupRoom,
  open: Folders,
  place: RepositoryPlace,
  count: Survey,
): readonly Choice<Look>[] {
  const remark = (label: string, detail = ""): Choice<Look> => ({
    label,
    detail,
    alwaysShow: true,
  });
  const rows: Choice<Look>[] = [
    {
      label: `$(cloud-upload) ${l10n.t("Back Up")}`,
      description: l10n.t(
        "{0}, {1}, about {2} requests",
        files(l10n.t, count.files),
        size(l10n.t, count.bytes),
        grouped(estimatedRequests(count.bytes)),
      ),
      value: "back-up",
    },
    {
      label: `$(exclude) ${l10n.t("Edit Excludes")}`,
      description:
        count.excluded === 0
          ? l10n.t("nothing is excluded")
          : l10n.t("{0} left out", grouped(count.excluded)),
      detail: count.excludedExamples.join(", "),
      value: "edit-excludes",
    },
    { label: l10n.t("What to know"), kind: QuickPickItemKind.Separator },
    remark(`$(folder) ${open.folders.join(", ")}`),
  ];
  if (count.secrets.length > 0)
    rows.push(
      remark(
        `$(key) ${l10n.t("{0} may hold secrets. They are encrypted like everything else.", files(l10n.t, count.secrets.length))}`,
        count.secrets.slice(0, 5).join(", "),
      ),
    );
  const local = localFolderOf(room, place);
  if (local !== undefined && isInOneOf(open.folders, local))
    rows.push(
      remark(
        `$(warning) ${l10n.t("The repository lies inside the workspace: whoever deletes one deletes both.")}`,
      ),
    );
  return rows;
}

async function create(
  room: BackupRoom,
  place: RepositoryPlace,
  passphrase: string,
): Promise<Opened> {
  const { repositories } = room;
  const opened = await window.withProgress(
    { location: ProgressLocation.Window, title: l10n.t("Creating the repository") },
    async () => await repositories.create(place, passphrase),
  );
  tellIfForgetful(opened);
  showFolders(room, place);
  await commands.executeCommand("offsite.showRecoverySheet", opened.repository.id);
  return opened;
}

/** Where the tree shows the repository's parents, they may be new. */
function showFolders({ browse }: BackupRoom, { folder, ...at }: RepositoryPlace): void {
  const parts = folder.split("/");
  for (let depth = 0; depth < parts.length; depth++)
    browse.renew({
      ...at,
      key: parts
        .slice(0, depth)
        .map((part) => `${part}/`)
        .join(""),
    });
}

/** Packs of 16 MiB hold about twice as much source; locks, config, index and snapshot come on top. */
function estimatedRequests(bytes: number): number {
  return Math.ceil(bytes / 2 / 2 ** 24) + 12;
}

/** A workspace's name as one folder that any storage can hold. */
function folderName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+|[.-]+$/g, "");
  return plain === "" ? "workspace" : plain;
}
