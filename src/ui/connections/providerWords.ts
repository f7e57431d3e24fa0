/**
 * What providers declare, in the reader's language. They declare it in English; this is the one place
 * where it is translated, on its way to the form and to wherever a service is named. Pure.
 */
import type { Fault, Field } from "../../storage/fields.ts";
import type { Problem, Provider } from "../../storage/provider.ts";
import type { Choice, FieldProblem, Form } from "./formMessages.ts";
import type { Translate } from "../words.ts";

/** What a connection is to people: a service, or else a protocol. */
export function kindIn(
  t: Translate,
  provider: Provider | undefined,
  connection: { readonly provider: string; readonly preset?: string | undefined },
): string {
  const preset = provider?.presets.find(({ id }) => id === connection.preset);
  const label = preset?.label ?? provider?.label;
  return label === undefined ? connection.provider : t(label);
}

/** The services to choose from. */
export function choicesIn(t: Translate, choices: readonly Choice[]): readonly Choice[] {
  return choices.map((choice) => ({
    ...choice,
    label: t(choice.label),
    group: choice.group === "" ? "" : t(choice.group),
    ...(choice.retired !== undefined && { retired: t(choice.retired) }),
  }));
}

/** The form. Names, answers and what stands for them are nobody's to translate. */
export function formIn(t: Translate, form: Form): Form {
  return {
    ...form,
    ...(form.note !== undefined && { note: t(form.note) }),
    fields: form.fields.map((given) => ({ ...given, field: fieldIn(t, given.field) })),
  };
}

/** What is wrong with the answers to `fields`. */
export function problemsIn(
  t: Translate,
  problems: readonly Problem[],
  labelOf: (field: string) => string,
): readonly FieldProblem[] {
  return problems.map(({ field, fault }) => ({
    field,
    text: faultText(t, fault, t(labelOf(field))),
  }));
}

/** That the question of this label has no answer. */
export function missingText(t: Translate, label: string): string {
  return faultText(t, { type: "missing" }, t(label));
}

function fieldIn(t: Translate, field: Field): Field {
  return declaredIn(t, {
    ...field,
    label: t(field.label),
    ...(field.help !== undefined && { help: t(field.help) }),
  });
}

/** The field with the words that only its type has. */
function declaredIn(t: Translate, field: Field): Field {
  switch (field.type) {
    case "secret":
    case "flag":
      return field;
    case "choice":
      return { ...field, options: each(t, field.options) };
    case "number":
      return { ...field, ...(field.unit !== undefined && { unit: t(field.unit) }) };
    case "text":
      return {
        ...field,
        ...(field.placeholder !== undefined && { placeholder: t(field.placeholder) }),
        ...(field.suggestions && { suggestions: each(t, field.suggestions) }),
      };
  }
}

function each(t: Translate, texts: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(texts).map(([value, text]) => [value, t(text)]));
}

function faultText(t: Translate, fault: Fault, label: string): string {
  switch (fault.type) {
    case "missing":
      return t("{0} is missing.", label);
    case "url":
      return t("{0} is a web address that begins with https:// or http://.", label);
    case "account":
      return t("{0} holds a user or a password, which have fields of their own.", label);
    case "part":
      return t("{0} is made of letters, digits, hyphens and dots.", label);
    case "path":
      return t("{0} is a full path, or one that begins with ~/.", label);
    case "folder":
      return t("{0} is a path in the storage, without . and .. as names.", label);
    case "number":
      return t("{0} is a whole number from {1} to {2}.", label, fault.min, fault.max);
  }
}
