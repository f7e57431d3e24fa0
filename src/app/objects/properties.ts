/** What is known of an object beside its content, and changing that without overwriting anybody. */
import { never } from "../../base/abort.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import type { Details, ObjectDetails } from "../../storage/extras.ts";
import type { EditableDetails } from "../../storage/objects.ts";
import type { CallOptions, Storage } from "../../storage/storage.ts";

export type Texts = Readonly<Record<string, string>>;

export interface Properties {
  readonly details: ObjectDetails;
  /** Absent where the storage has none, or the key may not read them. */
  readonly tags?: Texts;
}

export interface EditedProperties extends EditableDetails {
  /** Absent if they stay as they are. */
  readonly tags?: Texts;
}

/** Two requests. Fails with `not-found`, and with `unsupported` where nothing but content is kept. */
export async function readProperties(
  storage: Storage,
  key: string,
  { signal = never }: CallOptions = {},
): Promise<Properties> {
  const details = detailsOf(storage);
  const [known, tags] = await Promise.all([
    details.get({ key, signal }),
    details.tags({ key, signal }).catch(withoutTags),
  ]);
  return { details: known, ...(tags && { tags }) };
}

/**
 * Saves what differs from `before`. Fails with `conflict`, having changed nothing, if the object or
 * what is known of it is no longer as it was then. What an earlier attempt has saved already is no
 * such difference, so a save that failed half way can be repeated.
 */
export async function saveProperties(
  storage: Storage,
  before: Properties,
  edited: EditedProperties,
  { signal = never }: CallOptions = {},
): Promise<void> {
  const details = detailsOf(storage);
  const { key } = before.details.info;
  // A change of headers alone leaves the ETag of most objects as it was: it takes a look as well.
  const now = await details.get({ key, signal });
  if (!isSame(now, edited)) {
    const { version } = before.details.info;
    if (now.info.version !== version || !isSame(now, before.details)) throw changed(key);
    const { headers, metadata, storageClass } = edited;
    await details.set({
      key,
      signal,
      headers,
      metadata,
      ...(storageClass !== undefined && { storageClass }),
      ...(version !== undefined && { ifMatch: version }),
    });
  }
  const { tags } = edited;
  if (tags === undefined || isEqual(tags, before.tags)) return;
  const tagsNow = await details.tags({ key, signal });
  if (isEqual(tagsNow, tags)) return;
  if (!isEqual(tagsNow, before.tags)) throw changed(key);
  await details.setTags({ key, signal, tags });
}

function detailsOf(storage: Storage): Details {
  const { details } = storage.extras;
  if (!details) throw new StorageError("unsupported", "it keeps nothing but content");
  return details;
}

/** Many services know no tags, and many keys may not read them: the rest is worth showing. */
function withoutTags(error: unknown): undefined {
  if (isStorageError(error, "unsupported") || isStorageError(error, "denied")) return undefined;
  throw error;
}

function changed(key: string): StorageError {
  return new StorageError("conflict", `changed meanwhile: ${key}`);
}

function isSame(left: EditableDetails, right: EditableDetails): boolean {
  return (
    left.storageClass === right.storageClass &&
    isEqual(left.headers, right.headers) &&
    isEqual(left.metadata, right.metadata)
  );
}

function isEqual(left: Texts | undefined, right: Texts | undefined): boolean {
  const text = (texts: Texts = {}) =>
    JSON.stringify(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return text(left) === text(right);
}
