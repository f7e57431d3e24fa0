import assert from "node:assert/strict";
import { never } from "../../../../src/base/abort.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import { webdav } from "../../../../src/storage/providers/webdav/webdav.ts";
import { checksumOf } from "../../../../src/storage/providers/webdav/checksums.ts";
import { paced } from "../../../../src/storage/providers/webdav/pace.ts";
import type { Storage } from "../../../../src/storage/storage.ts";
import {
  type DavOptions,
  type ScriptedDav,
  startScriptedDav,
} from "../../../servers/scriptedDav.ts";
import { newProfile } from "../../../app/connectionPorts.ts";
import { failsWith } from "../../failsWith.ts";

const mebibyte = 1024 * 1024;

async function onServer(
  options: DavOptions,
  preset: string,
  work: (server: ScriptedDav, storage: Storage, answers: object) => Promise<void>,
  url = (server: ScriptedDav) => server.url,
): Promise<void> {
  const server = await startScriptedDav(options);
  try {
    const answers = { url: url(server), user: "ann", password: "hush" };
    const storage = await openStorage({ provider: webdav, preset, answers }, () => {}, {
      attempts: 1,
    });
    await work(server, storage, answers);
  } finally {
    await server.stop();
  }
}

const nextcloud: DavOptions = {
  root: "/remote.php/dav/files/ann/",
  uploads: "/remote.php/dav/uploads/ann/",
};

function patterned(bytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes);
  // Another byte every few kilobytes, so that no two chunks are the same.
  for (let at = 0; at < bytes; at += 4096) all[at] = (at >> 12) % 251;
  return all;
}

describe("WebDAV as Nextcloud speaks it", function () {
  this.timeout(60_000);

  it("sends a large file in chunks, and has it put together with its own time", async () => {
    await onServer(nextcloud, "nextcloud", async (server, storage) => {
      const content = patterned(52 * mebibyte + 5);
      const modified = new Date("2020-02-02T20:20:20Z");
      const info = await storage.write("deep/film.bin", content, { modified });
      assert.equal(info.size, content.length);
      const kept = server.files.get("deep/film.bin");
      assert.ok(kept && Buffer.compare(kept.body, content) === 0, "byte for byte");
      assert.equal(kept.modified.getTime(), modified.getTime());
      assert.deepEqual([...server.files.keys()], ["deep/film.bin"]);
      assert.equal(server.sessions.size, 0);
      const chunks = server.asked.filter((line) => /^PUT .*\/uploads\//.test(line));
      assert.deepEqual(chunks.map((line) => line.slice(-5)).toSorted(), [
        "00001",
        "00002",
        "00003",
        "00004",
      ]);
      assert.equal((await storage.stat("deep/film.bin")).modified?.getTime(), modified.getTime());
    });
  });

  it("sends a chunk again that failed, and no other", async () => {
    const failing = { name: "00002", times: 1 };
    await onServer({ ...nextcloud, failing }, "nextcloud", async (server, storage) => {
      await storage.write("film.bin", patterned(51 * mebibyte));
      const sent = server.asked.filter((line) => /^PUT .*\/uploads\//.test(line));
      assert.equal(sent.length, 5);
      assert.equal(server.files.get("film.bin")?.body.length, 51 * mebibyte);
    });
  });

  it("has the server forget the chunks of an upload that was called off, or failed", async () => {
    await onServer(nextcloud, "nextcloud", async (server, storage) => {
      const abort = new AbortController();
      const big = new Blob([patterned(51 * mebibyte)]);
      const writing = storage.write("film.bin", big, { signal: abort.signal });
      const timer = setInterval(() => {
        if ([...server.sessions.values()].some(({ size }) => size > 0)) abort.abort();
      }, 1);
      await assert.rejects(writing).finally(() => clearInterval(timer));
      assert.equal(server.sessions.size, 0, "no session is left");
      assert.equal(server.files.size, 0);
    });
    const failing = { name: "00003", times: 1, status: 507 };
    await onServer({ ...nextcloud, failing }, "nextcloud", async (server, storage) => {
      const writing = storage.write("film.bin", patterned(51 * mebibyte));
      await failsWith({ kind: "full", reason: "disk-full" }, writing);
      assert.equal(server.sessions.size, 0);
      assert.equal(server.files.size, 0);
    });
  });

  it("sends a large file whole to a server that knows of no chunks", async () => {
    const old = { root: "/remote.php/dav/files/ann/" };
    await onServer(old, "nextcloud", async (server, storage) => {
      await storage.write("film.bin", patterned(51 * mebibyte));
      assert.equal(server.files.get("film.bin")?.body.length, 51 * mebibyte);
    });
  });

  it("takes no upload of an old file for one that was abandoned when that was changed", async () => {
    await onServer(nextcloud, "nextcloud", async (server, storage) => {
      server.options.kept = async () => void (await Array.fromAsync(storage.list()));
      await storage.write("a.jpg", patterned(10), { modified: new Date("2020-02-02T20:20:20Z") });
      assert.deepEqual([...server.files.keys()], ["a.jpg"]);
    });
  });

  it("sends small files whole, with their time and checksum", async () => {
    await onServer(nextcloud, "nextcloud", async (server, storage) => {
      const modified = new Date("2021-01-01T00:00:00Z");
      await storage.write("a.txt", patterned(1000), { modified });
      assert.equal(server.files.get("a.txt")?.modified.getTime(), modified.getTime());
      assert.ok(!server.asked.some((line) => line.includes("/uploads/")));
      assert.equal((await storage.bytes("a.txt")).length, 1000);
    });
  });

  it("says that a file arrived damaged, when it is not what the server had kept", async () => {
    await onServer(nextcloud, "nextcloud", async (server, storage) => {
      await storage.write("a.txt", patterned(1000));
      server.options.lies = true;
      await failsWith({ kind: "corrupt" }, storage.bytes("a.txt"));
      // Of a part, no checksum is known.
      const part = await storage.read("a.txt", ({ body }) => new Response(body).text(), {
        range: { start: 0, end: 10 },
      });
      assert.equal(part.length, 10);
    });
  });

  it("takes the strongest checksum it knows, and none for one", () => {
    assert.deepEqual(checksumOf("MD5:AB SHA1:cd ADLER32:ef"), { algorithm: "SHA1", value: "cd" });
    assert.deepEqual(checksumOf("md5:ab"), { algorithm: "MD5", value: "ab" });
    for (const none of [null, "", "ADLER32:ab", "SHA1:", "SHA1:<x>"])
      assert.equal(checksumOf(none), undefined);
  });

  it("is found by its server's address alone", async () => {
    await onServer(nextcloud, "nextcloud", async (server, storage) => {
      await storage.write("a", patterned(1));
      assert.ok(server.asked.every((line) => line.includes("/remote.php/dav/files/ann/")));
    });
  });
});

describe("a file's own time on WebDAV", function () {
  this.timeout(20_000);

  for (const [preset, options, keeps] of [
    ["nextcloud", nextcloud, true],
    ["owncloud", nextcloud, true],
    ["fastmail", {}, true],
    ["jianguoyun", {}, false],
    ["infinicloud", {}, false],
    ["synology", {}, false],
    ["sharepoint", {}, false],
    ["apache", {}, false],
    ["other", {}, false],
  ] as const)
    it(`is ${keeps ? "" : "not "}told to ${preset}`, async () => {
      await onServer({ ...options }, preset, async (server, storage) => {
        const modified = new Date("2021-01-01T00:00:00Z");
        await storage.write("d/a.txt", patterned(10), { modified });
        const kept = server.files.get("d/a.txt")?.modified ?? assert.fail();
        assert.equal(kept.getTime() === modified.getTime(), keeps);
      });
    });
});

describe("WebDAV as Jianguoyun speaks it", function () {
  this.timeout(60_000);
  const dav = (server: ScriptedDav) => `${server.url}dav/`;

  it("lists a folder of which the server tells 750 names at a time", async () => {
    const options = { root: "/dav/", pageEntries: 750 };
    await onServer(
      options,
      "jianguoyun",
      async (server, storage) => {
        await storage.makeFolder?.("docs/");
        for (let i = 0; i < 2000; i++)
          server.files.set(`docs/${i}`, { body: Buffer.from("x"), modified: new Date() });
        const names = await Array.fromAsync(storage.list("docs/"));
        assert.equal(names.length, 2000);
        assert.equal(new Set(names.map(({ key }) => key)).size, 2000);
        const listings = server.asked.filter((line) => line.includes("mk="));
        assert.equal(listings.length, 2);
      },
      dav,
    );
  });

  it("is told to slow down, not that the password is wrong, when it blocks", async () => {
    await onServer(
      { root: "/dav/", blocked: true },
      "jianguoyun",
      async (_, storage) => {
        await failsWith({ kind: "throttled" }, storage.page(""));
        await failsWith({ kind: "throttled" }, storage.stat("a/b"));
      },
      dav,
    );
  });

  it("writes no file to the topmost folder, and is verified in one all the same", async () => {
    await onServer(
      { root: "/dav/" },
      "jianguoyun",
      async (server, storage, answers) => {
        const reason = "folders-only";
        await failsWith({ kind: "unsupported", reason }, storage.write("a", patterned(1)));
        await storage.write("docs/a", patterned(1));
        const { connections } = newProfile(webdav).open();
        const draft = {
          name: "J",
          provider: "webdav",
          preset: "jianguoyun",
          answers: { ...answers },
        };
        assert.ok(await connections.verify(draft, never, () => {}));
        assert.deepEqual([...server.files.keys()], ["docs/a"], "nothing is left");
      },
      dav,
    );
  });

  it("keeps to its number of requests in half an hour", async () => {
    let now = 0;
    let sent = 0;
    const send = paced(
      async () => {
        sent++;
        return { status: 200, headers: new Headers() };
      },
      { requests: 10, minutes: 1 },
      () => now,
    );
    const request = { method: "GET", url: "http://x/", signal: never };
    for (let i = 0; i < 9; i++) await send(request);
    assert.equal(sent, 9, "what is allowed goes at once");
    const abort = new AbortController();
    const waiting = send({ ...request, signal: abort.signal });
    abort.abort(new Error("crossed"));
    await assert.rejects(waiting, /crossed/);
    assert.equal(sent, 9);
    now = 120_000;
    await send(request);
    assert.equal(sent, 10);
  });
});
