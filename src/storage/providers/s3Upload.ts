import type { CompletedPart } from "@aws-sdk/client-s3";
import { tiedTo } from "../../base/abort.ts";
import { forEachPooled } from "../../base/pool.ts";
import { isStorageError, StorageError } from "../errors.ts";
import { retrying } from "../retry.ts";
import type { S3Session } from "./s3Client.ts";
import { type Headers, withHeaders } from "./s3Options.ts";

const mebibyte = 1024 * 1024;
/** Small enough to be sent again without regret, large enough to keep the number of requests low. */
const usualPartBytes = 16 * mebibyte;
/** No service takes a larger part. */
const largestPartBytes = 5 * 1024 * mebibyte;
/** Parts of one upload under way at once. */
const partsAtOnce = 4;

export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly contentType?: string;
  readonly maxParts: number;
  /** What the object is told to be, beside. */
  readonly headers?: Headers;
  /** Brings one part to the server; sent again on its own when it fails. Gives its ETag. */
  readonly sendPart: (part: Part, signal: AbortSignal) => Promise<string | undefined>;
  readonly signal: AbortSignal;
}

export interface Part {
  readonly uploadId: string;
  readonly number: number;
  /** Bytes `start` up to but not including `end`. */
  readonly start: number;
  readonly end: number;
}

/**
 * An object put together from parts; gives its ETag. If anything fails, or the signal fires, the
 * parts that have arrived are given up, so that nobody pays for what nobody sees.
 */
export async function uploadInParts(
  session: S3Session,
  upload: Upload,
): Promise<string | undefined> {
  const { bucket, key, contentType, headers = {}, signal } = upload;
  const target = { Bucket: bucket, Key: key };
  const parts = partsOf(upload);
  const { UploadId } = await session.run(signal, (client, options) =>
    client.send(
      withHeaders(
        new session.sdk.CreateMultipartUploadCommand({
          ...target,
          ...(contentType !== undefined && { ContentType: contentType }),
        }),
        headers,
      ),
      options,
    ),
  );
  if (UploadId === undefined) throw new StorageError("unexpected", "an upload without an id");
  try {
    const sent = await sendParts(upload, UploadId, parts);
    return await complete(session, upload, UploadId, sent);
  } catch (error) {
    await abort(session, { ...target, UploadId });
    throw spent(error);
  }
}

function partsOf({ size, maxParts }: Upload): Omit<Part, "uploadId">[] {
  const needed = Math.ceil(size / maxParts / mebibyte) * mebibyte;
  const partBytes = Math.max(usualPartBytes, needed);
  if (partBytes > largestPartBytes)
    throw new StorageError("unsupported", `${size} bytes do not fit into ${maxParts} parts`, {
      field: "maxUploadParts",
    });
  return Array.from({ length: Math.ceil(size / partBytes) }, (_, i) => ({
    number: i + 1,
    start: i * partBytes,
    end: Math.min(size, (i + 1) * partBytes),
  }));
}

async function sendParts(
  { sendPart, signal }: Upload,
  uploadId: string,
  parts: readonly Omit<Part, "uploadId">[],
): Promise<CompletedPart[]> {
  // The first part that fails for good ends the others at once, which are worth nothing without it.
  const tie = tiedTo(signal);
  const sent: CompletedPart[] = [];
  try {
    await forEachPooled(parts, partsAtOnce, async (part) => {
      try {
        const send = () => sendPart({ ...part, uploadId }, tie.signal);
        sent.push({ PartNumber: part.number, ETag: await retrying(tie.signal, send) });
      } catch (error) {
        tie.cut(error);
        throw error;
      }
    });
  } finally {
    tie.cut();
  }
  return sent.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
}

async function complete(
  session: S3Session,
  { bucket, key, size, signal }: Upload,
  UploadId: string,
  Parts: CompletedPart[],
): Promise<string | undefined> {
  const target = { Bucket: bucket, Key: key };
  const { CompleteMultipartUploadCommand, HeadObjectCommand } = session.sdk;
  try {
    const { ETag } = await retrying(signal, () =>
      session.run(signal, (client, options) =>
        client.send(
          new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
          options,
        ),
      ),
    );
    return ETag;
  } catch (error) {
    if (!isStorageError(error, "not-found") || !error.details.resent) throw error;
    // Completed by the attempt whose answer was lost, the upload is gone and the object there.
    const { ContentLength, ETag } = await session.run(signal, (client, options) =>
      client.send(new HeadObjectCommand(target), options),
    );
    if (ContentLength === size && ETag?.includes(`-${Parts.length}`)) return ETag;
    throw error;
  }
}

async function abort(
  session: S3Session,
  upload: { Bucket: string; Key: string; UploadId: string },
): Promise<void> {
  // The caller's signal may have fired already.
  const signal = AbortSignal.timeout(20_000);
  try {
    await retrying(
      signal,
      () =>
        session.run(signal, (client, options) =>
          client.send(new session.sdk.AbortMultipartUploadCommand(upload), options),
        ),
      { attempts: 3 },
    );
  } catch {
    // What made the upload fail is the failure to report; services expire such parts themselves.
  }
}

/** Each part has had its attempts: the whole is not to be sent again for its sake. */
function spent(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return new StorageError(error.kind, error.message, { ...error.details, retryable: false });
}
