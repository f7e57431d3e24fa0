import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { never } from "../../../src/base/abort.ts";
import type { Bytes } from "../../../src/base/bytes.ts";
import { openHttp } from "../../../src/storage/http/http.ts";

describe("HTTP's connections", () => {
  const servers: Server[] = [];
  const http = openHttp({ verifyTls: true, timeoutMs: 5000, addressField: "endpoint" });
  const connections = new Set<Socket>();

  async function serving(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    server.on("connection", (socket) => connections.add(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  afterEach(() => {
    connections.clear();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  const controlled = () => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort() };
  };
  const ask = async (url: string, body?: Blob) => {
    const method = body ? "PUT" : "GET";
    const reply = await http({ method, url, headers: {}, signal: never, ...(body && { body }) });
    return await new Response(reply.body ?? null).text();
  };

  it("are as many as there are requests at once, whatever they carry", async () => {
    const url = await serving((request, response) => {
      request.resume().on("end", () => response.end("x".repeat(100_000)));
    });
    const bodies = [undefined, new Blob(["small"]), new Blob(["x".repeat(100_000)])];
    for (let round = 0; round < 20; round++)
      await Promise.all([0, 1, 2].map(async (one) => await ask(url, bodies[(one + round) % 3])));
    assert.equal(connections.size, 3);
  });

  it("may be given up by the server at any time: what changes nothing is asked again", async () => {
    const seen = new Set<Socket>();
    const asked: string[] = [];
    const url = await serving((request, response) => {
      asked.push(String(request.method));
      if (seen.has(request.socket)) request.socket.destroy();
      else response.end("here");
      seen.add(request.socket);
    });
    assert.equal(await ask(url), "here");
    assert.equal(await ask(url), "here");
    assert.deepEqual(asked, ["GET", "GET", "GET"]);
    await assert.rejects(ask(url, new Blob(["x"])), { kind: "unreachable", retryable: true });
    assert.deepEqual(asked, ["GET", "GET", "GET", "PUT"]);
  });

  it("end where the server answers before it has heard all", async () => {
    const url = await serving((_, response) => {
      response.writeHead(403, { "content-length": 2 });
      response.end("no");
    });
    let isCancelled = false;
    const endless = new (class extends Blob {
      override readonly size = 2 ** 40;
      override stream(): ReadableStream<Bytes> {
        return new ReadableStream<Bytes>({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
          cancel: () => void (isCancelled = true),
        });
      }
    })([]);
    assert.equal(await ask(url, endless), "no");
    while (!isCancelled || ![...connections].every(({ destroyed }) => destroyed)) await wait(5);
  });

  it("carry no body that is longer or shorter than it says", async () => {
    const bodies: number[] = [];
    const url = await serving((request, response) => {
      let bytes = 0;
      request.on("data", (chunk: Buffer) => (bytes += chunk.length));
      request.on("end", () => response.end(String(bodies.push(bytes))));
    });
    const lying = (size: number, real: number) =>
      new (class extends Blob {
        override readonly size = size;
      })([new Uint8Array(real)]);
    for (const [size, real] of [
      [10, 20],
      [20, 10],
      [100_000, 100_001],
      [100_001, 100_000],
    ] as const)
      await assert.rejects(ask(url, lying(size, real)), { kind: "unreachable" });
    assert.deepEqual(bodies, []);
  });

  it("carry one request for each, whatever is in a header or a path", async () => {
    const asked: (string | undefined)[] = [];
    const url = await serving((request, response) => {
      asked.push(request.url);
      response.end();
    });
    const second = "\r\n\r\nGET /second HTTP/1.1\r\nhost: x\r\n\r\n";
    await ask(url);
    for (const [path, headers] of [
      ["/", { "x-amz-meta-a": `a${second}` }],
      ["/", { [`a: b${second}c`]: "d" }],
      ["/", { "x-amz-meta-a": "\u{1F600}" }],
      [`/ HTTP/1.1${second}`, {}],
      ["/a b", {}],
    ] as const)
      await assert.rejects(http({ method: "GET", url: url + path, headers, signal: never }), {
        kind: "unreachable",
      });
    await ask(url);
    assert.deepEqual(asked, ["/", "/"]);
  });

  it("are not touched by who has had an answer whole, and loses interest later", async () => {
    const url = await serving((_, response) => response.end("x".repeat(100_000)));
    await ask(url);
    const { signal, abort } = controlled();
    const first = await http({ method: "GET", url, headers: {}, signal });
    const pieces = first.body?.[Symbol.asyncIterator]();
    let bytes = 0;
    while (bytes < 100_000) bytes += (await pieces?.next())?.value?.length ?? 0;
    const second = ask(url);
    abort();
    assert.equal((await second).length, 100_000);
    assert.equal(connections.size, 1);
  });

  it("end where nobody wants the rest, and where the server speaks unasked", async () => {
    const url = await serving((request, response) => {
      if (request.url !== "/unasked") return void response.end("x".repeat(10_000_000));
      response.end("x", () => request.socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    });
    const closed = async () => {
      while (![...connections].every(({ destroyed }) => destroyed)) await wait(5);
      connections.clear();
    };
    const cancelled = await http({ method: "GET", url, headers: {}, signal: never });
    cancelled.body?.cancel();
    await closed();
    await ask(`${url}/unasked`);
    await closed();
    assert.equal((await ask(url)).length, 10_000_000);
    const left = await http({ method: "GET", url, headers: {}, signal: never });
    for await (const piece of left.body ?? []) if (piece.length > 0) break;
    await closed();
  });

  it("make the server wait for a reader who takes his time", async () => {
    let response: ServerResponse | undefined;
    const url = await serving((request, answer) => {
      if (request.url === "/first") return void answer.end();
      response = answer;
      answer.write(Buffer.alloc(50_000_000));
      answer.end();
    });
    await ask(`${url}/first`);
    const { body } = await http({ method: "GET", url, headers: {}, signal: never });
    const pieces = body?.[Symbol.asyncIterator]();
    await pieces?.next();
    // What the two systems hold between them is a few megabytes.
    for (let i = 0; i < 10; i++) await wait(10);
    assert.ok(response && response.writableLength > 0, "most of it has not been taken");
    let bytes = 0;
    for (let next = await pieces?.next(); next?.done === false; next = await pieces?.next())
      bytes += next.value.length;
    assert.ok(bytes > 40_000_000);
    assert.equal(connections.size, 1);
  });

  it("are given up before the server does so, where it says when that will be", async () => {
    const url = await serving((_, response) => {
      response.setHeader("keep-alive", "timeout=1");
      response.end();
    });
    await ask(url);
    while (![...connections].every(({ destroyed }) => destroyed)) await wait(5);
    assert.equal(connections.size, 1);
  });
});
