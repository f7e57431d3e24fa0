import { isStorageError, StorageError } from "../../errors.ts";
import type { TagsRequest } from "../../extras.ts";
import { type ObjectInfo, isSameState, type ObjectState } from "../../objects.ts";
import type { CopyRequest, KeyRequest } from "../../requests.ts";
import { retrying } from "../../retry.ts";
import { elementText } from "../../xml.ts";
import { mannerOf, taggingOf } from "./manner.ts";
import {
  bareEtag,
  type Head,
  headOf,
  infoOf,
  type S3Bucket,
  statObject,
  setTags,
  tagsOf,
} from "./objects.ts";
import type { Headers } from "./options.ts";
import { uploadInParts } from "./upload.ts";
import { s3Uploads } from "./uploads.ts";

/** Amazon copies no more in one request. */
const largestWholeBytes = 5 * 1024 * 1024 * 1024;
/** Few requests, each answered before anybody loses patience. */
const partBytes = 256 * 1024 * 1024;

export interface ServerCopy {
  readonly from: string;
  /** Of the source; else its newest. */
  readonly versionId?: string;
  readonly to: string;
  /** What HEAD has told of the source. */
  readonly source: Head;
  /** What the copy is told beside; what is not told of storing it, the connection decides. */
  readonly headers?: Headers;
  /** The headers are all that the copy says of itself; else it says what the source says. */
  readonly replaces?: boolean;
  /** Fails with `conflict` if the source is no longer what `source` tells. */
  readonly onlyThis?: boolean;
  /** Fails with `conflict` if there is something at `to`, where the service heeds that. */
  readonly ifAbsent?: boolean;
  readonly signal: AbortSignal;
}

/** As `Driver.copy`. */
export async function copyObject(
  bucket: S3Bucket,
  { from, to, source: known, ifAbsent = false, signal }: CopyRequest,
): Promise<ObjectInfo> {
  const source = await sourceOf(bucket, { key: from, signal }, known);
  const onlyThis = bucket.service?.pinsCopies === true;
  return await serverCopy(bucket, { from, to, source, ifAbsent, onlyThis, signal });
}

/** What has to be known of the source: what is known already, where the copy is pinned to that. */
async function sourceOf(
  bucket: S3Bucket,
  request: KeyRequest,
  known: ObjectState | undefined,
): Promise<Head> {
  const { pinsCopies = false } = bucket.service ?? {};
  if (pinsCopies && known?.version !== undefined && fitsWhole(bucket, known.size))
    return headAs(known);
  const now = await statObject(bucket, request);
  if (known && !isSameState(known, now))
    throw new StorageError("conflict", `changed meanwhile: ${request.key}`);
  // What a copy in parts has to be told, only the whole of its head tells.
  return fitsWhole(bucket, now.size) ? headAs(now) : await headOf(bucket, request);
}

function headAs({ size, version }: ObjectState): Head {
  return {
    ContentLength: size,
    ...(version !== undefined && { ETag: `"${version}"` }),
    $metadata: {},
  };
}

/** Who cannot copy parts copies any size in one request. */
function fitsWhole({ service }: S3Bucket, size: number): boolean {
  return size <= largestWholeBytes || service?.copiesParts === false;
}

type Tags = Readonly<Record<string, string>>;

/** Has the service copy an object of whatever size. Its tags go with it. */
export async function serverCopy(bucket: S3Bucket, copy: ServerCopy): Promise<ObjectInfo> {
  const { to, replaces = false, source, signal } = copy;
  const isWhole = fitsWhole(bucket, source.ContentLength);
  // What a plain copy takes along by itself.
  const tags = replaces || !isWhole ? await tagsToKeep(bucket, copy, isWhole) : {};
  const made = isWhole ? await copyWhole(bucket, copy) : await copyParts(bucket, copy, tags);
  await keepTags(bucket, { key: to, tags, signal });
  return made;
}

async function copyWhole(bucket: S3Bucket, copy: ServerCopy): Promise<ObjectInfo> {
  const { session, name } = bucket;
  const { to, source, replaces, onlyThis, ifAbsent, signal } = copy;
  const { text } = await session.ask(name, {
    operation: "CopyObject",
    method: "PUT",
    key: to,
    headers: {
      "x-amz-copy-source": copySource(bucket, copy),
      ...(onlyThis && source.ETag !== undefined && { "x-amz-copy-source-if-match": source.ETag }),
      ...(replaces && { "x-amz-metadata-directive": "REPLACE" }),
      ...(ifAbsent && { "if-none-match": "*" }),
      ...copy.headers,
    },
    signal,
  });
  const modified = new Date(elementText(text, "LastModified") ?? "");
  const time = Number.isNaN(modified.getTime()) ? undefined : modified;
  return infoOf(to, source.ContentLength, elementText(text, "ETag"), time);
}

/** An upload in parts knows nothing of the object it copies: it is told all. */
async function copyParts(bucket: S3Bucket, copy: ServerCopy, tags: Tags): Promise<ObjectInfo> {
  const { session, name } = bucket;
  const { to, source, replaces, headers, ifAbsent, signal } = copy;
  return await uploadInParts(s3Uploads(bucket), {
    key: to,
    size: source.ContentLength,
    leastPartBytes: partBytes,
    signal,
    ...(ifAbsent && { ifAbsent }),
    headers: {
      ...(!replaces && mannerOf(source)),
      ...headers,
      ...(Object.keys(tags).length > 0 && {
        "x-amz-tagging": taggingOf(tags),
      }),
    },
    sendPart: async ({ id, number, start, end }, partSignal) => {
      const input = {
        Bucket: name,
        Key: to,
        UploadId: id,
        PartNumber: number,
        CopySource: copySource(bucket, copy),
        CopySourceRange: `bytes=${start}-${end - 1}`,
        // Parts of two states of an object would make a third that never was.
        ...(source.ETag !== undefined && { CopySourceIfMatch: source.ETag }),
      };
      const { CopyPartResult } = await session.run(partSignal, (client, options, sdk) =>
        client.send(new sdk.UploadPartCopyCommand(input), options),
      );
      return { number, size: end - start, etag: bareEtag(CopyPartResult?.ETag ?? "") };
    },
  });
}

/** An object, as copies name their source. */
export function copySource(
  { name, accessPoint }: Pick<S3Bucket, "name" | "accessPoint">,
  { from, versionId }: Pick<ServerCopy, "from" | "versionId">,
): string {
  const bucket = accessPoint === undefined ? name : `${accessPoint}/object`;
  const path = `${bucket}/${from}`.split("/").map(encodeURIComponent).join("/");
  return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
}

async function tagsToKeep(
  bucket: S3Bucket,
  { from, versionId, signal }: ServerCopy,
  isWhole: boolean,
): Promise<Tags> {
  try {
    return await tagsOf(bucket, { key: from, versionId, signal });
  } catch (error) {
    // What has no tags has none to lose; and Amazon takes those along that we may not see.
    if (isStorageError(error, "unsupported") || isStorageError(error, "not-found")) return {};
    if (isStorageError(error, "denied") && isWhole) return {};
    throw error;
  }
}

/** Ceph 16 drops them from what comes in parts, and from a copy that says something new of itself. */
export async function keepTags(bucket: S3Bucket, request: TagsRequest): Promise<void> {
  const { tags, signal } = request;
  if (Object.keys(tags).length === 0) return;
  await retrying(signal, async () => {
    const kept = await tagsOf(bucket, request);
    if (Object.keys(kept).length === 0) await setTags(bucket, request);
  });
}
