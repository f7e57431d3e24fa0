import { forEachPooled } from "../../../base/pool.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import type { VersionFailure, VersionName, VersionsRequest } from "../../extras.ts";
import { isOfOne } from "../../refusals.ts";
import type { DeleteRequest } from "../../requests.ts";
import { elements, escaped, plainText } from "../../xml.ts";
import { refusalOf } from "./errors.ts";
import type { S3Bucket } from "./objects.ts";

/** An object, or one version of it. */
type Doomed = Pick<VersionName, "key"> & Partial<VersionName>;
type Failure = Doomed & { readonly error: StorageError };

/** Who is told, and of what: see `DeleteRequest`. */
type Told = Pick<DeleteRequest, "signal"> & {
  readonly ifMatch?: DeleteRequest["ifMatch"] | undefined;
  readonly onMark?: DeleteRequest["onMark"] | undefined;
};

/** Under way at once where each takes a request of its own. */
const slots = 4;

export interface S3Deletion {
  /** As `Driver.delete`. */
  objects(request: DeleteRequest): Promise<void>;
  /** As `Versions.deleteMany`. */
  versions(request: VersionsRequest): Promise<readonly VersionFailure[]>;
}

/**
 * Deleting up to a thousand by one request
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html), or one by one where the
 * service does not know that.
 */
export function s3Deletion(bucket: S3Bucket): S3Deletion {
  let isKnown = true;
  let isPinned = bucket.service?.pinsDeletions === true;

  /** One object, if it is in that state still. */
  const removeOne = async (one: Doomed, told: Told): Promise<Failure[]> => {
    const failures = await oneByOne(bucket, [one], told);
    if (!failures.some(({ error }) => error.kind === "unsupported")) return failures;
    isPinned = false;
    return await oneByOne(bucket, [one], { ...told, ifMatch: undefined });
  };

  const remove = async (
    all: readonly Doomed[],
    { signal, ifMatch, onMark }: Told,
  ): Promise<Failure[]> => {
    const [first] = all;
    if (first && all.length === 1 && isPinned && ifMatch !== undefined)
      return await removeOne(first, { signal, ifMatch, onMark });
    const isAlone = ({ key }: Doomed) => !isKnown || all.length === 1 || hasControlCharacter(key);
    const together = all.filter((one) => !isAlone(one));
    const failures = await oneByOne(bucket, all.filter(isAlone), { signal, onMark });
    if (together.length === 0) return failures;
    try {
      return [...failures, ...(await byOneRequest(bucket, together, { signal, onMark }))];
    } catch (error) {
      if (!isStorageError(error, "unsupported")) throw error;
      isKnown = false;
      return [...failures, ...(await oneByOne(bucket, together, { signal, onMark }))];
    }
  };

  return {
    objects: async ({ keys, onRefused, ...told }) => {
      const failures = await remove(
        keys.map((key) => ({ key })),
        told,
      );
      const [first] = failures;
      if (first && !onRefused) throw first.error;
      for (const { key, error } of failures) onRefused?.({ key, error });
    },
    versions: async ({ versions, signal }) => {
      const failures = await remove(versions, { signal });
      return failures.map(({ key, id = "", error }) => ({ key, id, error }));
    },
  };
}

async function oneByOne(
  { session, name }: S3Bucket,
  all: readonly Doomed[],
  { signal, ifMatch, onMark }: Told,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const headers = ifMatch === undefined ? {} : { "if-match": `"${ifMatch}"` };
  await forEachPooled(all, slots, async (one) => {
    signal.throwIfAborted();
    const { key, id } = one;
    try {
      const target = { key, query: { versionId: id }, headers, signal };
      const request = { operation: "DeleteObject", method: "DELETE", ...target } as const;
      const answer = (await session.ask(name, request)).headers;
      if (answer.get("x-amz-delete-marker") === "true")
        tell(onMark, key, answer.get("x-amz-version-id"));
    } catch (error) {
      // What may pass is sent again as a whole: what is gone is gone, however often it is asked.
      if (!isOfOne(error)) throw error;
      if (error.kind !== "not-found") failures.push(failed(one, error));
    }
  });
  return failures;
}

/** XML cannot carry a control character: a key that has one is deleted by a request of its own. */
function hasControlCharacter(key: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  return /[\u0000-\u001f\ufffe\uffff]/.test(key);
}

async function byOneRequest(
  { session, name }: S3Bucket,
  all: readonly Doomed[],
  { signal, onMark }: Told,
): Promise<Failure[]> {
  const objects = all.map(({ key, id }) => {
    const version = id === undefined ? "" : `<VersionId>${escaped(id)}</VersionId>`;
    return `<Object><Key>${escaped(key)}</Key>${version}</Object>`;
  });
  const { text } = await session.ask(name, {
    operation: "DeleteObjects",
    method: "POST",
    query: { delete: "" },
    headers: { "content-type": "application/xml" },
    // What was deleted is told only to whom it matters.
    body: `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>${!onMark}</Quiet>${objects.join("")}</Delete>`,
    signal,
  });
  for (const deleted of elements(text, "Deleted"))
    if (plainText(deleted, "DeleteMarker") === "true")
      tell(onMark, plainText(deleted, "Key") ?? "", plainText(deleted, "DeleteMarkerVersionId"));
  return failuresIn(text);
}

function failuresIn(text: string): Failure[] {
  const failures: Failure[] = [];
  for (const failure of elements(text, "Error")) {
    const code = plainText(failure, "Code") ?? "";
    if (code === "NoSuchKey" || code === "NoSuchVersion") continue;
    const status = code === "InternalError" ? 500 : code === "AccessDenied" ? 403 : 400;
    const { error } = refusalOf(status, new Headers(), failure);
    if (!isOfOne(error)) throw error;
    const id = plainText(failure, "VersionId");
    const one = { key: plainText(failure, "Key") ?? "", ...(id !== undefined && { id }) };
    failures.push(failed(one, error));
  }
  return failures;
}

/** The mark of a bucket whose versioning is suspended is called "null", and has replaced what was there. */
function tell(onMark: Told["onMark"], key: string, id: string | null | undefined): void {
  if (id && id !== "null") onMark?.({ key, id });
}

function failed(one: Doomed, { kind, message, details }: StorageError): Failure {
  return { ...one, error: new StorageError(kind, message, { ...details, key: one.key }) };
}
