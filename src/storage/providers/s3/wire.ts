import type { S3ClientConfig, S3Client } from "@aws-sdk/client-s3";
import { never } from "../../../base/abort.ts";
import { type Body, blobOf, type Bytes, joined, text, utf8 } from "../../../base/bytes.ts";
import { StorageError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { redacted } from "../../http/answers.ts";
import type { HttpReply, HttpHeaders } from "../../http/messages.ts";
import { contentMd5Of, signedHashOf } from "./digest.ts";
import { isPage, notS3, Refusal, refusalOf } from "./errors.ts";
import { optionHeaders, type S3Options } from "./options.ts";

/** The parts of the SDK's requests and answers that are touched here. */
export interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Record<string, string | string[] | null | undefined>;
  readonly headers: Record<string, string>;
  readonly body?: Blob | string | Bytes;
}
export interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  body: ReadableStream<Bytes> | Bytes;
}

/** The SDK's way to the network: ours. */
export function requestHandler(http: Http): NonNullable<S3ClientConfig["requestHandler"]> {
  return {
    async handle(request: SdkRequest, { abortSignal = never }: { abortSignal?: AbortSignal } = {}) {
      const { method, headers, body } = request;
      try {
        const reply = await http({
          method,
          url: urlOf(request),
          headers,
          signal: abortSignal,
          ...(body !== undefined && { body }),
        });
        const response: SdkResponse = {
          statusCode: reply.status,
          headers: Object.fromEntries(reply.headers),
          body: reply.body ? ReadableStream.from(reply.body) : new Uint8Array(),
        };
        return { response };
      } catch (error) {
        throw new Refusal(error);
      }
    },
  };
}

/** The name of the middleware that takes in answers. */
export const receiving = "offsiteReceive";

/**
 * Adds what is ours to do between the SDK and the network. `unnamed` is the bucket whose own host is
 * asked: the SDK puts its name into the path.
 */
export function adapt(
  { middlewareStack }: S3Client,
  settings: S3Options,
  unnamed: string | undefined,
): void {
  const dressing =
    (next: (args: { request: SdkRequest }) => unknown, context: { commandName?: string }) =>
    async (args: { request: SdkRequest }) => {
      const { request } = args;
      const operation = String(context.commandName).replace(/Command$/, "");
      Object.assign(request.headers, optionHeaders(settings, operation, request.headers));
      if (unnamed !== undefined) Object.assign(request, { path: without(unnamed, request.path) });
      await dress(request);
      return await next(args);
    };
  // The last word before signing. The SDK's type is a union of the middlewares of all steps, which
  // no single function is; past the serializer, a request is what it says here.
  middlewareStack.addRelativeTo(dressing as never, {
    relation: "before",
    toMiddleware: "httpSigningMiddleware",
    name: "offsiteDress",
  });
  middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        // What `requestHandler` has just given.
        await receive(result.response as SdkResponse, String(commandName));
        return result;
      },
    // Next to the network.
    { step: "deserialize", priority: "low", name: receiving },
  );
}

function without(bucket: string, path: string): string {
  const [, first, ...rest] = path.split("/");
  return first === bucket ? `/${rest.join("/")}` : path;
}

async function dress(request: SdkRequest): Promise<void> {
  const { headers, query, body } = request;
  // Some services refuse a parameter they do not know, and none needs it.
  delete query["x-id"];
  // Nobody needs to know how often the SDK would have tried, or on which system.
  for (const name of ["amz-sdk-invocation-id", "amz-sdk-request", "x-amz-user-agent"])
    delete headers[name];
  headers["user-agent"] = "Offsite";
  if (insistsOnDigest(headers)) await useContentMd5(headers, body);
  if (body instanceof Blob) headers["x-amz-content-sha256"] = await signedHashOf(body);
}

/** A digest of the body; `x-amz-checksum-mode` asks for one of the object. */
const digestHeader = /^x-amz-(?:checksum-(?!mode$)|sdk-checksum)/i;

/** The SDK adds a checksum, as it is set up here, only where S3 demands a digest of the body. */
function insistsOnDigest(headers: Record<string, string>): boolean {
  return Object.keys(headers).some((name) => digestHeader.test(name));
}

/**
 * Older services, and Alibaba's, Tencent's and Huawei's, insist on Content-MD5 here; the SDK sends
 * a CRC-32 instead, which some refuse. Amazon takes either.
 */
async function useContentMd5(
  headers: Record<string, string>,
  body: SdkRequest["body"],
): Promise<void> {
  for (const name of Object.keys(headers)) if (digestHeader.test(name)) delete headers[name];
  headers["content-md5"] = await contentMd5Of(
    body instanceof Uint8Array ? blobOf(body) : (body ?? ""),
  );
}

/** Twice what a thousand keys need of 1,024 bytes, each of these encoded, with all that belongs to them. */
const longestAnswerBytes = 8 * 1024 * 1024;
/** A page of a thousand has some 20,000 tags and references, a list of 10,000 buckets 100,000. */
const mostMarks = 150_000;
/** What is shorter is read in less time than anybody would notice, whatever it is made of. */
const harmlessCharacters = 1_000_000;

/**
 * An answer, without those parts of it that nobody needs; a refusal is thrown. The body of an
 * object is left to its reader, all others are read.
 */
export async function received(
  { status, headers, body }: HttpReply,
  operation: string,
): Promise<{ headers: HttpHeaders; body?: HttpReply["body"]; text: string }> {
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && operation === "GetObject") return { headers, body, text: "" };
  const said = body ? await textOf(body) : "";
  // Copying and completing an upload may take so long that the server begins its answer with 200.
  const isLateRefusal = isSuccess && /<\/Error>\s*$/.test(said.slice(-64));
  // Somebody in between has said yes to what nobody has done. Swift adds pages to answers of its own.
  if (isSuccess && isPage(said) && headers.get("x-amz-request-id") === null)
    throw new Refusal(notS3());
  if (isSuccess && !isLateRefusal) return { headers, text: said };
  throw refusalOf(isLateRefusal ? 500 : status, headers, said.slice(0, 65_536));
}

/** As `received`, for the SDK, which reads answers itself. */
async function receive(response: SdkResponse, commandName: string): Promise<void> {
  const { statusCode: status, headers, body } = response;
  const reply = { status, headers: new Headers(headers) };
  const answer = await received(
    body instanceof Uint8Array ? reply : { ...reply, body },
    commandName.replace(/Command$/, ""),
  ).catch((error: unknown) => {
    throw error instanceof Refusal ? error : new Refusal(error);
  });
  if (answer.body === undefined) response.body = utf8(answer.text);
}

/** It is the tags and references that take the time: of the same length, a hundred times as much. */
function hasTooManyMarks(said: string): boolean {
  let left = mostMarks;
  for (const mark of ["<", "&"])
    for (let at = said.indexOf(mark); at >= 0; at = said.indexOf(mark, at + 1))
      if (--left < 0) return true;
  return false;
}

/** All of it, if that is no more than an answer may hold. */
async function textOf(body: Body): Promise<string> {
  const chunks: Bytes[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestAnswerBytes) throw new StorageError("unexpected", "an endless answer");
  }
  const said = text(joined(chunks));
  if (said.length > harmlessCharacters && hasTooManyMarks(said))
    throw new StorageError("unexpected", "more in an answer than was asked for");
  return said;
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): string {
  const parameters = Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((each) => `${escaped(name)}=${escaped(each)}`))
    .join("&");
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${host}${path}${parameters && `?${parameters}`}`;
}

/** Percent-encodes all that RFC 3986 reserves, as the signature does. */
export function escaped(value: string | null | undefined): string {
  return encodeURIComponent(value ?? "").replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What the SDK itself finds wrong, before it asks or in what it was answered. */
export function failureOfSdk(error: unknown): StorageError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "InvalidBucketName")
    return new StorageError("invalid", redacted(message), {
      reason: "invalid-name",
      field: "bucket",
      cause: error,
    });
  if (/region/i.test(message) && /not accepted|invalid|valid hostname/i.test(message))
    return new StorageError("invalid", redacted(message), { field: "region", cause: error });
  if (/deserializ|parse|xml|unexpected token/i.test(message))
    return new StorageError("invalid", `no S3 answer: ${redacted(message)}`, {
      reason: "not-this-protocol",
      field: "endpoint",
      cause: error,
    });
  return new StorageError("unexpected", `${name}: ${redacted(message)}`, { cause: error });
}
