import {
  env,
  l10n,
  ViewColumn,
  window,
  workspace,
  type Disposable,
  type Uri,
  type WebviewPanel,
} from "vscode";
import type { Connections } from "../../app/connections/connections.ts";
import { locationId } from "../../app/location.ts";
import {
  parseFromPanel,
  type Draft,
  type FieldProblem,
  type FromPanel,
  type Offer,
  type PanelContent,
  type Status,
  type ToPanel,
} from "./panelMessages.ts";
import {
  isSame,
  laidOver,
  parsePanelState,
  type PanelState,
  type PanelSubject,
  type Unsaved,
  typedOver,
} from "./panelState.ts";
import { failure, orphaned, plain, words } from "./panelWords.ts";
import type { Reporter } from "../report.ts";
import { dressPanel, webviewPage } from "./webviewPage.ts";
import { visible } from "../words.ts";

/** What a panel is about: how it is called, where it comes from, how it looks, and how it is saved. */
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
  readonly connections: Pick<Connections, "get">;
  readonly sourceOf: (subject: PanelSubject) => PanelSource;
  readonly reporter: () => Reporter;
  readonly editConnection: (id: string) => unknown;
}

const viewType = "offsite.panel";

/** Opens panels, one tab for each subject, and takes up those of a window that was reloaded. */
export class Panels {
  readonly #rooms: PanelRooms;
  readonly #open = new Map<string, Panel>();

  constructor(rooms: PanelRooms) {
    this.#rooms = rooms;
  }

  /** Makes VS Code bring panels back with the window. */
  register(): Disposable {
    return window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (tab, state: unknown) => {
        const kept = parsePanelState(state);
        if (kept) this.#follow(tab, kept, workspace.isTrusted ? "ready" : "asked");
        else tab.dispose();
      },
    });
  }

  /** Shows the panel of a subject, or the one that shows it already. */
  show(subject: PanelSubject, unsaved?: Unsaved): void {
    const open = this.#open.get(idOf(subject));
    if (open) {
      open.reveal();
      return;
    }
    const { title } = this.#rooms.sourceOf(subject);
    const tab = window.createWebviewPanel(viewType, title, ViewColumn.Active);
    this.#follow(tab, { version: 1, subject, ...(unsaved && { unsaved }) }, "ready");
  }

  #follow(tab: WebviewPanel, state: PanelState, load: "ready" | "asked"): void {
    const { subject } = state;
    const id = idOf(subject);
    const panel = new Panel(this.#rooms, tab, state, load);
    // One that VS Code brings back may find another open already; then both are shown.
    if (!this.#open.has(id)) this.#open.set(id, panel);
    panel.onClosed = (unsaved) => {
      if (this.#open.get(id) === panel) this.#open.delete(id);
      if (unsaved) void this.#offerBack(subject, unsaved);
    };
  }

  /** A tab like this closes without asking, so what was typed is offered back. */
  async #offerBack(subject: PanelSubject, unsaved: Unsaved): Promise<void> {
    const reopen = l10n.t("Reopen");
    const answer = await window.showWarningMessage(
      l10n.t(
        "What you changed in “{0}” was not saved.",
        visible(this.#rooms.sourceOf(subject).title),
      ),
      reopen,
    );
    if (answer === reopen) this.show(subject, unsaved);
  }
}

function idOf({ kind, at }: PanelSubject): string {
  return `${kind} ${locationId(at)}`;
}

/** One panel. The page shows and reports; what is loaded and what is typed is kept here. */
class Panel {
  onClosed: (unsaved: Unsaved | undefined) => void = () => {};
  readonly #rooms: PanelRooms;
  readonly #source: PanelSource;
  readonly #subject: PanelSubject;
  readonly #tab: WebviewPanel;
  readonly #over = new AbortController();
  #loaded: Loaded | undefined;
  #draft: Draft = {};
  /** What the page was last told to show, whether it does so yet or not. */
  #shown: Draft = {};
  /** What was typed in an earlier tab or window, to be laid over what is loaded. */
  #kept: Unsaved | undefined;
  /** In an untrusted workspace nothing is asked of a storage before somebody says so. */
  #load: "ready" | "asked";
  #isBusy = false;
  #status: Status = plain("");

  constructor(
    rooms: PanelRooms,
    tab: WebviewPanel,
    { subject, unsaved }: PanelState,
    load: "ready" | "asked",
  ) {
    this.#rooms = rooms;
    this.#subject = subject;
    this.#source = rooms.sourceOf(subject);
    this.#kept = unsaved;
    this.#load = load;
    this.#tab = tab;
    // The page is drawn anew whenever its tab comes back: all it shows is kept on this side.
    dressPanel(tab, rooms.extensionUri);
    tab.onDidDispose(() => {
      this.#over.abort();
      this.onClosed(this.#unsaved);
    });
    tab.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message));
    tab.webview.html = webviewPage(tab.webview, rooms.extensionUri, {
      name: "panel",
      title: this.#source.title,
    });
  }

  /** Shows it as it is now: whoever asks for it again wants to see what has become of it. */
  reveal(): void {
    this.#tab.reveal();
    if (this.#loaded && !this.#isChanged && !this.#isBusy)
      void this.#reload(undefined).catch((error: unknown) => this.#rooms.reporter().report(error));
  }

  get #isChanged(): boolean {
    return this.#loaded !== undefined && !isSame(this.#draft, this.#loaded.draft);
  }

  get #unsaved(): Unsaved | undefined {
    if (!this.#loaded) return this.#kept;
    return this.#isChanged ? { before: this.#loaded.draft, draft: this.#draft } : undefined;
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
        this.#draft = typedOver(this.#draft, this.#shown, message);
        if (this.#status.kind === "good") this.#status = plain("");
        return this.#tellState();
      case "act":
        this.#draft = typedOver(this.#draft, this.#shown, message);
        return await this.#act(message.id);
      case "save":
        this.#draft = typedOver(this.#draft, this.#shown, message);
        return await this.#save();
      case "copy":
        return await env.clipboard.writeText(message.text);
      case "revert":
        this.#draft = this.#loaded?.draft ?? {};
        this.#status = plain("");
        return this.#show();
      case "offer":
        return await this.#take(message.offer);
    }
  }

  async #take(offer: Offer): Promise<void> {
    switch (offer) {
      case "load":
      case "reload":
        return await this.#reload(this.#unsaved);
      case "connection":
        return void this.#rooms.editConnection(this.#subject.at.connection);
      case "close":
        return this.#tab.dispose();
    }
  }

  async #ready(): Promise<void> {
    if (this.#loaded) return this.#show();
    if (this.#load === "ready" || this.#isOrphan) return await this.#reload(this.#kept);
    this.#status = {
      kind: "plain",
      text: l10n.t(
        "This window is in Restricted Mode, so Offsite asks the storage for nothing unless you say so.",
      ),
      offers: ["load", "close"],
    };
    this.#show();
  }

  /** Loads it, and lays over it what was typed and not saved. */
  async #reload(unsaved: Unsaved | undefined): Promise<void> {
    const isDone = await this.#while(l10n.t("Loading…"), async (signal) => {
      this.#loaded = await this.#source.load(signal);
    });
    if (!isDone || !this.#loaded) return this.#show();
    this.#load = "ready";
    this.#kept = undefined;
    this.#draft = this.#loaded.draft;
    if (unsaved) this.#layOver(this.#loaded, unsaved);
    this.#show();
  }

  #layOver({ draft: now }: Loaded, unsaved: Unsaved): void {
    const { draft, isPartial } = laidOver(now, unsaved);
    this.#draft = draft;
    if (isPartial)
      this.#status = {
        kind: "bad",
        text: l10n.t(
          "Someone else changed some of what you had changed, so that is shown as it is now.",
        ),
      };
    else if (this.#isChanged)
      this.#status = plain(l10n.t("What you had typed is here again. It is not saved yet."));
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
    const isDone = await this.#while(
      l10n.t("Saving…"),
      async (signal) => await save(saved, signal),
    );
    if (!isDone) return this.#tellState();
    await this.#reload(undefined);
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
      this.#status = this.#isOrphan ? orphaned() : failure(error);
      return false;
    } finally {
      this.#isBusy = false;
    }
  }

  get #isOrphan(): boolean {
    return this.#rooms.connections.get(this.#subject.at.connection) === undefined;
  }

  #problems(): readonly FieldProblem[] {
    return this.#loaded?.problems?.(this.#draft) ?? [];
  }

  #show(): void {
    this.#shown = this.#draft;
    const content = this.#loaded?.render(this.#draft);
    this.#tell({ type: "show", words: words(), draft: this.#draft, ...(content && { content }) });
    this.#tellState();
  }

  #tellState(): void {
    if (this.#over.signal.aborted) return;
    const unsaved = this.#unsaved;
    const { title } = this.#source;
    this.#tab.title = unsaved ? `● ${title}` : title;
    const kept: PanelState = {
      version: 1,
      subject: this.#subject,
      ...(unsaved && { unsaved }),
    };
    this.#tell({
      type: "state",
      isChanged: this.#isChanged,
      isBusy: this.#isBusy,
      problems: this.#problems(),
      status: this.#status,
      kept,
    });
  }

  #tell(message: ToPanel): void {
    if (!this.#over.signal.aborted) void this.#tab.webview.postMessage(message);
  }
}
