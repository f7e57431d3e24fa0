import {
  commands,
  type Disposable,
  env,
  EventEmitter,
  l10n,
  ProgressLocation,
  Uri,
  window,
  workspace,
} from "vscode";
import type { Row } from "../../app/browsing/browse.ts";
import type { Connection } from "../../app/connections/connection.ts";
import type { Connections } from "../../app/connections/connections.ts";
import type { Diagnosis } from "../../app/connections/diagnose.ts";
import type { CommandTable } from "../commands.ts";
import { diagnosisPage } from "./diagnosis.ts";
import { kindIn } from "./providerWords.ts";
import { isStorageError } from "../../storage/errors.ts";
import { visible } from "../words.ts";

const scheme = "offsite-diagnosis";

/** Pages that show what came out, in memory only. */
export class DiagnosisPages implements Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new EventEmitter<Uri>();
  readonly #registered: readonly Disposable[];

  constructor() {
    this.#registered = [
      workspace.registerTextDocumentContentProvider(scheme, {
        onDidChange: this.#changed.event,
        provideTextDocumentContent: (uri) =>
          this.#texts.get(uri.toString()) ??
          l10n.t("Run “Offsite: Diagnose Connection” to see the diagnosis again."),
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const one of this.#registered) one.dispose();
    this.#changed.dispose();
    this.#texts.clear();
  }

  /** Shows the page as VS Code shows Markdown. */
  async show(id: string, name: string, text: string): Promise<void> {
    // A slash would make the name a folder's.
    const title = l10n.t("Diagnosis of {0}", name).replaceAll("/", "∕");
    const uri = Uri.from({ scheme, path: `/${title}.md`, query: id });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    await workspace.openTextDocument(uri);
    await commands.executeCommand("markdown.showPreview", uri);
  }
}

export function diagnoseCommands(rooms: {
  readonly connections: Connections;
  readonly pages: DiagnosisPages;
  readonly selected: () => Row | undefined;
}): Pick<CommandTable, "diagnoseConnection"> {
  const { connections, pages } = rooms;
  return {
    diagnoseConnection: async (given) => {
      // Menus pass the rows that the tree has made.
      const row = (given as Row | undefined) ?? rooms.selected();
      const at = row && "at" in row ? row.at : undefined;
      const chosen = connections.get(at?.connection ?? "") ?? (await pickConnection(connections));
      if (!chosen) return;
      const container = await containerOf(connections, chosen, at?.container);
      if (container === undefined && connections.needsContainer(chosen)) return;
      await diagnoseAndShow(connections, pages, chosen, container);
    },
  };
}

async function diagnoseAndShow(
  connections: Connections,
  pages: DiagnosisPages,
  connection: Connection,
  container: string | undefined,
): Promise<void> {
  const mayBeLarge = await askSize(connections, connection);
  if (mayBeLarge === undefined) return;
  const diagnosis = await run(connections, connection, container, mayBeLarge);
  if (!diagnosis) return;
  const { id, name, readOnly = false } = connection;
  const kind = kindIn(l10n.t, connections.provider(connection), connection);
  const place = [connections.place(connection), container].filter(Boolean).join("/");
  const at = new Date();
  const text = diagnosisPage({ name, kind, place, readOnly, at, diagnosis }, l10n.t);
  await pages.show(id, name, text);
  void offerCopy(name, text);
}

async function pickConnection(connections: Connections): Promise<Connection | undefined> {
  const picked = await window.showQuickPick(
    connections.list().map((connection) => ({
      label: visible(connection.name),
      description: connections.place(connection),
      connection,
    })),
    { title: l10n.t("Diagnose Connection"), placeHolder: l10n.t("Which connection?") },
  );
  return picked?.connection;
}

/** The bucket to try, where the connection names none. */
async function containerOf(
  connections: Connections,
  connection: Connection,
  named: string | undefined,
): Promise<string | undefined> {
  if (named !== undefined || !connections.needsContainer(connection)) return named;
  const title = l10n.t("Diagnose Connection");
  const listed = await connections
    .containers(connection.id, AbortSignal.timeout(30_000))
    .catch((error: unknown) => {
      if (isStorageError(error, "denied")) return [];
      throw error;
    });
  const names = [...new Set([...listed, ...(connection.containers ?? [])])];
  if (names.length === 1) return names[0];
  return names.length > 0
    ? await chooseBucket(names, title)
    : await window.showInputBox({ title, prompt: l10n.t("The bucket to try") });
}

async function chooseBucket(names: readonly string[], title: string): Promise<string | undefined> {
  const items = names.map((name) => ({ label: visible(name), name }));
  return (await window.showQuickPick(items, { title, placeHolder: l10n.t("Which bucket?") }))?.name;
}

/** Whether the large checks are wanted; undefined if nothing is. */
async function askSize(
  connections: Connections,
  connection: Connection,
): Promise<boolean | undefined> {
  const isS3 = connections.provider(connection)?.extras?.includes("uploads") === true;
  if (connection.readOnly || !isS3) return true;
  const usual = {
    label: l10n.t("Usual checks"),
    detail: l10n.t("About 70 small requests. What is written is deleted again."),
    large: false,
  };
  const all = {
    label: l10n.t("All checks"),
    detail: l10n.t("Uploads an object of 5 MB in parts, too."),
    large: true,
  };
  const picked = await window.showQuickPick([usual, all], {
    title: l10n.t("Diagnose “{0}”", visible(connection.name)),
    placeHolder: l10n.t("What may be tried?"),
  });
  return picked?.large;
}

async function run(
  connections: Connections,
  connection: Connection,
  container: string | undefined,
  mayBeLarge: boolean,
): Promise<Diagnosis | undefined> {
  return await window.withProgress(
    {
      location: ProgressLocation.Notification,
      cancellable: true,
      title: l10n.t("Diagnosing “{0}”", visible(connection.name)),
    },
    async (progress, token) => {
      const abort = new AbortController();
      const crossed = token.onCancellationRequested(() => abort.abort());
      let done = 0;
      try {
        return await connections.diagnose(connection.id, container, {
          signal: abort.signal,
          mayBeLarge,
          onFinding: () => progress.report({ message: l10n.t("{0} checks done", ++done) }),
        });
      } catch (error) {
        // What was written is gone again; there is nothing to say.
        if (abort.signal.aborted) return undefined;
        throw error;
      } finally {
        crossed.dispose();
      }
    },
  );
}

async function offerCopy(name: string, text: string): Promise<void> {
  const copy = l10n.t("Copy Report");
  const answer = await window.showInformationMessage(
    l10n.t("“{0}” was diagnosed. Offsite goes by what was found.", visible(name)),
    copy,
  );
  if (answer === copy) await env.clipboard.writeText(text);
}
