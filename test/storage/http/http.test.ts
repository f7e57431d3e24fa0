import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { never } from "../../../src/base/abort.ts";
import { openHttp } from "../../../src/storage/http/http.ts";
import { NodeHttp } from "../../../src/storage/http/byNode.ts";
import { detailsOf, kindOfStatus, redacted, textOf } from "../../../src/storage/http/answers.ts";

const options = { verifyTls: true, timeoutMs: 600, addressField: "endpoint" };
const node = new NodeHttp(true);
/** As behind a proxy, where no connection outlives its request. */
const byFetch = {
  send: async (...args: Parameters<NodeHttp["send"]>) => await node.send(...args),
  keepsConnections: () => false,
};

for (const [way, http] of [
  ["Node", openHttp(options)],
  ["a kept connection", openHttp(options)],
  ["fetch", openHttp(options, byFetch)],
] as const)
  describe(`HTTP by ${way}`, () => {
    const servers: Server[] = [];

    /** Answers with `listener` until the test is over. */
    async function serving(listener: RequestListener): Promise<string> {
      const server = createServer((request, response) => {
        if (request.url === "/first") response.end();
        else listener(request, response);
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      if (way === "a kept connection") await textOf((await get(`${url}/first`)).body);
      return url;
    }

    afterEach(() => {
      for (const server of servers.splice(0)) {
        server.closeAllConnections();
        server.close();
      }
    });

    const get = (url: string, signal = never) => http({ method: "GET", url, headers: {}, signal });

    it("passes on status, headers and body as they come, redirects too", async () => {
      const url = await serving((_, response) => {
        response.writeHead(307, { location: "http://elsewhere.test/", "x-amz-request-id": "r1" });
        response.end("moved");
      });
      const reply = await get(url);
      assert.equal(reply.status, 307);
      assert.equal(await textOf(reply.body), "moved");
      assert.deepEqual(detailsOf(reply.status, reply.headers), {
        status: 307,
        requestId: "r1",
        reason: "redirect",
      });
    });

    it("sends paths untouched, dot segments and double slashes included", async () => {
      const seen: (string | undefined)[] = [];
      const url = await serving((request, response) => {
        seen.push(request.url);
        response.end();
      });
      const odd = ["/b/./x/../y?q=1", "/b//a", "/b/%2e%2E/x", "/b/..", "/b/a%2Fb%20c+d?x-id=%2B"];
      for (const path of odd) await textOf((await get(url + path)).body);
      assert.deepEqual(seen, odd);
    });

    it("sends each kind of body whole, with its length, by either way", async () => {
      const url = await serving((request, response) => {
        const { "content-length": length, "transfer-encoding": encoding } = request.headers;
        let bytes = 0;
        request.on("data", (chunk: Buffer) => (bytes += chunk.length));
        request.on("end", () => response.end(`${length} ${encoding} ${bytes}`));
      });
      const bodies = [new Blob(["x".repeat(100_000)]), new Uint8Array(100_000), "ü".repeat(50_000)];
      for (const path of ["/plain", "/./dotted"])
        for (const body of bodies) {
          const reply = await http({
            method: "PUT",
            url: url + path,
            headers: { "content-type": "x/y" },
            body,
            signal: never,
          });
          assert.equal(await textOf(reply.body), "100000 undefined 100000");
        }
    });

    it("keeps the bytes of an object that is stored compressed", async () => {
      const packed = gzipSync("hello");
      const asked: (string | string[] | undefined)[] = [];
      const url = await serving((request, response) => {
        asked.push(request.headers["accept-encoding"]);
        response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
        response.end(packed);
      });
      const { body } = await get(`${url}/packed`);
      assert.ok(body);
      assert.ok(Buffer.from(await new Response(body).arrayBuffer()).equals(packed));
      assert.deepEqual([...new Set(asked)], ["identity"]);
    });

    it("asks for nothing to be compressed, and reports a body that breaks off", async () => {
      const url = await serving((_, response) => {
        response.writeHead(200, { "content-length": 1000 });
        response.write("x".repeat(500));
        setTimeout(() => response.destroy(), 20);
      });
      for (const path of ["/plain", "/./dotted"]) {
        const { status, body } = await get(url + path);
        assert.equal(status, 200, "the head has come whole");
        await assert.rejects(textOf(body), { kind: "unreachable", retryable: true });
      }
    });

    it("gives up on a server that stays silent, before or within its answer", async () => {
      const url = await serving((request, response) => {
        if (request.url === "/within") response.write("some");
      });
      await assert.rejects(get(`${url}/before`), {
        kind: "unreachable",
        details: { reason: "timeout" },
      });
      const { body } = await get(`${url}/within`);
      await assert.rejects(textOf(body), { kind: "unreachable", details: { reason: "timeout" } });
    });

    it("waits for a slow server as long as bytes arrive", async () => {
      const url = await serving((_, response) => {
        let sent = 0;
        const timer = setInterval(() => {
          response.write("x");
          if (++sent === 6) {
            clearInterval(timer);
            response.end();
          }
        }, 150);
      });
      assert.equal(await textOf((await get(url)).body), "xxxxxx");
    });

    it("lets its reader take its time", async () => {
      const url = await serving((_, response) => response.end("x".repeat(5_000_000)));
      const { body } = await get(url);
      let bytes = 0;
      for await (const chunk of body ?? []) {
        if (bytes === 0) await wait(900);
        bytes += chunk.length;
      }
      assert.equal(bytes, 5_000_000);
    });

    it("ends with the signal's own reason, before, during and after the answer's head", async () => {
      const url = await serving((request, response) => {
        if (request.url === "/head") response.write("some");
      });
      const reason = new Error("enough");
      await assert.rejects(get(url, AbortSignal.abort(reason)), reason);
      for (const path of ["/silent", "/head"]) {
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 50);
        const reading = get(url + path, controller.signal).then(({ body }) => textOf(body));
        await assert.rejects(reading, reason);
      }
    });

    it("tells apart why a server cannot be reached", async () => {
      const refusing = createTcpServer();
      await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
      const { port } = refusing.address() as AddressInfo;
      await new Promise((resolve) => refusing.close(resolve));
      const plain = await serving((_, response) => response.end());
      for (const [url, kind, reason] of [
        [`http://127.0.0.1:${port}`, "unreachable", "refused"],
        ["http://no-such-host.invalid", "unreachable", "unknown-host"],
        [plain.replace("http:", "https:"), "unreachable", "not-this-protocol"],
        ...(way === "fetch" ? [["http://127.0.0.1:1", "invalid", undefined] as const] : []),
      ] as const)
        await assert.rejects(get(url), (error: { kind?: string; details?: object }) => {
          assert.equal(error.kind, kind, url);
          assert.equal((error.details as { reason?: string }).reason, reason, url);
          assert.equal((error.details as { field?: string }).field, "endpoint");
          return true;
        });
    });

    it("reports a file that changed while it was sent as the file's failure", async () => {
      const url = await serving((request, response) => {
        request.resume();
        request.on("end", () => response.end());
      });
      const folder = await mkdtemp(join(tmpdir(), "offsite-http-"));
      try {
        for (const path of ["/plain", "/./dotted"]) {
          const file = join(folder, "file");
          await writeFile(file, "before");
          const body = await openAsBlob(file);
          await writeFile(file, "afterwards");
          await assert.rejects(
            http({ method: "PUT", url: url + path, headers: {}, body, signal: never }),
            { name: "NotReadableError" },
          );
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });

describe("What HTTP answers say", () => {
  it("reads how long to wait from either form of Retry-After", () => {
    const after = (value: string) =>
      detailsOf(503, new Headers({ "retry-after": value })).retryAfterMs;
    assert.equal(after("2"), 2000);
    assert.equal(after("soon"), undefined);
    const inAMinute = after(new Date(Date.now() + 60_000).toUTCString()) ?? 0;
    assert.ok(inAMinute > 55_000 && inAMinute <= 60_000);
  });

  it("has a kind for every status", () => {
    for (const [status, kind] of [
      [301, "invalid"],
      [400, "invalid"],
      [401, "signed-out"],
      [403, "denied"],
      [404, "not-found"],
      [412, "conflict"],
      [429, "throttled"],
      [500, "unreachable"],
      [501, "unsupported"],
      [503, "unreachable"],
      [507, "full"],
    ] as const)
      assert.equal(kindOfStatus(status), kind);
  });

  it("keeps secrets and control characters out of what it quotes", () => {
    const text = redacted(
      "PUT https://me:hunter2@host/b?X-Amz-Signature=abc123&X-Amz-Credential=AKIA%2F2026\n" +
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIA, Signature=deadbeef\n" +
        "<AWSAccessKeyId>AKIA</AWSAccessKeyId> password: 'hunter2' \u001b[31mred",
    );
    for (const secret of ["hunter2", "abc123", "AKIA", "deadbeef", "\u001b", "\n"])
      assert.ok(!text.includes(secret), `${secret} in ${text}`);
    assert.ok(redacted("x".repeat(5000)).length <= 300);
  });
});
