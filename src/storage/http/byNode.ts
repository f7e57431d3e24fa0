import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Bytes } from "../../base/bytes.ts";
import type { ArrivingBody, ArrivingReply, HttpHeaders, HttpRequest } from "./messages.ts";
import type { HttpWatch } from "./watch.ts";

/**
 * Sends by `node:http(s)`, path and body untouched.
 *
 * VS Code's module asks for each request which proxy it is to take, which takes several times as long
 * as the request itself, and closes the connection behind it unless it is told not to. So every
 * connection is opened by VS Code, with its proxies and certificates, and one of them that waits for
 * the next request is taken without asking again. Through a proxy, none waits.
 */
export class NodeHttp {
  readonly #verifyTls: boolean;
  readonly #servers = new Map<string, Server>();

  constructor(verifyTls: boolean) {
    this.#verifyTls = verifyTls;
  }

  /** False once it is seen that connections to the URL's server do not outlive their request. */
  keepsConnections(url: string): boolean {
    return this.#server(parted(url).origin).keeps;
  }

  /** Fails with what Node says. */
  async send(asked: HttpRequest, watch: HttpWatch): Promise<ArrivingReply> {
    const { origin, path } = parted(asked.url);
    const server = this.#server(origin);
    const request = server.request(this.#options(asked, path));
    try {
      return await answered(server, request, asked, watch);
    } catch (error) {
      // The server was just giving up the connection that had waited, and has not looked at this.
      const mayRepeat = asked.body === undefined && /^(GET|HEAD)$/.test(asked.method);
      if (!mayRepeat || watch.over || !request.reusedSocket) throw error;
      const again = server.request(this.#options(asked, path));
      return await answered(server, again, asked, watch);
    }
  }

  #server(origin: string): Server {
    const known = this.#servers.get(origin);
    if (known) return known;
    const server = new Server(new URL(origin));
    this.#servers.set(origin, server);
    return server;
  }

  #options({ method, headers, body }: HttpRequest, path: string): https.RequestOptions {
    return {
      method,
      path,
      headers: {
        ...headers,
        connection: "keep-alive",
        "accept-encoding": "identity",
        ...lengthOf(method, body),
      },
      rejectUnauthorized: this.#verifyTls,
    };
  }
}

/** One server, and the connections to it that wait for requests. */
class Server {
  readonly #url: URL;
  readonly #module: typeof http | typeof https;
  /** Others may have opened connections to it that are not for us, or not verified. */
  readonly #own = new WeakSet<Socket>();
  /** The agent that keeps connections, under a name for those that are alike. */
  readonly #agent: http.Agent;
  #name: string | undefined;
  #keeps = true;

  constructor(url: URL) {
    this.#url = url;
    this.#module = url.protocol === "https:" ? https : http;
    // It looks up the name that was seen, not what it would make of a request's options: those that
    // VS Code adds (certificates) are part of a name.
    this.#agent = Object.create(this.#module.globalAgent, {
      getName: { value: () => this.#name },
    });
  }

  get keeps(): boolean {
    return this.#keeps;
  }

  request(asked: https.RequestOptions): http.ClientRequest {
    const { protocol, hostname, port } = this.#url;
    const options = { ...asked, protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port };
    return this.#isOneWaiting
      ? new http.ClientRequest({ ...options, agent: this.#agent })
      : this.#module.request(options);
  }

  /** Learns from a request that has just been answered. */
  learn({ reusedSocket }: http.ClientRequest, { socket }: http.IncomingMessage): void {
    if (reusedSocket && this.#own.has(socket)) return;
    const { sockets } = this.#module.globalAgent;
    this.#name = Object.keys(sockets).find((name) => sockets[name]?.includes(socket));
    this.#keeps = this.#name !== undefined;
    this.#own.add(socket);
  }

  get #isOneWaiting(): boolean {
    if (this.#name === undefined) return false;
    // The agent takes the last one.
    const next = this.#module.globalAgent.freeSockets[this.#name]?.at(-1);
    return next !== undefined && !next.destroyed && this.#own.has(next);
  }
}

function parted(url: string): { readonly origin: string; readonly path: string } {
  const [, origin = "", path = ""] = /^(https?:\/\/[^/?#]+)([^#]*)/.exec(url) ?? [];
  return { origin, path: path === "" ? "/" : path };
}

async function answered(
  server: Server,
  request: http.ClientRequest,
  { method, body }: HttpRequest,
  watch: HttpWatch,
): Promise<ArrivingReply> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    watch.onOver(() => request.destroy());
    request.once("response", resolve).on("error", reject);
    // An answer may come before the body has gone, and is then the one that counts.
    sendBody(request, body).catch((error: unknown) => {
      request.destroy();
      reject(error);
    });
  });
  server.learn(request, response);
  response.once("end", () => {
    // Whoever has answered reads no more.
    if (!request.writableEnded) request.destroy();
  });
  return replyOf(method, response);
}

/** A smaller body is sent in one piece. */
const smallBytes = 64 * 1024;

async function sendBody(request: http.ClientRequest, body: HttpRequest["body"]): Promise<void> {
  if (!(body instanceof Blob)) request.end(body);
  else if (body.size > smallBytes) await pipeline(counted(body.stream(), body.size), request);
  else request.end(whole(await body.arrayBuffer(), body.size));
}

function whole(bytes: ArrayBuffer, size: number): Uint8Array {
  if (bytes.byteLength !== size) throw otherLength();
  return new Uint8Array(bytes);
}

/** A byte too many would be taken for the next request on the connection. */
async function* counted(
  pieces: AsyncIterable<Bytes>,
  size: number,
): AsyncGenerator<Bytes, void, void> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > size) break;
    yield piece;
  }
  if (bytes !== size) throw otherLength();
}

function otherLength(): Error {
  return new Error("a body that is not as long as it says");
}

function lengthOf(method: string, body: HttpRequest["body"]): Record<string, string> {
  if (body instanceof Blob) return { "content-length": String(body.size) };
  if (body !== undefined) return { "content-length": String(Buffer.byteLength(body)) };
  return method === "PUT" || method === "POST" ? { "content-length": "0" } : {};
}

function replyOf(method: string, response: http.IncomingMessage): ArrivingReply {
  const reply = { status: response.statusCode ?? 0, headers: new NodeHeaders(response.headers) };
  if (method === "HEAD" || reply.status === 204 || reply.status === 304) {
    response.resume();
    return reply;
  }
  return { ...reply, body: bodyOf(response) };
}

/** Node's chunks are Buffers, which are `Uint8Array`s of memory of their own. */
function bodyOf(response: http.IncomingMessage): ArrivingBody {
  return {
    pieces: response,
    take: async (each) =>
      await new Promise((resolve, reject) => {
        response.on("data", each).once("end", resolve).once("error", reject);
      }),
  };
}

/** To make `Headers` of them takes longer than all that is asked of them. */
class NodeHeaders implements HttpHeaders {
  readonly #headers: http.IncomingHttpHeaders;

  constructor(headers: http.IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  *[Symbol.iterator](): Generator<[string, string], undefined> {
    for (const name of Object.keys(this.#headers)) yield [name, this.get(name) ?? ""];
  }
}
