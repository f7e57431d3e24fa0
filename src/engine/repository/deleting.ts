import { batches } from "../../base/pool.ts";
import type { HeldLock } from "./lock.ts";
import type { Repository } from "./repository.ts";

/** Files deleted before looking at the lock again. */
const deleteBatch = 100;

export interface Deletion {
  readonly type: "snapshots" | "data";
  readonly ids: readonly string[];
  /** Is told how many are gone. */
  readonly onDeleted?: (count: number) => void;
}

/** Deletes files under an exclusive lock. Fails with `lost-lock` as soon as that is not held any more. */
export async function deleteUnder(
  lock: HeldLock,
  repository: Repository,
  { type, ids, onDeleted }: Deletion,
): Promise<void> {
  let count = 0;
  for (const batch of batches(ids, deleteBatch)) {
    lock.assertHeld();
    await repository.deleteFiles(type, batch, lock.signal);
    count += batch.length;
    onDeleted?.(count);
  }
}
