import { breather } from "../base/breath.ts";
import type { Driver } from "./driver.ts";
import type { Entry } from "./objects.ts";
import { folderOf } from "./paths.ts";
import type { ListPage, ListRequest } from "./requests.ts";

/** One file or folder (its key ends in `/`) as its parent folder names it. */
export interface Child {
  readonly key: string;
  /** A folder that a deep listing names but does not go into. */
  readonly closed?: boolean;
}

/** Storage whose folders can be read one at a time, and only so. */
export interface Tree<T extends Child> {
  /**
   * What lies directly in `folder` (empty, or ends in `/`) and begins with `prefix`, in the order
   * of keys; see `inOrder`. Undefined if there is no such folder.
   */
  children(folder: string, prefix: string, how: Reading): Promise<Children<T> | undefined>;
  /** The children as a listing reports them. What has vanished meanwhile may be left out. */
  describe(children: readonly T[], signal: AbortSignal): Promise<readonly Entry[]>;
}
/** On whose behalf a folder is read. */
export type Reading = Pick<ListRequest, "signal" | "leavesAll" | "linksAsSuch">;
export type Children<T extends Child> = Iterator<T, undefined>;

const pageEntries = 1000;

/**
 * Lists a tree in the order of keys, so that the last key of a page is the cursor of the next, and
 * what comes or goes meanwhile neither repeats nor hides anything else. A walk that waits for its
 * next page is kept, so that a large folder is not read again for every page; nothing is open while
 * it waits, and losing it costs time alone.
 */
export function listingOf<T extends Child>(tree: Tree<T>): Driver["list"] {
  const waiting = new Map<string, Walk<T>>();
  // What is in memory already comes without a pause, however much it is.
  const breathe = breather();

  function take(name: string, request: ListRequest): Walk<T> {
    const walk = waiting.get(name) ?? walkOver(tree, request);
    waiting.delete(name);
    return walk;
  }

  function keep(name: string, walk: Walk<T>): void {
    waiting.set(name, walk);
    const [oldest] = waiting.keys();
    if (waiting.size > 4 && oldest !== undefined) waiting.delete(oldest);
  }

  return async (request): Promise<ListPage> => {
    const { prefix, shallow, cursor, signal } = request;
    const nameAt = (at: string | undefined) => JSON.stringify([prefix, shallow, at]);
    const walk = take(nameAt(cursor), request);
    const found: T[] = [];
    while (found.length < pageEntries) {
      await breathe();
      signal.throwIfAborted();
      const child = await walk(request);
      if (child === undefined) return { entries: await tree.describe(found, signal) };
      found.push(child);
    }
    const last = found.at(-1)?.key ?? "";
    keep(nameAt(last), walk);
    return { entries: await tree.describe(found, signal), cursor: last };
  };
}

/** Gives the next child; undefined at the end. */
type Walk<T> = (how: Reading) => Promise<T | undefined>;

/** Goes over what begins with the request's prefix and comes after its cursor. */
function walkOver<T extends Child>(
  tree: Tree<T>,
  { prefix, shallow, cursor = "" }: ListRequest,
): Walk<T> {
  let levels: Children<T>[] | undefined;

  async function first(how: Reading): Promise<Children<T>[]> {
    const top = await tree.children(folderOf(prefix), prefix, how);
    return top === undefined ? [] : [top];
  }

  /** Makes the content of `key` the next level, if it can hold what is still to be listed. */
  async function enter(key: string, into: Children<T>[], how: Reading): Promise<boolean> {
    if (key <= cursor && !cursor.startsWith(key)) return true;
    const content = await tree.children(key, prefix, how);
    if (content !== undefined) into.push(content);
    return content !== undefined;
  }

  return async (how) => {
    levels ??= await first(how);
    for (;;) {
      const level = levels.at(-1);
      if (level === undefined) return undefined;
      const { value: child } = level.next();
      if (child === undefined) {
        levels.pop();
        continue;
      }
      const isEntered = !shallow && child.closed !== true && child.key.endsWith("/");
      const isThere = !isEntered || (await enter(child.key, levels, how));
      if (isThere && child.key > cursor) return child;
    }
  };
}

/** Collects children as they arrive, and sorts them without holding up everything else. */
export function inOrder<T extends Child>(): { add(child: T): void; all(): Children<T> } {
  const runs: T[][] = [];
  let run: T[] = [];
  const endRun = () => {
    runs.push(run.sort((a, b) => (a.key < b.key ? -1 : 1)));
    run = [];
  };
  return {
    add(child) {
      run.push(child);
      // Sorting a million at once would take a second.
      if (run.length >= 4096) endRun();
    },
    all() {
      endRun();
      return merged(runs);
    },
  };
}

function* merged<T extends Child>(runs: readonly T[][]): Generator<T, undefined> {
  const heads = runs.map(() => 0);
  for (;;) {
    let least: T | undefined;
    let from = 0;
    for (const [i, run] of runs.entries()) {
      const head = run[heads[i] ?? 0];
      if (head === undefined || (least !== undefined && head.key >= least.key)) continue;
      least = head;
      from = i;
    }
    if (least === undefined) return undefined;
    heads[from] = (heads[from] ?? 0) + 1;
    yield least;
  }
}
