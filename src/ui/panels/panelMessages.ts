import { isObject } from "../../base/json.ts";

/** What a panel's page and the extension say to each other. A panel shows facts and asks for a few. */

/** What a field holds; pairs are names and their values, in the order they are shown. */
export type Value = string | boolean | readonly Pair[];
export type Pair = readonly [name: string, value: string];

/** The fields of a panel by their ids, as they are now. */
export type Draft = Readonly<Record<string, Value>>;

export type Part =
  | { readonly type: "fact"; readonly label: string; readonly value: string }
  | { readonly type: "note"; readonly text: string; readonly icon?: string }
  | {
      readonly type: "text";
      readonly id: string;
      readonly label: string;
      readonly help?: string;
      readonly placeholder?: string;
    }
  | {
      readonly type: "choice";
      readonly id: string;
      readonly label: string;
      readonly help?: string;
      readonly options: readonly Option[];
    }
  | { readonly type: "flag"; readonly id: string; readonly label: string; readonly help?: string }
  | { readonly type: "pairs"; readonly id: string; readonly label: string; readonly help?: string }
  /** What is done at once, or added to the draft. */
  | { readonly type: "button"; readonly id: string; readonly label: string };

export interface Option {
  readonly value: string;
  readonly label: string;
}

export interface Section {
  readonly title: string;
  readonly help?: string;
  /** One of several of its kind, below the section that introduces them. */
  readonly isItem?: boolean;
  readonly parts: readonly Part[];
}

export interface PanelContent {
  readonly heading: string;
  /** Below the heading: an address, a place. */
  readonly subject: string;
  readonly sections: readonly Section[];
  /** What Save does beyond what one would expect; absent where nothing can be changed. */
  readonly saving?: string;
}

export interface FieldProblem {
  readonly field: string;
  readonly text: string;
}

export interface Status {
  readonly text: string;
  readonly kind: "plain" | "good" | "bad";
  /** What may help. */
  readonly offers?: readonly Offer[];
}

/** To load it for the first time or anew, to change the connection, to close the panel. */
export type Offer = "load" | "reload" | "connection" | "close";

/** The page's own words, in the reader's language. */
export type PanelWords = Readonly<
  Record<Offer | "save" | "revert" | "name" | "value" | "add" | "remove" | "copy", string>
>;

export type ToPanel =
  | {
      readonly type: "show";
      readonly words: PanelWords;
      /** Absent where it could not be loaded; the status says why. */
      readonly content?: PanelContent;
      readonly draft: Draft;
    }
  /** Sent at each change; leaves what is being typed alone. */
  | {
      readonly type: "state";
      readonly isChanged: boolean;
      readonly isBusy: boolean;
      readonly problems: readonly FieldProblem[];
      readonly status: Status;
      /** For VS Code to keep while the window is reloaded; nothing the page looks at. */
      readonly kept: unknown;
    };

/** All fields, and what they were shown as: there may be news that the page does not know yet. */
interface Typed {
  readonly before: Draft;
  readonly draft: Draft;
}

export type FromPanel =
  | { readonly type: "ready" }
  | ({ readonly type: "edit" } & Typed)
  | ({ readonly type: "save" } & Typed)
  | ({ readonly type: "act"; readonly id: string } & Typed)
  | { readonly type: "copy"; readonly text: string }
  | { readonly type: "revert" }
  /** What the status offers was taken. */
  | { readonly type: "offer"; readonly offer: Offer };

/** Reads a message of the page; undefined if it is none. */
export function parseFromPanel(message: unknown): FromPanel | undefined {
  if (!isObject(message)) return undefined;
  const { type, offer, text } = message;
  if (type === "ready" || type === "revert") return { type };
  if (type === "offer") return isOffer(offer) ? { type, offer } : undefined;
  if (type === "copy") return typeof text === "string" ? { type, text } : undefined;
  const [before, draft] = [parseDraft(message["before"]), parseDraft(message["draft"])];
  return before && draft && withDraft(message, { before, draft });
}

function withDraft({ type, id }: Record<string, unknown>, typed: Typed): FromPanel | undefined {
  if (type === "act" && typeof id === "string") return { type, id, ...typed };
  return type === "edit" || type === "save" ? { type, ...typed } : undefined;
}

function isOffer(given: unknown): given is Offer {
  return given === "load" || given === "reload" || given === "connection" || given === "close";
}

/** Reads the fields of a panel; undefined if these are none. */
export function parseDraft(value: unknown): Draft | undefined {
  if (!isObject(value)) return undefined;
  const fields = Object.entries(value).flatMap(([id, given]) => {
    const parsed = parseValue(given);
    return parsed === undefined ? [] : [[id, parsed] as const];
  });
  return Object.fromEntries(fields);
}

function parseValue(given: unknown): Value | undefined {
  if (typeof given === "string" || typeof given === "boolean") return given;
  if (!Array.isArray(given)) return undefined;
  return given.flatMap((pair: unknown): readonly Pair[] => {
    const [name, value]: readonly unknown[] = Array.isArray(pair) ? pair : [];
    return typeof name === "string" && typeof value === "string" ? [[name, value]] : [];
  });
}
