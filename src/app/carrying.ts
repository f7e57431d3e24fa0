/** One object from one storage to another, by way of this computer. */
import { pathBelow, readLocal, removeLocal, writeBelow } from "../engine/localFiles.ts";
import type { ObjectInfo, ReadReply } from "../storage/driver.ts";
import { type ErrorKind, isStorageError, StorageError } from "../storage/errors.ts";
import type { EditableDetails, ObjectDetails } from "../storage/extras.ts";
import type { Storage } from "../storage/storage.ts";
import { contentTypeOf } from "./contentTypes.ts";

interface End {
  readonly storage: Storage;
  readonly key: string;
}

export interface CarryOptions {
  readonly size: number;
  readonly signal: AbortSignal;
  /** A folder of this computer. Without one, what is too large for memory is `unsupported`. */
  readonly spool?: string | undefined;
}

/** Eight at once take no more than eight times this. */
const inMemoryBytes = 32 * 1024 * 1024;

/**
 * Copies the object with its headers and metadata, as far as both storages know of such. What is
 * too large for memory goes through a file, so that the sending can start over after a failure.
 */
export async function carry(from: End, to: End, options: CarryOptions): Promise<void> {
  const { size, signal, spool } = options;
  const details = await from.storage.extras.details?.get({ key: from.key, signal });
  const tags = to.storage.extras.details ? await tagsOf(from, signal) : {};
  const said = { ...(details && { details: portable(details) }), ...tags };
  const send = async (body: Blob) => await writeDescribed(to, body, said, { signal });
  if (size <= inMemoryBytes) {
    const whole = async ({ body }: ReadReply) => await new Response(body).blob();
    await send(await from.storage.read(from.key, whole, { signal }));
    return;
  }
  if (spool === undefined)
    throw new StorageError("unsupported", "too large to be copied through memory");
  const name = `carried-${crypto.randomUUID()}`;
  const path = pathBelow(spool, [name]);
  try {
    await from.storage.read(
      from.key,
      async ({ body }) => await writeBelow(spool, [name], body, { signal }),
      { signal },
    );
    await send(await readLocal(path));
  } finally {
    await removeLocal(path);
  }
}

/** What an object says beside its bytes. */
export interface Said {
  readonly details?: EditableDetails;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Writes an object that says this of itself, as far as the storage knows of such. */
export async function writeDescribed(
  { storage, key }: End,
  body: Blob,
  { details, tags = {} }: Said,
  { signal, ifMatch }: { readonly signal: AbortSignal; readonly ifMatch?: string },
): Promise<ObjectInfo> {
  const contentType = details?.headers["content-type"] ?? contentTypeOf(key);
  const written = await storage.write(key, body, {
    signal,
    ...(contentType !== undefined && { contentType }),
    ...(ifMatch !== undefined && { ifMatch }),
  });
  const described = await describe({ storage, key }, written, details, signal);
  if (Object.keys(tags).length > 0) await storage.extras.details?.setTags({ key, tags, signal });
  return described;
}

/** Has what was just written say the same of itself as another object did, perhaps elsewhere. */
export async function describeAs(
  end: End,
  written: ObjectInfo,
  details: ObjectDetails | undefined,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  return await describe(end, written, details && portable(details), signal);
}

/** The classes of one service mean nothing to another. */
function portable({ headers, metadata }: ObjectDetails): EditableDetails {
  return { headers, metadata };
}

async function describe(
  { storage, key }: End,
  written: ObjectInfo,
  details: EditableDetails | undefined,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  const target = storage.extras.details;
  if (!target || !details || !hasMore(details)) return written;
  const { headers, metadata, storageClass } = details;
  return await target.set({
    key,
    headers,
    metadata,
    signal,
    ...(storageClass !== undefined && { storageClass }),
    ...(written.version !== undefined && { ifMatch: written.version }),
  });
}

/** An object's tags; none where the key may not read them, or the storage has none. */
export async function tagsOf(
  { storage, key }: End,
  signal: AbortSignal,
): Promise<Pick<Said, "tags">> {
  try {
    const tags = await storage.extras.details?.tags({ key, signal });
    return tags ? { tags } : {};
  } catch (error) {
    if (isStorageError(error) && without.has(error.kind)) return {};
    throw error;
  }
}
const without: ReadonlySet<ErrorKind> = new Set<ErrorKind>(["denied", "unsupported", "not-found"]);

/** Whether there is more to say of it than what a write says anyway. */
function hasMore({ headers, metadata, storageClass }: EditableDetails): boolean {
  return (
    storageClass !== undefined ||
    Object.keys(metadata).length > 0 ||
    Object.keys(headers).some((name) => name !== "content-type")
  );
}
