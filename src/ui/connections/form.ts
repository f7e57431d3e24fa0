/** The connection form as data: built from the providers' declarations, naming none of them. */
import type { Connection } from "../../app/connections/connection.ts";
import type { Draft } from "../../app/connections/connections.ts";
import type { Location } from "../../app/location.ts";
import type { StorageError } from "../../storage/errors.ts";
import type { Field } from "../../storage/fields.ts";
import type { Answers, Provider } from "../../storage/provider.ts";
import type { Choice, Form, FormDraft, FormField } from "./formMessages.ts";

type Preset = Provider["presets"][number];

/** A choice and what it stands for. */
interface Chosen {
  readonly provider: Provider;
  /** Absent for a provider without presets. */
  readonly preset?: Preset;
}

/** Everything one can connect to, services under their own names. */
export function choices(providers: readonly Provider[]): readonly Choice[] {
  return providers.flatMap((provider) => {
    const { presets, label, icon } = provider;
    if (presets.length === 0)
      return [{ id: choiceId({ provider }), label, group: "", icon, keywords: "" }];
    return presets.map((preset) => ({
      id: choiceId({ provider, preset }),
      label: preset.label,
      group: label,
      icon: preset.icon ?? icon,
      keywords: preset.keywords ?? "",
      ...(preset.retired !== undefined && { retired: preset.retired }),
    }));
  });
}

/** The form for what is saved, or an empty one. */
export function formOf(
  providers: readonly Provider[],
  connection: Connection | undefined,
  secretsSet: ReadonlySet<string>,
): Form {
  const provider = providers.find(({ id }) => id === connection?.provider);
  if (!connection || !provider) return { name: "", suggestedName: "", readOnly: false, fields: [] };
  const preset = presetOf(provider, connection.preset);
  const chosen = { provider, ...(preset && { preset }) };
  const { name, readOnly = false, answers } = connection;
  return formFor(chosen, { name, readOnly, answers, secretsSet });
}

/** The form with what was typed into an earlier one; undefined if nothing was chosen there. */
export function formOfDraft(
  providers: readonly Provider[],
  draft: FormDraft,
  secretsSet: ReadonlySet<string>,
): Form | undefined {
  const chosen = chosenOf(providers, draft.choice);
  return chosen && formFor(chosen, { ...draft, secretsSet });
}

/** The form for another choice. What was typed moves over where it means the same. */
export function formAfterPick(
  providers: readonly Provider[],
  choice: string,
  draft: FormDraft,
  secretsSet: ReadonlySet<string>,
): Form | undefined {
  const chosen = chosenOf(providers, choice);
  if (!chosen || chosen.preset?.retired !== undefined) return undefined;
  const before = chosenOf(providers, draft.choice);
  const moved = before?.provider === chosen.provider ? moving(before, chosen, draft.answers) : {};
  return formFor(chosen, {
    ...draft,
    answers: { ...moved, ...given(chosen.preset?.values ?? {}) },
    secretsSet,
  });
}

/** A form that was filled in from a text, and the secrets that stood in it. */
export interface Pasted {
  readonly form: Form;
  readonly secrets: Readonly<Record<string, string>>;
  /** What the text leads to in the end. */
  readonly object?: PastedObject;
}

/** An object, by its whole key, and the answers that say where it is. */
export interface PastedObject {
  readonly key: string;
  readonly where: Answers;
}

/**
 * The form with what could be read from a pasted text: what a provider recognises, or at least an
 * address for the provider that is chosen. Undefined if the text says nothing to anybody.
 */
export function formAfterPaste(
  providers: readonly Provider[],
  text: string,
  draft: FormDraft,
  secretsSet: ReadonlySet<string>,
): Pasted | undefined {
  const before = chosenOf(providers, draft.choice);
  for (const provider of providers) {
    const found = provider.recognise?.(text);
    if (!found) continue;
    const same = before?.provider === provider ? before.preset : provider.presets[0];
    const preset = found.preset === undefined ? same : presetOf(provider, found.preset);
    const choice = choiceId({ provider, ...(preset && { preset }) });
    // An address of another place; a mere `s3://bucket` may be on the server that is there already.
    const isPast = (name: string) =>
      found.preset === undefined ? name === provider.folder : isWhere(provider, name);
    const answers = Object.fromEntries(
      Object.entries(draft.answers).filter(([name]) => !isPast(name)),
    );
    const form = formAfterPick(providers, choice, { ...draft, answers }, secretsSet);
    if (!form) return undefined;
    const filled = named(providers, pasted(form, found.values), draft);
    const { object: key } = found;
    if (key === undefined) return filled;
    const where = Object.entries(found.values).filter(([name]) => isWhere(provider, name));
    return { ...filled, object: { key, where: Object.fromEntries(where) } };
  }
  const address = URL.parse(text);
  return before && address ? withAddress(before, text, address, draft, secretsSet) : undefined;
}

/** Why what a pasted text names cannot be reached, where a provider knows. */
export function refusalOfPaste(
  providers: readonly Provider[],
  text: string,
): StorageError | undefined {
  for (const provider of providers) {
    const refusal = provider.recognise?.(text)?.refusal;
    if (refusal) return refusal;
  }
  return undefined;
}

/** Where the object lies that was pasted, if the connection that was saved still leads to it. */
export function pastedAt(
  provider: Provider | undefined,
  { id, answers }: Connection,
  { key, where }: PastedObject,
): Location | undefined {
  const root = provider?.rootOf(answers);
  const isThere = Object.entries(where).every(([name, value]) => answers[name] === value);
  if (root === undefined || !isThere || !key.startsWith(root)) return undefined;
  return { connection: id, key: key.slice(root.length) };
}

/** Whether the question asks where the storage is: the answers to all of these go together. */
function isWhere(provider: Provider, name: string): boolean {
  const field = provider.fields[name];
  const isAddress = field?.type === "text" && (field.format === "url" || field.format === "part");
  return isAddress || name === provider.container || name === provider.folder;
}

function withAddress(
  chosen: Chosen,
  text: string,
  address: URL,
  draft: FormDraft,
  secretsSet: ReadonlySet<string>,
): Pasted | undefined {
  const form = formFor(chosen, { ...draft, secretsSet });
  const asked = form.fields.find(({ field }) => field.type === "text" && field.format === "url");
  // What stands before the host is a secret, what stands behind the path may be a signature, and no
  // field is known to want them.
  const { username, password, search, hash } = address;
  address.username = address.password = address.search = address.hash = "";
  const shown = username + password + search + hash === "" ? text : address.href;
  return asked && pasted(form, { [asked.name]: shown });
}

/** With the name it gets from what was filled in. */
function named(
  providers: readonly Provider[],
  { form, secrets }: Pasted,
  draft: FormDraft,
): Pasted {
  const answers = Object.fromEntries(
    form.fields.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
  );
  const suggested = nameFor(providers, { ...draft, choice: form.choice ?? "", answers });
  return { form: { ...form, suggestedName: suggested }, secrets };
}

function pasted(form: Form, values: Answers): Pasted {
  const secrets = form.fields.flatMap(({ name, field }) => {
    const value = values[name];
    return field.type === "secret" && typeof value === "string" ? [[name, value] as const] : [];
  });
  return { form: withValues(form, values), secrets: Object.fromEntries(secrets) };
}

/** The form with answers that the service itself has given. */
export function formAfterLookUp(
  providers: readonly Provider[],
  draft: FormDraft,
  values: Answers,
  secretsSet: ReadonlySet<string>,
): Form | undefined {
  const form = formOfDraft(providers, draft, secretsSet);
  return form && named(providers, pasted(form, values), draft).form;
}

/** The draft as `Connections` takes it: hidden questions are answered by the preset. */
export function draftOf(
  providers: readonly Provider[],
  draft: FormDraft,
  id: string | undefined,
): Draft | undefined {
  const chosen = chosenOf(providers, draft.choice);
  if (!chosen) return undefined;
  const { provider, preset } = chosen;
  const hidden = new Set(preset?.hide ?? []);
  const asked = Object.entries(draft.answers).filter(
    ([name]) => provider.fields[name] && !hidden.has(name),
  );
  const answers = { ...preset?.values, ...Object.fromEntries(asked) };
  return {
    ...(id !== undefined && { id }),
    name: draft.name.trim() || suggestedName(chosen, answers),
    provider: provider.id,
    preset: preset?.id,
    answers,
    readOnly: draft.readOnly,
  };
}

/** What a draft is called if it is given no name. */
export function nameFor(providers: readonly Provider[], draft: FormDraft): string {
  return draftOf(providers, { ...draft, name: "" }, undefined)?.name ?? "";
}

/** "Cloudflare R2 photos": the service, and the bucket or place where one is known. */
function suggestedName({ provider, preset }: Chosen, answers: Answers): string {
  const container = provider.container === undefined ? "" : answers[provider.container];
  const place =
    typeof container === "string" && container
      ? (lastPart(container) ?? container)
      : provider.place(answers, preset?.id);
  // Without a service's name, the last part of the place says most.
  if (!preset) return lastPart(place) ?? provider.label;
  if (place === "" || preset.label.startsWith(place)) return preset.label;
  return `${preset.label} ${shortened(place)}`;
}

/** Of a path, or of an ARN in the place of a bucket. */
function lastPart(place: string): string | undefined {
  return place.split(/[/\\]/).findLast((part) => part !== "");
}

/** "cloud.example.com/…/ada": what lies between is the service's own affair. */
function shortened(place: string): string {
  const parts = place.split("/");
  return parts.length > 4 ? `${parts[0]}/…/${parts.at(-1)}` : place;
}

interface Known {
  readonly name: string;
  readonly readOnly: boolean;
  readonly answers: Answers;
  readonly secretsSet: ReadonlySet<string>;
}

function formFor(chosen: Chosen, { name: title, readOnly, answers, secretsSet }: Known): Form {
  const { provider, preset } = chosen;
  const hidden = new Set(preset?.hide ?? []);
  const shown = Object.entries(provider.fields).filter(([field]) => !hidden.has(field));
  return {
    choice: choiceId(chosen),
    name: title,
    suggestedName: suggestedName(chosen, answers),
    readOnly,
    ...(preset?.keysPage !== undefined && { keysPage: preset.keysPage }),
    ...(preset?.note !== undefined && { note: preset.note }),
    ...(preset?.looksUp !== undefined && { looksUp: preset.looksUp }),
    fields: shown.map(([name, declared]) => {
      const field = provider.field(name, preset?.id) ?? declared;
      return {
        ...formField(name, field, answers[name]),
        isSet: field.type === "secret" && secretsSet.has(name),
      };
    }),
  };
}

function formField(name: string, field: Field, answer: unknown): Omit<FormField, "isSet"> {
  const value = valueOf(field, answer);
  return { name, field, ...(value !== undefined && { value }) };
}

function valueOf(field: Field, answer: unknown): string | number | boolean | undefined {
  if (field.type === "secret") return undefined;
  if (typeof answer === "string" || typeof answer === "number" || typeof answer === "boolean")
    return answer;
  return field.default;
}

function withValues(form: Form, values: Answers): Form {
  return {
    ...form,
    fields: form.fields.map((field) =>
      values[field.name] === undefined
        ? field
        : { ...field, ...formField(field.name, field.field, values[field.name]) },
    ),
  };
}

/** What was typed, where another service asks the same in the same words. */
function moving(before: Chosen, after: Chosen, answers: Answers): Answers {
  const alike = Object.entries(typed(before, answers)).filter(([name]) => {
    const [one, other] = [before, after].map(({ provider, preset }) => {
      const field = provider.field(name, preset?.id);
      return field?.type === "text" ? [field.label, field.placeholder, field.suggestions] : [];
    });
    return one?.every((word, index) => word === other?.[index]);
  });
  return Object.fromEntries(alike);
}

/** What somebody has typed, as opposed to what the preset or the field itself had put there. */
function typed({ provider, preset }: Chosen, answers: Answers): Answers {
  const own = Object.entries(answers).filter(([name, answer]) => {
    const field = provider.fields[name];
    if (!field || field.type === "secret") return false;
    return answer !== (preset?.values[name] ?? field.default ?? "");
  });
  return Object.fromEntries(own);
}

function given(values: Answers): Answers {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function chosenOf(providers: readonly Provider[], choice: string): Chosen | undefined {
  for (const provider of providers) {
    if (choice === choiceId({ provider })) return { provider };
    const preset = provider.presets.find((one) => choice === choiceId({ provider, preset: one }));
    if (preset) return { provider, preset };
  }
  return undefined;
}

/** A connection whose preset is gone falls back to the last one to choose, which asks everything. */
function presetOf(provider: Provider, id: string | undefined): Preset | undefined {
  return (
    provider.presets.find((preset) => preset.id === id) ??
    provider.presets.findLast(({ retired }) => retired === undefined)
  );
}

function choiceId({ provider, preset }: Chosen): string {
  return preset ? `${provider.id}/${preset.id}` : provider.id;
}
