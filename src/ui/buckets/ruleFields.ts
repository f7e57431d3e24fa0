/** What the panels of rules have in common: fields for each rule, by the rule's id. Pure. */
import type { Draft, FieldProblem, Part, Value } from "../panels/panelMessages.ts";
import type { Translate } from "../words.ts";

/**
 * A draft holds for each kind the ids of its rules in their order, and for each rule the fields
 * `<kind>.<id>.<name>`. The id of a stored rule is its place; others begin with `new`.
 */
export type Kind = "cors" | "lifecycle";

/** The draft without the rule. */
export function withoutRule(draft: Draft, kind: Kind, id: string): Draft {
  const others = Object.entries(draft).filter(([name]) => !name.startsWith(`${kind}.${id}.`));
  const left = idsOf(ids(draft, kind).filter((one) => one !== id));
  return { ...Object.fromEntries(others), [kind]: left };
}

/** The draft with a rule more, whose fields `fields` makes. */
export function withRule(draft: Draft, kind: Kind, fields: (id: string) => Draft): Draft {
  const id = freshId(draft, kind);
  return { ...draft, ...fields(id), [kind]: idsOf([...ids(draft, kind), id]) };
}

function freshId(draft: Draft, kind: Kind): string {
  const used = Object.keys(draft).flatMap((name) => {
    const [, number] = new RegExp(`^${kind}\\.new(\\d+)\\.`).exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  return `new${Math.max(0, ...used) + 1}`;
}

export function isFresh(id: string): boolean {
  return id.startsWith("new");
}

export function ids(draft: Draft, kind: Kind): readonly string[] {
  const value = draft[kind];
  return typeof value === "object" ? value.map(([id]) => id) : [];
}

export function idsOf(given: readonly string[]): Value {
  return given.map((id) => [id, ""] as const);
}

/** Makes the text fields of one rule; where it can only be read, facts of those that say something. */
export function textFields(draft: Draft, kind: Kind, rule: string, isReadOnly: boolean) {
  return (
    name: string,
    label: string,
    more: { readonly help?: string; readonly placeholder?: string } = {},
  ): readonly Part[] => {
    const id = `${kind}.${rule}.${name}`;
    if (!isReadOnly) return [{ type: "text", id, label, ...more }];
    const value = textOf(draft[id]);
    return value === "" ? [] : [{ type: "fact", label, value }];
  };
}

export function unknown(t: Translate): Part {
  return note("info", t("Not offered by this service, or the key may not see it."));
}

export function none(text: string): Part {
  return note(undefined, text);
}

/** Says what a rule has that no field shows. */
export function keptNote(rule: Rule | undefined, t: Translate): readonly Part[] {
  const names = Object.keys(rule?.rest ?? {});
  return names.length === 0
    ? []
    : [note("info", t("The rule says more, which stays as it is: {0}", names.join(", ")))];
}

interface Rule {
  readonly rest?: Readonly<Record<string, unknown>>;
}

/** Whether the draft has all of these fields as they are here. */
export function isUnchanged(draft: Draft, fields: Draft): boolean {
  return Object.entries(fields).every(([name, value]) => draft[name] === value);
}

export function note(icon: string | undefined, text: string): Part {
  return { type: "note", text, ...(icon !== undefined && { icon }) };
}

export function button(id: string, label: string): Part {
  return { type: "button", id, label };
}

export function problem(field: string, text: string | undefined): readonly FieldProblem[] {
  return text === undefined ? [] : [{ field, text }];
}

export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}
