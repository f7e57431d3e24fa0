/**
 * The connection form's page: shows what the extension says and reports what was typed. It decides
 * nothing and fetches nothing. VS Code keeps for a reload of the window what was typed, but for
 * secrets: those live in the fields alone.
 */
import "@vscode/codicons/dist/codicon.css";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-textfield/index.js";
import "./connectionForm.css";
import type {
  Form,
  FormDraft,
  FormState,
  FormWords,
  FromPage,
  ToPage,
} from "../src/ui/connections/formMessages.ts";
import { element } from "./elements.ts";
import { Fields } from "./formFields.ts";
import { Picker } from "./formPicker.ts";
import { Steps } from "./formSteps.ts";

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  setState(state: FormState): void;
};

const host = acquireVsCodeApi();
const root = document.querySelector("#form") ?? document.body;

let page: Page | undefined;

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  if (data.type === "show") page = new Page(data);
  else if (data.type === "removed") showRemoved(data);
  else page?.receive(data);
});
host.postMessage({ type: "ready" });

type Shown = Extract<ToPage, { type: "show" }>;

/** Instead of the form: there is nothing to edit. */
function showRemoved({ text, close }: Extract<ToPage, { type: "removed" }>): void {
  const button = element(
    "vscode-button",
    { secondary: true, onclick: () => host.postMessage({ type: "cancel" }) },
    close,
  );
  const buttons = element("div", { className: "buttons" }, button);
  root.replaceChildren(element("p", { role: "alert" }, text), buttons);
}

class Page {
  readonly #words: FormWords;
  readonly #picker: Picker;
  readonly #steps: Steps;
  readonly #note = element("p", { className: "note", role: "status" });
  readonly #result = element("p", { className: "result", role: "status" });
  readonly #body = element("div", { className: "body" });
  readonly #verify: HTMLElement & { disabled: boolean };
  readonly #stop: HTMLElement;
  readonly #connection: string | undefined;
  #fields: Fields;
  #verifying = false;

  constructor({ words, choices, form, connection, isUnsaved, note = "" }: Shown) {
    this.#words = words;
    this.#connection = connection;
    this.#picker = new Picker(words, choices);
    this.#steps = new Steps(words);
    this.#fields = new Fields(words, form, this.#reports());
    this.#picker.onPick = (choice) =>
      host.postMessage({ type: "pick", choice, draft: this.#draft() });
    this.#verify = element(
      "vscode-button",
      { onclick: () => this.#startVerifying() },
      words.verify,
    );
    this.#stop = element(
      "vscode-button",
      { secondary: true, hidden: true, onclick: () => host.postMessage({ type: "stop" }) },
      words.stop,
    );
    root.replaceChildren(this.#picker.element, this.#body);
    this.#draw(form);
    this.#note.textContent = note;
    if (form.choice === undefined) this.#picker.focus();
    if (isUnsaved) this.#keep();
    else host.setState({ ...(connection !== undefined && { connection }) });
    // As it is typed: a window may be closed before the field is left.
    this.#body.addEventListener("input", () => this.#keep());
  }

  receive(message: ToPage): void {
    switch (message.type) {
      case "form":
        this.#fields = new Fields(
          this.#words,
          message.form,
          this.#reports(),
          this.#fields,
          message.secrets,
        );
        this.#draw(message.form);
        this.#note.textContent = message.note ?? "";
        this.#keep();
        return this.#fields.focusFirst();
      case "note":
        this.#note.textContent = message.text;
        return;
      case "checked":
        return this.#fields.showProblems(message.problems, message.suggestedName);
      case "browsed":
        return this.#fields.fill(message.field, message.path);
      case "step":
        this.#steps.show(message.step);
        if (message.step.problem)
          this.#fields.showProblem(message.step.problem.field, message.step.problem.text);
        return;
      case "verified":
        return this.#verified(message.ok, message.text);
      case "show":
      case "removed":
        return;
    }
  }

  #keep(): void {
    const draft: FormDraft = { choice: this.#picker.chosen, ...this.#fields.withoutSecrets() };
    host.setState({
      ...(this.#connection !== undefined && { connection: this.#connection }),
      draft,
    });
  }

  #draw(form: Form): void {
    this.#picker.show(form.choice);
    this.#steps.clear();
    this.#note.textContent = "";
    this.#result.textContent = form.name === "" ? this.#words.unverified : "";
    this.#result.className = "result";
    this.#body.hidden = false;
    this.#body.replaceChildren(
      this.#pasteBox(),
      this.#note,
      ...(form.choice === undefined ? [] : [this.#fields.element, this.#actions()]),
    );
  }

  #pasteBox(): HTMLElement {
    const box: HTMLInputElement = element("vscode-textfield", {
      id: "paste",
      placeholder: this.#words.paste,
      label: this.#words.paste,
      onchange: () => this.#paste(box.value),
    });
    const help = element("p", { className: "help" }, this.#words.pasteHelp);
    const hidden = this.#connection !== undefined;
    return element("div", { className: "field paste", hidden }, box, help);
  }

  #paste(text: string): void {
    if (text.trim() !== "") host.postMessage({ type: "paste", text, draft: this.#draft() });
  }

  #actions(): HTMLElement {
    const save = element(
      "vscode-button",
      { secondary: true, onclick: () => this.#save() },
      this.#words.save,
    );
    const cancel = element(
      "vscode-button",
      { secondary: true, onclick: () => host.postMessage({ type: "cancel" }) },
      this.#words.cancel,
    );
    const buttons = element(
      "div",
      { className: "buttons" },
      this.#verify,
      this.#stop,
      save,
      cancel,
    );
    return element("div", { className: "actions" }, this.#steps.element, this.#result, buttons);
  }

  #reports() {
    return {
      edited: () => {
        // What was verified is no longer what is there.
        if (!this.#verifying) {
          this.#result.textContent = this.#words.unverified;
          this.#result.className = "result";
        }
        this.#keep();
        host.postMessage({ type: "edit", draft: this.#draft() });
      },
      entered: () => this.#startVerifying(),
      lookUp: () => host.postMessage({ type: "lookUp", draft: this.#draft() }),
      browse: (field: string) => host.postMessage({ type: "browse", field }),
    };
  }

  #draft(): FormDraft {
    return { choice: this.#picker.chosen, ...this.#fields.draft() };
  }

  #startVerifying(): void {
    if (this.#verifying) return;
    this.#verifying = true;
    this.#verify.disabled = true;
    this.#stop.hidden = false;
    this.#result.textContent = "";
    this.#result.className = "result";
    this.#steps.clear();
    this.#fields.touchAll();
    host.postMessage({ type: "verify", draft: this.#draft() });
  }

  #verified(ok: boolean, text: string): void {
    this.#verifying = false;
    this.#verify.disabled = false;
    this.#stop.hidden = true;
    this.#result.textContent = text;
    this.#result.className = ok ? "result good" : "result bad";
    if (!ok) this.#fields.focusProblem();
  }

  #save(): void {
    this.#fields.touchAll();
    host.postMessage({ type: "save", draft: this.#draft() });
  }
}
