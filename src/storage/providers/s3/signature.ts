import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import type { AccessKey } from "./credentials.ts";

/** What is signed: all of a request but its body, for which `bodyHash` stands. */
export interface Unsigned {
  readonly method: string;
  readonly url: URLParts;
  /** By their names in lower case. Each is signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 in hex, or `UNSIGNED-PAYLOAD`. */
  readonly bodyHash: string;
  readonly region: string;
  readonly at: Date;
}

/** Encoded as they are sent, the query in the order of its bytes. */
export interface URLParts {
  readonly host: string;
  readonly path: string;
  readonly query: string;
  /** The path with the bucket before it, wherever the bucket stands. */
  readonly resource: string;
}

/** Gives the headers of a request with those that the signature adds. */
export type Sign = (request: Unsigned, key: AccessKey) => Record<string, string>;

/**
 * Signs requests to S3 by Signature Version 4
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html): gives their
 * headers with those that the signature adds. The key of a day is derived once.
 */
export function signer(): Sign {
  let derived: { readonly from: string; readonly key: KeyObject } | undefined;

  const keyFor = (secret: string, day: string, region: string): KeyObject => {
    const from = `${secret}/${day}/${region}`;
    if (derived?.from !== from) {
      const key = [day, region, "s3", "aws4_request"].reduce<Buffer | string>(
        (outer, part) => hmac(outer, part),
        `AWS4${secret}`,
      );
      // Node makes such an object of any other key, each time, which takes longer than the signing.
      derived = { from, key: createSecretKey(Buffer.from(key)) };
    }
    return derived.key;
  };

  return ({ method, url, headers, bodyHash, region, at }, key) => {
    const { accessKeyId, secretAccessKey, sessionToken } = key;
    const time = at.toISOString().replace(/[:-]|\.\d{3}/g, "");
    const day = time.slice(0, 8);
    const scope = `${day}/${region}/s3/aws4_request`;
    const all: Record<string, string> = {
      ...headers,
      host: url.host,
      "x-amz-content-sha256": bodyHash,
      "x-amz-date": time,
      ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
    };
    const names = Object.keys(all).toSorted();
    const signed = names.join(";");
    const lines = names.map((name) => `${name}:${(all[name] ?? "").trim().replace(/ +/g, " ")}\n`);
    const canonical = [method, url.path, url.query, lines.join(""), signed, bodyHash].join("\n");
    const text = ["AWS4-HMAC-SHA256", time, scope, hash("sha256", canonical)].join("\n");
    const ownKey = keyFor(secretAccessKey, day, region);
    const signature = createHmac("sha256", ownKey).update(text).digest("hex");
    all["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return all;
  };
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
