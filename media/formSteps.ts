/** The steps of verifying, as they happen. */
import type { FormWords, StepShown } from "../src/ui/connections/formMessages.ts";
import { element } from "./elements.ts";

const icons: Readonly<Record<StepShown["state"], string>> = {
  running: "loading",
  done: "pass",
  failed: "error",
  skipped: "circle-slash",
};

export class Steps {
  readonly element = element("ol", { className: "steps", hidden: true, "aria-live": "polite" });
  readonly #words: FormWords;
  readonly #rows = new Map<string, HTMLElement>();

  constructor(words: FormWords) {
    this.#words = words;
  }

  clear(): void {
    this.#rows.clear();
    this.element.replaceChildren();
    this.element.hidden = true;
  }

  show({ step, state, text }: StepShown): void {
    const row = element(
      "li",
      { className: state },
      element("vscode-icon", { name: icons[state], spin: state === "running" }),
      element("span", {}, this.#words[`step.${step}`]),
      text === undefined ? undefined : element("span", { className: "outcome" }, text),
    );
    const before = this.#rows.get(step);
    if (before) before.replaceWith(row);
    else this.element.append(row);
    this.#rows.set(step, row);
    this.element.hidden = false;
  }
}
