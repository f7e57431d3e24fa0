/** Uploads that were begun and never completed: they are billed, and no listing shows them. */
import { never } from "../../base/abort.ts";
import { forEachPooled } from "../../base/pool.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import type { UploadPage, Uploads } from "../../storage/extras.ts";
import { pagesOf } from "../../storage/pages.ts";
import type { CallOptions, Storage } from "../../storage/storage.ts";

export type UnfinishedUpload = UploadPage["uploads"][number];

/** Those of keys that start with `prefix`, page by page. */
export async function* unfinishedUploads(
  storage: Storage,
  prefix: string,
  { signal = never }: CallOptions = {},
): AsyncGenerator<readonly UnfinishedUpload[], void, void> {
  const uploads = uploadsIn(storage);
  const pages = pagesOf(async (from) => await uploads.list({ prefix, signal, ...from }));
  for await (const page of pages) yield page.uploads;
}

/** What has arrived of it, in bytes: one request. Nothing, if it is no more. */
export async function arrivedBytes(
  storage: Storage,
  { key, id }: UnfinishedUpload,
  { signal = never }: CallOptions = {},
): Promise<number> {
  try {
    const parts = await uploadsIn(storage).parts({ key, id, signal });
    return parts.reduce((sum, { size }) => sum + size, 0);
  } catch (error) {
    if (isStorageError(error, "not-found")) return 0;
    throw error;
  }
}

/** Gives them up. One that has ended meanwhile counts as given up. */
export async function abortUploads(
  storage: Storage,
  uploads: Iterable<UnfinishedUpload>,
  {
    signal = never,
    onAborted,
  }: CallOptions & { readonly onAborted?: (upload: UnfinishedUpload) => void } = {},
): Promise<void> {
  const { abort } = uploadsIn(storage);
  await forEachPooled(uploads, storage.capabilities.concurrency, async (upload) => {
    try {
      await abort({ key: upload.key, id: upload.id, signal });
    } catch (error) {
      if (!isStorageError(error, "not-found")) throw error;
    }
    onAborted?.(upload);
  });
}

function uploadsIn(storage: Storage): Uploads {
  const { uploads } = storage.extras;
  if (!uploads) throw new StorageError("unsupported", "it knows no unfinished uploads");
  return uploads;
}
