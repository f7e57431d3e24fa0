/** What the connection form's page and the extension say to each other. No secret goes to the page. */
import { isObject } from "../../base/json.ts";
import type { StepName } from "../../app/connections/verify.ts";
import type { Field } from "../../storage/fields.ts";

/** A kind of storage to connect to: a service by its own name, or a protocol. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  /** The protocol behind it; empty if that is all it is. */
  readonly group: string;
  /** A codicon. */
  readonly icon: string;
  /** Other names it is found by. */
  readonly keywords: string;
  /** Why it can no longer be chosen. */
  readonly retired?: string;
}

export interface FormField {
  readonly name: string;
  readonly field: Field;
  /** Of a secret: nothing, ever. */
  readonly value?: string | number | boolean;
  /** Of a secret: one is saved. */
  readonly isSet: boolean;
}

export interface Form {
  /** Absent until something is chosen. */
  readonly choice?: string;
  readonly name: string;
  /** What it is called if it is given no name. */
  readonly suggestedName: string;
  readonly readOnly: boolean;
  readonly fields: readonly FormField[];
  /** Where the user creates the key. */
  readonly keysPage?: string;
  /** What everybody who chooses this service should know. */
  readonly note?: string;
  /** The field that the service itself can fill in. */
  readonly looksUp?: string;
}

/** What the page knows of the connection. Secrets only as they were typed just now. */
export interface FormDraft {
  readonly choice: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly answers: Readonly<Record<string, string | number | boolean>>;
}

/** What VS Code keeps of a form while the window is reloaded. Never a secret. */
export interface FormState {
  /** Absent for a new connection. */
  readonly connection?: string;
  /** Absent if nothing was typed. */
  readonly draft?: FormDraft;
}

export interface FieldProblem {
  readonly field: string;
  readonly text: string;
}

export interface StepShown {
  readonly step: StepName;
  readonly state: "running" | "done" | "failed" | "skipped";
  /** How long it took. */
  readonly text?: string;
  /** What it says about the answer that most likely is wrong. */
  readonly problem?: FieldProblem;
}

/** The page's own words, in the reader's language. */
export type FormWords = Readonly<Record<FormWord, string>>;
export type FormWord =
  | "search"
  | "searchEmpty"
  | "suggestions"
  | "chooseFirst"
  | "change"
  | "paste"
  | "pasteHelp"
  | "createKey"
  | "advanced"
  | "name"
  | "nameHelp"
  | "readOnly"
  | "readOnlyHelp"
  | "secretSet"
  | "replace"
  | "forget"
  | "keep"
  | "secretForgotten"
  | "browse"
  | "lookUp"
  | "verify"
  | "stop"
  | "save"
  | "cancel"
  | "unverified"
  | "optional"
  | "fixProblems"
  | `step.${StepName}`;

export type ToPage =
  | {
      readonly type: "show";
      readonly words: FormWords;
      readonly choices: readonly Choice[];
      readonly form: Form;
      /** Absent for a new one. */
      readonly connection?: string;
      /** The form holds what was typed in an earlier window. */
      readonly isUnsaved: boolean;
      readonly note?: string;
    }
  /** There is nothing to edit. */
  | { readonly type: "removed"; readonly text: string; readonly close: string }
  /** Another form in the place of the one before; what was typed is part of it, save secrets. */
  | {
      readonly type: "form";
      readonly form: Form;
      readonly note?: string;
      /** That the page itself has just sent as part of a pasted text. */
      readonly secrets?: Readonly<Record<string, string>>;
    }
  | { readonly type: "note"; readonly text: string }
  | {
      readonly type: "checked";
      readonly problems: readonly FieldProblem[];
      readonly suggestedName: string;
    }
  | { readonly type: "browsed"; readonly field: string; readonly path: string }
  | { readonly type: "step"; readonly step: StepShown }
  | { readonly type: "verified"; readonly ok: boolean; readonly text: string };

export type FromPage =
  | { readonly type: "ready" }
  | { readonly type: "pick"; readonly choice: string; readonly draft: FormDraft }
  | { readonly type: "paste"; readonly text: string; readonly draft: FormDraft }
  | { readonly type: "edit"; readonly draft: FormDraft }
  | { readonly type: "browse"; readonly field: string }
  | { readonly type: "lookUp"; readonly draft: FormDraft }
  | { readonly type: "verify"; readonly draft: FormDraft }
  | { readonly type: "stop" }
  | { readonly type: "save"; readonly draft: FormDraft }
  | { readonly type: "cancel" };

/** Reads what was kept of a form; undefined if it is nothing that its page has written. */
export function parseFormState(state: unknown): FormState | undefined {
  if (!isObject(state)) return undefined;
  const { connection } = state;
  const draft = parseDraft(state["draft"]);
  return { ...(typeof connection === "string" && { connection }), ...(draft && { draft }) };
}

/** Reads a message of the page; undefined if it is none. */
export function parseFromPage(message: unknown): FromPage | undefined {
  if (!isObject(message) || typeof message["type"] !== "string") return undefined;
  const { type, choice, text, field } = message;
  const draft = parseDraft(message["draft"]);
  if (isBare(type)) return { type };
  if (type === "browse" && typeof field === "string") return { type, field };
  if (!draft) return undefined;
  if (type === "pick" && typeof choice === "string") return { type, choice, draft };
  if (type === "paste" && typeof text === "string") return { type, text, draft };
  return isAboutDraft(type) ? { type, draft } : undefined;
}

function isBare(type: unknown): type is "ready" | "stop" | "cancel" {
  return type === "ready" || type === "stop" || type === "cancel";
}

function isAboutDraft(type: unknown): type is "edit" | "lookUp" | "verify" | "save" {
  return type === "edit" || type === "lookUp" || type === "verify" || type === "save";
}

function parseDraft(value: unknown): FormDraft | undefined {
  if (!isObject(value) || !isObject(value["answers"])) return undefined;
  const { choice, name, readOnly } = value;
  if (typeof choice !== "string" || typeof name !== "string") return undefined;
  const answers = Object.entries(value["answers"]).flatMap(([field, answer]) =>
    typeof answer === "string" || typeof answer === "number" || typeof answer === "boolean"
      ? [[field, answer] as const]
      : [],
  );
  return { choice, name, readOnly: readOnly === true, answers: Object.fromEntries(answers) };
}
