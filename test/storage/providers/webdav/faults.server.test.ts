import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../../../../src/base/bytes.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import { webdav } from "../../../../src/storage/providers/webdav/webdav.ts";
import type { Storage } from "../../../../src/storage/storage.ts";
import { type Apache, startApache } from "../../../servers/apache.ts";
import { certificates } from "../../../servers/certificates.ts";
import { type Fault, type Faults, startFaults } from "../../../servers/faults.ts";
import { orSkip } from "../../../servers/process.ts";
import { toldAs } from "../../failsWith.ts";

describe("WebDAV through a bad network", function () {
  this.timeout(60_000);
  let server: Apache;
  let faults: Faults;
  let folder: string;
  let storage: Storage;
  const big = new Uint8Array(5_000_000).map((_, i) => i * 7);

  before(async function () {
    server = await orSkip(this, () => startApache());
    faults = await startFaults(server.url);
  });
  after(async () => {
    await faults?.stop();
    await server?.stop();
  });
  beforeEach(async () => {
    faults.rule(() => undefined);
    folder = randomUUID();
    const url = `${faults.origin}/dav/`;
    const open = async (answers: object): Promise<Storage> =>
      await openStorage({ provider: webdav, answers: { ...server.answers, ...answers } }, () => {});
    await (await open({ url })).makeFolder(`${folder}/`);
    storage = await open({ url: `${url}${folder}/` });
  });

  /** Does `fault` to the first request of `method`. */
  const once = (method: string, fault: Fault) => {
    let isDone = false;
    faults.rule((request) => {
      if (isDone || request.method !== method) return undefined;
      isDone = true;
      return fault;
    });
  };
  const names = async (): Promise<string[]> => await readdir(join(server.folder, folder));

  it("works behind a proxy of another address", async () => {
    await storage.write("a/file", utf8("one"));
    await storage.write("a/file", utf8("two"));
    await storage.copy("a/file", "b/file");
    assert.deepEqual(await storage.bytes("b/file"), utf8("two"));
  });

  for (const method of ["PROPFIND", "PUT", "MOVE", "MKCOL"])
    it(`writes once and whole when the answer to ${method} is lost`, async () => {
      once(method, { type: "lose-answer" });
      await storage.write("folder/file", big);
      assert.deepEqual(await storage.bytes("folder/file"), big);
      assert.deepEqual(await readdir(join(server.folder, folder, "folder")), ["file"]);
    });

  for (const method of ["PUT", "MOVE"])
    it(`is the first, although the answer to ${method} is lost`, async () => {
      once(method, { type: "lose-answer" });
      await storage.write("file", big, { ifAbsent: true });
      await assert.rejects(storage.write("file", big, { ifAbsent: true }), toldAs("conflict"));
      assert.deepEqual(await names(), ["file"]);
    });

  for (const method of ["MKCOL", "MOVE", "DELETE"])
    it(`moves once, although the answer to ${method} is lost`, async () => {
      await storage.write("file", utf8("content"));
      const source = await storage.stat("file");
      once(method, { type: "lose-answer" });
      await storage.move("file", "new/name", { ifAbsent: true, source });
      assert.deepEqual(await storage.bytes("new/name"), utf8("content"));
      assert.deepEqual(await names(), ["new"]);
      once(method, { type: "lose-answer" });
      await storage.move("new/", "other/");
      assert.deepEqual(await readdir(join(server.folder, folder, "other")), ["name"]);
      assert.deepEqual(await names(), ["other"]);
    });

  it("takes no file of somebody else for the one whose move was answered by nobody", async () => {
    await storage.write("file", utf8("content"));
    await storage.write("theirs", utf8("theirs!"));
    const source = await storage.stat("file");
    once("MOVE", { type: "answer", status: 503 });
    const isConflict = toldAs("conflict");
    await assert.rejects(storage.move("file", "theirs", { ifAbsent: true, source }), isConflict);
    assert.deepEqual((await names()).toSorted(), ["file", "theirs"]);
  });

  it("moves a file by few requests", async () => {
    await storage.write("file", utf8("content"));
    const source = await storage.stat("file");
    faults.rule(() => undefined);
    await storage.move("file", "name", { ifAbsent: true, source });
    assert.deepEqual(
      faults.passed.map(({ method }) => method),
      ["MKCOL", "MOVE", "DELETE"],
    );
  });

  it("sends an upload again that was cut, and leaves nothing of the first", async () => {
    once("PUT", { type: "cut-request", afterBytes: 1_000_000 });
    await storage.write("file", big);
    assert.deepEqual(await storage.bytes("file"), big);
    assert.deepEqual(await names(), ["file"]);
  });

  it("reads again what was cut", async () => {
    await storage.write("file", big);
    once("GET", { type: "cut-answer", afterBytes: 1_000_000 });
    assert.deepEqual(await storage.bytes("file"), big);
  });

  it("lists again what was cut", async () => {
    for (const key of ["a", "b", "c"]) await storage.write(key, utf8(key));
    once("PROPFIND", { type: "cut-answer", afterBytes: 700 });
    const keys = await Array.fromAsync(storage.list(), ({ key }) => key);
    assert.deepEqual(keys, ["a", "b", "c"]);
  });

  it("deletes although the answer is lost", async () => {
    await storage.write("file", utf8("x"));
    once("DELETE", { type: "lose-answer" });
    await storage.delete(["file"]);
    assert.deepEqual(await names(), []);
  });

  it("waits when the server is busy, and tries again", async () => {
    await storage.write("file", utf8("x"));
    once("GET", { type: "answer", status: 503, headers: { "retry-after": "1" } });
    const startedMs = performance.now();
    assert.deepEqual(await storage.bytes("file"), utf8("x"));
    assert.ok(performance.now() - startedMs > 900);
  });

  it("keeps the old file when the disk is full", async () => {
    await storage.write("file", utf8("old"));
    faults.rule(({ method }) => (method === "PUT" ? { type: "answer", status: 507 } : undefined));
    await assert.rejects(storage.write("file", big), toldAs("full", { reason: "disk-full" }));
    assert.deepEqual(await storage.bytes("file"), utf8("old"));
  });
});

describe("WebDAV behind a proxy that speaks TLS for it", function () {
  this.timeout(60_000);
  let server: Apache;
  let proxy: https.Server;
  let home: string;
  before(async function () {
    server = await orSkip(this, () => startApache());
    home = await mkdtemp(join(tmpdir(), "offsite-proxy-"));
    const tls = await certificates(home);
    const { port } = new URL(server.url);
    const options = { key: await readFile(tls.key), cert: await readFile(tls.certificate) };
    proxy = https.createServer(options, (request, response) => {
      const { method, url: path, headers } = request;
      const onwards = http.request({ host: "127.0.0.1", port, method, path, headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 0, reply.headers);
        reply.pipe(response);
      });
      request.pipe(onwards.on("error", () => response.destroy()));
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    proxy?.closeAllConnections();
    proxy?.close();
    await server?.stop();
    await rm(home, { recursive: true, force: true });
  });

  it("writes, overwrites and copies, though the server does not know its own address", async () => {
    // A server that listens on TCP has an address of this kind.
    const { port } = proxy.address() as AddressInfo;
    const answers = { ...server.answers, url: `https://127.0.0.1:${port}/dav/`, verifyTls: false };
    const storage = await openStorage({ provider: webdav, answers }, () => {});
    await storage.write("a/file", utf8("one"));
    await storage.write("a/file", utf8("two"));
    await storage.copy("a/file", "b/file");
    await storage.write("c", utf8("first"), { ifAbsent: true });
    await assert.rejects(
      storage.write("c", utf8("second"), { ifAbsent: true }),
      toldAs("conflict"),
    );
    assert.deepEqual(await storage.bytes("b/file"), utf8("two"));
  });
});
