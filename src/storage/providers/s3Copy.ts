import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ObjectInfo } from "../driver.ts";
import { isStorageError } from "../errors.ts";
import { mannerOf } from "./s3Manner.ts";
import { bareEtag, infoOf, type S3Bucket, tagsOf } from "./s3Objects.ts";
import { type Headers, withHeaders } from "./s3Options.ts";
import { uploadInParts } from "./s3Upload.ts";
import { s3Uploads } from "./s3Uploads.ts";

/** No service copies more in one request. */
const largestWholeBytes = 5 * 1024 * 1024 * 1024;

export interface ServerCopy {
  readonly from: string;
  /** Of the source; else its newest. */
  readonly versionId?: string;
  readonly to: string;
  /** What HEAD has told of the source. */
  readonly source: HeadObjectCommandOutput;
  /** What the copy is told beside; what is not told of storing it, the connection decides. */
  readonly headers?: Headers;
  /** The headers are all that the copy says of itself; else it says what the source says. */
  readonly replaces?: boolean;
  /** Fails with `conflict` if the source is no longer what `source` tells. */
  readonly onlyThis?: boolean;
  readonly signal: AbortSignal;
}

/** Has the service copy an object of whatever size. Its tags go with it. */
export async function serverCopy(bucket: S3Bucket, copy: ServerCopy): Promise<ObjectInfo> {
  const { session, name } = bucket;
  const { from, to, versionId, source, headers = {}, signal } = copy;
  const size = source.ContentLength ?? 0;
  const isWhole = size <= largestWholeBytes;
  const path = from.split("/").map(encodeURIComponent).join("/");
  const version = versionId === undefined ? "" : `?versionId=${encodeURIComponent(versionId)}`;
  const target = {
    Bucket: name,
    Key: to,
    CopySource: `${name}/${path}${version}`,
    // Parts of two states of an object would make a third that never was.
    ...((copy.onlyThis || !isWhole) &&
      source.ETag !== undefined && { CopySourceIfMatch: source.ETag }),
  };
  if (isWhole) {
    const { CopyObjectCommand } = session.sdk;
    const { CopyObjectResult: result } = await session.run(signal, (client, options) =>
      client.send(
        withHeaders(
          new CopyObjectCommand({
            ...target,
            ...(copy.replaces && { MetadataDirective: "REPLACE" }),
          }),
          headers,
        ),
        options,
      ),
    );
    return infoOf(to, size, result?.ETag, result?.LastModified);
  }
  return await uploadInParts(s3Uploads(bucket), {
    key: to,
    size,
    signal,
    headers: {
      ...(!copy.replaces && mannerOf(source)),
      ...headers,
      ...(await tagging(bucket, copy)),
    },
    sendPart: async ({ id, number, start, end }, partSignal) => {
      const { CopyPartResult } = await session.run(partSignal, (client, options) =>
        client.send(
          new session.sdk.UploadPartCopyCommand({
            ...target,
            UploadId: id,
            PartNumber: number,
            CopySourceRange: `bytes=${start}-${end - 1}`,
          }),
          options,
        ),
      );
      return { number, size: end - start, etag: bareEtag(CopyPartResult?.ETag ?? "") };
    },
  });
}

/** An upload in parts knows nothing of the object it copies, nor of its tags. */
async function tagging(
  bucket: S3Bucket,
  { from, versionId, signal }: ServerCopy,
): Promise<Headers> {
  try {
    const version = versionId === undefined ? {} : { versionId };
    const tags = await tagsOf(bucket, { key: from, signal, ...version });
    const text = new URLSearchParams({ ...tags }).toString();
    return text === "" ? {} : { "x-amz-tagging": text };
  } catch (error) {
    // What has no tags has none to lose.
    if (isStorageError(error, "unsupported") || isStorageError(error, "not-found")) return {};
    throw error;
  }
}
