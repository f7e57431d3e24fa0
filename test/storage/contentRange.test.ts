import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "../../src/base/bytes.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Provider } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../src/storage/providers/webdav/webdav.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type Scripted, startScripted } from "../servers/scripted.ts";
import { failsWith } from "./failsWith.ts";

const content = "0123456789";
const key = { accessKeyId: "a", secretAccessKey: "b" };

const providers: readonly (readonly [string, (url: string) => [Provider, object]])[] = [
  ["S3", (endpoint) => [s3, { endpoint, bucket: "b", region: "r", addressing: "path", ...key }]],
  ["WebDAV", (url) => [webdav, { url }]],
];

for (const [protocol, connectionAt] of providers)
  describe(`a server of ${protocol} that sends what was not asked for`, () => {
    let server: Scripted;
    let storage: Storage;
    let answer: (request: IncomingMessage, response: ServerResponse) => void;

    before(async () => {
      server = await startScripted((request, response) => answer(request, response));
      const [provider, answers] = connectionAt(server.url);
      storage = await openStorage({ provider, name: "Lying", answers: { ...answers } }, () => {}, {
        attempts: 1,
      });
    });
    after(async () => await server.stop());

    const part = (contentRange: string, sent: string) => {
      answer = (_, response) =>
        void response
          .writeHead(206, { "content-range": contentRange, etag: '"1"' })
          .end(Buffer.from(sent));
    };

    it("is believed if it sends the part that was asked for", async () => {
      part("bytes 2-4/10", "234");
      const range = { start: 2, end: 5 };
      assert.equal(text(await storage.bytes("digits", { range })), "234");
      part("bytes 7-9/10", "789");
      await storage.read("digits", async ({ info }) => assert.equal(info.size, 10), {
        range: { start: 7, end: 99 },
      });
    });

    for (const [what, contentRange, sent] of [
      ["the beginning instead of the middle", "bytes 0-2/10", "012"],
      ["another part", "bytes 3-5/10", "345"],
      ["less than that", "bytes 2-3/10", "23"],
      ["more than that", "bytes 2-5/10", "2345"],
      ["nobody knows what", "lines 2-5/10", "2345"],
    ] as const)
      it(`is not believed if it sends ${what}`, async () => {
        part(contentRange, sent);
        await failsWith(
          { kind: "corrupt" },
          storage.bytes("digits", { range: { start: 2, end: 5 } }),
        );
      });

    it("is not believed if it sends a part instead of all", async () => {
      part("bytes 0-4/10", "01234");
      await failsWith({ kind: "corrupt" }, storage.bytes("digits"));
    });

    it("is asked for the length that its answer does not tell", async () => {
      answer = ({ method }, response) => {
        const length = { "content-length": content.length };
        if (method === "HEAD") return void response.writeHead(200, length).end();
        if (method === "PROPFIND") return void response.writeHead(207).end(described);
        response.writeHead(200, { etag: '"1"' }).write(content.slice(0, 5));
        return void response.end(content.slice(5));
      };
      await storage.read("digits", async ({ info, body }) => {
        assert.equal(info.size, content.length);
        assert.equal(await new Response(body).text(), content);
      });
    });

    for (const [what, whole] of [
      ["some bytes", content],
      ["nothing", ""],
    ] as const)
      it(`is asked for a byte of ${what} where it tells the length nowhere else`, async () => {
        answer = ({ method, headers: { range } }, response) => {
          if (method === "HEAD") return void response.writeHead(200, chunked).end();
          if (method === "PROPFIND") return void response.writeHead(207).end(lengthless);
          const said = `bytes ${whole === "" ? "*" : "0-0"}/${whole.length}`;
          if (range) response.writeHead(whole === "" ? 416 : 206, { "content-range": said });
          else response.writeHead(200, chunked);
          response.end(range ? whole.slice(0, 1) : whole);
        };
        assert.equal((await storage.stat("digits")).size, whole.length);
        assert.equal(text(await storage.bytes("digits")), whole);
      });

    it("that tells no length at all is told so, and not that there is nothing", async () => {
      answer = ({ method }, response) => {
        if (method === "HEAD") return void response.writeHead(200, chunked).end();
        if (method === "PROPFIND") return void response.writeHead(207).end(lengthless);
        response.writeHead(200, chunked).write(content.slice(0, 5));
        return void response.end(content.slice(5));
      };
      for (const asked of [storage.stat("digits"), storage.bytes("digits")])
        await failsWith({ kind: "unsupported", message: /does not tell how long/ }, asked);
    });

    it("is not believed if it sends less than there is, of a length it does not tell", async () => {
      let sent: string;
      answer = ({ method, headers: { range } }, response) => {
        if (method === "HEAD")
          return void response.writeHead(200, { "content-length": content.length }).end();
        if (method === "PROPFIND") return void response.writeHead(207).end(described);
        if (range) response.writeHead(206, { "content-range": "bytes 7-9/10" });
        // In two pieces, since of one Node tells the length.
        response.write(sent.slice(0, 1));
        return void response.end(sent.slice(1));
      };
      const range = { start: 7, end: 99 };
      sent = "789";
      assert.equal(text(await storage.bytes("digits", { range })), sent);
      await failsWith({ kind: "unreachable" }, storage.bytes("digits"));
      sent = "78";
      await failsWith({ kind: "unreachable" }, storage.bytes("digits", { range }));
    });
  });

const chunked = { "transfer-encoding": "chunked" };

const lengthless = `<multistatus xmlns="DAV:"><response><href>/digits</href><propstat><prop>
  <resourcetype/></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`;

const described = `<multistatus xmlns="DAV:"><response><href>/digits</href><propstat><prop>
  <getcontentlength>10</getcontentlength></prop><status>HTTP/1.1 200 OK</status></propstat>
  </response></multistatus>`;
