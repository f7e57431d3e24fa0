/** Remote files on servers as people have them, seen by two who work at once. */
import assert from "node:assert/strict";
import { copyStored, moveStored } from "../../../src/app/transfers/moving.ts";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { Provider } from "../../../src/storage/provider.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../../src/storage/providers/webdav/webdav.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { startApache } from "../../servers/apache.ts";
import { createBucket } from "../../servers/buckets.ts";
import { startCeph } from "../../servers/ceph.ts";
import { startNginxDav } from "../../servers/nginxDav.ts";
import { orSkip, type Server } from "../../servers/process.ts";
import { quietLog } from "../ports.ts";
import { fileContract } from "./contract.ts";
import { people } from "./people.ts";

const servers = {
  "S3 on Ceph": {
    provider: s3,
    start: async () => {
      const ceph = await startCeph();
      await createBucket(ceph.answers, "files");
      return { answers: { ...ceph.answers, bucket: "files" }, stop: () => ceph.stop() };
    },
  },
  "WebDAV on Apache": { provider: webdav, start: () => startApache() },
  "WebDAV on nginx": { provider: webdav, start: () => startNginxDav() },
} satisfies Readonly<Record<string, { provider: Provider; start: () => Promise<Server> }>>;

const running = new Map<keyof typeof servers, Server>();

/** The server of that name, started by the first that asks. */
async function started(context: Mocha.Context, name: keyof typeof servers): Promise<Server> {
  const server = running.get(name) ?? (await orSkip<Server>(context, servers[name].start));
  running.set(name, server);
  return server;
}

after(async () => {
  for (const server of running.values()) await server.stop();
});

const over = { create: true, overwrite: true };
const oddNames = ["plain.txt", "two words.txt", "ü %41 +&#?.txt", "emoji 🌱.txt", "deep/er/x"];

async function content(
  storage: Storage,
  prefix: string,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (const { type, key } of storage.list(prefix))
    if (type === "object" && !key.endsWith("/"))
      found[key.slice(prefix.length)] = text(await storage.bytes(key));
  return found;
}

for (const name of ["S3 on Ceph", "WebDAV on Apache", "WebDAV on nginx"] as const)
  describe(`remote files on ${name}`, function () {
    this.timeout(60_000);
    let someone: Awaited<ReturnType<typeof people>>;

    before(async function () {
      const { answers } = await started(this, name);
      someone = await people(servers[name].provider, answers);
    });

    it("are saved in place, and never over what somebody else has saved", async () => {
      const { files, at, storage } = someone;
      const file = at("edit/notes.txt");
      await files.write(file, utf8("first"), { create: true, overwrite: false });
      const { mtime } = await files.stat(file);
      await files.write(file, utf8("other"), over);
      // As long, and within the same second.
      await storage.write("edit/notes.txt", new Blob(["their"]));
      await assert.rejects(files.write(file, utf8("again"), over), { name: "SaveConflict" });
      assert.equal(text(await storage.bytes("edit/notes.txt")), "their");
      assert.ok((await files.stat(file)).mtime > mtime);
      assert.equal(text(await files.read(file)), "their");
      await files.write(file, utf8("merged"), over);
      assert.equal(text(await files.read(file)), "merged");
      await storage.delete(["edit/notes.txt"]);
      await assert.rejects(files.write(file, utf8("again"), over), {
        name: "SaveConflict",
        kind: "deleted",
      });
      await files.write(file, utf8("again"), { ...over, recreate: true });
      assert.equal(text(await storage.bytes("edit/notes.txt")), "again");
    });

    it("are renamed, moved and copied as folders, whatever their names", async () => {
      const { files, at, storage } = someone;
      for (const one of oddNames) await storage.write(`from/${one}`, new Blob([one]));
      await storage.makeFolder("from/empty/");
      const all = Object.fromEntries(oddNames.map((one) => [one, one]));
      await files.move(at("from"), at("to/here"), { signal: never });
      assert.deepEqual(await content(storage, "to/here/"), all);
      assert.deepEqual(await content(storage, "from/"), {});
      assert.equal((await files.stat(at("to/here/empty"))).type, "folder");
      await assert.rejects(files.stat(at("from")));
      await files.copy(at("to/here"), at("copy"), { signal: never });
      await files.move(at("copy/plain.txt"), at("copy/renamed.txt"), { signal: never });
      await assert.rejects(
        files.move(at("copy/emoji 🌱.txt"), at("copy/renamed.txt"), { signal: never }),
      );
      await files.delete(at("copy"), { recursive: true });
      assert.deepEqual(await content(storage, "copy/"), {});
      assert.deepEqual(await content(storage, "to/here/"), all);
    });

    let places = 0;
    fileContract(async (context) => {
      const { answers } = await started(context, name);
      return await people(servers[name].provider, { ...answers, folder: `contract ${places++}` });
    });
  });

describe("a WebDAV server that was verified", function () {
  this.timeout(60_000);

  it("is told the state that a save may replace", async function () {
    const { answers } = await started(this, "WebDAV on Apache");
    const log = quietLog();
    const someone = await people(webdav, answers, { log });
    const { files, at, connections, id, storage } = someone;
    const draft = { id, name: "Files", provider: "webdav", answers };
    assert.equal(await connections.verify(draft, never, () => {}), true);
    const file = at("verified.txt");
    await files.write(file, utf8("first"), over);
    for (const content of ["other", "third"]) {
      log.lines.length = 0;
      await files.write(file, utf8(content), over);
      const sent = log.lines.map((line) => line.split(" ")[0]);
      assert.deepEqual(sent, ["write", "stat"], "neither a look nor a reading before it");
    }
    await storage.write("verified.txt", new Blob(["their"]));
    await assert.rejects(files.write(file, utf8("again"), over), { name: "SaveConflict" });
    assert.equal(text(await storage.bytes("verified.txt")), "their");
  });
});

describe("remote files between servers", function () {
  this.timeout(120_000);

  it("go from S3 to WebDAV and back, large ones too", async function () {
    const ceph = await started(this, "S3 on Ceph");
    const apache = await started(this, "WebDAV on Apache");
    const { storage: bucket } = await people(s3, ceph.answers);
    const { storage: share } = await people(webdav, apache.answers);
    const large = new Uint8Array(40 * 1024 * 1024).map((_, i) => i * 7);
    await bucket.write("trip/large.bin", large);
    await bucket.write("trip/deep/small.txt", new Blob(["small"]));
    const [from, to] = [
      { storage: bucket, key: "trip/" },
      { storage: share, key: "arrived/" },
    ];
    const report = await moveStored(from, to, { signal: never });
    assert.deepEqual({ ...report, bytes: 0 }, { done: 2, bytes: 0, failed: [], kept: [] });
    assert.deepEqual(await content(bucket, "trip/"), {});
    assert.deepEqual(Buffer.from(await share.bytes("arrived/large.bin")), Buffer.from(large));
    await copyStored(to, from, { signal: never });
    assert.equal(text(await bucket.bytes("trip/deep/small.txt")), "small");
    assert.equal((await bucket.stat("trip/large.bin")).size, large.length);
  });

  it("keep what S3 knows of an object beside its bytes", async function () {
    const ceph = await started(this, "S3 on Ceph");
    const { files, at, storage } = await people(s3, ceph.answers);
    const { details } = storage.extras;
    assert.ok(details);
    await storage.write("poem", new Blob(["roses"]), { contentType: "text/x-poem" });
    const headers = { "content-type": "text/x-poem", "cache-control": "no-store" };
    const metadata = { author: "me" };
    await details.set({ key: "poem", headers, metadata, signal: never });
    const tags = { mood: "glad" };
    await details.setTags({ key: "poem", tags, signal: never });
    const kept = async (key: string) => {
      const now = await details.get({ key, signal: never });
      assert.deepEqual(
        { headers: now.headers, metadata: now.metadata },
        { headers, metadata },
        key,
      );
      assert.deepEqual(await details.tags({ key, signal: never }), tags, key);
    };
    await files.stat(at("poem"));
    await files.write(at("poem"), utf8("violets"), over);
    await kept("poem");
    await files.write(at("poem"), utf8("daisies"), over);
    await files.move(at("poem"), at("verse"), { signal: never });
    await kept("verse");
    assert.equal(text(await storage.bytes("verse")), "daisies");
  });
});
