/**
 * What VS Code keeps of a panel while the window is reloaded: what it is about, and what was typed
 * and not saved. Everything else is read anew. Pure.
 */
import type { Location } from "../../app/location.ts";
import { isObject } from "../../base/json.ts";
import { parseDraft, type Draft, type Value } from "./panelMessages.ts";

/** What a panel is about. */
export interface PanelSubject {
  readonly kind: "properties" | "bucket";
  readonly at: Location;
}

/** What was typed, and what it was typed over. */
export interface Unsaved {
  readonly before: Draft;
  readonly draft: Draft;
}

export interface PanelState {
  readonly version: 1;
  readonly subject: PanelSubject;
  readonly unsaved?: Unsaved;
}

/** Reads what was kept; undefined if it is nothing that we have written. */
export function parsePanelState(state: unknown): PanelState | undefined {
  if (!isObject(state) || state["version"] !== 1) return undefined;
  const subject = parseSubject(state["subject"]);
  if (!subject) return undefined;
  const unsaved = isObject(state["unsaved"]) ? state["unsaved"] : {};
  const [before, draft] = [parseDraft(unsaved["before"]), parseDraft(unsaved["draft"])];
  return { version: 1, subject, ...(before && draft && { unsaved: { before, draft } }) };
}

function parseSubject(subject: unknown): PanelSubject | undefined {
  if (!isObject(subject) || !isObject(subject["at"])) return undefined;
  const { kind } = subject;
  const { connection, container, key } = subject["at"];
  if (kind !== "properties" && kind !== "bucket") return undefined;
  if (typeof connection !== "string" || typeof key !== "string") return undefined;
  return {
    kind,
    at: { connection, key, ...(typeof container === "string" && { container }) },
  };
}

/** Whether two drafts say the same. */
export function isSame(left: Draft, right: Draft): boolean {
  return asText(Object.entries(left)) === asText(Object.entries(right));
}

/** A draft, and whether some of what was typed is missing in it. */
export interface LaidOver {
  readonly draft: Draft;
  readonly isPartial: boolean;
}

/**
 * What was typed, laid over what is stored `now`. Where somebody else has changed the same meanwhile,
 * what is stored stands. The fields of rules go together with the list that names them: a rule's id
 * is its place there, which means another rule once the list has changed.
 */
export function laidOver(now: Draft, { before, draft }: Unsaved): LaidOver {
  const names = new Set([now, before, draft].flatMap(Object.keys));
  const [stored, old, typed] = [now, before, draft].map((fields) => grouped(fields, names));
  const groups = new Set([...names].map((name) => groupOf(name, names)));
  let isPartial = false;
  const fields = [...groups].flatMap((group) => {
    const [its, was, mine] = [stored, old, typed].map((all) => all?.get(group) ?? []);
    if (!its || !was || !mine) return [];
    const isTheirs = asText(mine) === asText(was) || asText(mine) === asText(its);
    if (!isTheirs && asText(its) === asText(was)) return mine;
    isPartial ||= !isTheirs;
    return its;
  });
  return { draft: Object.fromEntries(fields), isPartial };
}

/**
 * The draft once the page has told what was typed over what it shows. A page that does not show yet
 * what a button has added `now` takes nothing of that away.
 */
export function typedOver(now: Draft, shown: Draft, { before, draft }: Unsaved): Draft {
  if (isSame(before, shown)) return draft;
  const wasSame = (name: string, value: Value) =>
    JSON.stringify(before[name]) === JSON.stringify(value);
  const typed = Object.entries(draft).filter(([name, value]) => !wasSame(name, value));
  return { ...now, ...Object.fromEntries(typed) };
}

type Fields = readonly (readonly [name: string, value: Value])[];

function grouped(fields: Draft, names: ReadonlySet<string>): ReadonlyMap<string, Fields> {
  return Map.groupBy(Object.entries(fields), ([name]) => groupOf(name, names));
}

/** The list of rules that a field belongs to, or else the field itself. */
function groupOf(name: string, names: ReadonlySet<string>): string {
  const [list = name] = name.split(".");
  return names.has(list) ? list : name;
}

function asText(fields: Fields): string {
  return JSON.stringify(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
