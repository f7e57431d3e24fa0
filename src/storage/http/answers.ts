/** What answers say, whatever protocol is spoken over HTTP. */
import type { Bytes } from "../../base/bytes.ts";
import type { ErrorDetails, ErrorKind } from "../errors.ts";
import type { HttpHeaders, HttpReply } from "./messages.ts";

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
export function detailsOf(status: number, headers: HttpHeaders): ErrorDetails {
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
  return (
    text
      .replace(/\/\/[^/?#\s@]*@/g, "//…@")
      .replace(namedSecret, "$1…")
      .replace(/\b(authorization["']?\s*[=:]\s*["']?)[^"'\r\n]+/gi, "$1…")
      // Wherever it stands; in "Basic authentication" the second word is no secret.
      .replace(
        /\b([Bb]asic|[Bb]earer|BASIC|BEARER)(\s+)(?=[^\s"'<&]+[A-Z\d=+/])[^\s"'<&\]]+/g,
        "$1$2…",
      )
      .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
      .slice(0, 300)
  );
}

/** A name, what stands between it and its value wherever the two are written, and the value. */
const namedSecret =
  /((?<!<\/)(?:x-amz-(?:signature|credential|security-token)|awsaccesskeyid|signature|password|token|secret)(?:&quot;|["'\]\s]){0,4}(?:[=:>]|<\/\w+>)(?:&quot;|<\w+>|["'\s[(=:>]){0,8})[^&\s"'<,;\]]+/gi;

function retryAfterMsOf(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return ms >= 0 ? ms : undefined;
}
