/** Earlier states of objects: listing them, finding what was deleted, and bringing it back. */
import { never } from "../../base/abort.ts";
import { batches } from "../../base/pool.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import type { ObjectVersion, VersionFailure, VersionPage, Versions } from "../../storage/extras.ts";
import { pagesOf } from "../../storage/pages.ts";
import type { CallOptions, Storage } from "../../storage/storage.ts";

/** Fails with `unsupported` where nothing is kept. */
export function versionsIn(storage: Storage): Versions {
  const { versions } = storage.extras;
  if (!versions) throw new StorageError("unsupported", "it keeps no versions");
  return versions;
}

/** The next versions of one object, newest first; with a cursor while there may be more. */
export async function versionsOf(
  storage: Storage,
  key: string,
  { cursor, signal = never }: CallOptions & { readonly cursor?: string } = {},
): Promise<VersionPage> {
  const page = await versionsIn(storage).list({
    prefix: key,
    signal,
    ...(cursor !== undefined && { cursor }),
  });
  const own = page.versions.filter((version) => version.key === key);
  // Keys come in order: behind the first other one there is nothing more of this one.
  const isOver = own.length < page.versions.length;
  return { versions: own, ...(page.cursor !== undefined && !isOver && { cursor: page.cursor }) };
}

/**
 * Makes an earlier version current again. Fails with `conflict` if what is current is not what
 * `shown` says any more: somebody has written since.
 */
export async function restoreVersion(
  storage: Storage,
  { key, id }: ObjectVersion,
  shown: readonly ObjectVersion[],
  { signal = never }: CallOptions = {},
): Promise<void> {
  const current = shown.find(({ isLatest }) => isLatest);
  const version = current?.version;
  const isThere = current !== undefined && !current.isDeletion;
  const condition = isThere ? version !== undefined && { ifMatch: version } : { ifAbsent: true };
  await versionsIn(storage).restore({ key, id, signal, ...condition });
}

/**
 * Whether a storage keeps what is overwritten or deleted: `suspended` means only what was there before,
 * `never` that this kind of storage cannot; a key that may not see it leaves it unknown.
 */
export type Keeping = "on" | "off" | "suspended" | "unknown" | "never";

/** One request. */
export async function keepingOf(
  storage: Storage,
  { signal = never }: CallOptions = {},
): Promise<Keeping> {
  const { rules, versions } = storage.extras;
  if (!versions) return "never";
  try {
    return (await rules?.versioning({ signal })) ?? "unknown";
  } catch (error) {
    if (isStorageError(error)) return "unknown";
    throw error;
  }
}

/** An object that is there no more, but whose content is. */
export interface DeletedObject {
  readonly key: string;
  /** Its content when it was deleted. */
  readonly last: ObjectVersion;
  /** The marks of its deletion, newest first: deleting twice makes two. */
  readonly marks: readonly ObjectVersion[];
}

export interface DeletedFound {
  /** Versions looked at, in all. */
  readonly looked: number;
  /** Found since the last time. */
  readonly found: readonly DeletedObject[];
}

/** Looks for deleted objects under `prefix`, page by page, as far as it is asked to go on. */
export async function* deletedObjects(
  storage: Storage,
  prefix: string,
  { signal = never }: CallOptions = {},
): AsyncGenerator<DeletedFound, void, void> {
  const versions = versionsIn(storage);
  let looked = 0;
  /** Of the last key of a page, whose other versions may be on the next. */
  let open: readonly ObjectVersion[] = [];
  for await (const page of pagesOf((from) => versions.list({ prefix, signal, ...from }))) {
    const { cursor } = page;
    looked += page.versions.length;
    const groups = Object.values(
      Object.groupBy([...open, ...page.versions], ({ key }) => `/${key}`),
    );
    open = (cursor !== undefined && groups.at(-1)) || [];
    const whole = cursor === undefined ? groups : groups.slice(0, -1);
    yield { looked, found: whole.flatMap((group) => deleted(group ?? []) ?? []) };
  }
}

/**
 * Takes the marks of their deletion away, so that their last content is current again. Gives the
 * marks that may not be taken away: their objects stay deleted.
 */
export async function bringBack(
  storage: Storage,
  objects: readonly DeletedObject[],
  {
    signal = never,
    onRemoved = () => {},
  }: CallOptions & { readonly onRemoved?: (marks: number) => void } = {},
): Promise<readonly VersionFailure[]> {
  const versions = versionsIn(storage);
  const failures: VersionFailure[] = [];
  // An object's marks stay together, since it is back with the last of them.
  for (const group of batches(objects, storage.capabilities.deleteBatch)) {
    const marks = group.flatMap((object) => object.marks.map(({ key, id }) => ({ key, id })));
    for (const some of batches(marks, storage.capabilities.deleteBatch)) {
      const failed = await versions.deleteMany({ versions: some, signal });
      failures.push(...failed);
      onRemoved(some.length - failed.length);
    }
    const stay = new Set(failures.map(({ key }) => key));
    const back = group.filter(({ key }) => !stay.has(key));
    const [first] = back;
    if (!first || (await storage.exists(first.key, { signal }))) continue;
    // Swift takes the marks away and shows nothing below them.
    for (const { key, last } of back)
      await versions.restore({ key, id: last.id, signal, ifAbsent: true });
  }
  return failures;
}

/** The object, if the newest of its versions say that it was deleted and there is one below them. */
function deleted(versions: readonly ObjectVersion[]): DeletedObject | undefined {
  const content = versions.findIndex(({ isDeletion }) => !isDeletion);
  const last = versions[content];
  return last && content > 0
    ? { key: last.key, last, marks: versions.slice(0, content) }
    : undefined;
}
