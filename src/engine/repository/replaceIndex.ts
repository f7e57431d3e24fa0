import type { PackTable } from "../format/blobIndex.ts";
import type { Repository } from "./repository.ts";

export interface ReplaceIndexRequest {
  /** The index files to be replaced: those that were there when the index was loaded. */
  readonly old: Iterable<string>;
  /** All that the new index files are to say. Every pack in them must be there already. */
  readonly tables: Iterable<PackTable>;
  readonly signal: AbortSignal;
  /**
   * Called between the two, with the ids of what was written; throws if nothing may be deleted. The
   * caller holds an exclusive lock.
   */
  readonly beforeDeleting: (written: ReadonlySet<string>) => Promise<void>;
}

/**
 * Writes new index files, and only when all are saved deletes the old. Whatever ends it in between
 * leaves a repository that is whole: what is in two index files counts once.
 */
export async function replaceIndex(
  repository: Repository,
  { old, tables, signal, beforeDeleting }: ReplaceIndexRequest,
): Promise<void> {
  const written = new Set<string>();
  for (const table of tables) written.add(await repository.saveIndexTable(table, signal));
  await beforeDeleting(written);
  await repository.deleteFiles("index", [...old], signal);
  await repository.loadIndex(signal);
}
