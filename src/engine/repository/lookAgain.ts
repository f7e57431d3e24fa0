import { pause } from "../../base/abort.ts";
import { forEachPooled } from "../../base/pool.ts";
import { RepositoryError } from "../errors.ts";
import { fileKey, listFiles } from "../format/layout.ts";
import { maxLooks } from "./lockFiles.ts";
import type { Repository } from "./repository.ts";

/** What was listed when it was decided what may go, by id. */
export interface Known {
  readonly snapshots: ReadonlySet<string>;
  readonly index: ReadonlySet<string>;
  /** Index files that we have written since. */
  readonly written: ReadonlySet<string>;
}

/** Requests under way at once. */
const slots = 8;

/**
 * To be called right before deleting, which rests on listings, and on some storages these lag behind
 * or leave things out: they then contradict each other. Lists snapshots and index files once more, and
 * fails with `unsettled` if either shows what was not known, if what we have written does not show, or
 * if a snapshot that has vanished from the listings is there after all.
 */
export async function assertSettled(
  repository: Repository,
  { snapshots, index, written }: Known,
  signal: AbortSignal,
): Promise<void> {
  const { storage } = repository.options;
  const indexNow = await listWith(written, repository, signal);
  for (const id of indexNow)
    if (!index.has(id) && !written.has(id)) throw unsettled(`index ${id} has appeared`);
  const snapshotsNow = await listFiles(storage, "snapshots", signal);
  for (const id of snapshotsNow.keys())
    if (!snapshots.has(id)) throw unsettled(`snapshot ${id} has appeared`);
  const known = new Set([...snapshots, ...repository.vanishedSnapshots]);
  await forEachPooled(known, slots, async (id) => {
    if (!snapshotsNow.has(id) && (await storage.exists(fileKey("snapshots", id), { signal })))
      throw unsettled(`snapshot ${id} is there but not listed`);
  });
}

/** The index files, once those in `written` show among them. */
async function listWith(
  written: ReadonlySet<string>,
  { options, lockView: { times } }: Repository,
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (let looks = 0; ; looks++) {
    const listed = await listFiles(options.storage, "index", signal);
    const missing = [...written].find((id) => !listed.has(id));
    if (missing === undefined) return [...listed.keys()];
    if (looks === maxLooks) throw unsettled(`index ${missing}, just written, is not listed`);
    await pause(times.settleMs * 2 ** looks, signal);
  }
}

function unsettled(what: string): RepositoryError {
  return new RepositoryError("unsettled", `the storage's listings cannot be relied on: ${what}`);
}
