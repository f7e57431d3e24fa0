import { join } from "node:path";
import { FolderRules, type ExcludeRules } from "./ignore.ts";

/**
 * Whether a backup of `roots` leaves out what lies at an absolute path. The answers come from rules
 * that are read once per folder: make a new function when an ignore file changes.
 */
export function excluder(roots: readonly string[], rules: ExcludeRules): (path: string) => boolean {
  const known = new Map<string, FolderRules | "excluded">();
  const rulesOf = (root: string, segments: readonly string[]): FolderRules | "excluded" => {
    const path = join(root, ...segments);
    const before = known.get(path);
    if (before) return before;
    const found = rulesAt(root, segments, path);
    known.set(path, found);
    return found;
  };
  const rulesAt = (root: string, segments: readonly string[], path: string) => {
    const name = segments.at(-1);
    if (name === undefined) return FolderRules.of(rules).within(path, () => true);
    const above = rulesOf(root, segments.slice(0, -1));
    if (above === "excluded" || above.exclusion(name, true) || rules.never.includes(path))
      return "excluded";
    return above.below(name).within(path, () => true);
  };
  return (path) => {
    const root = roots.find((one) => path.startsWith(join(one, "/")));
    const segments =
      root === undefined ? [] : path.slice(root.length).split(/[\\/]/).filter(Boolean);
    const name = segments.at(-1);
    if (root === undefined || name === undefined || rules.never.includes(path)) return true;
    const folder = rulesOf(root, segments.slice(0, -1));
    return folder === "excluded" || folder.exclusion(name, false) !== undefined;
  };
}
