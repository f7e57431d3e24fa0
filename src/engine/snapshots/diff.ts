import { breather } from "../../base/breath.ts";
import { never } from "../../base/abort.ts";
import type { Repository } from "../repository/repository.ts";
import type { Node } from "../format/tree.ts";
import { Unfolding } from "../format/unfolding.ts";

/** How one path differs between two states. */
export type Change =
  | { readonly type: "added"; readonly path: readonly string[]; readonly after: Node }
  | { readonly type: "removed"; readonly path: readonly string[]; readonly before: Node }
  | {
      /**
       * `changed`: other content. `retyped`: a file became a folder, or the like. `metadata`: the
       * same content with another time, mode or owner.
       */
      readonly type: "changed" | "retyped" | "metadata";
      readonly path: readonly string[];
      readonly before: Node;
      readonly after: Node;
    };

export interface DiffRequest {
  /** The trees to compare: snapshots' own, or those of folders within them. Absent: nothing there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly signal?: AbortSignal;
}

/** A pair of folders yet to be compared. */
interface Pair {
  readonly path: readonly string[];
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What lies at one path. */
interface Entry {
  readonly path: readonly string[];
  readonly before: Node | undefined;
  readonly after: Node | undefined;
}

/**
 * Every difference between two trees, as it is found: folders before what is in them. What has the
 * same tree on both sides is not even read. Fails with `damaged` if a tree cannot be read.
 */
export async function* diff(
  repository: Repository,
  { before, after, signal = never }: DiffRequest,
): AsyncGenerator<Change, void, void> {
  const breathe = breather();
  const unfolding = new Unfolding();
  const waiting: Pair[] = before === after ? [] : [{ path: [], before, after }];
  for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
    await breathe();
    signal.throwIfAborted();
    unfolding.count(pair.path, 0);
    const deeper: Pair[] = [];
    for (const entry of paired(pair.path, ...(await bothFolders(repository, pair, signal)))) {
      const change = compareNodes(entry.path, entry.before, entry.after);
      if (change) yield change;
      const folder = foldersOf(entry);
      if (folder.before !== folder.after) deeper.push(folder);
    }
    for (const folder of deeper.reverse()) waiting.push(folder);
  }
}

function foldersOf({ path, before, after }: Entry): Pair {
  return { path, before: before?.subtree, after: after?.subtree };
}

async function bothFolders(
  repository: Repository,
  { before, after }: Pair,
  signal: AbortSignal,
): Promise<[readonly Node[], readonly Node[]]> {
  return await Promise.all([
    before === undefined ? [] : repository.tree(before, signal),
    after === undefined ? [] : repository.tree(after, signal),
  ]);
}

/** What became of a node, or undefined if it is the same in all that matters. */
export function compareNodes(
  path: readonly string[],
  before: Node | undefined,
  after: Node | undefined,
): Change | undefined {
  if (!before) return after && { type: "added", path, after };
  if (!after) return { type: "removed", path, before };
  const type = difference(before, after);
  return type && { type, path, before, after };
}

function difference(before: Node, after: Node): "changed" | "retyped" | "metadata" | undefined {
  if (before.type !== after.type) return "retyped";
  if (!sameContent(before, after)) return "changed";
  const alike = (["mode", "mtime", "uid", "gid", "attributes"] as const).every(
    (field) => before[field] === after[field],
  );
  return alike ? undefined : "metadata";
}

/** Of a folder the content is what is in it, which speaks for itself. */
function sameContent(before: Node, after: Node): boolean {
  if (before.linktarget !== after.linktarget || before.device !== after.device) return false;
  const [old = [], young = []] = [before.content, after.content];
  return old.length === young.length && old.every((id, i) => id === young[i]);
}

/** The nodes of two folders by name, those of the second that the first lacks last. */
function* paired(
  path: readonly string[],
  before: readonly Node[],
  after: readonly Node[],
): Generator<Entry, void, void> {
  // By name rather than side by side: a foreign program's order need not be ours.
  const young = new Map(after.map((node) => [nameKey(node), node]));
  for (const node of before) {
    const key = nameKey(node);
    yield { path: [...path, node.name], before: node, after: young.get(key) };
    young.delete(key);
  }
  for (const node of young.values())
    yield { path: [...path, node.name], before: undefined, after: node };
}

/** Tells names apart that show the same because their bytes are no UTF-8. */
function nameKey({ name, nameBytes }: Node): string {
  return nameBytes ? `\0${Buffer.from(nameBytes).toString("hex")}` : name;
}
