/** Saves what somebody has picked from what was found. */
import type { Connection } from "../connections/connection.ts";
import type { Connections, Draft } from "../connections/connections.ts";
import type { FoundConnection } from "./found.ts";

/**
 * Saves each under a name that no other connection has; none takes the place of one that is there, nor
 * comes by its secrets. The secrets go where all secrets go.
 */
export async function addConnections(
  connections: Connections,
  chosen: readonly FoundConnection[],
): Promise<readonly Connection[]> {
  const added: Connection[] = [];
  for (const found of chosen) {
    const { id, ...draft } = draftOf(found);
    const isFree = id !== undefined && (await connections.isFree({ ...draft, id }));
    const taken = new Set(connections.list().map(({ name }) => name));
    const saved = await connections.save({
      ...draft,
      name: freeName(draft.name, taken),
      ...(isFree && { id }),
    });
    for (const name of found.containers ?? []) await connections.addContainer(saved.id, name);
    added.push(saved);
  }
  return added;
}

/** The found connection as one that is not saved yet. */
export function draftOf({ id, name, provider, preset, answers, readOnly }: FoundConnection): Draft {
  return {
    name,
    provider,
    answers,
    ...(id !== undefined && { id }),
    ...(preset !== undefined && { preset }),
    ...(readOnly && { readOnly }),
  };
}

/** The saved connection to the same place with the same user, if there is one. */
export function alreadySaved(connections: Connections, draft: Draft): Connection | undefined {
  const plain = plainAnswers(connections, draft);
  return connections
    .list()
    .find((one) => one.provider === draft.provider && plainAnswers(connections, one) === plain);
}

/** What keeps a connection from working until somebody enters it: the label of a secret. */
export function missingSecret(connections: Connections, draft: Draft): string | undefined {
  const provider = connections.provider(draft);
  const problems = provider?.problems(draft.answers, draft.preset) ?? [];
  const field = problems.find((one) => provider?.fields[one.field]?.type === "secret")?.field;
  // A user without a password is a question left open, even where a password is not a must.
  const open = draft.answers["user"] !== undefined && draft.answers["password"] === undefined;
  return provider?.fields[field ?? (open ? "password" : "")]?.label;
}

/** The answers that say which place and which user, in one text that can be compared. */
function plainAnswers(
  connections: Connections,
  { provider, answers }: Pick<Draft, "provider" | "answers">,
) {
  const fields = connections.provider({ provider })?.fields ?? {};
  const told = Object.entries(fields)
    .filter(([, { type }]) => type === "text")
    .map(([name]) => [name, answers[name] ?? ""]);
  return JSON.stringify(told);
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const name =
    wanted
      .replaceAll(/\p{Cc}+/gu, " ")
      .trim()
      .slice(0, 100) || "?";
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name} ${number}`)) number++;
  return `${name} ${number}`;
}
