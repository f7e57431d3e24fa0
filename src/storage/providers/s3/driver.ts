import type { Driver } from "../../driver.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import type { BeforeRequest } from "../../http/http.ts";
import type { WriteRequest } from "../../requests.ts";
import { isAws, openSession, type S3Config } from "./client.ts";
import { s3Archive } from "./archive.ts";
import { copyObject, keepTags } from "./copy.ts";
import { s3Deletion } from "./deletion.ts";
import { s3Details } from "./details.ts";
import { s3Links } from "./links.ts";
import { listing } from "./listing.ts";
import { saying } from "./manner.ts";
import { infoOf, readObject, type S3Bucket, statObject } from "./objects.ts";
import { s3Rules } from "./rules.ts";
import type { S3Service } from "./service.ts";
import { uploadInParts } from "./upload.ts";
import { s3Uploads } from "./uploads.ts";
import { s3Versions } from "./versions.ts";

/** Up to here one request carries an object; what is larger goes in parts. */
const wholeBytes = 64 * 1024 * 1024;
/** No service takes more in one request, or copies more. */
const largestWholeBytes = 5 * 1024 * 1024 * 1024;

/**
 * One bucket. The operations are those of the S3 API of the same names
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/).
 */
export async function s3Driver(config: S3Config, beforeRequest?: BeforeRequest): Promise<Driver> {
  const { bucket } = config;
  if (bucket === undefined)
    throw new StorageError("invalid", "no bucket is chosen", { field: "bucket" });
  const session = await openSession(config, beforeRequest);
  const isAmazon = isAws(config.endpoint);
  const service: S3Service = { pinsCopies: isAmazon, pinsDeletions: isAmazon, ...config.service };
  const maxUploadParts = Math.min(config.maxUploadParts, service.maxParts ?? Infinity);
  const conditionalParts = service.conditionalParts ?? isAmazon;
  const { accessPoint } = config;
  const place = { session, name: bucket, accessPoint, maxUploadParts, conditionalParts, service };
  const deletion = s3Deletion(place);
  return {
    capabilities: {
      // Of the others, many ignore conditions without a word: a preset vouches for those that do not.
      ifAbsent: isAmazon,
      ifMatch: isAmazon,
      copyIfAbsent: isAmazon,
      range: true,
      listAfter: true,
      deleteBatch: 1000,
      concurrency: config.concurrency,
      maxObjectBytes: Math.min(maxUploadParts * largestWholeBytes, 5 * 1024 ** 4),
    },
    list: (request) => listing(session, config, bucket, request),
    stat: (request) => statObject(place, request),
    read: (request, use) => readObject(place, request, use),
    write: writer(place),
    delete: deletion.objects,
    copy: (request) => copyObject(place, request),
    extras: {
      versions: s3Versions(place, config, deletion),
      details: s3Details(place),
      links: s3Links(place, config),
      uploads: s3Uploads(place),
      rules: s3Rules(place),
      archive: s3Archive(place),
    },
  };
}

/** Writes, and remembers which form of ETag the service understands in a condition. */
function writer(bucket: S3Bucket): Driver["write"] {
  const { session, name } = bucket;
  const uploads = s3Uploads(bucket);
  // Which form it is, is known of some, and else learnt from the first refusal.
  let isQuoted = bucket.service?.bareIfMatch !== true;

  const put = async (
    { key, body, contentType, details, ifAbsent, ifMatch, signal }: WriteRequest,
    quoted: boolean,
  ) => {
    const { headers } = await session.ask(name, {
      operation: "PutObject",
      method: "PUT",
      key,
      headers: {
        "content-type": contentType ?? "application/octet-stream",
        ...saying(details),
        ...(ifAbsent && { "if-none-match": "*" }),
        ...(ifMatch !== undefined && { "if-match": quoted ? `"${ifMatch}"` : ifMatch }),
      },
      body,
      signal,
    });
    return infoOf(key, body.size, headers.get("etag") ?? undefined);
  };

  const putIfMatch = async (request: WriteRequest) => {
    const quoted = isQuoted;
    try {
      return await put(request, quoted);
    } catch (error) {
      // Amazon answers so for a key that is gone.
      if (isStorageError(error, "not-found") && error.details.reason === undefined)
        throw new StorageError("conflict", error.message, error.details);
      if (!isStorageError(error, "conflict")) throw error;
      const current = await statObject(bucket, request).catch(() => undefined);
      if (current?.version !== request.ifMatch) throw error;
      // Refused although it matches: some compare the ETag as it stands, and want it bare. The
      // condition goes with it again, so nothing can slip in between.
      const info = await put(request, !quoted);
      isQuoted = !quoted;
      return info;
    }
  };

  const putInParts = async (request: WriteRequest) => {
    const { key, body, details, signal } = request;
    const made = await uploadInParts(uploads, {
      ...request,
      size: body.size,
      sendPart: async ({ id, number, start, end }, partSignal) =>
        await uploads.part({
          key,
          id,
          number,
          body: body.slice(start, end),
          signal: partSignal,
        }),
    });
    if (details?.tags) await keepTags(bucket, { key, tags: details.tags, signal });
    return made;
  };

  return async (request) => {
    const { body, ifAbsent, ifMatch } = request;
    const isConditional = ifAbsent === true || ifMatch !== undefined;
    // A condition goes with a whole object where it is ignored when parts are put together.
    const isWhole = body.size <= wholeBytes || (isConditional && !bucket.conditionalParts);
    if (!isWhole) return await putInParts(request);
    if (body.size > largestWholeBytes)
      throw new StorageError("unsupported", "too large to be written on a condition");
    return ifMatch === undefined ? await put(request, isQuoted) : await putIfMatch(request);
  };
}
