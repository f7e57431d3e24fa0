import { isStorageError } from "../../storage/errors.ts";
import type { OnDamaged } from "./loadedIndex.ts";
import type { Repository } from "./repository.ts";

/**
 * Runs `work`, which only reads, under a shared lock, so that nobody deletes what it reads. Where
 * nothing can be written it runs without: it is then on its own, as restic's `--no-lock` is.
 */
export async function whileReading<T>(
  repository: Repository,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  onDamagedIndex?: OnDamaged,
): Promise<T> {
  try {
    return await repository.withLock(
      "shared",
      async (lock) => await work(lock.signal),
      signal,
      onDamagedIndex,
    );
  } catch (error) {
    const cannotWrite = isStorageError(error, "denied") || isStorageError(error, "full");
    if (!cannotWrite || error.place?.operation !== "write") throw error;
  }
  await repository.loadIndex(signal, onDamagedIndex);
  return await work(signal);
}
