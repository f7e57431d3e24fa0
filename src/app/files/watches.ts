/** Which folders somebody wants to be told about, as VS Code says it. */
import type { Disposable } from "../../base/event.ts";
import type { Address } from "./remoteFiles.ts";

export interface WatchOptions {
  readonly recursive: boolean;
  /** Globs or paths below what is watched, of which nothing is to be told. */
  readonly excludes: readonly string[];
}

interface Watch {
  readonly connection: string;
  /** Of what is watched, without a slash at its end. */
  readonly path: string;
  readonly recursive: boolean;
  readonly excluded: readonly RegExp[];
}

export class Watches {
  readonly #watches = new Set<Watch>();

  /** Counts until it is disposed of. */
  add({ connection, path }: Address, { recursive, excludes }: WatchOptions): Disposable {
    const top = path.replace(/\/$/, "");
    const excluded = excludes.flatMap((glob) => patternsOf(glob, top));
    const watch = { connection, path: top, recursive, excluded };
    this.#watches.add(watch);
    return { dispose: () => void this.#watches.delete(watch) };
  }

  /** Whether somebody shows what is in the folder. */
  reach(folder: Address): boolean {
    return this.#reaching(folder).length > 0;
  }

  /** Whether somebody wants to know of others' changes in the folder: it is not excluded. */
  want(folder: Address): boolean {
    return this.#reaching(folder).some(({ path, excluded }) => {
      const way = foldersOf(folder.path.slice(path.length + 1));
      return !way.some((one) => excluded.some((pattern) => pattern.test(one)));
    });
  }

  #reaching(folder: Address): readonly Watch[] {
    const top = folder.path.replace(/\/$/, "");
    return [...this.#watches].filter(({ connection, path, recursive }) => {
      if (connection !== folder.connection) return false;
      return top === path || (recursive && top.startsWith(`${path}/`));
    });
  }
}

/** A path and the folders it lies in: `a/b/c`, `a/b` and `a`. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

/** What a glob matches of the paths below `top`. VS Code has `*`, `?`, `**`, `{a,b}`, `[a-z]`, `[!a]`. */
function patternsOf(glob: string, top: string): readonly RegExp[] {
  if (glob.startsWith("/") && !glob.startsWith(`${top}/`)) return [];
  const below = glob.startsWith("/") ? glob.slice(top.length + 1) : glob;
  try {
    return expanded(below.replace(/\/$/, "")).map((one) => new RegExp(`^${sourceOf(one)}$`, "su"));
  } catch {
    // No range of letters, such as `[z-a]`, and so it matches nothing.
    return [];
  }
}

/** `a{b,c}` as `ab` and `ac`. */
function expanded(glob: string): readonly string[] {
  const braces = /\{([^{}]*)\}/.exec(glob);
  if (!braces) return [glob];
  const [before, after] = [
    glob.slice(0, braces.index),
    glob.slice(braces.index + braces[0].length),
  ];
  return (braces[1] ?? "").split(",").flatMap((choice) => expanded(before + choice + after));
}

/** A folder is meant by what all in it is meant by: `a/**` matches `a`, too. */
function sourceOf(glob: string): string {
  const parts = /(?<=^|\/)(?:\*\*\/)+|\/\*\*$|\*+|\?|\[(!?)([^\]/]+)\]|[\\^$.+()[\]{}|]/g;
  return glob.replace(parts, (part, not: string | undefined, letters: string | undefined) => {
    if (letters !== undefined) return `[${not ? "^/" : ""}${letters.replace(/[\\[\]^]/g, "\\$&")}]`;
    if (part.endsWith("**/")) return "(?:.*/)?";
    if (part === "/**") return "(?:/.*)?";
    if (part === "?") return "[^/]";
    if (part.startsWith("*")) return part.length > 1 ? ".*" : "[^/]*";
    return `\\${part}`;
  });
}
