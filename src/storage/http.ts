import type { Bytes } from "../base/bytes.ts";
import { type ErrorDetails, type ErrorKind, StorageError } from "./errors.ts";
import type { HttpReply, HttpRequest } from "./httpMessages.ts";
import { sendByNode } from "./httpNode.ts";

/**
 * Sends one request and gives back whatever the server answers: no redirect is followed, nothing
 * is sent again, and the body is not decoded. Fails with a `StorageError` if no answer comes, or
 * with the signal's own reason.
 */
export type Http = (request: HttpRequest) => Promise<HttpReply>;

export interface HttpOptions {
  /** False accepts any certificate. */
  readonly verifyTls: boolean;
  /** How long the server may stay silent. */
  readonly timeoutMs: number;
  /** The field to name where the address seems to be wrong. */
  readonly addressField: string;
}

/**
 * Requests go through the global `fetch`, which VS Code patches for proxies and the system's
 * certificates, and which keeps connections alive. Three things `fetch` cannot do go through
 * `node:http(s)`, which VS Code patches as well, though it opens a connection for each request:
 * accepting any certificate (`fetch` has no such option, and the patched one drops a dispatcher),
 * sending a path with dot segments (the URL standard removes them, even percent-encoded), and
 * reading a stored `Content-Encoding: gzip` as the bytes it is.
 */
export function openHttp({ verifyTls, timeoutMs, addressField }: HttpOptions): Http {
  return async (request) => {
    const watch = watchOver(request, timeoutMs);
    const failure = (error: unknown) =>
      failureToReach(request.url, watch.signal, error, addressField);
    try {
      const byNode = () => sendByNode(request, watch.signal, verifyTls);
      const reply =
        (!verifyTls && request.url.startsWith("https:")) || isAltered(request.url)
          ? await byNode()
          : await sendByFetch(request, watch.signal, byNode);
      watch.answered();
      const { body, ...rest } = reply;
      if (body && isShort(rest.headers))
        return { ...rest, body: await arrived(body, watch, failure) };
      if (body) return { ...rest, body: watched(body, watch, failure) };
      watch.end();
      return rest;
    } catch (error) {
      watch.end();
      throw failure(error);
    }
  };
}

/** What a status means; the one table for all protocols over HTTP. */
export function kindOfStatus(status: number): ErrorKind {
  const known = kinds[status];
  if (known) return known;
  if (status >= 500) return "unreachable";
  return status >= 300 ? "invalid" : "unexpected";
}

const kinds: Readonly<Record<number, ErrorKind>> = {
  401: "signed-out",
  402: "denied",
  403: "denied",
  404: "not-found",
  405: "unsupported",
  408: "unreachable",
  409: "conflict",
  410: "not-found",
  412: "conflict",
  413: "unsupported",
  423: "conflict",
  425: "unreachable",
  429: "throttled",
  501: "unsupported",
  507: "full",
};

/** What every refusal tells, whatever protocol it speaks: status, request id, the wait it asks for. */
export function detailsOf(status: number, headers: Headers): ErrorDetails {
  const requestId = headers.get("x-amz-request-id") ?? headers.get("x-request-id");
  const retryAfterMs = retryAfterMsOf(headers.get("retry-after"));
  return {
    status,
    ...(requestId !== null && { requestId: redacted(requestId).slice(0, 80) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status >= 300 && status < 400 && { reason: "redirect" as const }),
  };
}

/** The text of a body that should be short; whatever lies behind `limit` bytes is dropped. */
export async function textOf(body: HttpReply["body"], limit = 65_536): Promise<string> {
  if (!body) return "";
  const chunks: Bytes[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= limit) break;
  }
  return await new Blob(chunks).slice(0, limit).text();
}

/** `text` from a server or an URL, fit for a log or a message: without secrets, on one line, and short. */
export function redacted(text: string): string {
  return text
    .replace(/\/\/[^/?#\s@]*@/g, "//…@")
    .replace(
      /((?:x-amz-(?:signature|credential|security-token)|awsaccesskeyid|signature|password|token|secret)(?:["']?\s*[=:]\s*["']?|>))[^&\s"'<,;]+/gi,
      "$1…",
    )
    .replace(/\b(authorization["']?\s*[=:]\s*["']?)[^"'\r\n]+/gi, "$1…")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .slice(0, 300);
}

async function sendByFetch(
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
  byNode: () => Promise<HttpReply>,
): Promise<HttpReply> {
  const response = await fetch(url, {
    method,
    headers: fetchHeaders(headers),
    signal,
    redirect: "manual",
    ...(body !== undefined && { body }),
  });
  const stored = response.headers.get("content-encoding");
  if (stored !== null && stored !== "identity" && method === "GET" && response.ok) {
    await response.body?.cancel();
    return await byNode();
  }
  const reply = { status: response.status, headers: response.headers };
  return response.body && method !== "HEAD" ? { ...reply, body: response.body } : reply;
}

function fetchHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  // `fetch` knows host and length best itself; unasked for, it would accept compressed answers.
  const { host, "content-length": length, ...rest } = headers;
  void [host, length];
  return { ...rest, "accept-encoding": "identity" };
}

function isAltered(url: string): boolean {
  return /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i.test(url);
}

/** Ends a request whose server has stayed silent too long, or whose caller has lost interest. */
interface Watch {
  readonly signal: AbortSignal;
  answered(): void;
  waiting(): void;
  end(): void;
}

/** A slower upload than this has stalled. Many run side by side, so each may be slow. */
const slowestBytesPerMs = 8;

function watchOver({ url, body, signal }: HttpRequest, timeoutMs: number): Watch {
  signal.throwIfAborted();
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  const giveUp = () => {
    const message = `${hostOf(url)} has not answered for ${timeoutMs / 1000} s`;
    controller.abort(new StorageError("unreachable", message, { reason: "timeout" }));
  };
  signal.addEventListener("abort", stop, { once: true });
  const bytes = body instanceof Blob ? body.size : (body?.length ?? 0);
  let timer = setTimeout(giveUp, timeoutMs + bytes / slowestBytesPerMs);
  return {
    signal: controller.signal,
    answered: () => clearTimeout(timer),
    waiting: () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, timeoutMs);
    },
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}

/** A shorter body is read at once. */
const shortBytes = 64 * 1024;

function isShort(headers: Headers): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= shortBytes;
}

/** As `watched`, for a body that arrives in one piece anyway: a stream around it takes longer than that. */
async function arrived(
  body: ReadableStream<Bytes>,
  watch: Watch,
  failure: (error: unknown) => unknown,
): Promise<ReadableStream<Bytes>> {
  const reader = body.getReader();
  const pieces: Bytes[] = [];
  let end = (controller: ReadableStreamDefaultController<Bytes>) => controller.close();
  try {
    for (;;) {
      watch.waiting();
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
    }
  } catch (error) {
    const reason = failure(error);
    end = (controller) => controller.error(reason);
  }
  watch.end();
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        if (pieces.length === 0) end(controller);
      },
    },
    { highWaterMark: 0 },
  );
}

function watched(
  body: ReadableStream<Bytes>,
  watch: Watch,
  failure: (error: unknown) => unknown,
): ReadableStream<Bytes> {
  const reader = body.getReader();
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        watch.waiting();
        try {
          const { done, value } = await reader.read();
          watch.answered();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          watch.end();
          controller.close();
        } catch (error) {
          watch.end();
          controller.error(failure(error));
        }
      },
      async cancel(reason) {
        watch.end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function failureToReach(
  url: string,
  signal: AbortSignal,
  error: unknown,
  addressField: string,
): unknown {
  if (signal.aborted) return signal.reason;
  // What is behind the body has changed or vanished: the caller's affair, not this network's.
  const own = causes(error).find(
    (each) => each.name === "NotReadableError" || each instanceof StorageError,
  );
  if (own) return own;
  const codes = codesOf(error);
  const message = `${hostOf(url)}: ${codes.join(", ")}`;
  const found = networkFailures.find(({ code }) => codes.some((each) => code.test(each)));
  if (!found) return new StorageError("unreachable", `broken off, ${message}`, { cause: error });
  const { kind = "unreachable", reason, retryable, field = addressField } = found;
  return new StorageError(kind, message, {
    field,
    cause: error,
    ...(reason !== undefined && { reason }),
    ...(retryable !== undefined && { retryable }),
  });
}

/** What `fetch` and Node say, in the order in which it is to be believed. */
const networkFailures: readonly (Pick<ErrorDetails, "reason" | "retryable" | "field"> & {
  readonly code: RegExp;
  readonly kind?: ErrorKind;
})[] = [
  {
    code: /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    reason: "untrusted-certificate",
    retryable: false,
    field: "verifyTls",
  },
  { code: /^(ENOTFOUND|EAI_)/, reason: "unknown-host" },
  { code: /^ECONNREFUSED$/, reason: "refused" },
  { code: /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/, reason: "timeout" },
  { code: /^(ERR_SSL_|EPROTO$|HPE_)/, reason: "not-this-protocol", retryable: false },
  { code: /^(ERR_INVALID_URL|bad port|unknown scheme)$/, kind: "invalid" },
];

function codesOf(error: unknown): string[] {
  const codes = causes(error).flatMap((each) => ("code" in each ? [String(each.code)] : []));
  return codes.length > 0
    ? codes
    : causes(error)
        .map(({ message }) => redacted(message))
        .slice(-1);
}

/** The error, its causes, and theirs; `fetch` hides the network's word one or two levels down. */
function causes(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return [error, ...inner.flatMap((each) => causes(each, depth + 1))];
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the server";
}

function retryAfterMsOf(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return ms >= 0 ? ms : undefined;
}
