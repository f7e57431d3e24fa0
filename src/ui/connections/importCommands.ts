/** Takes over the connections that other programs have on this computer, and only when asked. */
import { homedir } from "node:os";
import { l10n, ProgressLocation, QuickPickItemKind, window } from "vscode";
import type { Connection } from "../../app/connections/connection.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { addConnections, alreadySaved, draftOf, missingSecret } from "../../app/imports/add.ts";
import type { Found, FoundConnection } from "../../app/imports/found.ts";
import { findConnections, type Unlock, type Unreadable } from "../../app/imports/search.ts";
import type { CommandTable } from "../commands.ts";
import type { ConnectionForms } from "./connectionForm.ts";
import { addedText, remarks, sourceName, unreadableText, unusableText } from "./importWords.ts";
import { exportToFile, openExported } from "./connectionFiles.ts";
import { kindIn } from "./providerWords.ts";
import { askText, type Choice, pickMany } from "../steps.ts";
import { visible } from "../words.ts";
import {
  chooseWorkspaceFile,
  foundIn,
  isWorkspaceFile,
  offerToCleanUp,
} from "./workspaceSecrets.ts";

interface Rooms {
  readonly connections: Connections;
  readonly forms: ConnectionForms;
}

export function importCommands(
  rooms: Rooms,
): Pick<
  CommandTable,
  "importConnections" | "importWorkspaceFile" | "importConnectionFile" | "exportConnections"
> {
  /** Whether anything was taken. */
  const take = async (found: readonly (Found | Unreadable)[]) => {
    const chosen = await choose(rooms.connections, found);
    if (chosen.length > 0) await add(rooms, chosen);
    return chosen.length > 0;
  };
  return {
    importConnections: async () => {
      const found = await search();
      if (found.length === 0) return sayNothingFound();
      await take(found);
    },
    importWorkspaceFile: async (given) => {
      const file = isWorkspaceFile(given) ? given : await chooseWorkspaceFile();
      if (file && (await take(await foundIn(file)))) void offerToCleanUp(file);
    },
    importConnectionFile: async () => {
      const found = await openExported();
      if (found) await take(found);
    },
    exportConnections: async () => await exportToFile(rooms.connections),
  };
}

const title = () => l10n.t("Import Connections");

async function search(): Promise<readonly (Found | Unreadable)[]> {
  const { platform, env: environment } = process;
  return await window.withProgress(
    { location: ProgressLocation.Window, title: l10n.t("Looking for connections") },
    async () => await findConnections({ platform, home: homedir(), environment }, unlock),
  );
}

const unlock: Unlock = async (file, opens) =>
  await askText(
    { title: title() },
    {
      prompt: l10n.t("{0} is encrypted. Its password, or Escape to leave it out:", visible(file)),
      secret: true,
      refuse: async (password) =>
        (await opens(password)) ? undefined : l10n.t("This password does not open the file."),
    },
  );

function sayNothingFound(): void {
  void window.showInformationMessage(
    l10n.t(
      "There is nothing to import: Offsite found no connections of AWS, rclone, s3cmd, the MinIO client or Cyberduck on this computer.",
    ),
  );
}

async function choose(
  connections: Connections,
  found: readonly (Found | Unreadable)[],
): Promise<readonly FoundConnection[]> {
  const usable = found.filter((one) => one.type === "connection");
  const others = found.filter((one) => one.type !== "connection");
  const reply = await pickMany<FoundConnection>(
    { title: title() },
    {
      placeholder:
        usable.length === 0
          ? l10n.t("Nothing of what was found can be imported")
          : l10n.t("Which connections shall be imported?"),
      choices: [
        ...usable.map((one) => usableRow(connections, one)),
        ...(others.length === 0
          ? []
          : [{ label: l10n.t("cannot be imported"), kind: QuickPickItemKind.Separator }]),
        ...others.map(otherRow),
      ],
    },
  );
  return reply?.type === "answer" ? reply.value : [];
}

function usableRow(connections: Connections, found: FoundConnection): Choice<FoundConnection> {
  const draft = draftOf(found);
  const provider = connections.provider(draft);
  const service = provider && kindIn(l10n.t, provider, found);
  const place = provider?.place(draft.answers, draft.preset);
  const said = remarks(
    {
      missing: missingSecret(connections, draft),
      saved: alreadySaved(connections, draft)?.name,
      temporary: found.answers["sessionToken"] !== undefined,
    },
    l10n.t,
  );
  return {
    label: visible(found.name),
    description: sourceName(found.source, l10n.t),
    detail: [...new Set([service, visible(place ?? ""), ...said])].filter(Boolean).join(" · "),
    value: found,
  };
}

function otherRow(one: Exclude<Found, FoundConnection> | Unreadable): Choice<never> {
  const description = sourceName(one.source, l10n.t);
  if (one.type === "unusable")
    return {
      label: `$(circle-slash) ${visible(one.name)}`,
      description,
      detail: unusableText(one, l10n.t),
    };
  return {
    label: `$(warning) ${visible(one.file)}`,
    description,
    detail: unreadableText(one, l10n.t),
  };
}

async function add(
  { connections, forms }: Rooms,
  chosen: readonly FoundConnection[],
): Promise<void> {
  const added = await addConnections(connections, chosen);
  const open = added.filter((_, index) => {
    const found = chosen[index];
    return found && missingSecret(connections, draftOf(found)) !== undefined;
  });
  void offerToComplete(forms, added, open);
}

async function offerToComplete(
  forms: ConnectionForms,
  added: readonly Connection[],
  open: readonly Connection[],
): Promise<void> {
  const name = (connection: Connection) => connection.name;
  const text = addedText(added.map(name), open.map(name), l10n.t);
  const [first] = open;
  if (!first) return void (await window.showInformationMessage(text));
  const edit = l10n.t("Edit “{0}”", visible(first.name));
  if ((await window.showWarningMessage(text, edit)) === edit) await forms.show(first);
}
