import { isStorageError, StorageError } from "../../errors.ts";
import type { LinkLifetime, Links, UploadLinkRequest } from "../../extras.ts";
import type { S3Config } from "./client.ts";
import { firstKey, type S3Bucket } from "./objects.ts";
import { optionHeaders } from "./options.ts";
import type { Presigned } from "./presign.ts";
import { escaped } from "./wire.ts";

const daySeconds = 86_400;
/** No service that follows Amazon accepts more. */
const longestSeconds = 7 * daySeconds;
/** A temporary key that does not say when it ends: most do within hours. */
const longestOfTemporaryKey = daySeconds / 2;

/** Presigned addresses of objects. */
export function s3Links(bucket: S3Bucket, config: S3Config): Links {
  /** An address is signed for one region and one way to address; the service has to tell. */
  let isKnown = config.region !== undefined && config.addressing !== "auto";

  const lifetime = async (): Promise<LinkLifetime> => {
    const keyEnds = await bucket.session.keyEnds();
    if (keyEnds === undefined) return { longestSeconds };
    if (keyEnds === "unknown") return { longestSeconds: longestOfTemporaryKey, keyEnds };
    const leftSeconds = Math.max(0, Math.floor((keyEnds.getTime() - Date.now()) / 1000));
    return { longestSeconds: Math.min(longestSeconds, leftSeconds), keyEnds };
  };

  const link = async (
    { key, seconds, signal }: UploadLinkRequest,
    asked: Pick<Presigned, "method" | "query" | "headers">,
  ): Promise<string> => {
    const { longestSeconds: longest } = await lifetime();
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longest)
      throw new StorageError("invalid", `a link made now lasts from 1 to ${longest} seconds`);
    // Browsers and all that follow the standard of URLs would go to another object.
    if (key.split("/").some((segment) => segment === "." || segment === ".."))
      throw new StorageError("unsupported", "no link can name a key with a segment of dots");
    if (!isKnown) await getToKnow(bucket, signal);
    isKnown = true;
    return await bucket.session.presign(bucket.name, {
      ...asked,
      key,
      seconds,
      query: {
        ...asked.query,
        ...(config.requesterPays && { "x-amz-request-payer": "requester" }),
      },
    });
  };

  return {
    lifetime,
    get: async (request) => {
      const { version, downloadAs } = request;
      const disposition = downloadAs === undefined ? undefined : attachment(downloadAs);
      const query = { versionId: version, "response-content-disposition": disposition };
      return await link(request, { method: "GET", query });
    },
    put: async (request) => {
      const { contentType } = request;
      const own = contentType !== undefined && { "content-type": contentType };
      // Who pays stands in the address, as with every link.
      const headers = own
        ? optionHeaders({ ...config, requesterPays: false }, "PutObject", own)
        : {};
      return { url: await link(request, { method: "PUT", query: {}, headers }), headers };
    },
  };
}

/** Lets the session learn where the bucket is and how it wants to be addressed. */
async function getToKnow(bucket: S3Bucket, signal: AbortSignal): Promise<void> {
  try {
    await firstKey(bucket, { prefix: "", signal });
  } catch (error) {
    // Whoever may not list may still hand out links.
    if (!isStorageError(error, "denied")) throw error;
  }
}

/** RFC 6266: a name for all, and the true one for those who understand it. */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  return `attachment; filename="${plain}"; filename*=UTF-8''${escaped(name)}`;
}
