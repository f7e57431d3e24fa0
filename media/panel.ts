/**
 * The page of a panel: shows the sections the extension sends and reports what is typed. It decides
 * nothing and fetches nothing; what VS Code keeps for a reload of the window is what it is told.
 */
import "@vscode/codicons/dist/codicon.css";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import "./connectionForm.css";
import "./panel.css";
import type {
  Draft,
  FromPanel,
  Offer,
  PanelContent,
  PanelWords,
  Section,
  ToPanel,
  Value,
} from "../src/ui/panels/panelMessages.ts";
import { element } from "./elements.ts";
import { panelField, type PanelField } from "./panelFields.ts";
import { fact, note } from "./panelParts.ts";

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  setState(state: unknown): void;
};

const host = acquireVsCodeApi();
const root = document.querySelector("#form") ?? document.body;

let page: Page | undefined;

window.addEventListener("message", ({ data }: MessageEvent<ToPanel>) => {
  if (data.type === "show") {
    const scrolled = document.documentElement.scrollTop;
    const before = page;
    page = new Page(data.words, data.content, data.draft);
    document.documentElement.scrollTop = scrolled;
    if (before?.hasFields) page.focusNew(before);
    return;
  }
  host.setState(data.kept);
  page?.showState(data);
});
host.postMessage({ type: "ready" });

type State = Extract<ToPanel, { type: "state" }>;
type Button = HTMLElement & { disabled: boolean };

class Page {
  readonly #words: PanelWords;
  readonly #fields: PanelField[] = [];
  readonly #status = element("p", { className: "result", role: "status" });
  readonly #save: Button;
  readonly #revert: Button;
  readonly #offers: ReadonlyMap<Offer, Button>;
  /** Fields that are shown no more, or not yet, keep their place in the draft. */
  readonly #draft: Draft;

  constructor(words: PanelWords, content: PanelContent | undefined, draft: Draft) {
    this.#words = words;
    this.#draft = draft;
    this.#save = element("vscode-button", { onclick: () => this.#sendToSave() }, words.save);
    this.#revert = this.#secondary(words.revert, { type: "revert" });
    const offers: readonly Offer[] = ["load", "reload", "connection", "close"];
    this.#offers = new Map(
      offers.map((offer) => [offer, this.#secondary(words[offer], { type: "offer", offer })]),
    );
    root.replaceChildren(...(content ? this.#contentOf(content) : []), this.#actions(content));
  }

  get hasFields(): boolean {
    return this.#fields.length > 0;
  }

  /** What a button has added is what comes next. */
  focusNew(before: Page): void {
    const known = new Set(before.#fields.map(({ id }) => id));
    const added = this.#fields.find(({ id }) => !known.has(id));
    // A component has nothing to focus before it has been drawn.
    if (added) requestAnimationFrame(() => added.focus());
  }

  showState({ isChanged, isBusy, problems, status }: State): void {
    this.#save.disabled = !isChanged || isBusy || problems.length > 0;
    this.#revert.hidden = !isChanged;
    for (const [offer, button] of this.#offers)
      button.hidden = status.offers?.includes(offer) !== true;
    this.#status.textContent = status.text;
    this.#status.className = `result ${status.kind === "plain" ? "" : status.kind}`;
    for (const field of this.#fields)
      field.showProblem(problems.find((problem) => problem.field === field.id)?.text ?? "");
  }

  #contentOf({ heading, subject, sections }: PanelContent): readonly HTMLElement[] {
    return [
      element(
        "header",
        {},
        element("h1", {}, heading),
        element("p", { className: "subject" }, subject),
      ),
      ...sections.map((section) => this.#section(section)),
    ];
  }

  #section({ title, help, isItem, parts }: Section): HTMLElement {
    const rows: HTMLElement[] = [];
    let facts: HTMLElement | undefined;
    for (const part of parts) {
      if (part.type === "fact") {
        facts ??= element("dl", {});
        if (!rows.includes(facts)) rows.push(facts);
        facts.append(
          ...fact(part, this.#words, (text) => host.postMessage({ type: "copy", text })),
        );
        continue;
      }
      facts = undefined;
      if (part.type === "note") rows.push(note(part));
      else if (part.type === "button") rows.push(this.#button(part.id, part.label));
      else {
        const value: Value | undefined = this.#draft[part.id];
        const field = panelField(part, value, this.#words, () => this.#edited());
        this.#fields.push(field);
        rows.push(field.element);
      }
    }
    return element(
      "section",
      isItem === true ? { className: "item", role: "group", "aria-label": title } : {},
      element(isItem === true ? "h3" : "h2", {}, title),
      help === undefined ? undefined : element("p", { className: "help" }, help),
      ...grouped(rows),
    );
  }

  #button(id: string, label: string): HTMLElement {
    return element(
      "vscode-button",
      {
        secondary: true,
        className: "act",
        onclick: () => host.postMessage({ type: "act", id, ...this.#typed() }),
      },
      label,
    );
  }

  #secondary(label: string, message: FromPanel): Button {
    return element(
      "vscode-button",
      { secondary: true, hidden: true, onclick: () => host.postMessage(message) },
      label,
    );
  }

  #actions(content: PanelContent | undefined): HTMLElement {
    const isEditable = content?.saving !== undefined;
    const saving = isEditable
      ? element("p", { className: "help saving" }, content.saving)
      : undefined;
    const buttons = element(
      "div",
      { className: "buttons" },
      isEditable ? this.#save : undefined,
      this.#revert,
      ...this.#offers.values(),
    );
    return element("div", { className: "actions" }, this.#status, buttons, saving);
  }

  #sendToSave(): void {
    // What is said of an earlier save is not true of this one.
    this.#status.className = "result";
    host.postMessage({ type: "save", ...this.#typed() });
  }

  #edited(): void {
    host.postMessage({ type: "edit", ...this.#typed() });
  }

  #typed(): { before: Draft; draft: Draft } {
    const shown = this.#fields.map(({ id, value }) => [id, value()] as const);
    return { before: this.#draft, draft: { ...this.#draft, ...Object.fromEntries(shown) } };
  }
}

/** Buttons that follow each other stand in one row. */
function grouped(rows: readonly HTMLElement[]): readonly HTMLElement[] {
  const result: HTMLElement[] = [];
  let row: HTMLElement | undefined;
  for (const one of rows) {
    if (!one.classList.contains("act")) {
      row = undefined;
      result.push(one);
      continue;
    }
    row ??= element("div", { className: "buttons" });
    row.append(one);
    if (!result.includes(row)) result.push(row);
  }
  return result;
}
