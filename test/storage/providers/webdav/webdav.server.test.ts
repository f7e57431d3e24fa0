import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { utf8 } from "../../../../src/base/bytes.ts";
import { isStorageError } from "../../../../src/storage/errors.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import type { Answers } from "../../../../src/storage/provider.ts";
import { webdav } from "../../../../src/storage/providers/webdav/webdav.ts";
import type { Storage } from "../../../../src/storage/storage.ts";
import { type Apache, startApache } from "../../../servers/apache.ts";
import { startNginxDav } from "../../../servers/nginxDav.ts";
import { orSkip, type FolderServer } from "../../../servers/process.ts";
import { startRcloneDav } from "../../../servers/rcloneDav.ts";
import { startSabreDav } from "../../../servers/sabreDav.ts";
import { conformance } from "../../conformance/conformance.ts";
import { toldAs } from "../../failsWith.ts";

async function open(answers: Answers, attempts?: number): Promise<Storage> {
  return await openStorage(
    { provider: webdav, answers },
    () => {},
    attempts === undefined ? {} : { attempts },
  );
}

/** What lies in a folder, but for what sabre/dav writes into it for itself. */
async function keptIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== ".sabredav").toSorted();
}

/** What nginx does not do. */
const nginxLimits = {
  "keeps the key 7 .hidden/..dots/...": "it lists no name that begins with a dot",
  "tells size, time and version of what was written": "its listings hold no entity tags",
};

for (const [name, start, limits] of [
  ["Apache with basic authentication", () => startApache(), {}],
  ["Apache with digest authentication", () => startApache({ auth: "digest" }), {}],
  ["rclone", () => startRcloneDav(), {}],
  ["nginx", () => startNginxDav(), nginxLimits],
  ["sabre/dav", () => startSabreDav(), {}],
] as const) {
  describe(`WebDAV on ${name}`, function () {
    this.timeout(60_000);
    let server: FolderServer;
    before(async function () {
      server = await orSkip<FolderServer>(this, start);
    });
    after(async () => await server?.stop());

    const below = (folder: string): Answers => ({
      ...server.answers,
      url: `${server.url}${folder}/`,
    });
    const emptyFolder = async (): Promise<string> => {
      const folder = randomUUID();
      await (await open(server.answers)).makeFolder(`${folder}/`);
      return folder;
    };
    const openEmpty = async (): Promise<Storage> => await open(below(await emptyFolder()));
    conformance(`WebDAV on ${name}`, openEmpty, {
      fileLike: true,
      openMissing: async () => await open(below("missing")),
      limits,
    });

    if (name === "Apache with basic authentication")
      conformance(
        `a folder on ${name}`,
        async () => await open({ ...below(await emptyFolder()), folder: "a b/ü+%" }),
        { fileLike: true, limits },
      );

    const keysOf = async (storage: Storage): Promise<string[]> =>
      await Array.fromAsync(storage.list(), ({ key }) => key);

    it("never takes a folder for the file of that name", async () => {
      const storage = await openEmpty();
      await storage.write("name/precious", utf8("precious"));
      const isConflict = toldAs("conflict");
      await assert.rejects(storage.write("name", utf8("x")), isConflict);
      await assert.rejects(storage.write("name", utf8("x"), { ifAbsent: true }), isConflict);
      await storage.write("other", utf8("x"));
      await assert.rejects(storage.copy("other", "name"), isConflict);
      await assert.rejects(storage.copy("name", "elsewhere"), toldAs("not-found"));
      await storage.delete(["name"]);
      await assert.rejects(storage.delete(["name/"]), isConflict);
      for (const key of ["name", "name/"]) {
        await assert.rejects(storage.stat(key), toldAs("not-found"));
        await assert.rejects(storage.bytes(key), toldAs("not-found"));
      }
      assert.deepEqual(await keysOf(storage), ["name/", "name/precious", "other"]);
    });

    if (name.startsWith("Apache"))
      it("replaces nothing but the state that is named, where that was found to hold", async () => {
        const target = { provider: webdav, answers: below(await emptyFolder()) };
        const found = { capabilities: { ifMatch: true } };
        const sent: string[] = [];
        const storage = await openStorage({ ...target, found }, (line) => sent.push(line));
        await storage.write("name ü", utf8("first"));
        const { version: ifMatch = "" } = await storage.stat("name ü");
        const { hiddenVersion } = await storage.write("name ü", utf8("other"), { ifMatch });
        // By it a writer knows what is found afterwards for its own.
        assert.equal((await storage.stat("name ü")).version, hiddenVersion);
        const isConflict = toldAs("conflict", { status: 412 });
        await assert.rejects(storage.write("name ü", utf8("late"), { ifMatch }), isConflict);
        await assert.rejects(storage.write("missing", utf8("late"), { ifMatch }), isConflict);
        await storage.write("folder/precious", utf8("precious"));
        await assert.rejects(storage.write("folder", utf8("late"), { ifMatch }), isConflict);
        assert.deepEqual(await storage.bytes("name ü"), utf8("other"));
        assert.deepEqual(await keysOf(storage), ["folder/", "folder/precious", "name ü"]);
      });

    it("never takes a file for the folder of that name", async () => {
      const storage = await openEmpty();
      await storage.write("name", utf8("precious"));
      await assert.rejects(storage.makeFolder("name/"), toldAs("conflict"));
      await assert.rejects(storage.makeFolder("name/below/"), toldAs("conflict"));
      await assert.rejects(storage.write("name/below", utf8("x")), toldAs("conflict"));
      await assert.rejects(storage.stat("name/below"), toldAs("not-found"));
      await assert.rejects(storage.bytes("name/below"), toldAs("not-found"));
      await storage.delete(["name/", "name/below"]);
      assert.deepEqual(await Array.fromAsync(storage.list("name/")), []);
      assert.deepEqual(await keysOf(storage), ["name"]);
      assert.deepEqual(await storage.bytes("name"), utf8("precious"));
    });

    it("keeps names that look like parts of an address", async () => {
      const storage = await openEmpty();
      const keys = ["a\\\\b", "a:b", "a?b#c", "a&amp;b", "a;b=c", "~", "http:", "%"];
      for (const key of keys) await storage.write(key, utf8(key));
      assert.deepEqual((await keysOf(storage)).toSorted(), keys.toSorted());
      for (const key of keys) assert.deepEqual(await storage.bytes(key), utf8(key));
    });

    it("hides unfinished uploads, and removes those of writers that died long ago", async function () {
      // What the server hides itself, nobody can tidy up through it.
      if (name === "nginx") this.skip();
      const folder = await emptyFolder();
      const storage = await open(below(folder));
      await storage.write("dir/file", utf8("x"));
      const dir = join(server.folder, folder, "dir");
      const [old, fresh] = [`.~offsite-${"0".repeat(24)}`, `.~offsite-${"1".repeat(24)}`];
      for (const each of [old, fresh]) await writeFile(join(dir, each), "half");
      await utimes(join(dir, old), 1e9, 1e9);
      // Where nothing may change, nothing is removed.
      const target = { provider: webdav, answers: below(folder), readOnly: true };
      await keysOf(await openStorage(target, () => {}));
      assert.ok((await readdir(dir)).includes(old));
      assert.deepEqual(await keysOf(storage), ["dir/", "dir/file"]);
      assert.deepEqual(await keptIn(dir), [fresh, "file"]);
    });

    it("removes no folder with anything in it, though it has no name that a key could have", async () => {
      const folder = await emptyFolder();
      const storage = await open(below(folder));
      await storage.makeFolder("photos/");
      const dir = join(server.folder, folder, "photos");
      const latin1 = Buffer.from("caf\xe9.jpg", "latin1");
      await writeFile(Buffer.concat([Buffer.from(`${dir}/`), latin1]), "photo");
      assert.deepEqual(await keysOf(storage), ["photos/"]);
      await assert.rejects(storage.delete(["photos/"]), toldAs("conflict"));
      assert.deepEqual(await readdir(dir, { encoding: "buffer" }), [latin1]);
    });

    it("makes folders anew that someone else has removed", async () => {
      const folder = await emptyFolder();
      const storage = await open(below(folder));
      await storage.write("a/b/c", utf8("1"));
      await rm(join(server.folder, folder, "a"), { recursive: true });
      await storage.write("a/b/c", utf8("2"));
      assert.equal(await readFile(join(server.folder, folder, "a/b/c"), "utf8"), "2");
    });

    it("takes over the claim of a writer that died", async () => {
      const folder = await emptyFolder();
      const claim = createHash("sha256").update("lock").digest("hex").slice(0, 24);
      const path = join(server.folder, folder, `.~offsite-${claim}`);
      await mkdir(path);
      const longAgoS = Date.now() / 1000 - 90;
      await utimes(path, longAgoS, longAgoS);
      await (await open(below(folder))).write("lock", utf8("mine"), { ifAbsent: true });
      assert.deepEqual(await keptIn(join(server.folder, folder)), ["lock"]);
    });

    it("tells a wrong password", async () => {
      const storage = await open({ ...server.answers, password: "wrong" }, 1);
      const isWrong = toldAs("signed-out", { reason: "wrong-secret", field: "password" });
      await assert.rejects(storage.page(""), isWrong);
      await assert.rejects(storage.write("a", new Uint8Array(3_000_000)), isWrong);
    });

    it("tells a wrong address", async () => {
      const storage = await open(below("no/such/folder"), 1);
      const isMissing = toldAs("not-found", { reason: "no-container", field: "url" });
      await assert.rejects(storage.page(""), isMissing);
      await assert.rejects(storage.write("a", utf8("x")), isMissing);
      await assert.rejects(storage.write("a/b", utf8("x")), isMissing);
      await assert.rejects(storage.makeFolder("a/"), isMissing);
    });
  });
}

describe("WebDAV over TLS", function () {
  this.timeout(60_000);
  let server: Apache;
  before(async function () {
    server = await orSkip(this, () => startApache({ tls: true }));
  });
  after(async () => await server?.stop());

  it("refuses a certificate that nobody here trusts, before anything secret is sent", async () => {
    const storage = await open(server.answers, 1);
    const details = { reason: "untrusted-certificate", field: "verifyTls" } as const;
    await assert.rejects(storage.page(""), toldAs("unreachable", details));
  });

  it("works without checking the certificate, if asked to", async () => {
    const storage = await open({ ...server.answers, verifyTls: false });
    const body = new Uint8Array(3_000_000).fill(7);
    await storage.write("folder/file", body);
    assert.deepEqual(await storage.bytes("folder/file"), body);
  });

  it("works with an authority that this computer trusts", async () => {
    const trusted = getCACertificates("default");
    setDefaultCACertificates([...trusted, await readFile(server.ca ?? "", "utf8")]);
    try {
      const storage = await open(server.answers);
      await storage.write("file", utf8("x"));
      assert.deepEqual(await storage.bytes("file"), utf8("x"));
    } finally {
      setDefaultCACertificates(trusted);
    }
  });

  it("tells that the address has moved", async () => {
    const url = server.url.replace(/dav\/$/, "moved/");
    const storage = await open({ ...server.answers, url, verifyTls: false }, 1);
    await assert.rejects(storage.page(""), toldAs("invalid", { reason: "redirect", field: "url" }));
  });

  it("tells plain HTTP spoken to a TLS port, and TLS to a plain one", async () => {
    const plain = await open({ ...server.answers, url: server.url.replace("https", "http") }, 1);
    await assert.rejects(plain.page(""), (error) => isStorageError(error));
  });
});
