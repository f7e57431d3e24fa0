import { breather } from "../../base/breath.ts";
import { forEachPooled } from "../../base/pool.ts";
import type { BlobSet } from "../format/blobSet.ts";
import { RepositoryError } from "../errors.ts";
import type { Repository } from "./repository.ts";
import type { Node } from "../format/tree.ts";
import { maxDepth } from "../format/unfolding.ts";

/** A tree, and a place it is at. */
export interface TreePlace {
  readonly id: string;
  /** For people: where the tree was first met. */
  readonly where: string;
  readonly depth: number;
}

export interface TreeWalk {
  readonly roots: Iterable<TreePlace>;
  /** Trees already visited. Those visited now are added, so that a later walk passes them over. */
  readonly seen: BlobSet;
  readonly visit: (nodes: readonly Node[], place: TreePlace) => void | Promise<void>;
  /** Told of a tree that is missing or damaged; the walk goes on around it, unless this throws. */
  readonly failed: (error: unknown, place: TreePlace) => void;
  readonly signal: AbortSignal;
}

/** Trees under way at once: enough to hide a storage's latency, few enough to keep memory flat. */
const slots = 8;

/**
 * Visits every tree that can be reached from `roots` once, however many snapshots and folders share
 * it. The deepest comes first, so what is waiting stays few even in a repository of millions.
 */
export async function walkTrees(repository: Repository, walk: TreeWalk): Promise<void> {
  const { seen, visit, failed, signal } = walk;
  const waiting = [...walk.roots].reverse();
  const breathe = breather();
  let underWay = 0;
  let wake = Promise.withResolvers<void>();

  async function* next(): AsyncGenerator<TreePlace, void, void> {
    for (;;) {
      const place = waiting.pop();
      if (place) {
        underWay += 1;
        yield place;
      } else if (underWay > 0) await wake.promise;
      else return;
    }
  }

  async function look(place: TreePlace): Promise<void> {
    try {
      await breathe();
      signal.throwIfAborted();
      const nodes = await load(place);
      if (!nodes) return;
      await visit(nodes, place);
      addFolders(waiting, nodes, place);
    } finally {
      underWay -= 1;
      wake.resolve();
      wake = Promise.withResolvers();
    }
  }

  async function load(place: TreePlace): Promise<readonly Node[] | undefined> {
    const isNew = seen.add("tree", place.id);
    if (isNew === false) return undefined;
    try {
      if (isNew === undefined) throw missing(place);
      if (place.depth > maxDepth)
        throw new RepositoryError("damaged", `${place.where} lies too deep`);
      return await repository.tree(place.id, signal);
    } catch (error) {
      signal.throwIfAborted();
      failed(error, place);
      return undefined;
    }
  }

  await forEachPooled(next(), slots, look);
}

/** Puts the folders among `nodes` on top of `waiting`, the first of them uppermost. */
function addFolders(
  waiting: TreePlace[],
  nodes: readonly Node[],
  { where, depth }: TreePlace,
): void {
  // One by one: a folder of a million folders is more arguments than a call may have.
  for (const { type, name, subtree } of nodes.toReversed())
    if (type === "dir" && subtree !== undefined)
      waiting.push({ id: subtree, where: `${where}/${name}`, depth: depth + 1 });
}

function missing({ id, where }: TreePlace): RepositoryError {
  return new RepositoryError("damaged", `tree blob ${id} of ${where} is in no pack`);
}
