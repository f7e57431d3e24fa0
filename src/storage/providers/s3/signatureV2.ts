/**
 * Signature Version 2, which Amazon gave up and older servers know as the only one
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html). The SDK has none.
 */
import { createHmac } from "node:crypto";
import type { AccessKey } from "./credentials.ts";
import type { Unsigned } from "./signature.ts";

/** The headers of a request, with those that the signature adds. Its body is not signed. */
export function signedV2({ method, url, headers, at }: Unsigned, key: AccessKey) {
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    "x-amz-date": at.toUTCString(),
    ...(key.sessionToken !== undefined && { "x-amz-security-token": key.sessionToken }),
  };
  const { "content-md5": md5 = "", "content-type": type = "" } = all;
  // The date stands among Amazon's own headers.
  const text = [method, md5, type, "", amazonsOwn(all) + resourceOf(url)].join("\n");
  all["authorization"] = `AWS ${key.accessKeyId}:${signature(text, key)}`;
  return all;
}

/** What to add to the query of an address that works by itself until `until`. */
export function queryV2(
  { method, url, headers }: Pick<Unsigned, "method" | "url" | "headers">,
  until: Date,
  key: AccessKey,
): Readonly<Record<string, string>> {
  const { accessKeyId, sessionToken } = key;
  const expires = String(Math.floor(until.getTime() / 1000));
  const token = sessionToken !== undefined && { "x-amz-security-token": sessionToken };
  const { "content-type": type = "" } = headers;
  const own = amazonsOwn({ ...headers, ...token });
  const text = [method, "", type, expires, own + resourceOf(url)].join("\n");
  return {
    AWSAccessKeyId: accessKeyId,
    Expires: expires,
    Signature: signature(text, key),
    ...token,
  };
}

function amazonsOwn(headers: Unsigned["headers"]): string {
  return Object.keys(headers)
    .filter((name) => name.startsWith("x-amz-"))
    .toSorted()
    .map((name) => `${name}:${(headers[name] ?? "").trim()}\n`)
    .join("");
}

/** The parameters that are part of what is asked for; no other is signed. */
const parts: ReadonlySet<string> = new Set([
  "acl",
  "cors",
  "delete",
  "encryption",
  "lifecycle",
  "location",
  "logging",
  "notification",
  "partNumber",
  "policy",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "restore",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

function resourceOf({ resource, query }: Unsigned["url"]): string {
  const asked = [...new URLSearchParams(query.replaceAll("+", "%2B"))]
    .filter(([name]) => parts.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`))
    .join("&");
  return resource + (asked && `?${asked}`);
}

function signature(text: string, { secretAccessKey }: AccessKey): string {
  return createHmac("sha1", secretAccessKey).update(text).digest("base64");
}
