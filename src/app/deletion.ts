/** Deleting objects, and folders with all that is in them. */
import { forEachPooled } from "../base/pool.ts";
import type { Storage } from "../storage/storage.ts";

/** An object or folder of one container. */
export interface Deletable {
  readonly storage: Storage;
  /** Ends in `/` for a folder. */
  readonly key: string;
}

/** At once; each driver has its own limit below this. */
const slots = 8;

/** Every key that deleting these items would delete, folders after what is in them. */
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
  return new Map([...all].map(([storage, keys]) => [storage, [...keys].toSorted(deeperFirst)]));
}

/** Deletes keys in the order given by `keysToDelete`. The first failure stops it. */
export async function deleteKeys(
  keys: ReadonlyMap<Storage, readonly string[]>,
  options: { readonly signal: AbortSignal; readonly onDeleted: (count: number) => void },
): Promise<void> {
  const { signal, onDeleted } = options;
  for (const [storage, all] of keys) {
    const remove = async (batch: readonly string[]) => {
      signal.throwIfAborted();
      await storage.delete(batch, { signal });
      onDeleted(batch.length);
    };
    const objects = all.filter((key) => !key.endsWith("/"));
    await forEachPooled(batches(objects, storage.capabilities.deleteBatch), slots, remove);
    // A folder must be empty before it goes, so folders go one after the other.
    for (const folder of all.filter((key) => key.endsWith("/"))) await remove([folder]);
  }
}

function deeperFirst(a: string, b: string): number {
  const depth = (key: string) => key.split("/").length;
  return depth(b) - depth(a) || (a < b ? -1 : Number(a > b));
}

function* batches(keys: readonly string[], length: number): Generator<readonly string[]> {
  for (let i = 0; i < keys.length; i += length) yield keys.slice(i, i + length);
}
