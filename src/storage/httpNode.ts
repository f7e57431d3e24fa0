import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { Readable } from "node:stream";
import type { Bytes } from "../base/bytes.ts";
import type { HttpReply, HttpRequest } from "./httpMessages.ts";

/** Sends a request by `node:http(s)`, path and body untouched, for what `fetch` cannot do. */
export async function sendByNode(
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
  verifyTls: boolean,
): Promise<HttpReply> {
  const [, protocol, host, path] = /^(https?:)\/\/([^/?#]+)([^#]*)/.exec(url) ?? [];
  const { hostname, port } = new URL(`${protocol}//${host}`);
  const request = (protocol === "https:" ? https : http).request({
    method,
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port,
    path: path === "" ? "/" : path,
    headers: { ...headers, "accept-encoding": "identity", ...lengthOf(method, body) },
    signal,
    rejectUnauthorized: verifyTls,
  });
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).once("error", reject);
    // An answer may come before the body has gone, and is then the one that counts.
    sendBody(request, body).catch((error: unknown) => {
      request.destroy();
      reject(error);
    });
  });
  return replyOf(method, response);
}

async function sendBody(request: http.ClientRequest, body: HttpRequest["body"]): Promise<void> {
  if (body instanceof Blob)
    for await (const chunk of body.stream())
      if (!request.write(chunk)) await once(request, "drain");
  request.end(body instanceof Blob ? undefined : body);
}

function lengthOf(method: string, body: HttpRequest["body"]): Record<string, string> {
  if (body instanceof Blob) return { "content-length": String(body.size) };
  if (body !== undefined) return { "content-length": String(Buffer.byteLength(body)) };
  return method === "PUT" || method === "POST" ? { "content-length": "0" } : {};
}

function replyOf(method: string, response: http.IncomingMessage): HttpReply {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    for (const each of [value].flat()) if (each !== undefined) headers.append(name, each);
  const reply = { status: response.statusCode ?? 0, headers };
  if (method === "HEAD" || reply.status === 204 || reply.status === 304) {
    response.resume();
    return reply;
  }
  // Node's chunks are Buffers, which are `Uint8Array`s of memory of their own.
  return { ...reply, body: Readable.toWeb(response) as ReadableStream<Bytes> };
}
