import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
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
});
