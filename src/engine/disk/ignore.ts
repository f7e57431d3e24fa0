import { createHash } from "node:crypto";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { readText } from "./files.ts";

/** Which files count. Patterns are gitignore's, relative to the root they stand in. */
export interface ExcludeRules {
  /** Patterns that hold in every root. */
  readonly patterns: readonly string[];
  /** Obey `.gitignore` files, nested ones too. `.offsiteignore` files always count. */
  readonly gitignore: boolean;
  /** Files larger than this stay out. */
  readonly maxFileBytes?: number;
  /** Absolute paths that never count: our own cache and the repository itself. */
  readonly never: readonly string[];
}

/**
 * What stays out unless someone says otherwise: only what systems leave lying about and nobody wrote.
 * `.git` is kept, since commits not pushed yet are work too; `node_modules` and build output are what
 * a project's own `.gitignore` names.
 */
export const usualExcludes: readonly string[] = [
  ".DS_Store",
  "._*",
  ".Spotlight-V100/",
  ".Trashes/",
  ".Trash-*/",
  "Thumbs.db",
  "ehthumbs.db",
  "desktop.ini",
  "$RECYCLE.BIN/",
  ".nfs[0-9a-f]*",
  ".fuse_hidden*",
];

/** Every rule but the patterns: nothing is excluded. */
export const excludeNothing: ExcludeRules = { patterns: [], gitignore: false, never: [] };

/** Holding exactly this at its start, a `CACHEDIR.TAG` keeps its folder out: https://bford.info/cachedir/ */
export const cacheTag = "Signature: 8a477f597d28d172789f06886806bc55";
export const cacheTagFile = "CACHEDIR.TAG";

/** The file with our own rules; they count more than git's. */
const ownFile = ".offsiteignore";
const gitFile = ".gitignore";

/** The rule that keeps something out. */
export interface Exclusion {
  /** The file it stands in; absent for the settings' patterns. */
  readonly file?: string;
  /** From 1; of the settings' patterns, their place in the list. */
  readonly line: number;
  readonly pattern: string;
}

/** Rules from one source, and the folder they are relative to, seen from the folder we are in. */
interface Source {
  readonly rules: Ignore;
  readonly file: string | undefined;
  /** What comes before a name here: "" in the source's own folder, else folders with slashes. */
  readonly prefix: string;
}

/** What may be excluded in one folder: made for a root, then carried down folder by folder. */
export class FolderRules {
  /** The same for as long as the same rules hold here. */
  readonly key: string;
  readonly #rules: ExcludeRules;
  /** The ones that decide first come first. */
  readonly #sources: readonly Source[];

  private constructor(rules: ExcludeRules, sources: readonly Source[], key: string) {
    this.#rules = rules;
    this.#sources = sources;
    this.key = key;
  }

  /** The rules in the folder above `root`, before any file of it was read. */
  static of(rules: ExcludeRules): FolderRules {
    // Asking costs as much as half of everything else about an unchanged file, be there rules or not.
    const sources = rules.patterns.length > 0 ? [source(rules.patterns, undefined)] : [];
    return new FolderRules(rules, sources, digest(JSON.stringify(rules)));
  }

  /** The rules within `path`, whose ignore files are read; `has` says which names it has. */
  within(path: string, has: (name: string) => boolean): FolderRules {
    const files = this.#rules.gitignore ? [ownFile, gitFile] : [ownFile];
    let { key } = this;
    let sources = this.#sources;
    // Settings come first, then own files from the innermost out, then git's likewise.
    for (const name of files) {
      const text = has(name) ? readText(join(path, name)) : undefined;
      if (text === undefined) continue;
      const added = source(text.split("\n"), join(path, name));
      const before = sources.findIndex(({ file }) =>
        name === ownFile ? file !== undefined : file?.endsWith(name),
      );
      const at = before >= 0 ? before : sources.length;
      sources = sources.toSpliced(at, 0, added);
      key = digest(`${key}\0${name}\0${text}`);
    }
    return new FolderRules(this.#rules, sources, key);
  }

  /** The rules for the folder `name` of this one, which is not excluded. */
  below(name: string): FolderRules {
    // A source that would leave the folder out, but was overruled, has no more say inside it.
    const sources = this.#sources.filter(
      ({ rules, prefix }) => !rules.test(`${prefix}${name}/`).ignored,
    );
    const moved = sources.map((one) => ({ ...one, prefix: `${one.prefix}${name}/` }));
    const overruled = sources.length < this.#sources.length ? `${this.key}!${name}` : this.key;
    return new FolderRules(this.#rules, moved, overruled);
  }

  /** The rule that keeps `name` out of this folder, if there is one. */
  exclusion(name: string, isFolder: boolean): Exclusion | undefined {
    for (const { rules, file, prefix } of this.#sources) {
      const { ignored, unignored, rule } = rules.test(prefix + name + (isFolder ? "/" : ""));
      if (unignored) return undefined;
      if (!ignored || !rule) continue;
      const line = Number(rule.mark);
      return { line, pattern: rule.pattern, ...(file !== undefined && { file }) };
    }
    return undefined;
  }
}

function source(lines: readonly string[], file: string | undefined): Source {
  const rules = ignore({
    ignorecase: process.platform === "win32" || process.platform === "darwin",
  });
  rules.add(lines.map((line, i) => ({ pattern: line.replace(/\r$/, ""), mark: String(i + 1) })));
  return { rules, file, prefix: "" };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
