import { tiedTo } from "../../../base/abort.ts";
import { forEachPooled } from "../../../base/pool.ts";
import { StorageError } from "../../errors.ts";
import type { UploadedPart, UploadRequest } from "../../extras.ts";
import type { ObjectInfo, NewDetails } from "../../objects.ts";
import { retrying } from "../../retry.ts";
import type { Headers } from "./options.ts";
import type { S3Uploads } from "./uploads.ts";

/** Parts of one upload under way at once. */
const partsAtOnce = 4;

export interface Upload {
  readonly key: string;
  readonly size: number;
  readonly contentType?: string;
  /** Parts that cost nothing to send again may be larger, and so fewer. */
  readonly leastPartBytes?: number;
  /** What the object is told to be, beside. */
  readonly headers?: Headers;
  /** What has to hold when it is put together; see `Uploads.complete`. */
  readonly ifAbsent?: boolean;
  readonly ifMatch?: string;
  readonly details?: NewDetails;
  /** Brings one part to the server; sent again on its own when it fails. */
  readonly sendPart: (part: Part, signal: AbortSignal) => Promise<UploadedPart>;
  readonly signal: AbortSignal;
}

export interface Part {
  readonly id: string;
  readonly number: number;
  /** Bytes `start` up to but not including `end`. */
  readonly start: number;
  readonly end: number;
}

/**
 * An object put together from parts. If anything fails, or the signal fires, the parts that have
 * arrived are given up, so that nobody pays for what nobody sees.
 */
export async function uploadInParts(uploads: S3Uploads, upload: Upload): Promise<ObjectInfo> {
  const { key, size, contentType, leastPartBytes = 0, headers, details, signal } = upload;
  const { ifAbsent, ifMatch } = upload;
  const { id, partBytes } = await uploads.begin({
    key,
    size,
    signal,
    ...(contentType !== undefined && { contentType }),
    ...(headers && { headers }),
    ...(details && { details }),
  });
  try {
    const parts = await sendParts(upload, partsOf(id, size, Math.max(partBytes, leastPartBytes)));
    const whole = {
      key,
      id,
      size,
      parts,
      signal,
      ...(ifAbsent !== undefined && { ifAbsent }),
      ...(ifMatch !== undefined && { ifMatch }),
    };
    return await retrying(signal, async () => await uploads.complete(whole));
  } catch (error) {
    await giveUp(uploads, { key, id });
    throw spent(error);
  }
}

function partsOf(id: string, size: number, partBytes: number): Part[] {
  return Array.from({ length: Math.ceil(size / partBytes) }, (_, i) => ({
    id,
    number: i + 1,
    start: i * partBytes,
    end: Math.min(size, (i + 1) * partBytes),
  }));
}

async function sendParts(
  { sendPart, signal }: Upload,
  parts: readonly Part[],
): Promise<UploadedPart[]> {
  // The first part that fails for good ends the others at once, which are worth nothing without it.
  const tie = tiedTo(signal);
  const sent: UploadedPart[] = [];
  try {
    await forEachPooled(parts, partsAtOnce, async (part) => {
      try {
        sent.push(await retrying(tie.signal, async () => await sendPart(part, tie.signal)));
      } catch (error) {
        tie.cut(error);
        throw error;
      }
    });
  } finally {
    tie.cut();
  }
  return sent;
}

async function giveUp(uploads: S3Uploads, upload: Omit<UploadRequest, "signal">): Promise<void> {
  // The caller's signal may have fired already.
  const signal = AbortSignal.timeout(20_000);
  try {
    await retrying(signal, async () => await uploads.abort({ ...upload, signal }), { attempts: 3 });
  } catch {
    // What made the upload fail is the failure to report; services expire such parts themselves.
  }
}

/** Each part has had its attempts: the whole is not to be sent again for its sake. */
function spent(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return new StorageError(error.kind, error.message, { ...error.details, retryable: false });
}
