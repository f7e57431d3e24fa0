/**
 * The INI files of AWS, rclone and s3cmd. Their dialects differ in ways no general library knows
 * (AWS nests settings by indentation), so what the three have in common is read here.
 */
import { MalformedText } from "./found.ts";

export interface Section {
  readonly name: string;
  /** By name in lower case; an empty value counts as absent. */
  readonly values: ReadonlyMap<string, string>;
  /** Settings that stand indented under a name without a value, by that name. */
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

interface Draft {
  readonly name: string;
  readonly values: Map<string, string>;
  readonly groups: Map<string, Map<string, string>>;
  /** The group that indented lines belong to. */
  group: Map<string, string> | undefined;
}

/**
 * The sections in their order; those of one name become one. With `nested`, as in AWS's files,
 * indentation means something and ` #` ends a value. Fails with `MalformedText`.
 */
export function iniSections(text: string, { nested = false } = {}): readonly Section[] {
  const sections = new Map<string, Draft>();
  let section: Draft | undefined;
  for (const [number, line] of tellingLines(text, nested)) {
    const name = header(line);
    if (name === undefined) {
      if (!section || !isSetting(line)) throw new MalformedText(number);
      put(section, line, nested);
      continue;
    }
    const fresh = { name, values: new Map(), groups: new Map(), group: undefined };
    section = entryOf(sections, name, fresh);
    section.group = undefined;
  }
  return [...sections.values()];
}

/** The lines that are neither empty nor a comment, with their numbers. */
function* tellingLines(text: string, nested: boolean): Generator<readonly [number, string]> {
  for (const [index, line] of text.split("\n").entries())
    if (!/^([#;]|$)/.test(line.trimStart()))
      yield [index + 1, nested ? line.replace(/\s[#;].*/, "") : line];
}

function header(line: string): string | undefined {
  const trimmed = line.trim();
  const isHeader = trimmed.startsWith("[") && trimmed.endsWith("]");
  return isHeader ? trimmed.slice(1, -1).trim() : undefined;
}

function isSetting(line: string): boolean {
  return /^[^=[]/.test(line.trimStart()) && line.includes("=");
}

function put(section: Draft, line: string, nested: boolean): void {
  const at = line.indexOf("=");
  const key = line.slice(0, at).trim().toLowerCase();
  const value = line.slice(at + 1).trim();
  const indented = nested && /^\s/.test(line);
  if (!indented)
    section.group = nested && value === "" ? entryOf(section.groups, key, new Map()) : undefined;
  if (value !== "") ((indented && section.group) || section.values).set(key, value);
}

/** What the map has under `key`, and if that is nothing, `fresh`, which it then has. */
function entryOf<V>(map: Map<string, V>, key: string, fresh: V): V {
  const entry = map.get(key) ?? fresh;
  map.set(key, entry);
  return entry;
}
