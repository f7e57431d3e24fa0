/**
 * Addresses that carry their own signature
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). The SDK's own
 * presigner puts the checksum of an empty body into the address of an upload, which no upload fits.
 */
import { createHash, createHmac } from "node:crypto";
import { escaped } from "./s3Wire.ts";

export interface Presigned {
  readonly method: "GET" | "PUT";
  readonly protocol: string;
  /** With the port, unless it is the protocol's own. */
  readonly host: string;
  /** Percent-encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly region: string;
  readonly now: Date;
  readonly key: AccessKey;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The address, signed by Signature Version 4; nothing but the host is signed with it. */
export function presigned(request: Presigned): string {
  const { method, protocol, host, path, region, now, key } = request;
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const query = queryText({
    ...request.query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${key.accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(request.seconds),
    "X-Amz-SignedHeaders": "host",
    ...(key.sessionToken !== undefined && { "X-Amz-Security-Token": key.sessionToken }),
  });
  const asked = [method, path, query, `host:${host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n");
  const hash = createHash("sha256").update(asked).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, hash].join("\n");
  const signingKey = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${key.secretAccessKey}`,
  );
  const signature = createHmac("sha256", signingKey).update(toSign).digest("hex");
  return `${protocol}//${host}${path}?${query}&X-Amz-Signature=${signature}`;
}

/** In the order of the names' bytes, each percent-encoded, as the signature wants it. */
function queryText(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join("&");
}
