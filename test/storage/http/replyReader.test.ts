import assert from "node:assert/strict";
import { type ReplyHead, ReplyReader } from "../../../src/storage/http/replyReader.ts";

interface Read {
  readonly head: ReplyHead | undefined;
  readonly body: string;
  readonly hasEnded: boolean;
  readonly keeps: boolean;
}

/** What is read of `text` where it comes in pieces of `step` bytes. */
function read(text: string, step = text.length, method = "GET", isClosed = false): Read {
  let head: ReplyHead | undefined;
  let body = "";
  let ends = 0;
  const reader = new ReplyReader(method, {
    onHead(found) {
      assert.equal(head, undefined, "one head");
      head = found;
    },
    onPiece(piece) {
      assert.ok(head && ends === 0);
      body += Buffer.from(piece).toString("latin1");
    },
    onEnd: () => void ends++,
  });
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += step) reader.read(bytes.subarray(at, at + step));
  if (isClosed) reader.close();
  assert.equal(ends, reader.hasEnded ? 1 : 0);
  return { head, body, hasEnded: reader.hasEnded, keeps: reader.keepsConnection };
}

const ok = "HTTP/1.1 200 OK\r\n";

describe("An answer of HTTP", () => {
  for (const [what, text, expected] of [
    [
      "with a length",
      `${ok}Content-Length: 5\r\nETag:"a"\r\nx-amz-meta-a: caf\xe9 \t\r\n\r\nhello`,
      { status: 200, headers: { "content-length": "5", etag: '"a"', "x-amz-meta-a": "caf\xe9" } },
    ],
    ["that is empty", `${ok}Content-Length: 0\r\n\r\n`, { body: "" }],
    ["with neither phrase nor body", "HTTP/1.1 204\r\n\r\n", { status: 204, body: "" }],
    [
      "that has not changed",
      "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
      { status: 304, body: "" },
    ],
    [
      "in chunks",
      `${ok}Transfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n0002 ;a="b\r\nlo\r\n0\r\nx: y\r\n\r\n`,
      {},
    ],
    [
      "behind interim ones",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n${ok}content-length: 5\r\n\r\nhello`,
      { headers: { "content-length": "5" } },
    ],
    [
      "with a header twice",
      `${ok}content-length: 5\r\nVia: a\r\nvia: b\r\n__proto__: c\r\n\r\nhello`,
      { headers: { "content-length": "5", via: "a, b", ["__proto__"]: "c" } },
    ],
    [
      "of a server that closes",
      `${ok}connection: x, Close\r\ncontent-length: 5\r\n\r\nhello`,
      { keeps: false },
    ],
    ["of an old server", `HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello`, { keeps: false }],
    [
      "with more behind it",
      `${ok}content-length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n`,
      { keeps: false },
    ],
  ] as const)
    it(`${what} is read whatever pieces it comes in`, () => {
      const {
        status = 200,
        headers,
        body = "hello",
        keeps = true,
      } = expected as {
        readonly status?: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: string;
        readonly keeps?: boolean;
      };
      for (let step = 1; step <= text.length; step++) {
        const found = read(text, step);
        assert.ok(found.hasEnded && found.head);
        assert.equal(found.head.status, status);
        if (headers) assert.deepEqual(Object.entries(found.head.headers), Object.entries(headers));
        assert.equal(found.head.hasBody, status === 200);
        assert.equal(found.body, body);
        assert.equal(found.keeps, keeps);
      }
    });

  it("to HEAD has no body, whatever it says of one", () => {
    const { head, hasEnded, keeps } = read(`${ok}content-length: 5\r\n\r\n`, 7, "HEAD");
    assert.ok(head && hasEnded && keeps);
    assert.equal(head.hasBody, false);
  });

  it("without a length ends where the connection does, and takes that along", () => {
    const text = `${ok}\r\nhello`;
    assert.equal(read(text).hasEnded, false);
    const { body, hasEnded, keeps } = read(text, 3, "GET", true);
    assert.deepEqual([body, hasEnded, keeps], ["hello", true, false]);
  });

  it("that ends too early has broken off", () => {
    for (const text of [
      "",
      "HTTP/1.1 2",
      `${ok}content-length: 5\r\n\r\nhell`,
      `${ok}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n0\r\n`,
    ])
      assert.throws(() => read(text, 1, "GET", true), { code: "ECONNRESET" }, text);
  });

  it("that can be read in two ways is none", () => {
    const chunked = `${ok}transfer-encoding: chunked\r\n`;
    for (const text of [
      "SSH-2.0-OpenSSH_9.9\r\n\r\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n",
      `${ok}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`,
      `${ok}content-length: -5\r\n\r\nhello`,
      `${ok}content-length: 5e0\r\n\r\nhello`,
      `${ok}content-length: ${"9".repeat(20)}\r\n\r\nhello`,
      `${chunked}content-length: 5\r\n\r\nhello`,
      `${ok}transfer-encoding: gzip, chunked\r\n\r\nhello`,
      `${chunked}\r\n-5\r\nhello\r\n`,
      `${chunked}\r\n\r\nhello\r\n`,
      `${chunked}\r\n5\r\nhello!\r\n0\r\n\r\n`,
      `${chunked}\r\n${"f".repeat(20)}\r\n`,
      `${ok}a: b\r\n folded\r\n\r\n`,
      `${ok}a: b\nc: d\r\n\r\n`,
      `${ok}a b: c\r\n\r\n`,
      `${ok}: c\r\n\r\n`,
      `${ok}none\r\n\r\n`,
      `${ok}a: b\0c\r\n\r\n`,
    ])
      for (const step of [1, text.length])
        assert.throws(() => read(text, step), { code: /^HPE_/ }, JSON.stringify(text));
  });

  it("that never comes to its end is not waited for in memory", () => {
    for (const [before, endless] of [
      [ok, "a: b\r\n"],
      [`${ok}transfer-encoding: chunked\r\n\r\n`, "0"],
      [`${ok}transfer-encoding: chunked\r\n\r\n0\r\n`, "x"],
    ] as const)
      assert.throws(() => read(before + endless.repeat(70_000), 1000), { code: /^HPE_/ });
  });
});
