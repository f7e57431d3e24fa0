/** Which service to connect to: a searchable list of names with icons, folded away once chosen. */
import type { Choice, FormWords } from "../src/ui/connections/formMessages.ts";
import { element, icon } from "./elements.ts";

export class Picker {
  readonly element = element("section", { className: "picker" });
  onPick: (choice: string) => void = () => {};
  readonly #words: FormWords;
  readonly #choices: readonly Choice[];
  readonly #search: HTMLInputElement;
  readonly #list: HTMLElement;
  #chosen = "";

  constructor(words: FormWords, choices: readonly Choice[]) {
    this.#words = words;
    this.#choices = choices;
    this.#search = element<HTMLInputElement>(
      "vscode-textfield",
      {
        placeholder: words.search,
        label: words.search,
        oninput: () => this.#filter(),
        onkeydown: (event: KeyboardEvent) => this.#fromSearch(event),
      },
      element("vscode-icon", { slot: "content-before", name: "search" }),
    );
    this.#list = element("div", {
      className: "choices",
      role: "listbox",
      "aria-label": words.chooseFirst,
      onkeydown: (event: KeyboardEvent) => this.#move(event),
    });
  }

  /** The id of what is chosen; empty if nothing is. */
  get chosen(): string {
    return this.#chosen;
  }

  /** Shows what is chosen in one line, or the list where nothing is. */
  show(choice: string | undefined): void {
    this.#chosen = choice ?? "";
    const chosen = this.#choices.find(({ id }) => id === choice);
    if (chosen) this.#fold(chosen);
    else this.#unfold();
  }

  focus(): void {
    // The component has nothing to focus before it has been drawn.
    requestAnimationFrame(() => this.#search.focus());
  }

  #fold({ label, group, icon: name }: Choice): void {
    this.element.classList.remove("open");
    const change = element(
      "vscode-button",
      { secondary: true, onclick: () => (this.#unfold(), this.focus()) },
      this.#words.change,
    );
    const names = element("div", { className: "names" }, element("strong", {}, label));
    if (group) names.append(element("span", { className: "detail" }, group));
    this.element.replaceChildren(
      element("div", { className: "chosen" }, icon(name, "kind"), names, change),
    );
  }

  #unfold(): void {
    // The questions of what was chosen before are in nobody's way meanwhile.
    this.element.classList.add("open");
    this.#search.value = "";
    this.element.replaceChildren(
      element("h1", {}, this.#words.chooseFirst),
      this.#search,
      this.#list,
    );
    this.#filter();
  }

  #filter(): void {
    const sought = this.#search.value.trim().toLowerCase();
    const matching = this.#choices.filter(({ label, group, id, keywords, retired }) => {
      // What is closed is explained to whoever looks for it, and is in nobody's way otherwise.
      if (retired !== undefined && sought === "") return false;
      return `${label} ${group} ${id} ${keywords}`.toLowerCase().includes(sought);
    });
    const groups = Map.groupBy(matching, ({ group }) => group);
    this.#list.replaceChildren(...[...groups].map(([name, members]) => this.#group(name, members)));
    const [first] = this.#options();
    if (first) first.tabIndex = 0;
    else if (matching.length === 0)
      this.#list.append(element("p", { className: "help" }, this.#words.searchEmpty));
  }

  #group(name: string, members: readonly Choice[]): HTMLElement {
    const heading = element("div", { className: "group", "aria-hidden": true }, name);
    return element(
      "div",
      { role: "group", "aria-label": name || undefined },
      name ? heading : undefined,
      ...members.map((choice) => this.#option(choice)),
    );
  }

  #option({ id, label, icon: name, retired }: Choice): HTMLElement {
    if (retired !== undefined)
      return element(
        "div",
        { className: "choice retired", role: "option", "aria-disabled": true, tabIndex: -1 },
        icon("circle-slash", "kind"),
        element(
          "span",
          { className: "label" },
          label,
          element("span", { className: "why" }, retired),
        ),
      );
    return element(
      "div",
      {
        className: "choice",
        role: "option",
        tabIndex: -1,
        "aria-selected": id === this.#chosen,
        "data-choice": id,
        onclick: () => this.onPick(id),
      },
      icon(name, "kind"),
      element("span", { className: "label" }, label),
    );
  }

  #options(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>("[role=option]:not([aria-disabled])")];
  }

  #fromSearch(event: KeyboardEvent): void {
    const [first] = this.#options();
    if (event.key === "ArrowDown") {
      event.preventDefault();
      first?.focus();
    } else if (event.key === "Enter") {
      const id = first?.dataset["choice"];
      if (id !== undefined) this.onPick(id);
    } else if (event.key === "Escape" && this.#chosen !== "") {
      this.show(this.#chosen);
    }
  }

  #move(event: KeyboardEvent): void {
    const options = this.#options();
    const at = options.findIndex((option) => option === document.activeElement);
    const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[
      event.key
    ];
    const id = options[at]?.dataset["choice"];
    if ((event.key === "Enter" || event.key === " ") && id !== undefined) {
      event.preventDefault();
      this.onPick(id);
    } else if (target !== undefined) {
      event.preventDefault();
      if (target < 0) this.focus();
      else options[target]?.focus();
    }
  }
}
