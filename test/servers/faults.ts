import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { Transform } from "node:stream";

/** What may happen to a request on its way. */
export type Fault =
  /** The server is never asked. */
  | {
      readonly type: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection breaks once so many bytes of the body have gone to the server. */
  | { readonly type: "cut-request"; readonly afterBytes: number }
  /** One byte of the body becomes another on its way to the server. */
  | { readonly type: "damage-request"; readonly atByte: number }
  /** The connection breaks once so many bytes of the answer's body have come back. */
  | { readonly type: "cut-answer"; readonly afterBytes: number }
  /** The server does what it is told, and its answer is lost. */
  | { readonly type: "lose-answer" }
  | { readonly type: "delay"; readonly ms: number }
  /** The server is asked, and its answer's headers are changed. */
  | { readonly type: "headers"; readonly headers: Readonly<Record<string, string>> }
  | { readonly type: "silence" };

export interface Passing {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface Faults {
  /** Where the proxy listens: `http://localhost:…`. */
  readonly origin: string;
  /** Everything that has come by since `rule` was last called. */
  readonly passed: readonly Passing[];
  /** From now on asks `rule` what is to happen to each request; undefined lets it pass. */
  rule(rule: (request: Passing, number: number) => Fault | undefined): void;
  stop(): Promise<void>;
}

/** A proxy before the server at `target` that breaks what it is told to break, on real traffic. */
export async function startFaults(target: string, onPort = 0): Promise<Faults> {
  const passed: Passing[] = [];
  let ruled: (request: Passing, number: number) => Fault | undefined = () => undefined;
  const server = http.createServer((request, response) => {
    const passing = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
    };
    passed.push(passing);
    const fault = ruled(passing, passed.length);
    request.on("error", () => {});
    const pass = () => forward(new URL(target), request, response, fault);
    if (fault?.type === "silence") request.resume();
    else if (fault?.type === "answer") answer(request, response, fault);
    else if (fault?.type === "delay") setTimeout(pass, fault.ms);
    else pass();
  });
  await new Promise<void>((resolve) => server.listen(onPort, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    passed,
    rule(rule) {
      passed.length = 0;
      ruled = rule;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { status, headers, body = "" }: Extract<Fault, { type: "answer" }>,
): void {
  request.resume();
  request.on("end", () => {
    response.writeHead(status, { date: new Date().toUTCString(), ...headers });
    response.end(request.method === "HEAD" ? "" : body);
  });
}

function forward(
  { hostname, port }: URL,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  fault: Fault | undefined,
): void {
  const { method, url: path, headers } = request;
  const cut = () => request.socket.destroy();
  const onwards = http.request({ hostname, port, method, path, headers, agent: false });
  onwards.on("error", cut);
  onwards.on("response", (reply) => {
    reply.on("error", cut);
    if (fault?.type === "lose-answer") {
      reply.resume();
      reply.on("end", cut);
      return;
    }
    const changed = fault?.type === "headers" ? fault.headers : {};
    response.writeHead(reply.statusCode ?? 0, { ...reply.headers, ...changed });
    if (fault?.type === "cut-answer") passUpTo(fault.afterBytes, reply, response, cut);
    else reply.pipe(response);
  });
  response.on("close", () => onwards.destroy());
  if (fault?.type === "cut-request")
    passUpTo(fault.afterBytes, request, onwards, () => {
      onwards.destroy();
      cut();
    });
  else if (fault?.type === "damage-request") request.pipe(damaging(fault.atByte)).pipe(onwards);
  else request.pipe(onwards);
}

function damaging(atByte: number): Transform {
  let left = atByte;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const isHere = left >= 0 && left < chunk.length;
      if (isHere) chunk[left] = (chunk[left] ?? 0) ^ 1;
      left -= chunk.length;
      done(null, chunk);
    },
  });
}

function passUpTo(
  bytes: number,
  from: http.IncomingMessage,
  to: NodeJS.WritableStream,
  then: () => void,
): void {
  let left = bytes;
  from.on("data", (chunk: Buffer) => {
    if (left > 0) to.write(chunk.subarray(0, left));
    left -= chunk.length;
    // What has been passed is given the time to arrive.
    if (left <= 0) setTimeout(then, 20);
  });
  from.on("end", () => {
    if (left > 0) to.end();
  });
}
