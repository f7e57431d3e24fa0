import type { Bytes } from "../../base/bytes.ts";
import type { HttpRequest } from "./messages.ts";

/** A smaller body is sent in one piece. */
const smallBytes = 64 * 1024;

/** The header that says how long the body is, where one has to. */
export function lengthOf({ method, body }: HttpRequest): Record<string, string> {
  if (body instanceof Blob) return { "content-length": String(body.size) };
  if (body !== undefined) return { "content-length": String(Buffer.byteLength(body)) };
  return method === "PUT" || method === "POST" ? { "content-length": "0" } : {};
}

/** The body in one piece, unless there is none, or it is a large `Blob`. Fails if it is not as long as it says. */
export async function wholeBody(body: HttpRequest["body"]): Promise<Bytes | string | undefined> {
  if (!(body instanceof Blob)) return body;
  if (body.size > smallBytes) return undefined;
  const bytes = await body.arrayBuffer();
  if (bytes.byteLength !== body.size) throw otherLength();
  return new Uint8Array(bytes);
}

/** The body's pieces. Fails if they are not as long as it says: a byte too many would begin the next request. */
export async function* countedBody(body: Blob): AsyncGenerator<Bytes, void, void> {
  let bytes = 0;
  for await (const piece of body.stream()) {
    bytes += piece.length;
    if (bytes > body.size) break;
    yield piece;
  }
  if (bytes !== body.size) throw otherLength();
}

function otherLength(): Error {
  return new Error("a body that is not as long as it says");
}
