/** What an answer to GET says of a file, and how servers deviate in it. */
import type { Body } from "../../../base/bytes.ts";
import { objectBytes } from "../../contentRange.ts";
import type { HttpReply } from "../../http/messages.ts";
import type { ObjectInfo } from "../../objects.ts";
import type { ReadRequest } from "../../requests.ts";
import { versionOf } from "./resources.ts";

/** Some servers answer for a folder with a page that they make on the spot. */
export function mayBeFolder({ status, headers }: HttpReply): boolean {
  const isPage = headers.get("content-type")?.startsWith("text/html") ?? false;
  return status === 200 && isPage && !headers.has("etag");
}

/** The range to ask for: sabre/dav, and so Nextcloud, takes `bytes=0-0` for the whole file. */
export function understood(range: ReadRequest["range"]): ReadRequest["range"] {
  return range?.start === 0 && range.end === 1 ? { start: 0, end: 2 } : range;
}

/** Undefined if the server does not tell how long the file is. */
export function infoOfReply(
  key: string,
  range: ReadRequest["range"],
  { headers }: HttpReply,
): ObjectInfo | undefined {
  const size = objectBytes(headers, range);
  if (size === undefined) return undefined;
  const modified = new Date(headers.get("last-modified") ?? "");
  const etag = headers.get("etag");
  return {
    key,
    size,
    ...(!Number.isNaN(modified.getTime()) && { modified }),
    ...(etag !== null && { version: versionOf(etag) }),
  };
}

/** Of a whole file the part that was asked for. */
export async function* partOf(
  whole: Body,
  { start, end = Infinity }: NonNullable<ReadRequest["range"]>,
): Body {
  let at = 0;
  for await (const chunk of whole) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.length;
    if (piece.length > 0) yield piece;
    if (at >= end) return;
  }
}
