/** The questions of the form, the name and the read-only mark. */
import "@vscode-elements/elements/dist/vscode-checkbox/index.js";
import "@vscode-elements/elements/dist/vscode-option/index.js";
import "@vscode-elements/elements/dist/vscode-single-select/index.js";
import type {
  FieldProblem,
  Form,
  FormDraft,
  FormField,
  FormWords,
} from "../src/ui/connections/formMessages.ts";
import { element, icon } from "./elements.ts";
import { withSuggestions } from "./formSuggestions.ts";

type Answer = string | number | boolean | undefined;

export interface Reports {
  /** Something was changed and left. */
  edited(): void;
  /** Enter was pressed in a text. */
  entered(): void;
  browse(field: string): void;
  /** The service is to say what it knows itself. */
  lookUp(): void;
}

/** One question with its label, help and problem. */
interface Question {
  readonly name: string;
  /** Told by the control itself; a flag shows its own. */
  readonly label: string | undefined;
  /** Asked only while that choice has this answer. */
  readonly when: FormField["field"]["when"];
  readonly element: HTMLElement;
  readonly control: HTMLElement;
  readonly problem: HTMLElement;
  /** Somebody has been here, so a problem may be shown. */
  touched: boolean;
  answer(): Answer;
  fill(value: string): void;
}

type TextControl = HTMLElement & { value: string; invalid: boolean; label: string };

export class Fields {
  readonly element = element("section", { className: "fields" });
  readonly #words: FormWords;
  readonly #reports: Reports;
  readonly #provider: string;
  /** The field that the service itself can fill in. */
  readonly #looksUp: string | undefined;
  readonly #questions: readonly Question[];
  readonly #secrets: ReadonlySet<string>;
  readonly #advanced: HTMLDetailsElement;
  readonly #name: TextControl;
  readonly #readOnly: HTMLElement & { checked: boolean };

  /**
   * Secrets typed into `before` stay typed, if they go to the same provider; `pasted` are those that
   * have just come with a text.
   */
  constructor(
    words: FormWords,
    form: Form,
    reports: Reports,
    before?: Fields,
    pasted: FormDraft["answers"] = {},
  ) {
    this.#words = words;
    this.#reports = reports;
    this.#provider = form.choice?.split("/")[0] ?? "";
    const kept = before && before.#provider === this.#provider ? before.draft().answers : {};
    const typed = { ...kept, ...pasted };
    this.#looksUp = form.looksUp;
    this.#questions = form.fields.map((field) => this.#question(field, typed));
    const secrets = form.fields.filter(({ field: { type } }) => type === "secret");
    this.#secrets = new Set(secrets.map(({ name }) => name));
    this.#name = this.#textfield("name", words.name, form.name);
    this.#name.setAttribute("placeholder", form.suggestedName);
    this.#readOnly = element("vscode-checkbox", {
      label: words.readOnly,
      checked: form.readOnly,
      onchange: () => this.#reports.edited(),
    });
    // The browser's own: a screen reader hears that it is folded, and Space unfolds it.
    this.#advanced = element<HTMLDetailsElement>(
      "details",
      {},
      element("summary", {}, icon("chevron-right"), words.advanced),
    );
    this.#arrange(form);
    this.#showAsked();
  }

  draft(): Omit<FormDraft, "choice"> {
    const answers = this.#questions.flatMap(({ name, element: row, answer }) => {
      const given = row.hidden ? undefined : answer();
      return given === undefined ? [] : [[name, given] as const];
    });
    return {
      name: this.#name.value,
      readOnly: this.#readOnly.checked,
      answers: Object.fromEntries(answers),
    };
  }

  /** The draft as it may be written down. */
  withoutSecrets(): Omit<FormDraft, "choice"> {
    const { answers, ...rest } = this.draft();
    const open = Object.entries(answers).filter(
      ([name, answer]) => !this.#secrets.has(name) && !namesUser(answer),
    );
    return { ...rest, answers: Object.fromEntries(open) };
  }

  /** Hides the questions that the answers to others make needless. */
  #showAsked(): void {
    for (const { element: row, when } of this.#questions) {
      if (!when) continue;
      const choice = this.#questions.find(({ name }) => name === when.field);
      // A choice that is not asked has its usual answer.
      row.hidden = choice !== undefined && choice.answer() !== when.is;
    }
  }

  fill(field: string, value: string): void {
    this.#questions.find(({ name }) => name === field)?.fill(value);
    this.#reports.edited();
  }

  /** From now on problems are shown everywhere, also where nobody has been yet. */
  touchAll(): void {
    for (const question of this.#questions) question.touched = true;
  }

  showProblems(problems: readonly FieldProblem[], suggestedName: string): void {
    for (const question of this.#questions) {
      const found = problems.find(({ field }) => field === question.name);
      mark(question, question.touched ? (found?.text ?? "") : "");
    }
    this.#name.setAttribute("placeholder", suggestedName);
  }

  showProblem(field: string, text: string): void {
    const question = this.#questions.find(({ name }) => name === field);
    if (question) mark(question, text);
  }

  focusProblem(): void {
    const wrong = this.#questions.find(({ problem }) => !problem.hidden);
    if (!wrong) return;
    if (this.#advanced.contains(wrong.element)) this.#advanced.open = true;
    wrong.control.focus();
    wrong.problem.scrollIntoView({ block: "nearest" });
  }

  focusFirst(): void {
    const empty = this.#questions.find(({ answer }) => answer() === undefined || answer() === "");
    // A component has nothing to focus before it has been drawn.
    requestAnimationFrame(() => (empty ?? this.#questions[0])?.control.focus());
  }

  #arrange({ fields, keysPage, note }: Form): void {
    const isAdvanced = (name: string) =>
      fields.find((field) => field.name === name)?.field.advanced === true;
    const rows = (advanced: boolean) =>
      this.#questions
        .filter(({ name }) => isAdvanced(name) === advanced)
        .map((question) => question.element);
    const link =
      keysPage === undefined
        ? undefined
        : element(
            "p",
            { className: "link" },
            element("a", { href: keysPage }, this.#words.createKey, icon("link-external", "", 13)),
          );
    this.#advanced.append(element("div", { className: "advanced" }, ...rows(true)));
    const name = field(this.#words.name, "name", this.#name, this.#words.nameHelp);
    const readOnly = element(
      "div",
      { className: "field" },
      this.#readOnly,
      element("p", { className: "help" }, this.#words.readOnlyHelp),
    );
    if (note !== undefined)
      this.element.append(
        element(
          "p",
          { className: "notice", role: "note" },
          icon("info"),
          element("span", {}, note),
        ),
      );
    this.element.append(
      ...[...rows(false), link, name, readOnly].filter((row) => row !== undefined),
      ...(rows(true).length > 0 ? [this.#advanced] : []),
    );
  }

  #question(given: FormField, typed: FormDraft["answers"]): Question {
    const made = this.#controlOf(given, typed[given.name]);
    const { name, field: declared } = given;
    const { help = "" } = declared;
    const problem = element("p", { className: "problem", role: "alert", hidden: true });
    const body =
      declared.type === "flag"
        ? element("div", { className: "field" }, made.element, helpOf(help), problem)
        : field(this.#labelOf(given), name, made.element, help, problem);
    const { when } = declared;
    const label = declared.type === "flag" ? undefined : declared.label;
    const question: Question = {
      name,
      label,
      when,
      problem,
      touched: false,
      ...made,
      element: body,
    };
    body.addEventListener("focusout", () => {
      question.touched = true;
    });
    return question;
  }

  #labelOf({ field: declared }: FormField): string {
    const { label } = declared;
    if (declared.type === "number" && declared.unit) return `${label} (${declared.unit})`;
    const isText = declared.type === "text" || declared.type === "secret";
    return isText && !declared.required ? `${label} (${this.#words.optional})` : label;
  }

  #controlOf(
    given: FormField,
    typed: Answer,
  ): Omit<Question, "name" | "label" | "when" | "problem" | "touched"> {
    switch (given.field.type) {
      case "secret":
        return this.#secret(given, typed);
      case "flag":
        return this.#flag(given);
      case "choice":
        return this.#choice(given, given.field.options);
      case "text":
      case "number":
        return this.#text(given);
    }
  }

  #text({ name, field: declared, value = "" }: FormField) {
    const control = this.#textfield(name, declared.label, String(value));
    const numeric = declared.type === "number";
    if (numeric) control.setAttribute("type", "number");
    if (declared.type === "text" && declared.placeholder !== undefined)
      control.setAttribute("placeholder", declared.placeholder);
    const isPath = declared.type === "text" && declared.format === "path";
    const button = (label: string, onclick: () => void) =>
      element("vscode-button", { secondary: true, onclick }, label);
    const buttons = [
      ...(isPath ? [button(this.#words.browse, () => this.#reports.browse(name))] : []),
      ...(name === this.#looksUp ? [button(this.#words.lookUp, () => this.#reports.lookUp())] : []),
    ];
    const offered = declared.type === "text" ? declared.suggestions : undefined;
    const whole = offered
      ? withSuggestions(control, offered, this.#words, () => this.#reports.edited())
      : control;
    return {
      control,
      element:
        buttons.length > 0 ? element("div", { className: "joined" }, whole, ...buttons) : whole,
      answer: () => (numeric && control.value !== "" ? Number(control.value) : control.value),
      fill: (text: string) => {
        control.value = text;
      },
    };
  }

  #flag({ name, field: declared, value }: FormField) {
    const control = element<HTMLElement & { checked: boolean }>("vscode-checkbox", {
      id: name,
      label: declared.label,
      checked: value === true,
      onchange: () => this.#reports.edited(),
    });
    return { control, element: control, answer: () => control.checked, fill: () => {} };
  }

  #choice({ name, field: declared, value }: FormField, options: Readonly<Record<string, string>>) {
    const control = element<HTMLElement & { value: string }>(
      "vscode-single-select",
      {
        id: name,
        label: declared.label,
        onchange: () => {
          this.#showAsked();
          this.#reports.edited();
        },
      },
      ...Object.entries(options).map(([option, label]) =>
        element("vscode-option", { value: option, selected: option === value }, label),
      ),
    );
    // Before it has been drawn, the component has no value.
    const first = String(value ?? Object.keys(options)[0]);
    return { control, element: control, answer: () => control.value || first, fill: () => {} };
  }

  /** A saved secret is never shown: it can be kept, replaced or removed. */
  #secret({ name, field: declared, isSet }: FormField, typed: Answer) {
    const control = this.#textfield(name, declared.label, typeof typed === "string" ? typed : "");
    control.setAttribute("type", "password");
    // "off" is not heeded: a browser would keep the secret, and the name beside it.
    control.setAttribute("autocomplete", "new-password");
    const box = element("div", { className: "joined" });
    let state: "kept" | "typed" | "removed" = isSet && !control.value ? "kept" : "typed";
    const become = (next: typeof state) => {
      state = next;
      control.value = "";
      draw();
      if (next === "typed") requestAnimationFrame(() => control.focus());
      this.#reports.edited();
    };
    const button = (label: string, next: typeof state) =>
      element("vscode-button", { secondary: true, onclick: () => become(next) }, label);
    const draw = () => {
      const { replace, forget, keep, secretSet, secretForgotten } = this.#words;
      const say = (text: string) => element("span", { className: "saved" }, icon("lock"), text);
      const required = declared.type === "secret" && declared.required === true;
      if (state === "typed") box.replaceChildren(control, ...(isSet ? [button(keep, "kept")] : []));
      else if (state === "removed") box.replaceChildren(say(secretForgotten), button(keep, "kept"));
      else
        box.replaceChildren(
          say(secretSet),
          button(replace, "typed"),
          ...(required ? [] : [button(forget, "removed")]),
        );
    };
    draw();
    const answer = () => {
      if (state === "removed") return "";
      return state === "typed" && control.value !== "" ? control.value : undefined;
    };
    return { control, element: box, answer, fill: () => {} };
  }

  #textfield(name: string, label: string, value: string): TextControl {
    return element<TextControl>("vscode-textfield", {
      id: name,
      label,
      value,
      spellcheck: false,
      onchange: () => this.#reports.edited(),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter") this.#reports.entered();
      },
    });
  }
}

/** Whether it is an address with a user, and so perhaps a password, in it. */
function namesUser(answer: Answer): boolean {
  const address = typeof answer === "string" ? URL.parse(answer) : null;
  return address !== null && (address.username !== "" || address.password !== "");
}

function field(
  label: string,
  name: string,
  control: HTMLElement,
  help: string,
  problem?: HTMLElement,
): HTMLElement {
  return element(
    "div",
    { className: "field" },
    element("label", { for: name }, label),
    control,
    problem,
    helpOf(help),
  );
}

function helpOf(help: string): HTMLElement | undefined {
  if (help === "") return undefined;
  // What stands between backticks is to be typed as it is.
  const parts = help
    .split("`")
    .map((part, index) => (index % 2 === 1 ? element("code", {}, part) : part));
  return element("p", { className: "help" }, ...parts);
}

/** A screen reader hears the problem with the label: descriptions do not reach into a component. */
function mark({ control, label, problem }: Question, text: string): void {
  problem.textContent = text;
  problem.hidden = text === "";
  Object.assign(control, { invalid: text !== "" });
  if (label !== undefined)
    Object.assign(control, { label: text === "" ? label : `${label}: ${text}` });
}
