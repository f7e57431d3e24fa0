import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { promisify } from "node:util";
import {
  bringBack,
  deletedObjects,
  restoreVersion,
  versionsOf,
} from "../../../../src/app/objects/versions.ts";
import { never } from "../../../../src/base/abort.ts";
import { collected, text, utf8 } from "../../../../src/base/bytes.ts";
import { forEachPooled } from "../../../../src/base/pool.ts";
import type { ObjectDetails } from "../../../../src/storage/extras.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import { pagesOf } from "../../../../src/storage/pages.ts";
import type { Answers } from "../../../../src/storage/provider.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import { rooted } from "../../../../src/storage/rooted.ts";
import { Storage } from "../../../../src/storage/storage.ts";
import { uploadCommand } from "../../../../src/ui/objects/linkWords.ts";
import { resolveBelowLocalhost } from "../../../servers/localhost.ts";
import { orSkip, type Server } from "../../../servers/process.ts";
import { sharedCeph } from "../../../servers/shared.ts";
import { startSwift } from "../../../servers/swift.ts";
import { conformance } from "../../conformance/conformance.ts";
import { failsWith } from "../../failsWith.ts";
import { withBucket } from "../../../servers/buckets.ts";

resolveBelowLocalhost();

const open = async (answers: Answers, preset: string): Promise<Storage> =>
  await openStorage({ provider: s3, preset, answers }, () => {});

const extras = ["archive", "details", "links", "rules", "uploads", "versions"] as const;

describe("S3 on Ceph", function () {
  this.timeout(120_000);
  const trusted = getCACertificates("default");
  let path: Answers;
  let secure: Answers;

  before(async function () {
    const ceph = await orSkip(this, sharedCeph);
    path = ceph.answers;
    secure = ceph.secureAnswers;
    setDefaultCACertificates([...trusted, readFileSync(ceph.ca, "utf8")]);
  });
  after(() => setDefaultCACertificates(trusted));

  conformance("path style", async () => open(await withBucket(path), "ceph"), {
    extras,
    pageSize: 1000,
    openMissing: async () => open({ ...path, bucket: `missing-${randomUUID()}` }, "ceph"),
  });

  conformance(
    "a folder of a bucket",
    async () => {
      const whole = await s3.open(await withBucket(path), "ceph");
      const capabilities = { ...whole.capabilities, ifAbsent: true, ifMatch: true };
      const folder = rooted({ ...whole, capabilities }, "a b/ü+%/");
      // What is tested of versions turns them on, which takes the whole bucket.
      const { rules } = whole.extras ?? {};
      return new Storage({ ...folder, extras: { ...folder.extras, ...(rules && { rules }) } });
    },
    { extras, pageSize: 1000 },
  );

  conformance(
    "bucket in the host",
    async () => open({ ...(await withBucket(path)), addressing: "virtual" }, "ceph"),
    { extras },
  );

  /** As with a domain that somebody has bound to a bucket, whose addresses name no bucket. */
  const atItsHost = async () => {
    const answers = await withBucket(path);
    const endpoint = String(answers["endpoint"]).replace("//", `//${String(answers["bucket"])}.`);
    return { ...answers, endpoint, addressing: "auto" };
  };

  // Of this service, an address that it does not know is one.
  conformance("the bucket's own host", async () => open(await atItsHost(), "aliyun"), { extras });

  it("is asked by the old signature at the bucket's own host, and not for all buckets", async () => {
    const there = { ...(await atItsHost()), addressing: "domain", signature: "v2" };
    const storage = await open(there, "other");
    await storage.write("old ü+", new Uint8Array([1]));
    assert.equal(await storage.extras.rules?.versioning({ signal: never }), "off");
    const link = await storage.extras.links?.get({ key: "old ü+", seconds: 60, signal: never });
    assert.ok(link?.startsWith(`${there.endpoint}/old`));
    assert.equal((await fetch(link ?? "")).status, 200);
    await failsWith(
      { kind: "denied", reason: "unlisted-container", field: "bucket" },
      Promise.resolve(s3.containers?.({ ...there, bucket: "" }, never)),
    );
  });

  // No service of that name is asked here; what counts is that it is listed by the first version.
  conformance(
    "listed by the first version",
    async () => open({ ...(await withBucket(path)), addressing: "path" }, "tencent"),
    { extras },
  );

  it("is asked by the old signature with the bucket in the host, and for its buckets", async () => {
    const answers = { ...(await withBucket(path)), addressing: "virtual", signature: "v2" };
    const storage = await open(answers, "ceph");
    await storage.write("old ü+", new Uint8Array([1]));
    await storage.write("parts", new Uint8Array(70_000_000));
    await storage.delete(["parts", "never"]);
    await storage.copy("old ü+", "copy");
    assert.equal((await storage.bytes("copy")).length, 1);
    const keys = await Array.fromAsync(storage.list("old "), ({ key }) => key);
    assert.deepEqual(keys, ["old ü+"]);
    const link = await storage.extras.links?.get({ key: "copy", seconds: 60, signal: never });
    assert.equal((await fetch(link ?? "")).status, 200);
    assert.equal(await storage.extras.rules?.versioning({ signal: never }), "off");
    assert.ok((await s3.containers?.({ ...answers, bucket: "" }, never))?.length);
    const wrong = open({ ...answers, secretAccessKey: "wrong" }, "ceph");
    await failsWith(
      { kind: "signed-out", reason: "wrong-secret", field: "secretAccessKey" },
      (await wrong).bytes("copy"),
    );
  });

  it("encrypts with the key of a key service that the connection names", async () => {
    const { encryptionKeyId, version } = await sharedCeph();
    const answers = { ...(await withBucket(path)), encryption: "aws:kms", encryptionKeyId };
    const storage = await open(answers, "ceph");
    const { details, uploads, versions, rules } = storage.extras;
    assert.ok(details && uploads && versions && rules);
    await rules.setVersioning({ on: true, signal: never });
    await storage.write("small", utf8("0123456789"), { ifAbsent: true });
    await storage.write("small", utf8("newer"));
    await storage.write("parts", new Uint8Array(70_000_000).fill(5));
    const { id, partBytes } = await uploads.begin({ key: "one", size: 10, signal: never });
    assert.ok(partBytes > 10);
    const body = new Blob(["abcdefghij"]);
    const part = await uploads.part({ key: "one", id, number: 1, body, signal: never });
    await uploads.complete({ key: "one", id, size: 10, parts: [part], signal: never });
    for (const key of ["small", "parts", "one"]) {
      const known: ObjectDetails = await details.get({ key, signal: never });
      assert.equal(known.encryption, `aws:kms (${encryptionKeyId})`, key);
    }
    const range = { start: 3, end: 6 };
    assert.equal(text(await storage.bytes("one", { range })), "def");
    const large = await storage.bytes("parts", { range: { start: 69_999_990 } });
    assert.deepEqual(
      [...large],
      Array.from({ length: 10 }, () => 5),
    );
    // Ceph before 20 copies nothing that is encrypted, so it has to go through this computer.
    const noted = { key: "small", headers: {}, metadata: { by: "us" }, signal: never };
    for (const copying of [() => storage.copy("small", "copy"), () => details.set(noted)])
      if (version < 20) await failsWith({ kind: "unsupported" }, copying());
      else await copying();
    const { encryption = "" } = await details.get({ key: "small", signal: never });
    assert.match(encryption, /aws:kms/);
    const { versions: kept } = await versions.list({ prefix: "small", signal: never });
    const read = versions.read(
      { key: "small", id: kept.at(-1)?.id ?? "", signal: never },
      ({ body: old }) => new Response(old).text(),
    );
    assert.equal(await read, "0123456789");

    const wrong = await open({ ...answers, encryptionKeyId: "no-such-key" }, "ceph");
    const expected = { kind: "invalid", field: "encryptionKeyId" } as const;
    await failsWith(expected, wrong.write("never", utf8("x")));
    assert.equal(await storage.exists("never"), false);
  });

  it("goes through more versions of an object than fit on a page, and restores the oldest", async () => {
    const storage = await open(await withBucket(path), "ceph");
    await storage.extras.rules?.setVersioning({ on: true, signal: never });
    const key = "often/changed";
    await storage.write(key, utf8("first"));
    const numbers = Array.from({ length: 1100 }, (_, number) => number);
    await forEachPooled(numbers, 16, async (number) => {
      await storage.write(key, utf8(String(number)));
    });
    for (const beside of ["often/change", "often/changed!", "often/changed/below"])
      await storage.write(beside, utf8("beside"));
    const pages = await Array.fromAsync(pagesOf((from) => versionsOf(storage, key, from)));
    assert.ok(pages.length < 6 && pages.every(({ versions }) => versions.length <= 1000));
    const all = pages.flatMap(({ versions }) => versions);
    assert.deepEqual([all.length, new Set(all.map(({ id }) => id)).size], [1101, 1101]);
    assert.ok(
      all.every((version) => version.key === key),
      "what else begins so is no part of it",
    );
    const oldest = all.at(-1);
    assert.ok(oldest?.size === "first".length);
    await restoreVersion(storage, oldest, all);
    assert.equal(text(await storage.bytes(key)), "first");
    // What is current now is not what was shown.
    await failsWith({ kind: "conflict" }, restoreVersion(storage, oldest, all));
  });

  it("keeps one version called null while versioning is suspended", async () => {
    const storage = await open(await withBucket(path), "ceph");
    const { versions, rules } = storage.extras;
    assert.ok(versions && rules);
    const key = "k";
    const every = async () => (await versionsOf(storage, key)).versions;
    const drawn = async () =>
      (await every()).map(
        ({ id, isDeletion }) => `${id === "null" ? id : "id"}${isDeletion ? " mark" : ""}`,
      );
    await storage.write(key, utf8("before"));
    await rules.setVersioning({ on: true, signal: never });
    await storage.write(key, utf8("kept"));
    assert.deepEqual(await drawn(), ["id", "null"]);
    await rules.setVersioning({ on: false, signal: never });
    await storage.write(key, utf8("suspended"));
    assert.deepEqual(await drawn(), ["null", "id"]);
    const [newest, kept] = await every();
    assert.ok(newest && kept);
    const read = async (id: string) =>
      await versions.read({ key, id, signal: never }, async ({ body }) =>
        text(await collected(body)),
      );
    assert.deepEqual([await read("null"), await read(kept.id)], ["suspended", "kept"]);
    await restoreVersion(storage, kept, await every());
    assert.equal(text(await storage.bytes(key)), "kept");
    // Its mark takes the place of what is called null, so nothing can be told to undo it.
    const marks: string[] = [];
    await storage.delete([key], { onMark: ({ id }) => marks.push(id) });
    assert.deepEqual([marks, await drawn()], [[], ["null mark", "id"]]);
    const [{ found: gone } = { found: [] }] = await Array.fromAsync(deletedObjects(storage, ""));
    assert.deepEqual(await bringBack(storage, gone), []);
    assert.equal(text(await storage.bytes(key)), "kept");
    await versions.delete({ key, id: kept.id, signal: never });
    assert.equal(await storage.exists(key), false);
  });

  for (const signature of ["v4", "v2"])
    it(`encrypts what curl uploads by a link of ours, signed by ${signature}`, async () => {
      const { encryptionKeyId } = await sharedCeph();
      const kept = { encryption: "aws:kms", encryptionKeyId, storageClass: "STANDARD" };
      const storage = await open({ ...(await withBucket(path)), ...kept, signature }, "ceph");
      const { details, links } = storage.extras;
      assert.ok(details && links);
      const key = "it's $HOME/ü.json";
      const asked = { key, seconds: 60, contentType: "application/json", signal: never };
      const command = uploadCommand(await links.put(asked))
        .replace("curl", "curl -sSf")
        .replace("FILE", import.meta.filename);
      await promisify(execFile)("/bin/sh", ["-c", command]);
      const { headers, encryption, info } = await details.get({ key, signal: never });
      assert.equal(info.size, statSync(import.meta.filename).size);
      assert.equal(headers["content-type"], "application/json");
      assert.equal(encryption, `aws:kms (${encryptionKeyId})`);
    });

  conformance("https and a private authority", async () => open(await withBucket(secure), "ceph"), {
    extras,
  });
});

describe("S3 on OpenStack Swift", function () {
  this.timeout(120_000);
  let swift: Server;

  before(async function () {
    swift = await orSkip(this, startSwift);
  });
  after(async () => await swift?.stop());

  // It refuses conditional writes, as the preset for services nobody vouches for expects.
  conformance("path style", async () => open(await withBucket(swift.answers), "other"), {
    extras,
    limits: {
      "keeps tags, also when details change": "Swift's S3 has no tags",
      "takes tags along with the bytes": "Swift's S3 has no tags",
      "keeps a tag of other characters, or says that it cannot": "Swift's S3 has no tags",
      "keeps the rules for other websites": "Swift has them, but not by S3",
      "keeps the rules for what expires": "Swift has none",
      "deletes one version for ever, and a deletion to undo it":
        "it does what it is told and then never answers",
      "tells which marks a deletion has made, and no others bring the objects back":
        "it tells them of a single object only, and taking one away never answers",
    },
    pageSize: 1000,
    openMissing: async () => open({ ...swift.answers, bucket: `missing-${randomUUID()}` }, "other"),
  });

  it("has what was deleted brought back, though it hides what lies below a mark", async () => {
    const storage = await open(await withBucket(swift.answers), "other");
    await storage.extras.rules?.setVersioning({ on: true, signal: never });
    for (const key of ["a", "b"]) await storage.write(key, utf8(key));
    await storage.delete(["a", "b"]);
    const [{ found } = { found: [] }] = await Array.fromAsync(deletedObjects(storage, ""));
    assert.equal(found.length, 2);
    assert.deepEqual(await bringBack(storage, found), []);
    for (const key of ["a", "b"]) assert.equal(text(await storage.bytes(key)), key);
  });

  it("is asked in the region it names, where none is given", async () => {
    const answers = { ...(await withBucket(swift.answers)), region: "" };
    const storage = await open(answers, "other");
    await storage.write("found", new Uint8Array([1]));
    // Many that learn it at the same time.
    const fresh = await open(answers, "other");
    const infos = await Promise.all(Array.from({ length: 8 }, () => fresh.stat("found")));
    assert.ok(infos.every(({ size }) => size === 1));
  });

  it("says which region is the right one, where a wrong one is given", async () => {
    const answers = { ...(await withBucket(swift.answers)), region: "us-west-2" };
    const storage = await open(answers, "other");
    const expected = {
      kind: "invalid",
      reason: "wrong-region",
      field: "region",
      message: /eu-test-1/,
    } as const;
    await failsWith(expected, storage.page(""));
    await failsWith(expected, storage.stat("x"));
    await failsWith(expected, storage.write("x", new Uint8Array([1])));
  });
});
