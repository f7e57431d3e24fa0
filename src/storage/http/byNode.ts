import * as http from "node:http";
import * as https from "node:https";
import { pipeline } from "node:stream/promises";
import { KeptConnection } from "./keptConnection.ts";
import type { ArrivingBody, ArrivingReply, HttpRequest } from "./messages.ts";
import { ReplyHeaders } from "./replyHeaders.ts";
import { countedBody, lengthOf, wholeBody } from "./requestBody.ts";
import type { HttpWatch } from "./watch.ts";

/**
 * Sends by `node:http(s)`, path and body untouched.
 *
 * VS Code's module asks for each request which proxy it is to take, which takes several times as long
 * as the request itself, and closes the connection behind it unless it is told not to. So every
 * connection is opened by VS Code, with its proxies and certificates, and then kept for the requests
 * that follow. Through a proxy, none can be.
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
    const head = headOf(asked, server.host, path);
    const kept = head !== undefined && server.kept();
    if (!kept) return await server.open(asked, path, watch);
    try {
      return await kept.send(asked, head, watch);
    } catch (error) {
      // The server was just giving up the connection that had waited, and has not looked at this.
      const mayRepeat = asked.body === undefined && /^(GET|HEAD)$/.test(asked.method);
      if (!mayRepeat || watch.over) throw error;
      return await server.open(asked, path, watch);
    }
  }

  #server(origin: string): Server {
    const known = this.#servers.get(origin);
    if (known) return known;
    const server = new Server(new URL(origin), this.#verifyTls);
    this.#servers.set(origin, server);
    return server;
  }
}

/** One server, and the connections to it that wait for requests. */
class Server {
  readonly #url: URL;
  readonly #verifyTls: boolean;
  readonly #module: typeof http | typeof https;
  readonly #waiting: KeptConnection[] = [];
  #keeps = true;

  constructor(url: URL, verifyTls: boolean) {
    this.#url = url;
    this.#verifyTls = verifyTls;
    this.#module = url.protocol === "https:" ? https : http;
  }

  get keeps(): boolean {
    return this.#keeps;
  }

  get host(): string {
    return this.#url.host;
  }

  /** A connection that waits, the caller's from now on: the last one, which the server closes last. */
  kept(): KeptConnection | undefined {
    let connection = this.#waiting.pop();
    while (connection && !connection.isOpen) connection = this.#waiting.pop();
    return connection;
  }

  /** Sends it on a new connection, which is kept if it can be. */
  async open(asked: HttpRequest, path: string, watch: HttpWatch): Promise<ArrivingReply> {
    const { protocol, hostname, port } = this.#url;
    const request = this.#module.request({
      method: asked.method,
      path,
      headers: headersOf(asked),
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port,
      rejectUnauthorized: this.#verifyTls,
    });
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      watch.onOver(() => request.destroy());
      request.once("response", resolve).on("error", reject);
      // An answer may come before the body has gone, and is then the one that counts.
      sendBody(request, asked.body).catch((error: unknown) => {
        request.destroy();
        reject(error);
      });
    });
    this.#keep(response);
    response.once("end", () => {
      // Whoever has answered reads no more.
      if (!request.writableEnded) request.destroy();
    });
    return replyOf(asked.method, response);
  }

  /** Takes the connection from Node's agent, once the answer has been read, if the agent has it to keep. */
  #keep({ socket, headers }: http.IncomingMessage): void {
    const { sockets } = this.#module.globalAgent;
    this.#keeps = Object.values(sockets).some((used) => used?.includes(socket));
    if (!this.#keeps) return;
    // Node's word for it: the agent forgets the socket, and takes its listeners off.
    socket.emit("agentRemove");
    const restMs = restMsOf(new ReplyHeaders(headers).get("keep-alive"));
    const wait = (connection: KeptConnection) => this.#waiting.push(connection);
    socket.once("free", () => void new KeptConnection(socket, restMs, wait));
  }
}

/** A server that has been asked nothing for this long may close the connection; Node's agent waits as long. */
const longestRestMs = 5000;

/** Some say how long they wait; what is sent in the last second of that may be lost. */
function restMsOf(keepAlive: string | null): number {
  const seconds = /\btimeout=(\d{1,6})/i.exec(keepAlive ?? "")?.[1];
  return seconds === undefined
    ? longestRestMs
    : Math.max(1, Math.min(Number(seconds) * 1000 - 1000, longestRestMs));
}

function parted(url: string): { readonly origin: string; readonly path: string } {
  const [, origin = "", path = ""] = /^(https?:\/\/[^/?#]+)([^#]*)/.exec(url) ?? [];
  return { origin, path: path === "" ? "/" : path };
}

function headersOf(asked: HttpRequest): Record<string, string> {
  return {
    ...asked.headers,
    connection: "keep-alive",
    "accept-encoding": "identity",
    ...lengthOf(asked),
  };
}

/** The request up to its body; nothing where Node has something to say against it. */
function headOf(asked: HttpRequest, host: string, path: string): string | undefined {
  const headers: Record<string, string> = { host };
  for (const [name, value] of Object.entries(headersOf(asked))) headers[name.toLowerCase()] = value;
  let head = `${asked.method} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (!isName.test(name) || !isValue.test(value)) return undefined;
    head += `${name}: ${value}\r\n`;
  }
  return isPath.test(path) ? `${head}\r\n` : undefined;
}

const isName = /^[!#$%&'*+.^_`|~\w-]+$/;
const isValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const isPath = /^[\x21-\x7e]+$/;

async function sendBody(request: http.ClientRequest, body: HttpRequest["body"]): Promise<void> {
  const whole = await wholeBody(body);
  if (whole === undefined && body instanceof Blob) await pipeline(countedBody(body), request);
  else request.end(whole);
}

function replyOf(method: string, response: http.IncomingMessage): ArrivingReply {
  const reply = { status: response.statusCode ?? 0, headers: new ReplyHeaders(response.headers) };
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
