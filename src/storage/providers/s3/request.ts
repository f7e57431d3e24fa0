/** A request to S3 made by ourselves, for what is asked often: the SDK takes four times as long. */
import { isIP } from "node:net";
import { StorageError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import type { HttpReply, HttpHeaders } from "../../http/messages.ts";
import { optionHeaders, type Headers as OwnHeaders, type S3Options } from "./options.ts";
import type { Unsigned, URLParts } from "./signature.ts";
import { contentMd5Of, signedHashOf } from "./digest.ts";
import { escaped, received } from "./wire.ts";

export interface S3Request {
  /** As the S3 API names it: `PutObject`. */
  readonly operation: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Absent: the bucket itself is asked. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** By their names in lower case. */
  readonly headers?: OwnHeaders;
  readonly body?: Blob | string;
  readonly signal: AbortSignal;
}

export interface S3Answer {
  readonly headers: HttpHeaders;
  /** Of a success of `GetObject`: its bytes, to be read to their end or cancelled. */
  readonly body?: HttpReply["body"];
  /** Of any other. */
  readonly text: string;
}

/** Where a bucket is asked, and in which way. */
export interface S3Address {
  readonly endpoint: URL;
  readonly bucket: string;
  readonly region: string;
  readonly virtualHosted: boolean;
  /** The endpoint is the bucket's own: its name stands nowhere. */
  readonly isBucketsHost?: boolean;
  readonly clockOffsetMs: number;
  /** By which the service finds a damaged body. */
  readonly bodyDigest: "sha256" | "md5";
}

/**
 * Sends `request`. Fails with a `Refusal` where the service refuses it, with a `StorageError`
 * where there is no answer, or with the signal's own reason.
 */
export async function send(
  http: Http,
  sign: (request: Unsigned) => Record<string, string>,
  settings: S3Options,
  address: S3Address,
  request: S3Request,
): Promise<S3Answer> {
  const { operation, method, body, signal } = request;
  if (!/^[\w-]+$/.test(address.region))
    throw new StorageError("invalid", "no name of a region", { field: "region" });
  const { protocol, ...url } = urlOf(address, request);
  const headers = sign({
    method,
    url,
    headers: optionHeaders(settings, operation, await ownHeaders(request, address)),
    // An MD5 among the signed headers vouches for the body as well.
    bodyHash:
      body instanceof Blob && address.bodyDigest === "md5"
        ? "UNSIGNED-PAYLOAD"
        : await signedHashOf(body),
    region: address.region,
    at: new Date(Date.now() + address.clockOffsetMs),
  });
  const reply = await http({
    method,
    url: `${protocol}//${url.host}${url.path}${url.query && `?${url.query}`}`,
    // Not signed: a proxy may rewrite it.
    headers: { ...headers, "user-agent": "Offsite" },
    signal,
    ...(body !== undefined && { body }),
  });
  return await received(reply, operation);
}

async function ownHeaders(
  { operation, headers = {}, body }: S3Request,
  { bodyDigest }: S3Address,
): Promise<OwnHeaders> {
  // Older services, and Alibaba's, Tencent's and Huawei's, insist on it when they are to delete.
  const isWanted = bodyDigest === "md5" || operation === "DeleteObjects";
  if (body === undefined || !isWanted) return headers;
  return { ...headers, "content-md5": await contentMd5Of(body) };
}

/** Where a request goes. */
export function urlOf(
  { endpoint, bucket, virtualHosted, isBucketsHost = false }: S3Address,
  { key, query }: Pick<S3Request, "key" | "query">,
): URLParts & { readonly protocol: string } {
  const { protocol, host, hostname, pathname } = endpoint;
  if (bucket.includes("/"))
    throw new StorageError("invalid", "a bucket's name has no slash", {
      reason: "invalid-name",
      field: "bucket",
    });
  const isInHost =
    !isBucketsHost && virtualHosted && fitsHost(bucket, protocol) && isIP(hostname) === 0;
  const base = pathname.replace(/\/+$/, "");
  return {
    protocol,
    host: isInHost ? `${bucket}.${host}` : host,
    path: `${base}/${isInHost || isBucketsHost ? "" : `${escaped(bucket)}/`}${pathOf(key)}`,
    resource: `${base}/${escaped(bucket)}/${pathOf(key)}`,
    query: queryOf(query),
  };
}

/** Over TLS, a certificate for all buckets holds for one label only. */
function fitsHost(bucket: string, protocol: string): boolean {
  const pattern =
    protocol === "http:"
      ? /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
      : /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
  return pattern.test(bucket) && !bucket.includes("..");
}

function pathOf(key = ""): string {
  return escaped(key).replaceAll("%2F", "/");
}

/** In the order of the names' bytes, as the signature wants it. */
export function queryOf(query: S3Request["query"] = {}): string {
  return Object.keys(query)
    .toSorted()
    .flatMap((name) => {
      const value = query[name];
      return value === undefined ? [] : [`${escaped(name)}=${escaped(value)}`];
    })
    .join("&");
}
