/** Deleting many, of which some may be refused. */
import { forEachPooled } from "../base/pool.ts";
import { type ErrorCause, isStorageError, type StorageError } from "./errors.ts";
import type { DeleteRequest } from "./requests.ts";

/** Causes that another object need not share. */
const ofOne: ReadonlySet<ErrorCause> = new Set<ErrorCause>([
  "file-rights",
  "invalid-name",
  "exists",
]);

/** Whether it says something of the one object, and not of the moment, the key or the container. */
export function isOfOne(error: unknown): error is StorageError {
  if (!isStorageError(error)) return false;
  const { kind, retryable, details } = error;
  if (details.reason !== undefined && !ofOne.has(details.reason)) return false;
  return !retryable && kind !== "signed-out" && kind !== "full";
}

/** For drivers that delete key by key, at most `slots` at once. See `DeleteRequest.onRefused`. */
export async function deleteEach(
  { keys, signal, onRefused }: DeleteRequest,
  slots: number,
  remove: (key: string) => Promise<void>,
): Promise<void> {
  await forEachPooled(keys, slots, async (key) => {
    signal.throwIfAborted();
    try {
      await remove(key);
    } catch (error) {
      if (!onRefused || !isOfOne(error)) throw error;
      onRefused({ key, error });
    }
  });
}
