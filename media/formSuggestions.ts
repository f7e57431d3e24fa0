/** A text field with answers to choose from; others can be typed all the same. */
import type { FormWords } from "../src/ui/connections/formMessages.ts";
import { element, icon } from "./elements.ts";

type TextControl = HTMLElement & { value: string };

/** The field with its list, which opens beneath it. `chosen` is called when one is taken from there. */
export function withSuggestions(
  control: TextControl,
  suggestions: Readonly<Record<string, string>>,
  words: FormWords,
  chosen: () => void,
): HTMLElement {
  const list = element("div", {
    className: "suggestions",
    role: "listbox",
    "aria-label": words.suggestions,
    hidden: true,
  });
  const arrow = element(
    "span",
    { slot: "content-after", className: "arrow" },
    icon("chevron-down"),
  );
  const box = element("div", { className: "suggesting" }, control, list);
  const options = () => [...list.querySelectorAll<HTMLElement>("[role=option]")];
  const close = () => (list.hidden = true);
  const take = (value: string) => {
    control.value = value;
    close();
    control.focus();
    chosen();
  };
  const option = ([value, place]: readonly [string, string]) =>
    element(
      "div",
      {
        className: "suggestion",
        role: "option",
        tabIndex: -1,
        "aria-selected": value === control.value,
        "data-value": value,
        onclick: () => take(value),
      },
      element("span", {}, value),
      element("span", { className: "detail" }, place),
    );
  /** All of them before something is typed; then what fits. */
  const open = (sought: string) => {
    const wanted = sought.trim().toLowerCase();
    const fitting = Object.entries(suggestions).filter(([value, place]) =>
      `${value} ${place}`.toLowerCase().includes(wanted),
    );
    list.replaceChildren(...fitting.map(option));
    list.hidden = fitting.length === 0;
  };
  const focus = (at: number) => {
    if (at < 0) control.focus();
    else options()[at]?.focus();
  };

  control.append(arrow);
  arrow.addEventListener("mousedown", (event) => {
    event.preventDefault();
    if (!list.hidden) return void close();
    control.focus();
    open("");
  });
  control.addEventListener("input", () => open(control.value));
  control.addEventListener("click", () => {
    if (list.hidden && control.value === "") open("");
  });
  box.addEventListener("focusout", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && box.contains(relatedTarget))) close();
  });
  box.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((one) => one === document.activeElement);
    if (event.key === "Escape" && !list.hidden) {
      close();
      control.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open("");
      focus(event.key === "ArrowDown" ? Math.min(at + 1, options().length - 1) : at - 1);
    } else if (at >= 0 && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      event.stopPropagation();
      take(all[at]?.dataset["value"] ?? "");
    }
  });
  return box;
}
