/** Deleting objects, and folders with all that is in them. */
import { batches, forEachPooled } from "../../base/pool.ts";
import type { DeletionMark } from "../../storage/objects.ts";
import type { Refusal } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import { versionsIn } from "./versions.ts";

/** An object or folder of one container. */
export interface Deletable {
  readonly storage: Storage;
  /** Ends in `/` for a folder. */
  readonly key: string;
}

/** At once; each driver has its own limit below this. */
const slots = 8;

/** Every key that deleting these items would delete: of a link to a folder, the link alone. */
export async function keysToDelete(
  items: readonly Deletable[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Storage, readonly string[]>> {
  const all = new Map<Storage, Set<string>>();
  for (const { storage, key } of items) {
    const keys = all.get(storage) ?? new Set();
    all.set(storage, keys.add(key));
    if (!key.endsWith("/")) continue;
    for await (const entry of storage.list(key, { signal, linksAsSuch: true })) keys.add(entry.key);
  }
  return new Map([...all].map(([storage, keys]) => [storage, [...keys]]));
}

/** A mark that a deletion has made where the storage keeps versions. */
export interface Marked extends DeletionMark {
  readonly storage: Storage;
}

export interface DeletionFailure extends Refusal {
  readonly storage: Storage;
}

/** So many refused and none gone: then nothing is allowed here, and asking on is for nothing. */
const refusedAtMost = 1000;

/**
 * Deletes what `keysToDelete` has found, and nothing else; folders after what is in them. Gives what was
 * refused: it stays, with the folders around it, and all else goes. What concerns more than one
 * object stops it.
 */
export async function deleteKeys(
  keys: ReadonlyMap<Storage, readonly string[]>,
  options: {
    readonly signal: AbortSignal;
    readonly onDeleted: (count: number) => void;
    /** As `DeleteRequest.onMark`. */
    readonly onMark?: (mark: Marked) => void;
  },
): Promise<readonly DeletionFailure[]> {
  const { signal, onDeleted, onMark } = options;
  const failures: DeletionFailure[] = [];
  for (const [storage, all] of keys) {
    const refused = new Map<string, Refusal>();
    let gone = 0;
    const remove = async (batch: readonly string[]) => {
      signal.throwIfAborted();
      const told = onMark && { onMark: (mark: DeletionMark) => onMark({ storage, ...mark }) };
      const onRefused = (one: Refusal) => refused.set(one.key, one);
      await storage.delete(batch, { signal, onRefused, linksAsSuch: true, ...told });
      const count = batch.filter((key) => !refused.has(key)).length;
      gone += count;
      onDeleted(count);
      const [first] = refused.values();
      if (first && gone === 0 && refused.size >= refusedAtMost) throw first.error;
    };
    const { deleteBatch } = storage.capabilities;
    // A folder must be empty before it goes, but need not wait for those beside it.
    for (const level of levelsOf(all)) {
      const needed = foldersOf(refused.keys());
      const free = level.filter((key) => !needed.has(key));
      await forEachPooled(batches(free, deleteBatch), slots, remove);
    }
    for (const one of refused.values()) failures.push({ storage, ...one });
  }
  return failures;
}

/** Every folder that one of the keys lies in. */
export function foldersOf(keys: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const key of keys)
    for (let at = key.indexOf("/"); at >= 0 && at < key.length - 1; at = key.indexOf("/", at + 1))
      folders.add(key.slice(0, at + 1));
  return folders;
}

/**
 * Takes back a deletion by the very marks it has made: whatever somebody else has written or deleted
 * since stays as it is. Resolves to how many of the objects are there again.
 */
export async function undoDeletion(
  marks: readonly Marked[],
  options: { readonly signal: AbortSignal; readonly onDone: (count: number) => void },
): Promise<number> {
  const { signal, onDone } = options;
  let done = 0;
  let there = 0;
  for (const [storage, own] of Map.groupBy(marks, (mark) => mark.storage))
    for (const versions of batches(own, storage.capabilities.deleteBatch)) {
      await versionsIn(storage).deleteMany({ versions, signal });
      // A deletion that was sent again because its answer was lost has made another mark below.
      await forEachPooled(versions, slots, async ({ key }) => {
        if (!key.endsWith("/") && (await storage.exists(key, { signal }))) there++;
        onDone(++done);
      });
    }
  return there;
}

/** The objects, and then the folders of each depth, the deepest first. */
function levelsOf(keys: readonly string[]): readonly (readonly string[])[] {
  const objects: string[] = [];
  const folders: string[][] = [];
  for (const key of keys)
    if (key.endsWith("/")) (folders[key.split("/").length] ??= []).push(key);
    else objects.push(key);
  return [objects, ...folders.toReversed().filter(Boolean)];
}
