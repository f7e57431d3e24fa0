import { createHash } from "node:crypto";
import { isStorageError, StorageError } from "../../errors.ts";
import type {
  UploadBeginRequest,
  UploadBegun,
  UploadCompleteRequest,
  UploadedPart,
  UploadListRequest,
  UploadPage,
  UploadPartRequest,
  UploadRequest,
  Uploads,
} from "../../extras.ts";
import type { ObjectInfo } from "../../objects.ts";
import { withHeaders } from "./commands.ts";
import { saying } from "./manner.ts";
import {
  bareEtag,
  endless,
  expectState,
  headOf,
  infoOf,
  type S3Bucket,
  statObject,
  markersOf,
  tellsContent,
} from "./objects.ts";
import type { Headers } from "./options.ts";
import type { S3Service } from "./service.ts";

const mebibyte = 1024 * 1024;
/** Small enough to be sent again without regret, large enough to keep the number of requests low. */
const usualPartBytes = 16 * mebibyte;
/** Of what is not large a part is a greater share, and there are few of them. */
const smallPartBytes = 8 * mebibyte;
const largeBytes = 256 * mebibyte;
/** No service takes a larger part. */
const largestPartBytes = 5 * 1024 * mebibyte;

export interface S3Uploads extends Uploads {
  /** The object is told to be what the headers say, beside. */
  begin(request: UploadBeginRequest & { readonly headers?: Headers }): Promise<UploadBegun>;
}

/**
 * Objects in parts, by the operations of the S3 API that are named in `CreateMultipartUpload`'s page
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html).
 */
export function s3Uploads(bucket: S3Bucket): S3Uploads {
  /** Uploads whose completion was sent and not answered. */
  const perhapsComplete = new Set<string>();
  return {
    begin: async (request) => await begin(bucket, request),
    part: async (request) => await part(bucket, request),
    parts: async (request) => await parts(bucket, request),
    complete: async (request) => {
      const isLost = perhapsComplete.has(request.id);
      try {
        if (!bucket.conditionalParts) await expectState(bucket, request);
        const info = await complete(bucket, request);
        perhapsComplete.delete(request.id);
        return info;
      } catch (error) {
        if (isStorageError(error, "unreachable") || request.signal.aborted)
          perhapsComplete.add(request.id);
        if (!(await isGone(bucket, request, error))) {
          // After Amazon's 409, unlike its 412, an upload is of no use any more.
          if (isUpset(request, error)) await abort(bucket, request);
          throw unmet(request, error);
        }
        // Completed by a request whose answer was lost, the upload is gone and the object there.
        const made = await objectOf(bucket, request, isLost);
        perhapsComplete.delete(request.id);
        if (!made) throw noUpload(error);
        return made;
      }
    },
    abort: async (request) => {
      await abort(bucket, request);
      perhapsComplete.delete(request.id);
    },
    list: async (request) => await list(bucket, request),
  };
}

/**
 * How large the parts of so large an object are, within what the service takes. Fails with
 * `unsupported` if it takes too many.
 */
export function partBytesFor(
  size: number,
  maxParts: number,
  { leastPartBytes = 0, mostPartBytes = largestPartBytes }: S3Service = {},
): number {
  const needed = Math.ceil(size / maxParts / mebibyte) * mebibyte;
  const usual = size < largeBytes ? smallPartBytes : usualPartBytes;
  const partBytes = Math.max(usual, leastPartBytes, needed);
  if (partBytes > mostPartBytes)
    throw new StorageError("unsupported", `${size} bytes do not fit into ${maxParts} parts`, {
      field: "maxUploadParts",
    });
  return partBytes;
}

async function begin(
  { session, name, maxUploadParts, service }: S3Bucket,
  { key, size, contentType, details, headers = {}, signal }: Parameters<S3Uploads["begin"]>[0],
): Promise<UploadBegun> {
  const partBytes = partBytesFor(size, maxUploadParts, service);
  const { UploadId } = await session.run(signal, (client, options, sdk) =>
    client.send(
      withHeaders(
        new sdk.CreateMultipartUploadCommand({
          Bucket: name,
          Key: key,
          ...(contentType !== undefined && { ContentType: contentType }),
        }),
        { ...saying(details), ...headers },
      ),
      options,
    ),
  );
  if (UploadId === undefined) throw new StorageError("unexpected", "an upload without an id");
  return { id: UploadId, partBytes };
}

async function part(
  { session, name }: S3Bucket,
  { key, id, number, body, signal }: UploadPartRequest,
): Promise<UploadedPart> {
  const { headers } = await session.ask(name, {
    operation: "UploadPart",
    method: "PUT",
    key,
    query: { partNumber: String(number), uploadId: id },
    headers: { "content-type": "application/octet-stream" },
    body,
    signal,
  });
  return { number, size: body.size, etag: bareEtag(headers.get("etag") ?? "") };
}

async function parts(
  { session, name }: S3Bucket,
  { key, id, signal }: UploadRequest,
): Promise<readonly UploadedPart[]> {
  const found: UploadedPart[] = [];
  for (let marker: string | undefined; ;) {
    const reply = await session.run(signal, (client, options, sdk) =>
      client.send(
        new sdk.ListPartsCommand({
          Bucket: name,
          Key: key,
          UploadId: id,
          ...(marker !== undefined && { PartNumberMarker: marker }),
        }),
        options,
      ),
    );
    for (const { PartNumber, Size, ETag } of reply.Parts ?? [])
      if (PartNumber !== undefined)
        found.push({ number: PartNumber, size: Size ?? 0, etag: bareEtag(ETag ?? "") });
    const next = reply.NextPartNumberMarker;
    if (!reply.IsTruncated || next === undefined) return found;
    if (Number(next) <= Number(marker ?? 0))
      throw new StorageError("unexpected", "listing does not advance");
    marker = next;
  }
}

async function complete(bucket: S3Bucket, request: UploadCompleteRequest): Promise<ObjectInfo> {
  const { session, name, conditionalParts } = bucket;
  const { key, id, size, ifAbsent, ifMatch, signal } = request;
  const Parts = inOrder(request.parts).map(({ number, etag }) => ({
    PartNumber: number,
    ETag: `"${etag}"`,
  }));
  const { ETag } = await session.run(signal, (client, options, sdk) =>
    client.send(
      new sdk.CompleteMultipartUploadCommand({
        Bucket: name,
        Key: key,
        UploadId: id,
        MultipartUpload: { Parts },
        ...(conditionalParts && ifAbsent && { IfNoneMatch: "*" }),
        ...(conditionalParts && ifMatch !== undefined && { IfMatch: `"${ifMatch}"` }),
      }),
      options,
    ),
  );
  const expected = etagOf(request.parts);
  if (ETag !== undefined && bareEtag(ETag) === expected) return infoOf(key, size, ETag);
  // Ceph 16 tells no ETag here, and encryption makes others: then the object itself is looked at.
  const head = await headOf(bucket, { key, signal });
  const made = infoOf(key, head.ContentLength, head.ETag, head.LastModified);
  const ofParts = /^[0-9a-f]{32}-(\d+)$/.exec(made.version ?? "")?.[1];
  const isOther =
    (ofParts !== undefined && Number(ofParts) !== request.parts.length) ||
    (bucket.service?.partsEtag === true && tellsContent(head) && made.version !== expected);
  if (made.size === size && !isOther) return made;
  const what = `${made.size} bytes, ETag ${made.version} instead of ${size} bytes, ${expected}`;
  throw new StorageError("corrupt", `not what was sent: ${what}`);
}

/** Whether a completion failed because there is no such upload. */
async function isGone(
  bucket: S3Bucket,
  { key, id, ifMatch, signal }: UploadCompleteRequest,
  error: unknown,
): Promise<boolean> {
  if (!isStorageError(error)) return false;
  const { kind, details } = error;
  if (kind === "not-found" && (details.reason !== undefined || ifMatch === undefined))
    return details.reason === undefined;
  // A conflict may be one with what an attempt before has made, whose answer was lost. And Ceph says
  // that the completion of an upload that is no more is under way already, for ever.
  const isUnsure = kind === "not-found" || kind === "conflict" || (details.status ?? 0) >= 500;
  if (!isUnsure) return false;
  try {
    await parts(bucket, { key, id, signal });
    return false;
  } catch (failure) {
    signal.throwIfAborted();
    return isStorageError(failure, "not-found");
  }
}

/** Whether another writer came in between: then it has to begin anew. */
function isUpset({ ifAbsent, ifMatch }: UploadCompleteRequest, error: unknown): boolean {
  const isConditional = ifAbsent === true || ifMatch !== undefined;
  return isConditional && isStorageError(error, "conflict") && error.details.status === 409;
}

/** Amazon answers a condition on an object that is gone by saying that there is none. */
function unmet({ ifMatch }: UploadCompleteRequest, error: unknown): unknown {
  const isMissing = isStorageError(error, "not-found") && error.details.reason === undefined;
  if (ifMatch === undefined || !isMissing) return error;
  return new StorageError("conflict", error.message, error.details);
}

function noUpload(error: unknown): StorageError {
  if (isStorageError(error, "not-found")) return error;
  const details = isStorageError(error) ? error.details : {};
  return new StorageError("not-found", "no such upload", { ...details, cause: error });
}

/**
 * The object of an upload that is no more, if it is sure that this upload made it: its ETag tells
 * its parts, as at Amazon; or, where ETags are of another making, it has the size and the number of
 * parts, and we have seen the answer to a completion get lost (`isLost`).
 */
async function objectOf(
  bucket: S3Bucket,
  { key, size, parts: sent, signal }: UploadCompleteRequest,
  isLost: boolean,
): Promise<ObjectInfo | undefined> {
  try {
    const info = await statObject(bucket, { key, signal });
    const { version = "" } = info;
    const isOurs =
      version.toLowerCase() === etagOf(sent) || (isLost && version.endsWith(`-${sent.length}`));
    return isOurs && info.size === size ? info : undefined;
  } catch (error) {
    if (isStorageError(error, "not-found")) return undefined;
    throw error;
  }
}

/** The MD5 of the parts' MD5s, and their number. */
function etagOf(sent: readonly UploadedPart[]): string {
  const hash = createHash("md5");
  for (const { etag } of inOrder(sent)) hash.update(Buffer.from(etag, "hex"));
  return `${hash.digest("hex")}-${sent.length}`;
}

function inOrder(sent: readonly UploadedPart[]): UploadedPart[] {
  return sent.toSorted((a, b) => a.number - b.number);
}

async function abort(
  { session, name }: S3Bucket,
  { key, id, signal }: UploadRequest,
): Promise<void> {
  try {
    await session.run(signal, (client, options, sdk) =>
      client.send(
        new sdk.AbortMultipartUploadCommand({ Bucket: name, Key: key, UploadId: id }),
        options,
      ),
    );
  } catch (error) {
    // As with objects: what is gone is what was wanted. A bucket that is gone is another matter.
    if (!isStorageError(error, "not-found") || error.details.reason !== undefined) throw error;
  }
}

async function list(
  { session, name }: S3Bucket,
  { prefix, cursor, signal }: UploadListRequest,
): Promise<UploadPage> {
  const [key, id] = cursor === undefined ? [] : markersOf(cursor);
  const reply = await session.run(signal, (client, options, sdk) =>
    client.send(
      new sdk.ListMultipartUploadsCommand({
        Bucket: name,
        Prefix: prefix,
        // No url encoding: Ceph 16 would encode, and not say so.
        ...(key !== undefined && { KeyMarker: key }),
        ...(id !== undefined && { UploadIdMarker: id }),
      }),
      options,
    ),
  );
  const uploads = (reply.Uploads ?? []).flatMap(({ Key, UploadId, Initiated }) =>
    Key === undefined || UploadId === undefined
      ? []
      : [{ key: Key, id: UploadId, ...(Initiated !== undefined && { begun: Initiated }) }],
  );
  const { NextKeyMarker, NextUploadIdMarker = "" } = reply;
  if (!reply.IsTruncated) return { uploads };
  if (!NextKeyMarker) throw endless();
  return { uploads, cursor: JSON.stringify([NextKeyMarker, NextUploadIdMarker]) };
}
