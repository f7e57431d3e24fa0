import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { utf8 } from "../../../../src/base/bytes.ts";
import { isStorageError } from "../../../../src/storage/errors.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import { webdav } from "../../../../src/storage/providers/webdav/webdav.ts";
import { addressesBeneath } from "../../../../src/storage/providers/webdav/addresses.ts";
import {
  readMultistatus,
  type Resource,
} from "../../../../src/storage/providers/webdav/multistatus.ts";
import type { Storage } from "../../../../src/storage/storage.ts";
import { toldAs } from "../../failsWith.ts";
import { freePort } from "../../../servers/process.ts";
import { type Scripted, startScripted } from "../../../servers/scripted.ts";

const alice = { user: "alice", password: "secret" };

describe("a WebDAV address", () => {
  const { of, nameIn, root } = addressesBeneath("https://host/dav%20s");

  it("encodes every name of a key by itself", () => {
    assert.equal(root, "https://host/dav%20s/");
    assert.equal(
      of("a b/c?d#e%2F\\\\ü/"),
      "https://host/dav%20s/a%20b/c%3Fd%23e%252F%5C%5C%C3%BC/",
    );
    assert.equal(of("a:b"), "https://host/dav%20s/a%3Ab");
  });

  for (const [title, href, name] of [
    ["a path", "/dav%20s/folder/name", "name"],
    ["a whole address, of whatever host", "http://inside:8080/dav%20s/folder/name", "name"],
    ["a path encoded in another way", "/dav%20%73/f%6Flder/n%61me", "name"],
    ["a path not encoded at all", "/dav s/folder/ü", "ü"],
    ["a folder", "/dav%20s/folder/name/", "name"],
    ["the folder itself", "/dav%20s/folder/", ""],
    ["the folder itself, without its slash", "/dav%20s/folder", ""],
    ["the folder in another letter case", "/DAV%20S/Folder/Name", "Name"],
    ["encoded characters of a name", "/dav%20s/folder/%252F%23%3F", "%2F#?"],
    ["a neighbour", "/dav%20s/other/name", undefined],
    ["a neighbour that begins alike", "/dav%20s/folder2/name", undefined],
    ["what lies deeper", "/dav%20s/folder/a/b", undefined],
    ["the parent", "/dav%20s/", undefined],
    ["a way out", "/dav%20s/folder/../../etc/passwd", undefined],
    ["an encoded way out", "/dav%20s/folder/%2e%2e", undefined],
    ["a slash within a name", "/dav%20s/folder/a%2Fb", undefined],
    ["a way out within a name", "/dav%20s/folder/..%2f..%2fetc", undefined],
    ["a NUL within a name", "/dav%20s/folder/a%00b", undefined],
    ["an empty name", "/dav%20s/folder//", undefined],
    ["what is not UTF-8", "/dav%20s/folder/%ff", undefined],
    ["what is no address", "http://[", undefined],
    ["a script", "javascript:alert(1)", undefined],
    ["nothing", "", undefined],
  ] as const) {
    it(`takes ${title} for ${name === undefined ? "none of the folder's" : JSON.stringify(name)}`, () => {
      assert.equal(nameIn("folder/", href), name);
    });
  }

  it("holds no user and no password", () => {
    assert.throws(
      () => addressesBeneath("https://alice:secret@host/"),
      toldAs("invalid", { field: "url" }),
    );
  });
});

describe("a multistatus", () => {
  const read = async (xml: string, pieceBytes = 1 << 16): Promise<Resource[]> => {
    const bytes = utf8(xml);
    const found: Resource[] = [];
    let at = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.slice(at, (at += pieceBytes)));
      },
    });
    await readMultistatus(body, (resource) => found.push(resource));
    return found;
  };
  const listing = `\uFEFF<?xml version="1.0"?><!-- a > comment -->
    <a:multistatus xmlns:a="DAV:" note='1 > 0'>
      <a:response><a:href>/caf&#233;/&lt;&amp;&#x1F5DD;&gt;</a:href>
        <a:propstat><a:prop><a:getcontentlength>12</a:getcontentlength>
          <a:getlastmodified>Sat, 21 Nov 2026 09:42:47 GMT</a:getlastmodified>
          <x:getetag xmlns:x="DAV:"><![CDATA["a&amp;<b>"]]></x:getetag><a:resourcetype/></a:prop>
          <a:status>HTTP/1.1 200 OK</a:status></a:propstat>
        <a:propstat><a:prop><a:getcontentlength>99</a:getcontentlength></a:prop>
          <a:status>HTTP/1.1 404 Not Found</a:status></a:propstat></a:response>
      <a:response><a:href>/folder/</a:href><a:propstat><a:prop>
          <a:resourcetype><a:collection/></a:resourcetype>
          <a:owner><a:href>/principal</a:href></a:owner></a:prop>
          <a:status>HTTP/1.1 200 OK</a:status></a:propstat></a:response>
      <a:response><a:href>/locked</a:href><a:status>HTTP/1.1 403 Forbidden</a:status></a:response>
    </a:multistatus>`;
  const resources: Resource[] = [
    {
      href: "/café/<&🗝>",
      isFolder: false,
      size: 12,
      modified: new Date("2026-11-21T09:42:47Z"),
      etag: '"a&amp;<b>"',
    },
    { href: "/folder/", isFolder: true },
    { href: "/locked", isFolder: false, isRefused: true },
  ];

  it("is read with any prefix, and with what the server tells nothing of", async () => {
    assert.deepEqual(await read(listing), resources);
  });

  for (const pieceBytes of [1, 7, 100])
    it(`is read when it arrives ${pieceBytes} bytes at a time`, async () => {
      assert.deepEqual(await read(listing, pieceBytes), resources);
    });

  const start = '<multistatus xmlns="DAV:">';
  const bomb = `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>${start}&lol2;`;
  for (const [title, xml] of [
    ["a page", "<!doctype html><html><body>Welcome</body></html>"],
    ["text", "Internal error"],
    ["nothing", ""],
    ["JSON", '{"files":[]}'],
    ["another document", '<error xmlns="DAV:"/>'],
    ["a document type with entities", bomb],
    ["a tag without an end", `${start}<${"a".repeat(70_000)}`],
    ["attributes without an end", `${start}<a ${'"b"'.repeat(30_000)}`],
    ["a comment without an end", `${start}<!-- ${"a".repeat(70_000)}`],
    ["a text without an end", `${start}<response><href>${"a".repeat(70_000)}</href></response>`],
    ["elements within elements", `${start}${"<a>".repeat(100)}`],
    ["more ends than starts", `${start}</multistatus></multistatus>`],
    ["a second document", `${start}</multistatus>${start}</multistatus>`],
  ] as const) {
    it(`is not ${title}`, async () => {
      await assert.rejects(read(xml), toldAs("unreachable", { reason: "not-this-protocol" }));
    });
  }

  it("that ends too early is asked for again", async () => {
    await assert.rejects(read(listing.slice(0, 500)), (error) => {
      return isStorageError(error, "unreachable") && error.retryable;
    });
  });

  it("leaves entities of the server's own, and characters that do not exist, as they are", async () => {
    const [found] = await read(
      `${start}<response><href>/&xxe;&#x110000;&#9999999;&nbsp;</href></response></multistatus>`,
    );
    assert.equal(found?.href, "/&xxe;&#x110000;&#9999999;&nbsp;");
  });

  it("takes no nonsense for a size or a time", async () => {
    for (const size of ["-1", "1e400", "many", ""]) {
      const [found] = await read(
        `${start}<response><href>/a</href><propstat><prop><getcontentlength>${size}</getcontentlength>` +
          "<getlastmodified>tomorrow</getlastmodified></prop></propstat></response></multistatus>",
      );
      assert.deepEqual(found, { href: "/a", isFolder: false });
    }
  });
});

describe("a WebDAV server's answer", () => {
  let server: Scripted | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  type Answer = (request: IncomingMessage, response: ServerResponse) => void;
  const connect = async (answer: Answer, more: object = {}): Promise<Storage> => {
    server = await startScripted(answer);
    const answers = { url: `${server.url}dav/`, ...alice, ...more };
    return await openStorage({ provider: webdav, answers }, () => {}, { attempts: 1 });
  };
  const always =
    (status: number, headers: Record<string, string>, body = ""): Answer =>
    (request, response) => {
      request.resume();
      response.writeHead(status, headers).end(body);
    };

  for (const [title, answer, kind, details] of [
    [
      "a wrong password",
      always(401, { "www-authenticate": 'Basic realm="files"' }),
      "signed-out",
      { reason: "wrong-secret", field: "password" },
    ],
    [
      "another way to sign in",
      always(401, { "www-authenticate": 'Digest realm="files", nonce="x", qop="auth"' }),
      "signed-out",
      { field: "auth" },
    ],
    [
      "too many requests, said as 401",
      always(401, {}, "<s:exception>BlockedTemporarily</s:exception>"),
      "throttled",
      {},
    ],
    ["too many requests", always(429, { "retry-after": "3" }), "throttled", { retryAfterMs: 3000 }],
    ["no permission", always(403, {}), "denied", {}],
    ["no such folder", always(404, {}), "not-found", { reason: "no-container", field: "url" }],
    [
      "another address",
      always(301, { location: "/new/" }),
      "invalid",
      { reason: "redirect", field: "url" },
    ],
    ["a lock", always(423, {}), "conflict", { status: 423 }],
    ["a failure", always(500, {}), "unreachable", { status: 500 }],
    ["a pause", always(503, { "retry-after": "7" }), "unreachable", { retryAfterMs: 7000 }],
    ["a full disk", always(507, {}), "full", { reason: "disk-full" }],
    [
      "a web page",
      always(200, { "content-type": "text/html" }, "<html>Welcome</html>"),
      "unreachable",
      { reason: "not-this-protocol", field: "url" },
    ],
    [
      "a web page that calls itself a listing",
      always(207, { "content-type": "text/html" }, "<html>Welcome</html>"),
      "unreachable",
      { reason: "not-this-protocol", field: "url" },
    ],
    [
      "that it knows no PROPFIND",
      always(405, { allow: "GET, HEAD" }),
      "unreachable",
      { reason: "not-this-protocol", field: "url" },
    ],
  ] as const) {
    it(`that means ${title} is told as ${kind}`, async () => {
      const storage = await connect(answer);
      await assert.rejects(storage.page("", { shallow: true }), toldAs(kind, details));
    });
  }

  it("is one of several that a write waits for, each of which is told before", async () => {
    const told: string[] = [];
    server = await startScripted((request, response) => {
      told.push(String(request.method));
      request
        .resume()
        .on("end", () => response.writeHead(request.method === "PROPFIND" ? 404 : 201).end());
    });
    const storage = await openStorage(
      { provider: webdav, answers: { url: `${server.url}dav/`, ...alice } },
      () => {},
      { attempts: 1, beforeRequest: async () => void told.push("told") },
    );
    await assert.rejects(storage.write("file", utf8("text")), toldAs("not-found"));
    assert.ok(told.length > 4, told.join());
    assert.ok(
      told.every((one, at) => (one === "told") === (at % 2 === 0)),
      told.join(),
    );
  });

  it("with a page of HTML is told in its words", async () => {
    const page = "<html><title>403 Forbidden</title><body>\n<p>Members only.</p></body>";
    const storage = await connect(always(403, {}, page));
    await assert.rejects(storage.page(""), /answered 403 403 Forbidden Members only\.$/);
  });

  it("that wants a digest by SHA-256 is told as unsupported", async () => {
    const challenge = 'Digest realm="files", nonce="x", qop="auth", algorithm=SHA-256';
    const storage = await connect(always(401, { "www-authenticate": challenge }), {
      auth: "digest",
    });
    await assert.rejects(storage.page(""), toldAs("unsupported", { field: "auth" }));
  });

  it("to a digest with the wrong password is told as signed out", async () => {
    const challenge = 'Digest realm="files", nonce="x", qop="auth", algorithm=MD5';
    const storage = await connect(always(401, { "www-authenticate": challenge }), {
      auth: "digest",
    });
    const isWrong = toldAs("signed-out", { reason: "wrong-secret", field: "password" });
    await assert.rejects(storage.page(""), isWrong);
    await assert.rejects(storage.write("a", utf8("x")), isWrong);
  });

  it("is not waited for where nobody listens", async () => {
    const answers = { url: `http://127.0.0.1:${await freePort()}/`, ...alice };
    const storage = await openStorage({ provider: webdav, answers }, () => {}, { attempts: 1 });
    await assert.rejects(
      storage.page(""),
      toldAs("unreachable", { reason: "refused", field: "url" }),
    );
  });

  it("sends user, password and token as UTF-8", async () => {
    const sent: (string | undefined)[] = [];
    const answer: Answer = (request, response) => {
      sent.push(request.headers.authorization);
      response.writeHead(404).end();
    };
    for (const more of [
      { user: "älice 🗝", password: "sécret:ü" },
      { auth: "bearer", token: "t0ken" },
      { user: "", password: "" },
    ]) {
      await (await connect(answer, more)).exists("a");
      await server?.stop();
    }
    const basic = Buffer.from("älice 🗝:sécret:ü").toString("base64");
    assert.deepEqual(sent, [`Basic ${basic}`, "Bearer t0ken", undefined]);
  });

  it("that names what lies elsewhere adds nothing to a listing", async () => {
    const item = (href: string, type = "") =>
      `<response><href>${href}</href><propstat><prop><resourcetype>${type}</resourcetype></prop>` +
      "<status>HTTP/1.1 200 OK</status></propstat></response>";
    const hrefs = ["/dav/good", "/etc/passwd", "/dav/../etc", "/dav/%2e%2e/etc", "/dav/a%2fb"];
    const xml = `<multistatus xmlns="DAV:">${item("/dav/", "<collection/>")}${hrefs
      .map((href) => item(href))
      .join("")}</multistatus>`;
    const storage = await connect(always(207, {}, xml));
    const { entries } = await storage.page("", { shallow: true });
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["good"],
    );
  });

  it("that keeps secret what is in a folder has that folder stay", async () => {
    const secret =
      "<response><href>/dav/f/s</href><status>HTTP/1.1 403 Forbidden</status></response>";
    const xml =
      '<multistatus xmlns="DAV:"><response><href>/dav/f/</href><propstat><prop><resourcetype>' +
      `<collection/></resourcetype></prop></propstat></response>${secret}</multistatus>`;
    const storage = await connect(always(207, {}, xml));
    assert.deepEqual((await storage.page("f/")).entries, []);
    await assert.rejects(storage.delete(["f/"]), toldAs("conflict"));
    assert.ok(!server?.asked.some((line) => line.startsWith("DELETE")));
  });

  it("that lists no lengths is asked for each, and hides no file that it does not show", async () => {
    const item = (href: string, properties: string) =>
      `<response><href>${href}</href><propstat><prop>${properties}</prop></propstat></response>`;
    const xml = `<multistatus xmlns="DAV:">${[
      item("/dav/", "<resourcetype><collection/></resourcetype>"),
      item("/dav/folder/", "<resourcetype><collection/></resourcetype>"),
      item("/dav/told", "<getcontentlength>7</getcontentlength>"),
      ...["empty", "large", "secret"].map((name) => item(`/dav/${name}`, "")),
    ].join("")}</multistatus>`;
    const said: Readonly<Record<string, readonly [number, object?]>> = {
      "/dav/empty": [416],
      "/dav/large": [206, { "content-range": "bytes 0-0/5000000000" }],
      "/dav/secret": [403],
    };
    const storage = await connect(({ method, url = "" }, response) => {
      const [status, headers = {}] = said[url] ?? [500];
      if (method === "GET") return void response.writeHead(status, { ...headers }).end();
      response.writeHead(207).end(xml);
    });
    const { entries } = await storage.page("", { shallow: true });
    assert.deepEqual(
      entries.map((entry) => `${entry.key} ${entry.type === "object" ? entry.size : ""}`),
      ["empty 0", "folder/ ", "large 5000000000", "secret 0", "told 7"],
    );
    assert.equal(server?.asked.filter((line) => line.startsWith("GET")).length, 3);
  });

  it("that names only other addresses is no listing, instead of an empty one", async () => {
    const xml =
      '<multistatus xmlns="DAV:"><response><href>/internal/dav/</href></response></multistatus>';
    const storage = await connect(always(207, {}, xml));
    await assert.rejects(storage.page(""), toldAs("unreachable", { reason: "not-this-protocol" }));
  });

  it("that sends a whole file instead of a part is cut", async () => {
    const storage = await connect(
      always(200, { etag: '"1"', "content-length": "10" }, "0123456789"),
    );
    for (const [range, expected] of [
      [{ start: 2, end: 5 }, "234"],
      [{ start: 8 }, "89"],
      [{ start: 7, end: 99 }, "789"],
    ] as const)
      assert.deepEqual(await storage.bytes("digits", { range }), utf8(expected));
    await assert.rejects(storage.bytes("digits", { range: { start: 10 } }), toldAs("invalid"));
  });

  it("that breaks off in the middle is no short file", async () => {
    const storage = await connect((_, response) => {
      response.writeHead(200, { "content-length": "1000000", etag: '"1"' });
      response.write(Buffer.alloc(500_000), () => response.destroy());
    });
    await assert.rejects(storage.bytes("file"), toldAs("unreachable"));
  });

  it("that breaks off while it is sent a file leaves the file that was there", async () => {
    const storage = await connect((request, response) => {
      if (request.method === "PUT") request.once("data", () => request.destroy());
      else response.writeHead(request.method === "DELETE" ? 204 : 404).end();
    });
    await assert.rejects(storage.write("file", new Uint8Array(5_000_000)), toldAs("unreachable"));
    const methods = server?.asked.map((line) => line.split(" ")[0]);
    assert.deepEqual(methods, ["PUT", "DELETE"], "nothing is moved to the file's name");
  });

  it("that kept less than was sent leaves the file that was there", async () => {
    const storage = await connect((request, response) => {
      request.resume();
      const xml =
        `<multistatus xmlns="DAV:"><response><href>${request.url}</href><propstat><prop>` +
        "<resourcetype/><getcontentlength>3</getcontentlength></prop></propstat></response></multistatus>";
      if (request.method === "PROPFIND") response.writeHead(207).end(xml);
      else response.writeHead(201).end();
    });
    await assert.rejects(storage.write("file", utf8("hello")), toldAs("unreachable"));
    assert.ok(!server?.asked.some((line) => line.startsWith("MOVE")));
  });
});
