/** The parts of a panel that only show something. */
import type { Part, PanelWords } from "../src/ui/panels/panelMessages.ts";
import { element, icon } from "./elements.ts";

/** A name and what it is, which a click copies. */
export function fact(
  { label, value }: Extract<Part, { type: "fact" }>,
  words: PanelWords,
  copy: (text: string) => void,
): readonly HTMLElement[] {
  const button = element(
    "button",
    {
      className: "copy",
      title: words.copy,
      "aria-label": `${words.copy}: ${label}`,
      onclick: () => copy(value),
    },
    icon("copy", "", 14),
  );
  return [
    element("dt", {}, label),
    element("dd", {}, element("span", { className: "fact" }, value), button),
  ];
}

export function note({ text, icon: name }: Extract<Part, { type: "note" }>): HTMLElement {
  return element(
    "p",
    { className: "remark" },
    name === undefined ? undefined : icon(name),
    element("span", {}, text),
  );
}
