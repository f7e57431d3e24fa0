import { l10n, type Uri, ViewColumn, window, type Disposable, type WebviewPanel } from "vscode";
import type { Connection } from "../../app/connections/connection.ts";
import type { Connections, Draft } from "../../app/connections/connections.ts";
import type { Location } from "../../app/location.ts";
import type { VerifyStep } from "../../app/connections/verify.ts";
import type { Provider } from "../../storage/provider.ts";
import {
  choices,
  draftOf,
  formAfterLookUp,
  formAfterPaste,
  formAfterPick,
  formOf,
  formOfDraft,
  nameFor,
  pastedAt,
  refusalOfPaste,
  type PastedObject,
} from "./form.ts";
import {
  formWords,
  keptText,
  outcomeText,
  removedText,
  stepShown,
  unansweredText,
} from "./formWords.ts";
import { choicesIn, formIn, kindIn, missingText, problemsIn } from "./providerWords.ts";
import {
  parseFormState,
  parseFromPage,
  type FormDraft,
  type FormState,
  type FromPage,
  type ToPage,
} from "./formMessages.ts";
import { explain } from "../messages.ts";
import type { Reporter } from "../report.ts";
import { dressPanel, webviewPage } from "../panels/webviewPage.ts";
import { visible } from "../words.ts";

export interface FormRooms {
  readonly connections: Connections;
  readonly providers: readonly Provider[];
  readonly extensionUri: Uri;
  readonly reporter: () => Reporter;
  /** Shows an object in the tree and opens it. */
  readonly showObject: (at: Location) => Promise<void>;
  /** Shows a connection in the tree. */
  readonly showConnection: (
    saved: Connection,
    how: { readonly expand: boolean; readonly focus: boolean },
  ) => Promise<void>;
}

const viewType = "offsite.connectionForm";

/** Opens the form, one tab per connection, and takes up those of a window that was reloaded. */
export class ConnectionForms {
  readonly #rooms: FormRooms;
  readonly #open = new Map<string, FormPanel>();

  constructor(rooms: FormRooms) {
    this.#rooms = rooms;
  }

  /** Makes VS Code bring forms back with the window. */
  register(): Disposable {
    return window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (tab, state: unknown) => {
        const kept = parseFormState(state);
        if (kept) void this.#follow(new FormPanel(this.#rooms, tab, kept));
        else tab.dispose();
      },
    });
  }

  /**
   * Shows the form of a connection, or of a new one. Resolves once it is closed, to what was saved.
   * The tree then has the focus, unless a question waits for the connection and wants it.
   */
  async show(
    connection?: Connection,
    { isForQuestion = false } = {},
  ): Promise<Connection | undefined> {
    const open = this.#open.get(connection?.id ?? "");
    if (open) {
      open.reveal();
      return await open.closed;
    }
    const title = connection?.name ?? l10n.t("New Connection");
    const kept = { ...(connection && { connection: connection.id }) };
    return await this.#openTab(title, kept, isForQuestion);
  }

  async #openTab(
    title: string,
    kept: FormState,
    isForQuestion = false,
  ): Promise<Connection | undefined> {
    const tab = window.createWebviewPanel(viewType, title, ViewColumn.Active, {
      // What was typed, secrets too, must survive a look at another tab and is saved nowhere.
      retainContextWhenHidden: true,
    });
    return await this.#follow(new FormPanel(this.#rooms, tab, kept, isForQuestion));
  }

  async #follow(panel: FormPanel): Promise<Connection | undefined> {
    // One that VS Code brings back may find another open already; then both are shown.
    if (!this.#open.has(panel.id)) this.#open.set(panel.id, panel);
    const saved = await panel.closed;
    if (this.#open.get(panel.id) === panel) this.#open.delete(panel.id);
    if (panel.unsaved) void this.#offerBack(panel.title, panel.unsaved);
    return saved;
  }

  /** A tab like this closes without asking, so what was typed is offered back. */
  async #offerBack(title: string, unsaved: FormState): Promise<void> {
    const reopen = l10n.t("Reopen");
    const answer = await window.showWarningMessage(
      l10n.t("What you typed into “{0}” was not saved.", visible(title)),
      reopen,
    );
    if (answer === reopen) await this.#openTab(title, unsaved);
  }
}

/** One form. The page asks and shows; everything is decided here. */
class FormPanel {
  readonly closed: Promise<Connection | undefined>;
  /** The connection's; empty for a new one. */
  readonly id: string;
  readonly #rooms: FormRooms;
  readonly title: string;
  readonly #panel: WebviewPanel;
  readonly #isForQuestion: boolean;
  /** What was typed, as far as fields were left. */
  #typed: FormDraft | undefined;
  /** Saved or called off: what was typed is no longer wanted. */
  #isOver = false;
  #trial: AbortController | undefined;
  #asking: AbortController | undefined;
  #saved: Connection | undefined;
  /** What the pasted text leads to, to be shown once the connection is there. */
  #object: PastedObject | undefined;

  constructor(rooms: FormRooms, panel: WebviewPanel, kept: FormState, isForQuestion = false) {
    this.#rooms = rooms;
    this.#isForQuestion = isForQuestion;
    this.#typed = kept.draft;
    this.#panel = panel;
    this.id = kept.connection ?? "";
    this.title = panel.title;
    dressPanel(panel, rooms.extensionUri);
    this.closed = new Promise((resolve) => {
      panel.onDidDispose(() => {
        this.#trial?.abort();
        this.#asking?.abort();
        resolve(this.#saved);
      });
    });
    panel.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message));
    panel.webview.html = webviewPage(panel.webview, rooms.extensionUri, {
      name: "connectionForm",
      title: panel.title,
    });
  }

  /** What is saved of it now; nothing for a new one, or one that was removed meanwhile. */
  get #connection(): Connection | undefined {
    return this.#rooms.connections.get(this.id);
  }

  /** What nobody has saved or called off. */
  get unsaved(): FormState | undefined {
    if (this.#isOver || !this.#typed) return undefined;
    return { ...(this.id !== "" && { connection: this.id }), draft: this.#typed };
  }

  reveal(): void {
    this.#panel.reveal();
  }

  async #receive(message: unknown): Promise<void> {
    const parsed = parseFromPage(message);
    if (!parsed) return;
    try {
      await this.#answer(parsed);
    } catch (error) {
      this.#rooms.reporter().report(error);
    }
  }

  async #answer(message: FromPage): Promise<void> {
    switch (message.type) {
      case "ready":
        return await this.#show();
      case "pick":
        return await this.#pick(message.choice, message.draft);
      case "paste":
        return await this.#paste(message.text, message.draft);
      case "edit":
        return void (await this.#check(message.draft));
      case "browse":
        return await this.#browse(message.field);
      case "lookUp":
        return await this.#lookUp(message.draft);
      case "verify":
        return await this.#verify(message.draft);
      case "stop":
        return this.#trial?.abort();
      case "save":
        return await this.#save(message.draft);
      case "cancel":
        this.#isOver = true;
        return this.#panel.dispose();
    }
  }

  async #show(): Promise<void> {
    const { providers } = this.#rooms;
    const connection = this.#connection;
    const secretsSet = await this.#secretsSet();
    const kept = this.#typed && formOfDraft(providers, this.#typed, secretsSet);
    const isRemoved = this.id !== "" && !connection;
    if (isRemoved && !kept)
      return this.#tell({
        type: "removed",
        text: l10n.t("This connection was removed, so there is nothing to edit."),
        close: l10n.t("Close"),
      });
    this.#tell({
      type: "show",
      words: formWords(),
      choices: choicesIn(l10n.t, choices(providers)),
      form: formIn(l10n.t, kept ?? formOf(providers, connection, secretsSet)),
      isUnsaved: kept !== undefined,
      ...(connection && { connection: connection.id }),
      ...(kept && { note: isRemoved ? removedText() : keptText(kept) }),
    });
  }

  async #pick(choice: string, draft: FormDraft): Promise<void> {
    this.#trial?.abort();
    const secretsSet = await this.#secretsSet();
    const form = formAfterPick(this.#rooms.providers, choice, draft, secretsSet);
    if (form) this.#tell({ type: "form", form: formIn(l10n.t, form) });
  }

  async #paste(given: string, draft: FormDraft): Promise<void> {
    const { providers } = this.#rooms;
    const text = given.trim();
    const refusal = refusalOfPaste(providers, text);
    if (refusal) return this.#tell({ type: "note", text: explain(refusal, l10n.t)?.text ?? "" });
    const found = formAfterPaste(providers, text, draft, await this.#secretsSet());
    const note = l10n.t("Filled in from what you pasted.");
    this.#object = found?.object;
    const shown = found && { form: formIn(l10n.t, found.form), secrets: found.secrets };
    if (shown) this.#tell({ type: "form", ...shown, note });
    else this.#tell({ type: "note", text: l10n.t("Nothing in it is known. Fill in the fields.") });
  }

  /** Tells the page what is wrong with the draft; resolves to it if nothing is. */
  async #check(draft: FormDraft): Promise<ReturnType<typeof draftOf>> {
    this.#typed = draft;
    const whole = draftOf(this.#rooms.providers, draft, this.#connection?.id);
    if (!whole) return undefined;
    const found = await this.#rooms.connections.problems(whole);
    const problems = problemsIn(l10n.t, found, (field) => this.#labelOf(field, whole));
    this.#tell({ type: "checked", problems, suggestedName: nameFor(this.#rooms.providers, draft) });
    return problems.length === 0 ? whole : undefined;
  }

  #labelOf(field: string, { provider, preset }: Draft): string {
    const { providers } = this.#rooms;
    return providers.find(({ id }) => id === provider)?.field(field, preset)?.label ?? field;
  }

  async #browse(field: string): Promise<void> {
    const [chosen] =
      (await window.showOpenDialog({
        canSelectFiles: false,
        canSelectFolders: true,
        openLabel: l10n.t("Use This Folder"),
      })) ?? [];
    if (chosen) this.#tell({ type: "browsed", field, path: chosen.fsPath });
  }

  /** Asks the service for what it knows itself, because somebody wants it to. */
  async #lookUp(draft: FormDraft): Promise<void> {
    this.#typed = draft;
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const { connections, providers } = this.#rooms;
    const whole = draftOf(providers, draft, this.#connection?.id);
    const provider = whole && connections.provider(whole);
    if (!whole || !provider?.lookUp) return;
    const service = kindIn(l10n.t, provider, whole);
    this.#tell({ type: "note", text: l10n.t("Asking {0}…", service) });
    try {
      const values = await provider.lookUp(whole.answers, asking.signal, whole.preset);
      const form = formAfterLookUp(providers, draft, values, await this.#secretsSet());
      const note = l10n.t("Filled in from what {0} says.", service);
      if (form && this.#asking === asking)
        this.#tell({ type: "form", form: formIn(l10n.t, form), note });
    } catch (error) {
      const label = (field: string) => this.#labelOf(field, whole);
      const text = unansweredText(error, (field) => missingText(l10n.t, label(field)));
      if (this.#asking === asking) this.#tell({ type: "note", text });
    }
  }

  async #verify(draft: FormDraft): Promise<void> {
    this.#trial?.abort();
    const trial = new AbortController();
    this.#trial = trial;
    const whole = await this.#check(draft);
    if (!whole) return this.#tell({ type: "verified", ok: false, text: formWords().fixProblems });
    const told: VerifyStep[] = [];
    const ok = await this.#rooms.connections.verify(whole, trial.signal, (step) => {
      told.push(step);
      if (this.#trial === trial) this.#tell({ type: "step", step: stepShown(step) });
    });
    if (this.#trial !== trial) return;
    this.#tell({ type: "verified", ok, text: outcomeText(told, trial.signal.aborted) });
  }

  async #save(draft: FormDraft): Promise<void> {
    const whole = await this.#check(draft);
    if (!whole) return this.#tell({ type: "verified", ok: false, text: formWords().fixProblems });
    this.#trial?.abort();
    const { connections } = this.#rooms;
    this.#saved = await connections.save(whole);
    this.#isOver = true;
    this.#panel.dispose();
    if (connections.sessionOnly(this.#saved.id))
      void window.showWarningMessage(
        l10n.t(
          "The secret store of this computer failed, so “{0}” works until this window closes. Set up a keyring to keep it.",
          visible(this.#saved.name),
        ),
      );
    const provider = connections.provider(this.#saved);
    const at = this.#object && pastedAt(provider, this.#saved, this.#object);
    if (at) return await this.#rooms.showObject(at);
    // Here, because a form that came back with its window is waited for by no command.
    const [expand, focus] = [this.id === "", !this.#isForQuestion];
    await this.#rooms.showConnection(this.#saved, { expand, focus });
  }

  async #secretsSet(): Promise<ReadonlySet<string>> {
    return await this.#rooms.connections.secretsSet(this.id);
  }

  #tell(message: ToPage): void {
    void this.#panel.webview.postMessage(message);
  }
}
