/** Small parts that the connection form's page is made of. */
import "@vscode-elements/elements/dist/vscode-icon/index.js";

export type Child = Node | string | undefined;
type Listener = (event: never) => unknown;
type Properties = Readonly<Record<string, string | number | boolean | Listener | undefined>>;

/**
 * An element. Properties are set as such; those with a dash are attributes, and those that begin
 * with `on` and are functions are listeners.
 */
export function element<T extends HTMLElement = HTMLElement>(
  tag: string,
  properties: Properties = {},
  ...children: readonly Child[]
): T {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    // The caller knows which event its listener gets.
    if (typeof value === "function") made.addEventListener(name.slice(2), value as EventListener);
    else if (name.includes("-") || name === "role" || name === "for")
      made.setAttribute(name, String(value));
    else Object.assign(made, { [name]: value });
  }
  made.append(...children.filter((child) => child !== undefined));
  // The caller names the type of the tag it asks for.
  return made as T;
}

/** A codicon; decoration only. */
export function icon(name: string, className = "", size = 16): HTMLElement {
  return element("vscode-icon", { name, className, size });
}
