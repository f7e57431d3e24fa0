/** Deleting objects, and folders with all that is in them. */
import { batches, forEachPooled } from "../../base/pool.ts";
import type { DeletionMark } from "../../storage/objects.ts";
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

/** Every key that deleting these items would delete. */
export async function keysToDelete(
  items: readonly Deletable[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Storage, readonly string[]>> {
  const all = new Map<Storage, Set<string>>();
  for (const { storage, key } of items) {
    const keys = all.get(storage) ?? new Set();
    all.set(storage, keys.add(key));
    if (!key.endsWith("/")) continue;
    for await (const entry of storage.list(key, { signal })) keys.add(entry.key);
  }
  return new Map([...all].map(([storage, keys]) => [storage, [...keys]]));
}

/** A mark that a deletion has made where the storage keeps versions. */
export interface Marked extends DeletionMark {
  readonly storage: Storage;
}

/** Deletes what `keysToDelete` has found, folders after what is in them. The first failure stops it. */
export async function deleteKeys(
  keys: ReadonlyMap<Storage, readonly string[]>,
  options: {
    readonly signal: AbortSignal;
    readonly onDeleted: (count: number) => void;
    /** As `DeleteRequest.onMark`. */
    readonly onMark?: (mark: Marked) => void;
  },
): Promise<void> {
  const { signal, onDeleted, onMark } = options;
  for (const [storage, all] of keys) {
    const remove = async (batch: readonly string[]) => {
      signal.throwIfAborted();
      const told = onMark && { onMark: (mark: DeletionMark) => onMark({ storage, ...mark }) };
      await storage.delete(batch, { signal, ...told });
      onDeleted(batch.length);
    };
    // A folder must be empty before it goes, but need not wait for those beside it.
    for (const level of levelsOf(all))
      await forEachPooled(batches(level, storage.capabilities.deleteBatch), slots, remove);
  }
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
