/**
 * Addresses that carry their own signature
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). The SDK's own
 * presigner puts the checksum of an empty body into the address of an upload, which no upload fits.
 */
import { createHmac, hash } from "node:crypto";
import type { AccessKey } from "./credentials.ts";
import { queryOf, type S3Address, urlOf } from "./request.ts";
import type { Headers } from "./options.ts";
import { queryV2 } from "./signatureV2.ts";

export interface Presigned {
  readonly method: "GET" | "PUT";
  readonly key: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** What has to be sent with it; newer Ceph refuses a content type that is sent and not signed. */
  readonly headers?: Headers;
  readonly seconds: number;
  readonly version: "v4" | "v2";
}

/** The address. */
export function presigned(address: S3Address, request: Presigned, key: AccessKey): string {
  const { method, seconds, headers = {} } = request;
  const now = new Date(Date.now() + address.clockOffsetMs);
  const { protocol, ...url } = urlOf(address, request);
  const place = `${protocol}//${url.host}${url.path}`;
  if (request.version === "v2") {
    const until = new Date(now.getTime() + seconds * 1000);
    return `${place}?${queryOf({ ...request.query, ...queryV2({ method, url, headers }, until, key) })}`;
  }
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const signed = Object.entries({ ...headers, host: url.host }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const names = signed.map(([name]) => name).join(";");
  const scope = `${day}/${address.region}/s3/aws4_request`;
  const query = queryOf({
    ...request.query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${key.accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(seconds),
    "X-Amz-SignedHeaders": names,
    "X-Amz-Security-Token": key.sessionToken,
  });
  const told = signed.map(([name, value]) => `${name}:${value.trim()}\n`).join("");
  const asked = [method, url.path, query, told, names, "UNSIGNED-PAYLOAD"].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, hash("sha256", asked)].join("\n");
  const signingKey = [day, address.region, "s3", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${key.secretAccessKey}`,
  );
  const signature = createHmac("sha256", signingKey).update(toSign).digest("hex");
  return `${place}?${query}&X-Amz-Signature=${signature}`;
}
