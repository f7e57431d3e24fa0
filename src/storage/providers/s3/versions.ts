import { isStorageError, StorageError } from "../../errors.ts";
import type {
  Condition,
  ObjectVersion,
  VersionListRequest,
  VersionPage,
  VersionRequest,
  Versions,
} from "../../extras.ts";
import type { ObjectInfo } from "../../objects.ts";
import { elementsOf, plainText } from "../../xml.ts";
import type { S3Config } from "./client.ts";
import { notS3 } from "./errors.ts";
import { serverCopy } from "./copy.ts";
import type { S3Deletion } from "./deletion.ts";
import { keeping } from "./manner.ts";
import {
  endless,
  expectState,
  headOf,
  infoOf,
  nextKey,
  plainKey,
  readObject,
  type S3Bucket,
  markersOf,
  sizeIn,
} from "./objects.ts";

/**
 * What a bucket keeps of earlier states
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html).
 */
export function s3Versions(
  bucket: S3Bucket,
  { service = {} }: S3Config,
  deletion: S3Deletion,
): Versions {
  const isEncoded = service.urlEncoding !== false;
  return {
    list: async (request) => await list(bucket, isEncoded, request),
    read: async ({ id, ...request }, use) =>
      await ofContent(async () => await readObject(bucket, { ...request, versionId: id }, use)),
    restore: async (request) => await restore(bucket, request),
    delete: async ({ key, id, signal }) => {
      const [failure] = await deletion.versions({ versions: [{ key, id }], signal });
      if (failure) throw failure.error;
    },
    deleteMany: deletion.versions,
  };
}

async function list(
  { session, name }: S3Bucket,
  isEncoded: boolean,
  { prefix, shallow, cursor, signal }: VersionListRequest,
): Promise<VersionPage> {
  const [key, id] = cursor === undefined ? [] : markersOf(cursor);
  const { text } = await session.ask(name, {
    operation: "ListObjectVersions",
    method: "GET",
    query: {
      versions: "",
      prefix,
      // Without it a key with a control character makes the page no XML that others could read.
      "encoding-type": isEncoded ? "url" : undefined,
      delimiter: shallow ? "/" : undefined,
      "key-marker": key,
      "version-id-marker": id,
    },
    signal,
  });
  // Every S3 names the bucket; a page of HTML does not, nor one that was cut off end like this.
  if (!/<\/List\w+Result>\s*$/.test(text.slice(-64))) throw notS3();
  if (plainText(text, "Name") === undefined) throw notS3();
  const plain = plainKey(plainText(text, "EncodingType"));
  const told = versionsIn(text, plain);
  const versions = inOrder(told);
  if (plainText(text, "IsTruncated") !== "true") return { versions };
  return { versions, cursor: cursorIn(text, told.at(-1), plain) };
}

/** Behind which version of which key the next page begins; `last` is the last that this one tells. */
function cursorIn(
  text: string,
  last: ObjectVersion | undefined,
  plain: (key: string) => string,
): string {
  const marker = plainText(text, "NextKeyMarker");
  if (!marker) throw endless();
  const key = nextKey(marker, last?.key, plain);
  const id = plainText(text, "NextVersionIdMarker");
  // Swift calls every version "null" here, and then finds nothing behind it.
  const isVague = !id || id === "null";
  const nextId = isVague && last?.key === key ? last.id : id;
  return JSON.stringify([key, ...(nextId ? [nextId] : [])]);
}

/** Versions and marks of deletions in the order in which the answer has them, the newest of a key first. */
function versionsIn(xml: string, plain: (key: string) => string): ObjectVersion[] {
  return Array.from(elementsOf(xml, ["Version", "DeleteMarker"]), ([element, inner]) => {
    const modified = new Date(plainText(inner, "LastModified") ?? "");
    const isDeletion = element === "DeleteMarker";
    const info = infoOf(
      plain(plainText(inner, "Key") ?? ""),
      isDeletion ? 0 : sizeIn(inner),
      plainText(inner, "ETag"),
      Number.isNaN(modified.getTime()) ? undefined : modified,
    );
    return {
      ...info,
      id: plainText(inner, "VersionId") ?? "null",
      isLatest: plainText(inner, "IsLatest") === "true",
      isDeletion,
    };
  });
}

/**
 * Key by key, the newest of each first, as Amazon tells them. Some tell all versions and then all
 * marks of deletions, or the other way round (SeaweedFS, versitygw).
 */
function inOrder(found: ObjectVersion[]): ObjectVersion[] {
  const changes = found.filter(
    ({ isDeletion }, i) => i > 0 && isDeletion !== found[i - 1]?.isDeletion,
  );
  if (changes.length !== 1) return found;
  return found.toSorted(
    (one, other) =>
      Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)) ||
      Number(other.isLatest) - Number(one.isLatest) ||
      (other.modified?.getTime() ?? 0) - (one.modified?.getTime() ?? 0),
  );
}

async function restore(bucket: S3Bucket, request: VersionRequest & Condition): Promise<ObjectInfo> {
  const { key, id, signal } = request;
  return await ofContent(async () => {
    const source = await headOf(bucket, { key, versionId: id, signal });
    // It becomes as it was: also in how it is stored.
    const headers = keeping(source);
    await expectState(bucket, request);
    return await serverCopy(bucket, { from: key, versionId: id, to: key, source, headers, signal });
  });
}

/** The mark of a deletion answers a read by "method not allowed"; there is nothing to be read. */
async function ofContent<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isStorageError(error) || error.details.status !== 405) throw error;
    throw new StorageError("not-found", "this version marks a deletion", error.details);
  }
}
