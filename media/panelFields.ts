/** The parts of a panel that can be changed. */
import "@vscode-elements/elements/dist/vscode-checkbox/index.js";
import "@vscode-elements/elements/dist/vscode-option/index.js";
import "@vscode-elements/elements/dist/vscode-single-select/index.js";
import "@vscode-elements/elements/dist/vscode-textfield/index.js";
import type { Pair, PanelWords, Part, Value } from "../src/ui/panels/panelMessages.ts";
import { element, icon } from "./elements.ts";

export interface PanelField {
  readonly id: string;
  readonly element: HTMLElement;
  value(): Value;
  showProblem(text: string): void;
  focus(): void;
}

type FieldPart = Extract<Part, { readonly id: string; readonly help?: string }>;
type Control = Omit<PanelField, "id" | "showProblem" | "focus"> & { readonly marked?: HTMLElement };
type TextControl = HTMLElement & { value: string; invalid: boolean };

/** A field with its label, help and problem; `edited` is called at each change. */
export function panelField(
  part: Exclude<FieldPart, { type: "button" }>,
  value: Value | undefined,
  words: PanelWords,
  edited: () => void,
): PanelField {
  const control = controlOf(part, value, words, edited);
  const problem = element("p", { className: "problem", role: "alert", hidden: true });
  const help = part.help === undefined ? undefined : element("p", { className: "help" }, part.help);
  // A flag and a table of pairs have their names elsewhere.
  const label = part.type === "flag" ? undefined : element("label", { for: part.id }, part.label);
  return {
    id: part.id,
    element: element("div", { className: "field" }, label, control.element, problem, help),
    value: () => control.value(),
    focus() {
      control.element.scrollIntoView({ block: "center" });
      control.element.focus();
    },
    showProblem(text) {
      problem.textContent = text;
      problem.hidden = text === "";
      // Descriptions do not reach into a component, so its label tells what is wrong.
      const spoken = text === "" ? part.label : `${part.label}: ${text}`;
      if (control.marked) Object.assign(control.marked, { invalid: text !== "", label: spoken });
    },
  };
}

function controlOf(
  part: Exclude<FieldPart, { type: "button" }>,
  value: Value | undefined,
  words: PanelWords,
  edited: () => void,
): Control {
  switch (part.type) {
    case "text":
      return textControl(part, String(value ?? ""), edited);
    case "choice":
      return choiceControl(part, String(value ?? ""), edited);
    case "flag":
      return flagControl(part, value === true, edited);
    case "pairs":
      return pairsControl(part, Array.isArray(value) ? value : [], words, edited);
  }
}

function textControl(
  { id, label, placeholder }: Extract<Part, { type: "text" }>,
  value: string,
  edited: () => void,
): Control {
  const control = textfield(label, value, edited, { id, placeholder });
  return { element: control, marked: control, value: () => control.value };
}

function choiceControl(
  { id, label, options }: Extract<Part, { type: "choice" }>,
  value: string,
  edited: () => void,
): Control {
  const control = element<HTMLElement & { value: string }>(
    "vscode-single-select",
    { id, label, onchange: edited },
    ...options.map((option) =>
      element(
        "vscode-option",
        { value: option.value, selected: option.value === value },
        option.label,
      ),
    ),
  );
  return { element: control, value: () => control.value };
}

function flagControl(
  { id, label }: Extract<Part, { type: "flag" }>,
  checked: boolean,
  edited: () => void,
): Control {
  const control = element<HTMLElement & { checked: boolean }>("vscode-checkbox", {
    id,
    label,
    checked,
    onchange: edited,
  });
  return { element: control, value: () => control.checked };
}

/** Names and values, row by row, with a row more for the asking. */
function pairsControl(
  { id, label }: Extract<Part, { type: "pairs" }>,
  pairs: readonly Pair[],
  words: PanelWords,
  edited: () => void,
): Control {
  const rows = element("div", { className: "pairs", id, role: "group", "aria-label": label });
  const texts = new Map<HTMLElement, readonly [TextControl, TextControl]>();
  const addRow = ([name, value]: Pair) => {
    const left = textfield(words.name, name, () => (nameRemove(), edited()), {
      placeholder: words.name,
    });
    const right = textfield(words.value, value, edited, { placeholder: words.value });
    const remove = element(
      "button",
      {
        className: "remove",
        title: words.remove,
        onclick: () => {
          texts.delete(row);
          row.remove();
          edited();
        },
      },
      icon("close"),
    );
    const nameRemove = () =>
      remove.setAttribute("aria-label", `${words.remove}: ${left.value || label}`);
    nameRemove();
    const row = element("div", { className: "pair" }, left, right, remove);
    texts.set(row, [left, right]);
    rows.append(row);
    return left;
  };
  for (const pair of pairs) addRow(pair);
  const add = element(
    "vscode-button",
    {
      secondary: true,
      "aria-label": `${words.add}: ${label}`,
      onclick: () => {
        const left = addRow(["", ""]);
        // A component has nothing to focus before it has been drawn.
        requestAnimationFrame(() => left.focus());
      },
    },
    words.add,
  );
  return {
    element: element("div", {}, rows, add),
    value: () =>
      [...texts.values()].flatMap(([left, right]): readonly Pair[] =>
        left.value === "" && right.value === "" ? [] : [[left.value, right.value]],
      ),
  };
}

function textfield(
  label: string,
  value: string,
  edited: () => void,
  more: { readonly id?: string; readonly placeholder?: string | undefined },
): TextControl {
  return element<TextControl>("vscode-textfield", {
    label,
    value,
    spellcheck: false,
    oninput: edited,
    ...more,
  });
}
