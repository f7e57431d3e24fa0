import { isStorageError } from "../storage/errors.ts";
import type { OnDamaged, Repository } from "./repository.ts";

/**
 * Runs `work`, which only reads, under a shared lock, so that nobody deletes what it reads. Over a
 * connection that may not write it runs without: it is then on its own, as restic's `--no-lock` is.
 */
export async function whileReading<T>(
  repository: Repository,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  onDamagedIndex?: OnDamaged,
): Promise<T> {
  try {
    return await repository.withLock("shared", work, signal, onDamagedIndex);
  } catch (error) {
    const mayNotLock = isStorageError(error, "denied") && error.place?.operation === "write";
    if (!mayNotLock) throw error;
  }
  await repository.loadIndex(signal, onDamagedIndex);
  return await work(signal);
}
