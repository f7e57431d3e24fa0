import { never } from "../../base/abort.ts";
import { othersLocks, type FoundLock } from "./lockFiles.ts";
import type { Repository } from "./repository.ts";

/** The locks on the repository, and which of them nobody can hold any more. */
export async function listLocks(
  repository: Repository,
  signal: AbortSignal = never,
): Promise<readonly FoundLock[]> {
  const { lockView } = repository;
  return await othersLocks(lockView, await lockView.files.list(signal), [], signal);
}

/**
 * Removes the locks whose holder is gone, or every lock with `all`: only for someone who knows that
 * nobody is at work. Returns the ids of those removed.
 */
export async function unlock(
  repository: Repository,
  { all = false, signal = never }: { readonly all?: boolean; readonly signal?: AbortSignal } = {},
): Promise<readonly string[]> {
  const locks = await listLocks(repository, signal);
  const ids = locks.filter(({ stale }) => all || stale).map(({ id }) => id);
  if (ids.length > 0) await repository.lockView.files.delete(ids, signal);
  return ids;
}
