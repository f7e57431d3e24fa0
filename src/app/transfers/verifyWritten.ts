/** Looks at what was written, and leaves nothing damaged behind that nobody would miss. */
import { isStorageError, StorageError, type ErrorCause } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import type { RemotePlace } from "./places.ts";
import { verifyObject, type Wanted } from "./work.ts";

/**
 * As `verifyObject`, for what was just written at `place`. What is damaged goes again if nothing was
 * there before and it is still exactly what we have written; else it stays, since what is there may be
 * somebody else's, or all that is left. The error says which (`damaged-removed`, `damaged-left`).
 */
export async function verifyWritten(
  storage: Storage,
  place: RemotePlace,
  written: ObjectInfo,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<void> {
  try {
    await verifyObject(storage, written, wanted, signal);
  } catch (error) {
    const isNew = place.expected === "nothing" && isStorageError(error, "corrupt");
    const isGone = isNew && (await removed(storage, { ...written, key: place.key }));
    throw damagedAt(place.key, error, isGone ? "damaged-removed" : "damaged-left");
  }
}

/** Names what lies at `key` now, if the error is that it is damaged. */
export function damagedAt(
  key: string,
  error: unknown,
  reason: ErrorCause = "damaged-left",
): unknown {
  // A server that looks at what it is sent gives a status, and keeps nothing of it.
  const isThere = isStorageError(error, "corrupt") && error.details.status === undefined;
  if (!isThere) return error;
  const named = new StorageError("corrupt", error.message, { reason, cause: error });
  named.place = { operation: "write", ...error.place, key };
  return named;
}

/** Deletes what has been written, if that is what is there. No server takes a condition for it. */
async function removed(storage: Storage, { key, version }: ObjectInfo): Promise<boolean> {
  // The transfer may have been called off by now; its remains go all the same.
  const signal = AbortSignal.timeout(20_000);
  try {
    const there = await storage.stat(key, { signal });
    if (version === undefined || there.version !== version) return false;
    await storage.delete([key], { signal });
    return true;
  } catch {
    // What cannot be asked about, or not be deleted, stays, and the error says so.
    return false;
  }
}
