/** What is in a bucket, and emptying it: no more than somebody has seen and agreed to. */
import { never } from "../../base/abort.ts";
import { batches, forEachPooled } from "../../base/pool.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { ObjectVersion, VersionFailure, Versions } from "../../storage/extras.ts";
import { pagesOf } from "../../storage/pages.ts";
import type { CallOptions, Storage } from "../../storage/storage.ts";
import { abortUploads, unfinishedUploads, type UnfinishedUpload } from "./unfinishedUploads.ts";

/** Counting ends here: a page of a thousand costs a request. */
const mostCounted = 20_000;
const pageSize = 1000;
/** A batch of a thousand keeps a service busy for seconds. */
const batchesAtOnce = 3;

/** What was found, and all that may be deleted. */
export interface BucketContents {
  /** Objects that are there now. */
  readonly objects: number;
  /** Earlier versions and marks of deletions. */
  readonly earlier: number;
  /** Of all of them. */
  readonly bytes: number;
  readonly uploads: readonly UnfinishedUpload[];
  /** There is more than was counted. */
  readonly isMore: boolean;
  /** What was counted, to be deleted and nothing else. */
  readonly versions: readonly ObjectVersion[];
}

/** Looks at everything there is, up to 20,000 of it. */
export async function bucketContents(
  storage: Storage,
  { signal = never }: CallOptions = {},
): Promise<BucketContents> {
  const versions: ObjectVersion[] = [];
  let isMore = false;
  for await (const page of everything(storage, signal)) {
    versions.push(...page);
    isMore = versions.length > mostCounted;
    if (isMore) break;
  }
  const uploads: UnfinishedUpload[] = [];
  if (storage.extras.uploads && !isMore)
    for await (const page of offered(unfinishedUploads(storage, "", { signal }))) {
      uploads.push(...page);
      isMore = uploads.length > mostCounted;
      if (isMore) break;
    }
  const objects = versions.filter(({ isLatest, isDeletion }) => isLatest && !isDeletion).length;
  return {
    versions,
    uploads,
    isMore,
    objects,
    earlier: versions.length - objects,
    bytes: versions.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Whether there is nothing in it at all. */
export function isEmpty({ versions, uploads, isMore }: BucketContents): boolean {
  return versions.length === 0 && uploads.length === 0 && !isMore;
}

/**
 * Deletes what `agreed` names and nothing else: what came in since then stays, and the bucket then
 * is not empty. With `isMore`, somebody has agreed to all there is, and all there is goes. Gives
 * what may not be deleted, as what is locked; it stops nothing else.
 */
export async function emptyBucket(
  storage: Storage,
  agreed: BucketContents,
  {
    signal = never,
    onDeleted = () => {},
  }: CallOptions & { readonly onDeleted?: (done: number) => void } = {},
): Promise<readonly VersionFailure[]> {
  let done = 0;
  const keeper = await keeperOf(storage, signal);
  const told = { signal, onDeleted: (count: number) => onDeleted((done += count)) };
  const failures = [...(await deleteVersions(storage, agreed.versions, keeper, told))];
  if (agreed.isMore) {
    const tried = new Set(failures.map(({ key, id }) => `${id} ${key}`));
    for await (const page of everything(storage, signal)) {
      const rest = page.filter(({ key, id }) => !tried.has(`${id} ${key}`));
      failures.push(...(await deleteVersions(storage, rest, keeper, told)));
    }
  }
  const uploads = agreed.isMore ? await allUploads(storage, signal) : agreed.uploads;
  if (uploads.length > 0)
    await abortUploads(storage, uploads, { signal, onAborted: () => onDeleted(++done) });
  return failures;
}

async function deleteVersions(
  storage: Storage,
  versions: readonly ObjectVersion[],
  keeper: Versions | undefined,
  { signal, onDeleted }: { signal: AbortSignal; onDeleted: (count: number) => void },
): Promise<readonly VersionFailure[]> {
  const failures: VersionFailure[] = [];
  const { deleteBatch } = storage.capabilities;
  await forEachPooled(batches(versions, deleteBatch), batchesAtOnce, async (batch) => {
    signal.throwIfAborted();
    const failed = keeper
      ? await keeper.deleteMany({ versions: batch.map(({ key, id }) => ({ key, id })), signal })
      : await deleteObjects(storage, batch, signal);
    failures.push(...failed);
    onDeleted(batch.length - failed.length);
  });
  return failures;
}

/** One failure of a batch stands for it: what else there is in it may be gone. */
async function deleteObjects(
  storage: Storage,
  batch: readonly ObjectVersion[],
  signal: AbortSignal,
): Promise<readonly VersionFailure[]> {
  try {
    const keys = batch.map(({ key }) => key);
    await storage.delete(keys, { signal });
    return [];
  } catch (error) {
    if (!isStorageError(error, "denied") || error.details.key === undefined) throw error;
    return [{ key: error.details.key, id: "null", error }];
  }
}

/**
 * Who deletes version by version. Nobody where none was ever kept: then a thousand objects go with
 * one request, which elsewhere would only mark them as deleted.
 */
async function keeperOf(storage: Storage, signal: AbortSignal): Promise<Versions | undefined> {
  const { versions, rules } = storage.extras;
  if (!versions || !rules) return versions;
  try {
    return (await rules.versioning({ signal })) === "off" ? undefined : versions;
  } catch (error) {
    if (isStorageError(error, "unsupported")) return undefined;
    if (isStorageError(error, "denied")) return versions;
    throw error;
  }
}

/** Every version of every object, or every object where no versions are known. */
async function* everything(
  storage: Storage,
  signal: AbortSignal,
): AsyncGenerator<readonly ObjectVersion[], void, void> {
  const { versions } = storage.extras;
  if (!versions) {
    yield* objects(storage, signal);
    return;
  }
  let hasBegun = false;
  try {
    for await (const page of pagesOf((from) => versions.list({ prefix: "", signal, ...from }))) {
      hasBegun = true;
      yield page.versions;
    }
  } catch (error) {
    if (!isStorageError(error, "unsupported") || hasBegun) throw error;
    yield* objects(storage, signal);
  }
}

async function* objects(
  storage: Storage,
  signal: AbortSignal,
): AsyncGenerator<readonly ObjectVersion[], void, void> {
  let page: ObjectVersion[] = [];
  for await (const { type, ...entry } of storage.list("", { signal })) {
    if (type !== "object") continue;
    page.push({ size: 0, ...entry, id: "null", isLatest: true, isDeletion: false });
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  yield page;
}

async function allUploads(
  storage: Storage,
  signal: AbortSignal,
): Promise<readonly UnfinishedUpload[]> {
  if (!storage.extras.uploads) return [];
  const pages = await Array.fromAsync(offered(unfinishedUploads(storage, "", { signal })));
  return pages.flat();
}

/** Nothing, where the service does not know the question. */
async function* offered<T>(pages: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  try {
    yield* pages;
  } catch (error) {
    if (!isStorageError(error, "unsupported")) throw error;
  }
}
