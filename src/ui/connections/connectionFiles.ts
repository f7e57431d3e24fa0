/** Connections in a sealed file: asks what it takes to write one, and to read one. */
import { homedir } from "node:os";
import { l10n, ProgressLocation, Uri, window, workspace } from "vscode";
import type { Connection } from "../../app/connections/connection.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { checkExported, exportConnections, readExported } from "../../app/imports/exported.ts";
import type { Found } from "../../app/imports/found.ts";
import { text, utf8 } from "../../base/bytes.ts";
import { SealedTextError } from "../../base/sealedText.ts";
import { explain } from "../messages.ts";
import { typedTwice } from "../backups/passphraseSteps.ts";
import { answer, askText, type Frame, pickMany, pickOne, type Reply, runSteps } from "../steps.ts";
import { visible } from "../words.ts";

interface Wish {
  readonly chosen: readonly Connection[];
  readonly secrets: boolean;
  readonly passphrase: string;
}

const filters = () => ({ [l10n.t("Offsite connections")]: ["json"] });

/** Writes the chosen connections into one file, sealed under a passphrase. */
export async function exportToFile(connections: Connections): Promise<void> {
  if (connections.list().length === 0)
    return void window.showInformationMessage(l10n.t("There are no connections to export yet."));
  const steps = [
    { ask: async (wish: Wish, frame: Frame) => await askWhich(connections, wish, frame) },
    { ask: askSecrets },
    { ask: askPassphrase },
  ];
  const initial = { chosen: [], secrets: false, passphrase: "" };
  const wish = await runSteps<Wish>(l10n.t("Export Connections"), steps, initial);
  if (!wish || wish.chosen.length === 0) return;
  const target = await window.showSaveDialog({
    title: l10n.t("Export Connections"),
    defaultUri: Uri.joinPath(Uri.file(homedir()), "offsite-connections.json"),
    filters: filters(),
  });
  if (!target) return;
  const ids = wish.chosen.map(({ id }) => id);
  await working(l10n.t("Sealing the connections"), async () => {
    await workspace.fs.writeFile(target, utf8(await exportConnections(connections, ids, wish)));
  });
  void window.showInformationMessage(
    ids.length === 1
      ? l10n.t("1 connection is exported to {0}.", target.fsPath)
      : l10n.t("{0} connections are exported to {1}.", ids.length, target.fsPath),
  );
}

/** What a file holds, once its passphrase is entered; nothing if called off. */
export async function openExported(): Promise<readonly Found[] | undefined> {
  const title = l10n.t("Import Connections from File");
  const [file] = (await window.showOpenDialog({ title, filters: filters() })) ?? [];
  if (!file) return undefined;
  const sealed = await read(file);
  checkExported(sealed);
  let found: readonly Found[] | undefined;
  await askText(
    { title },
    {
      prompt: l10n.t("The passphrase that was chosen when the file was exported"),
      secret: true,
      refuse: async (passphrase) => {
        try {
          found = await readExported(sealed, passphrase);
          return undefined;
        } catch (error) {
          const wrong = error instanceof SealedTextError && error.kind === "wrong-passphrase";
          if (!wrong) throw error;
          return explain(error, l10n.t)?.text;
        }
      },
    },
  );
  return found;
}

/** Ours are a few kilobytes; what is much larger is something else, and not worth the memory. */
async function read(file: Uri): Promise<string> {
  const { size } = await workspace.fs.stat(file);
  if (size > 4_000_000) throw new SealedTextError("not-sealed");
  return text(await workspace.fs.readFile(file));
}

async function askWhich(connections: Connections, wish: Wish, frame: Frame): Promise<Reply<Wish>> {
  const reply = await pickMany<Connection>(frame, {
    placeholder: l10n.t("Which connections shall be exported?"),
    choices: connections.list().map((connection) => ({
      label: visible(connection.name),
      description: connections.place(connection),
      value: connection,
    })),
  });
  if (reply?.type !== "answer") return reply;
  return reply.value.length === 0 ? undefined : answer({ ...wish, chosen: reply.value });
}

async function askSecrets(wish: Wish, frame: Frame): Promise<Reply<Wish>> {
  const reply = await pickOne<"with" | "without">(frame, {
    placeholder: l10n.t("Shall the file hold the secrets, too?"),
    choices: [
      {
        label: l10n.t("Without secrets"),
        detail: l10n.t("Keys and passwords have to be entered again on the other computer."),
        value: "without",
      },
      {
        label: l10n.t("With secrets"),
        detail: l10n.t("Whoever has the file and its passphrase can use the connections."),
        value: "with",
      },
    ],
  });
  if (reply?.type !== "answer") return reply;
  return answer({ ...wish, secrets: reply.value === "with" });
}

async function askPassphrase(wish: Wish, frame: Frame): Promise<Reply<Wish>> {
  const prompt = l10n.t(
    "A passphrase for the file. It is not kept: without it the file is useless.",
  );
  const reply = await typedTwice(frame, prompt);
  return reply?.type === "answer" ? answer({ ...wish, passphrase: reply.value }) : reply;
}

async function working<T>(title: string, work: () => Promise<T>): Promise<T> {
  return await window.withProgress({ location: ProgressLocation.Notification, title }, work);
}
