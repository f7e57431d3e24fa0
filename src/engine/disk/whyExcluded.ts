import { join, relative, sep } from "node:path";
import { lstatIfThere } from "./fileComparison.ts";
import { readText } from "./files.ts";
import {
  cacheTag,
  cacheTagFile,
  FolderRules,
  type ExcludeRules,
  type Exclusion,
} from "./ignore.ts";

/** Why something is not in a backup. */
export type Why =
  /** It does not lie in what is backed up. */
  | { readonly type: "outside" }
  /** A pattern keeps it out, or the folder `path` that it lies in. */
  | ({ readonly type: "rule"; readonly path: string } & Exclusion)
  /** Its folder says of itself, by a `CACHEDIR.TAG`, that it is a cache. */
  | { readonly type: "cache"; readonly path: string }
  /** It is our own cache, or the repository. */
  | { readonly type: "own"; readonly path: string }
  | { readonly type: "too-large"; readonly bytes: number; readonly maxBytes: number }
  /** It means nothing without the program that listens. */
  | { readonly type: "socket" };

/**
 * Why the absolute `path` is not in a backup of the folder `root`, by itself or by a folder above it;
 * undefined if it is. Reads the ignore files on the way.
 */
export function whyExcluded(root: string, path: string, rules: ExcludeRules): Why | undefined {
  const segments = relative(root, path).split(sep).filter(Boolean);
  if (segments[0] === "..") return { type: "outside" };
  let folder = root;
  let here = FolderRules.of(rules);
  for (const [i, name] of segments.entries()) {
    here = here.within(folder, () => true);
    if (isCache(folder)) return { type: "cache", path: folder };
    const at = join(folder, name);
    if (rules.never.includes(at)) return { type: "own", path: at };
    const isFolder = i < segments.length - 1 || lstatIfThere(at)?.isDirectory() === true;
    const exclusion = here.exclusion(name, isFolder);
    if (exclusion) return { type: "rule", path: at, ...exclusion };
    here = here.below(name);
    folder = at;
  }
  return whyNotItself(path, rules);
}

function whyNotItself(path: string, { maxFileBytes }: ExcludeRules): Why | undefined {
  const stats = lstatIfThere(path);
  if (stats?.isSocket()) return { type: "socket" };
  const bytes = Number(stats?.isFile() ? stats.size : 0);
  if (maxFileBytes === undefined || bytes <= maxFileBytes) return undefined;
  return { type: "too-large", bytes, maxBytes: maxFileBytes };
}

function isCache(folder: string): boolean {
  return readText(join(folder, cacheTagFile))?.startsWith(cacheTag) ?? false;
}
