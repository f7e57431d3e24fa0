/** The questions of the connection form: what they are, what answers they give, and what is wrong with one. */
import { isAbsolute } from "node:path";

/**
 * A question the connection form asks. The form, the stored answers, the documentation and the
 * tests all come from it.
 */
export type Field = TextField | SecretField | ChoiceField | FlagField | NumberField;

interface FieldBase {
  readonly label: string;
  readonly help?: string;
  /** Folded away under "Advanced". */
  readonly advanced?: boolean;
  /** Asked only while that choice has this answer. */
  readonly when?: { readonly field: string; readonly is: string };
}
export interface TextField extends FieldBase {
  readonly type: "text";
  readonly required?: boolean;
  readonly default?: string;
  readonly placeholder?: string;
  /** `part` can stand between the dots of a host's name; `folder` is a path of names in the storage. */
  readonly format?: "url" | "path" | "part" | "folder";
  /** Required, but not if this other question is answered. */
  readonly unless?: string;
  /** Answers to choose from, with what each means; others can be typed all the same. */
  readonly suggestions?: Readonly<Record<string, string>>;
}
/** Kept in SecretStorage, never in settings, logs or messages. */
export interface SecretField extends FieldBase {
  readonly type: "secret";
  readonly required?: boolean;
}
export interface ChoiceField extends FieldBase {
  readonly type: "choice";
  readonly options: Readonly<Record<string, string>>;
  readonly default: string;
}
export interface FlagField extends FieldBase {
  readonly type: "flag";
  readonly default: boolean;
}
export interface NumberField extends FieldBase {
  readonly type: "number";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}
export type Fields = Readonly<Record<string, Field>>;

type Value<F extends Field> = F extends FlagField
  ? boolean
  : F extends NumberField
    ? number
    : F extends { readonly type: "choice"; readonly options: infer O }
      ? Extract<keyof O, string>
      : F extends { readonly when: object }
        ? string | undefined
        : F extends { readonly required: true } | { readonly default: string }
          ? string
          : string | undefined;

/** The answers, typed by the questions. */
export type Config<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> };

/** The questions that may be left unanswered. */
export type OptionalNames<F extends Fields> = {
  [K in keyof F & string]: F[K] extends
    | { readonly required: true }
    | { readonly default: string | boolean | number }
    ? never
    : K;
}[keyof F & string];

/** How a service wants one of the provider's questions asked. */
export type Asked = Partial<
  Pick<TextField, "label" | "help" | "placeholder" | "suggestions" | "unless" | "advanced">
>;

/** Answers as they are given: not yet trusted. */
type Given = Readonly<Record<string, unknown>>;

/** What is wrong with an answer. */
export type Fault =
  | { readonly type: "missing" }
  | { readonly type: NonNullable<TextField["format"]> | "account" }
  | { readonly type: "number"; readonly min: number; readonly max: number };

/** Whether the answers that are there leave the question to be asked. */
export function isAsked(fields: Fields, { when }: Field, answers: Given): boolean {
  if (!when) return true;
  const choice = fields[when.field];
  return choice !== undefined && answer(choice, answers[when.field]) === when.is;
}

/** The field, no longer required if the question that spares it is answered. */
export function withLeave(field: Field, answers: Given): Field {
  const isSpared =
    field.type === "text" &&
    field.unless !== undefined &&
    text(answers[field.unless]) !== undefined;
  return isSpared ? { ...field, required: false } : field;
}

/** The answers as the provider's code has them; nobody has looked yet whether they are good. */
export function parse<F extends Fields>(fields: F, answers: Given): Config<F> {
  const values = Object.entries(fields).map(([name, field]) => [
    name,
    isAsked(fields, field, answers) ? answer(field, answers[name]) : undefined,
  ]);
  // Each field has just been given a value of its type.
  return Object.fromEntries(values) as Config<F>;
}

function answer(field: Field, given: unknown): string | boolean | number | undefined {
  switch (field.type) {
    case "flag":
      return typeof given === "boolean" ? given : field.default;
    case "number":
      return given === undefined || given === "" ? field.default : Number(given);
    case "choice":
      return isOption(field, given) ? given : field.default;
    case "text":
      return text(given)?.trim() ?? field.default;
    case "secret":
      return text(given);
  }
}

function isOption(field: ChoiceField, given: unknown): given is string {
  return typeof given === "string" && Object.hasOwn(field.options, given);
}

/** What is wrong with the answer to a question; nothing if it can be used. */
export function faultOf(field: Field, given: unknown): Fault | undefined {
  switch (field.type) {
    case "flag":
    case "choice":
      return undefined;
    case "secret":
      return field.required && text(given) === undefined ? { type: "missing" } : undefined;
    case "number":
      return isWithin(field, Number(answer(field, given)))
        ? undefined
        : { type: "number", min: field.min, max: field.max };
    case "text":
      return textFault(field, text(given)?.trim() ?? field.default);
  }
}

/** The end of a sentence that begins with the question's label. */
export function inEnglish(fault: Fault): string {
  switch (fault.type) {
    case "missing":
      return "is missing";
    case "number":
      return `is a whole number from ${fault.min} to ${fault.max}`;
    case "url":
      return "is a web address that begins with https:// or http://";
    case "account":
      return "holds a user or a password, which have fields of their own";
    case "part":
      return "is made of letters, digits, hyphens and dots";
    case "path":
      return "is a full path, or one that begins with ~/";
    case "folder":
      return "is a path in the storage, without . and .. as names";
  }
}

function isWithin({ min, max }: NumberField, value: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function textFault({ required, format }: TextField, value = ""): Fault | undefined {
  if (value === "") return required ? { type: "missing" } : undefined;
  if (format === undefined) return undefined;
  if (!fits[format](value)) return { type: format };
  // It would be kept and shown as an address is.
  return format === "url" && hasAccount(new URL(value)) ? { type: "account" } : undefined;
}

function hasAccount({ username, password }: URL): boolean {
  return username + password !== "";
}

const fits: Readonly<Record<NonNullable<TextField["format"]>, (value: string) => boolean>> = {
  url: isWebAddress,
  part: isHostPart,
  path: isFullPath,
  folder: isFolder,
};

/** Whether it stays what it is on its way: programs between here and the storage resolve `.` and `..`. */
function isFolder(given: string): boolean {
  return !given.split("/").some((name) => name === "." || name === ".." || name.includes("\0"));
}

/** Whether it can be put into a host's name without leading to another host. */
export function isHostPart(given: string): boolean {
  return /^\w(?:[\w.-]*\w)?$/.test(given);
}

function isFullPath(given: string): boolean {
  return (isAbsolute(given) || /^~(?=$|[/\\])/.test(given)) && !given.includes("\0");
}

function isWebAddress(given: string): boolean {
  return URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
}

/** The answer, if it is one: blanks are none. */
export function text(given: unknown): string | undefined {
  return typeof given === "string" && given.trim() !== "" ? given : undefined;
}
