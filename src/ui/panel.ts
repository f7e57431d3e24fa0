import { env, l10n, Uri, ViewColumn, window, type WebviewPanel } from "vscode";
import { isStorageError } from "../storage/errors.ts";
import { explain, isCancel } from "./messages.ts";
import {
  parseFromPanel,
  type Draft,
  type FieldProblem,
  type FromPanel,
  type PanelContent,
  type PanelWords,
  type Status,
  type ToPanel,
} from "./panelMessages.ts";
import type { Reporter } from "./report.ts";
import { webviewPage } from "./webviewPage.ts";

/** What a panel is about: where it comes from, how it looks, and how it is saved. */
export interface PanelSource {
  readonly title: string;
  /** Asks the storage. */
  load(signal: AbortSignal): Promise<Loaded>;
}

export interface Loaded {
  /** The fields as they are stored. */
  readonly draft: Draft;
  /** How it looks with the fields as they are now. */
  render(draft: Draft): PanelContent;
  problems?(draft: Draft): readonly FieldProblem[];
  /** Fails with `conflict`, and changes nothing, if what is stored is no longer what was loaded. */
  save?(draft: Draft, signal: AbortSignal): Promise<void>;
  /** What a button does: gives the draft as it is then, or nothing if it has changed none of it. */
  act?(id: string, draft: Draft): Promise<Draft | undefined>;
}

export interface PanelRooms {
  readonly extensionUri: Uri;
  readonly reporter: () => Reporter;
}

/** Opens panels, one tab for each subject. */
export class Panels {
  readonly #rooms: PanelRooms;
  readonly #open = new Map<string, Panel>();

  constructor(rooms: PanelRooms) {
    this.#rooms = rooms;
  }

  /** Shows the panel of `subject`, which is no other's, or the one that shows it already. */
  show(subject: string, source: PanelSource, kept?: Draft): void {
    const open = this.#open.get(subject);
    if (open) {
      open.reveal();
      return;
    }
    const panel = new Panel(this.#rooms, source, kept);
    this.#open.set(subject, panel);
    panel.onClosed = (unsaved) => {
      this.#open.delete(subject);
      if (unsaved) void this.#offerBack(subject, source, unsaved);
    };
  }

  /** A tab like this closes without asking, so what was typed is offered back. */
  async #offerBack(subject: string, source: PanelSource, unsaved: Draft): Promise<void> {
    const reopen = l10n.t("Reopen");
    const answer = await window.showWarningMessage(
      l10n.t("What you changed in “{0}” was not saved.", source.title),
      reopen,
    );
    if (answer === reopen) this.show(subject, source, unsaved);
  }
}

/** One panel. The page shows and reports; what is loaded and what is typed is kept here. */
class Panel {
  onClosed: (unsaved: Draft | undefined) => void = () => {};
  readonly #rooms: PanelRooms;
  readonly #source: PanelSource;
  readonly #panel: WebviewPanel;
  readonly #over = new AbortController();
  #loaded: Loaded | undefined;
  #draft: Draft;
  /** What was typed before the tab was closed, to be laid over what is loaded. */
  #kept: Draft | undefined;
  #isBusy = false;
  #status: Status = plain("");

  constructor(rooms: PanelRooms, source: PanelSource, kept: Draft | undefined) {
    this.#rooms = rooms;
    this.#source = source;
    this.#kept = kept;
    this.#draft = {};
    const roots = ["dist", "media"].map((folder) => Uri.joinPath(rooms.extensionUri, folder));
    // The page is drawn anew whenever its tab comes back: all it shows is kept on this side.
    this.#panel = window.createWebviewPanel("offsite.panel", source.title, ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: roots,
    });
    const icon = (theme: string) =>
      Uri.joinPath(rooms.extensionUri, "media", `offsite-${theme}.svg`);
    this.#panel.iconPath = { light: icon("light"), dark: icon("dark") };
    this.#panel.onDidDispose(() => {
      this.#over.abort();
      this.onClosed(this.#isChanged ? this.#draft : undefined);
    });
    this.#panel.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message));
    this.#panel.webview.html = webviewPage(this.#panel.webview, rooms.extensionUri, {
      name: "panel",
      title: source.title,
    });
  }

  reveal(): void {
    this.#panel.reveal();
  }

  get #isChanged(): boolean {
    return this.#loaded !== undefined && !isSame(this.#draft, this.#loaded.draft);
  }

  async #receive(message: unknown): Promise<void> {
    const parsed = parseFromPanel(message);
    if (!parsed) return;
    try {
      await this.#answer(parsed);
    } catch (error) {
      this.#rooms.reporter().report(error);
    }
  }

  async #answer(message: FromPanel): Promise<void> {
    switch (message.type) {
      case "ready":
        return await this.#ready();
      case "edit":
        this.#draft = message.draft;
        return this.#tellState();
      case "act":
        this.#draft = message.draft;
        return await this.#act(message.id);
      case "save":
        this.#draft = message.draft;
        return await this.#save();
      case "copy":
        return await env.clipboard.writeText(message.text);
      case "revert":
        this.#draft = this.#loaded?.draft ?? {};
        this.#status = plain("");
        return this.#show();
      case "reload":
        return await this.#load();
    }
  }

  async #ready(): Promise<void> {
    if (this.#loaded) this.#show();
    else await this.#load();
  }

  async #load(): Promise<void> {
    const done = await this.#while(l10n.t("Loading…"), async (signal) => {
      this.#loaded = await this.#source.load(signal);
    });
    if (!done || !this.#loaded) return this.#show();
    this.#draft = { ...this.#loaded.draft, ...this.#kept };
    this.#kept = undefined;
    this.#show();
  }

  async #act(id: string): Promise<void> {
    const { act } = this.#loaded ?? {};
    if (!act) return;
    await this.#while("", async () => {
      const draft = await act(id, this.#draft);
      if (draft) this.#draft = draft;
    });
    this.#show();
  }

  async #save(): Promise<void> {
    const { save } = this.#loaded ?? {};
    if (!save || !this.#isChanged || this.#problems().length > 0) return this.#tellState();
    const saved = this.#draft;
    const done = await this.#while(l10n.t("Saving…"), async (signal) => await save(saved, signal));
    if (!done) return this.#tellState();
    await this.#load();
    this.#status = { kind: "good", text: l10n.t("Saved.") };
    this.#tellState();
  }

  /** Runs `work`, one at a time; a failure becomes the panel's status. Resolves to whether it is done. */
  async #while(text: string, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    if (this.#isBusy) return false;
    this.#isBusy = true;
    this.#status = plain(text);
    this.#tellState();
    try {
      await work(this.#over.signal);
      this.#status = plain("");
      return true;
    } catch (error) {
      this.#status = isCancel(error) ? plain("") : failure(error);
      return false;
    } finally {
      this.#isBusy = false;
    }
  }

  #problems(): readonly FieldProblem[] {
    return this.#loaded?.problems?.(this.#draft) ?? [];
  }

  #show(): void {
    const content = this.#loaded?.render(this.#draft);
    this.#tell({ type: "show", words: words(), draft: this.#draft, ...(content && { content }) });
    this.#tellState();
  }

  #tellState(): void {
    if (this.#over.signal.aborted) return;
    this.#panel.title = this.#isChanged ? `● ${this.#source.title}` : this.#source.title;
    this.#tell({
      type: "state",
      isChanged: this.#isChanged,
      isBusy: this.#isBusy,
      problems: this.#problems(),
      status: this.#status,
    });
  }

  #tell(message: ToPanel): void {
    if (!this.#over.signal.aborted) void this.#panel.webview.postMessage(message);
  }
}

function failure(error: unknown): Status {
  if (isStorageError(error, "conflict"))
    return {
      kind: "bad",
      text: l10n.t(
        "It was changed by someone else since it was loaded, so nothing was saved. Reload to see it as it is now; that discards what you have typed.",
      ),
      offersReload: true,
    };
  const text = explain(error, l10n.t)?.text ?? "";
  return { kind: "bad", text, offersReload: true };
}

function plain(text: string): Status {
  return { kind: "plain", text };
}

function isSame(left: Draft, right: Draft): boolean {
  const sorted = (draft: Draft) => Object.entries(draft).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function words(): PanelWords {
  return {
    save: l10n.t("Save"),
    revert: l10n.t("Discard Changes"),
    reload: l10n.t("Reload"),
    name: l10n.t("Name"),
    value: l10n.t("Value"),
    add: l10n.t("Add"),
    remove: l10n.t("Remove"),
    copy: l10n.t("Copy"),
  };
}
