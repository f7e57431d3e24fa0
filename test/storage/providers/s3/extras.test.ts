import assert from "node:assert/strict";
import { never as signal } from "../../../../src/base/abort.ts";
import type { Extras } from "../../../../src/storage/extras.ts";
import type { Refusal } from "../../../../src/storage/requests.ts";
import { Storage } from "../../../../src/storage/storage.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import { startInternet, type Internet } from "../../../servers/internet.ts";
import { failsWith } from "../../failsWith.ts";

interface Asked {
  readonly line: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What no server that can be had here does: Amazon's part is played by these answers. */
describe("S3's extras at Amazon", () => {
  const asked: Asked[] = [];
  let answer: (asked: Asked) => Response;
  let internet: Internet | undefined;

  before(async () => {
    internet = await startInternet(async (request) => {
      const { method, headers } = request;
      const { pathname, search } = new URL(request.url);
      const one = { line: `${method} ${pathname}${search}`, headers, body: await request.text() };
      asked.push(one);
      return answer(one);
    });
  });
  after(async () => await internet?.stop());
  beforeEach(() => (asked.length = 0));

  const opened = async (answers: object = {}) => {
    const keys = { accessKeyId: "a", secretAccessKey: "b", bucket: "photos", region: "eu-west-1" };
    return await s3.open({ ...keys, ...answers }, "aws");
  };
  // All of them are offered.
  const extras = async (answers: object = {}) => (await opened(answers)).extras as Required<Extras>;
  const lines = () => asked.map(({ line }) => line);
  const empty = (status = 200) => new Response(null, { status });
  const refused = (status: number, code: string) =>
    new Response(`<Error><Code>${code}</Code></Error>`, { status });

  describe("ask an archive", () => {
    it("for an object, for some days and at the speed that is wanted", async () => {
      const { archive } = await extras();
      for (const headers of [
        { "x-amz-storage-class": "GLACIER" },
        { "x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="false"' },
      ]) {
        answer = ({ line }) => (line.startsWith("HEAD") ? head(headers) : empty(202));
        await archive.request({ key: "a/b", days: 3, tier: "fast", signal });
        assert.deepEqual(lines().splice(-2), ["HEAD /a/b", "POST /a/b?restore="]);
        assert.match(asked.at(-1)?.body ?? "", /<Days>3<\/Days>.*<Tier>Expedited<\/Tier>/);
      }
    });

    it("for good, where Amazon has put it away by itself", async () => {
      const put = { "x-amz-storage-class": "INTELLIGENT_TIERING", "x-amz-archive-status": "x" };
      answer = ({ line }) => (line.startsWith("HEAD") ? head(put) : empty(202));
      await (await extras()).archive.request({ key: "a", days: 3, tier: "bulk", signal });
      assert.doesNotMatch(asked[1]?.body ?? "", /Days/);
    });

    it("once, although somebody else asks as well", async () => {
      answer = ({ line }) =>
        line.startsWith("HEAD")
          ? head({ "x-amz-storage-class": "GLACIER" })
          : refused(409, "RestoreAlreadyInProgress");
      await (await extras()).archive.request({ key: "a", days: 1, tier: "bulk", signal });
    });

    it("for nothing that is on its way, or in none", async () => {
      const { archive } = await extras();
      const onItsWay = {
        "x-amz-storage-class": "GLACIER",
        "x-amz-restore": 'ongoing-request="true"',
      };
      for (const headers of [onItsWay, {}]) {
        answer = () => head(headers);
        await archive.request({ key: "a", days: 1, tier: "standard", signal });
      }
      assert.deepEqual(lines(), ["HEAD /a", "HEAD /a"]);
    });
  });

  const head = (headers: Record<string, string>) =>
    new Response(null, { headers: { etag: '"e1"', "content-length": "5", ...headers } });

  describe("tell of an object", () => {
    for (const [title, headers, expected] of [
      ["that it is in an archive", { "x-amz-storage-class": "GLACIER" }, "archived"],
      [
        "that it is on its way",
        { "x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": 'ongoing-request="true"' },
        "restoring",
      ],
      [
        "that it can be read for a time",
        {
          "x-amz-storage-class": "GLACIER",
          "x-amz-restore": 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"',
        },
        "restored",
      ],
      ["that it can be read at once", { "x-amz-storage-class": "GLACIER_IR" }, undefined],
      ["that a tier has put it away", { "x-amz-archive-status": "ARCHIVE_ACCESS" }, "archived"],
    ] as const)
      it(title, async () => {
        answer = () => head(headers);
        const known = await (await extras()).details.get({ key: "a", signal });
        assert.equal(known.archive, expected);
        const until = expected === "restored" ? Date.UTC(2029, 11, 21) : undefined;
        assert.equal(known.readableUntil?.getTime(), until);
      });

    it("its checksum and encryption, and less where its key may not be used", async () => {
      answer = ({ line, headers }) =>
        line.startsWith("GET") || headers.get("x-amz-checksum-mode") === "ENABLED"
          ? refused(403, "AccessDenied")
          : head({
              "x-amz-server-side-encryption": "aws:kms",
              "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
            });
      const { details } = await extras();
      const known = await details.get({ key: "a", signal });
      assert.equal(known.encryption, "aws:kms (key-1)");
      assert.ok(asked[0]?.headers.has("x-amz-checksum-mode"));
      answer = ({ headers }) =>
        head(headers.has("x-amz-checksum-mode") ? { "x-amz-checksum-crc64nvme": "AAAA" } : {});
      const { checksum } = await details.get({ key: "a", signal });
      assert.deepEqual(checksum, { algorithm: "CRC64NVME", value: "AAAA" });
    });
  });

  describe("change what is known of an object", () => {
    const state = {
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
      "x-amz-object-lock-mode": "GOVERNANCE",
      "x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00.000Z",
      "x-amz-website-redirect-location": "/else",
    };
    const acl =
      '<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>me</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>';
    /** What 24 parts make whose ETags hold no digit. */
    const copied = "d41d8cd98f00b204e9800998ecf8427e-24";
    const bucket = (size: number) => (request: Asked) => {
      const { line } = request;
      if (line.startsWith("HEAD")) return head({ ...state, "content-length": String(size) });
      if (line.includes("?acl")) return new Response(acl);
      if (line.includes("?tagging"))
        return new Response(
          "<Tagging><TagSet><Tag><Key>t</Key><Value>v 1</Value></Tag></TagSet></Tagging>",
        );
      if (line.includes("uploads"))
        return new Response(
          "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        );
      if (line.includes("partNumber"))
        return new Response('<CopyPartResult><ETag>"p"</ETag></CopyPartResult>');
      if (line.startsWith("POST"))
        return new Response(
          `<CompleteMultipartUploadResult><ETag>"${copied}"</ETag></CompleteMultipartUploadResult>`,
        );
      return new Response('<CopyObjectResult><ETag>"e2"</ETag></CopyObjectResult>');
    };
    const change = {
      key: "a b",
      headers: { "content-type": "text/plain", "x-amz-website-redirect-location": "/else" },
      metadata: { note: "ü" },
      storageClass: "STANDARD_IA",
      signal,
    };
    const kept = {
      "content-type": "text/plain",
      "x-amz-meta-note": "=?UTF-8?B?w7w=?=",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
      "x-amz-object-lock-mode": "GOVERNANCE",
      "x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00.000Z",
      "x-amz-website-redirect-location": "/else",
      "x-amz-grant-full-control": 'id="me"',
      "x-amz-grant-read": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"',
    };
    const told = (headers: Headers | undefined, names: object) =>
      Object.fromEntries(Object.keys(names).map((name) => [name, headers?.get(name)]));

    it("and keep its class, encryption, lock and rights", async () => {
      answer = bucket(5);
      await (await extras()).details.set(change);
      const copy = asked.find(({ headers }) => headers.has("x-amz-copy-source"));
      assert.equal(copy?.headers.get("x-amz-copy-source"), "photos/a%20b");
      assert.equal(copy.headers.get("x-amz-copy-source-if-match"), '"e1"');
      assert.equal(copy.headers.get("x-amz-metadata-directive"), "REPLACE");
      assert.deepEqual(told(copy.headers, kept), kept);
    });

    it("and copy what is too large for one request in parts, with the same", async () => {
      answer = bucket(6 * 1024 ** 3);
      const info = await (await extras()).details.set(change);
      assert.equal(info.version, copied);
      const begun = asked.find(({ line }) => line.includes("uploads"));
      assert.deepEqual(told(begun?.headers, kept), kept);
      assert.equal(begun?.headers.get("x-amz-tagging"), "t=v%201");
      const parts = asked.filter(({ line }) => line.includes("partNumber"));
      assert.equal(parts.length, 24);
      assert.ok(parts.every(({ headers }) => headers.get("x-amz-copy-source-if-match") === '"e1"'));
      assert.equal(parts[0]?.headers.get("x-amz-copy-source-range"), "bytes=0-268435455");
    });

    it("but not of an object that has become another", async () => {
      answer = bucket(5);
      const { details } = await extras();
      await failsWith({ kind: "conflict" }, details.set({ ...change, ifMatch: "e0" }));
      answer = (request) =>
        request.headers.has("x-amz-copy-source")
          ? refused(412, "PreconditionFailed")
          : bucket(5)(request);
      await failsWith({ kind: "conflict" }, details.set({ ...change, ifMatch: "e1" }));
    });
  });

  describe("delete an object in one state only", () => {
    const removed = async () =>
      await (await opened()).delete({ keys: ["a"], ifMatch: "e1", signal });

    it("which Amazon holds by itself", async () => {
      answer = () => refused(412, "PreconditionFailed");
      await failsWith({ kind: "conflict" }, removed());
      assert.equal(asked[0]?.headers.get("if-match"), '"e1"');
    });

    it("but in any, where the service does not know of such", async () => {
      answer = ({ headers }) =>
        headers.has("if-match") ? refused(501, "NotImplemented") : empty(204);
      await removed();
      assert.deepEqual(lines(), ["DELETE /a", "DELETE /a"]);
    });
  });

  it("list versions key by key, also where all marks of deletions are told behind them", async () => {
    const told = (element: string, key: string, id: string, at: number, isLatest = false) =>
      `<${element}><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${isLatest}</IsLatest>
      <Size>1</Size><LastModified>2026-01-01T00:00:0${at}Z</LastModified></${element}>`;
    const elements = [
      told("Version", "a", "a2", 4),
      told("Version", "a", "a1", 2),
      told("Version", "c", "c1", 1, true),
      told("DeleteMarker", "a", "a-mark", 4, true),
      told("DeleteMarker", "a", "a-first-mark", 3),
      told("DeleteMarker", "b", "b-mark", 1, true),
      told("DeleteMarker", "c", "c-mark", 0),
    ];
    answer = () =>
      new Response(`<ListVersionsResult><Name>photos</Name><IsTruncated>true</IsTruncated>
        <NextKeyMarker>c</NextKeyMarker><NextVersionIdMarker>c1</NextVersionIdMarker>
        ${elements.join("")}</ListVersionsResult>`);
    const { versions } = await extras();
    const sorted = ["a-mark", "a2", "a-first-mark", "a1", "b-mark", "c1", "c-mark"];
    for (const turned of [false, true]) {
      if (turned) elements.push(...elements.splice(0, 3));
      const page = await versions.list({ prefix: "", signal });
      assert.deepEqual(
        page.versions.map(({ id }) => id),
        sorted,
      );
      await versions.list({ prefix: "", ...(page.cursor && { cursor: page.cursor }), signal });
      assert.match(lines().at(-1) ?? "", /key-marker=c&prefix=&version-id-marker=c1/);
    }
  });

  describe("delete versions", () => {
    const versions = ["v1", "v2", "v3"].map((id) => ({ key: "a&b", id }));

    it("by one request, and tell which of them stay", async () => {
      answer = () =>
        new Response(
          `<DeleteResult><Error><Key>a&amp;b</Key><VersionId>v2</VersionId><Code>AccessDenied</Code>
          <Message>It is locked.</Message></Error><Error><Key>a&amp;b</Key><VersionId>v3</VersionId>
          <Code>NoSuchVersion</Code></Error></DeleteResult>`,
        );
      const failures = await (await extras()).versions.deleteMany({ versions, signal });
      assert.deepEqual(
        failures.map(({ key, id, error }) => [key, id, error.kind, error.details.key]),
        [["a&b", "v2", "denied", "a&b"]],
      );
      assert.deepEqual(lines(), ["POST /?delete="]);
      assert.match(asked[0]?.body ?? "", /<Key>a&amp;b<\/Key><VersionId>v1<\/VersionId>/);
    });

    it("or objects, of which the refused ones stop no other where somebody is told", async () => {
      answer = () =>
        new Response(
          `<DeleteResult><Error><Key>in/b</Key><Code>AccessDenied</Code></Error></DeleteResult>`,
        );
      const storage = new Storage(await opened(), "photos", "in/");
      const refusals: string[] = [];
      const onRefused = ({ key, error }: Refusal) =>
        refusals.push(`${key} ${error.kind} ${error.place?.key}`);
      await storage.delete(["a", "b", "c"], { signal, onRefused });
      assert.deepEqual(refusals, ["b denied in/b"]);
      assert.equal(asked.length, 1);
      await failsWith({ kind: "denied" }, storage.delete(["a", "b", "c"], { signal }));
    });

    it("one by one where the service knows no other way", async () => {
      answer = ({ line }) =>
        line.startsWith("POST")
          ? refused(501, "NotImplemented")
          : line.includes("v2")
            ? refused(403, "AccessDenied")
            : empty(204);
      const { versions: kept } = await extras();
      for (let time = 0; time < 2; time++) {
        const failures = await kept.deleteMany({ versions, signal });
        assert.deepEqual(
          failures.map(({ id }) => id),
          ["v2"],
        );
      }
      assert.equal(lines().filter((line) => line.startsWith("POST")).length, 1);
      assert.equal(lines().filter((line) => line.startsWith("DELETE")).length, 6);
    });

    it("all or none of them where it is the moment that is wrong", async () => {
      answer = () =>
        new Response(
          "<DeleteResult><Error><Key>a&amp;b</Key><Code>SlowDown</Code></Error></DeleteResult>",
        );
      const asking = (await extras()).versions.deleteMany({ versions, signal });
      await failsWith({ kind: "throttled" }, asking);
    });
  });

  describe("complete an upload", () => {
    const md5 = "900150983cd24fb0d6963f7d28e17f72";
    const upload = {
      key: "a",
      id: "u",
      size: 3,
      signal,
      parts: [{ number: 1, size: 3, etag: md5 }],
    };

    it("on its condition, which Amazon holds by itself", async () => {
      const etag = "af5da9f45af7a300e3aded972f8ff687";
      answer = () =>
        new Response(
          `<CompleteMultipartUploadResult><ETag>"${etag}-1"</ETag></CompleteMultipartUploadResult>`,
        );
      const { uploads } = await extras();
      await uploads.complete({ ...upload, ifAbsent: true });
      await uploads.complete({ ...upload, ifMatch: "e1" });
      assert.equal(asked.length, 2, "what they make was told by the answer");
      assert.deepEqual(
        asked.map(({ headers }) => [headers.get("if-none-match"), headers.get("if-match")]),
        [
          ["*", null],
          [null, '"e1"'],
        ],
      );
    });

    for (const [title, status, code, isKept] of [
      ["that does not hold, and keep what has arrived", 412, "PreconditionFailed", true],
      ["on an object that is gone, and keep it", 404, "NoSuchKey", true],
      ["that another writer upsets, and give it up", 409, "ConditionalRequestConflict", false],
    ] as const)
      it(`on no condition ${title}`, async () => {
        answer = ({ line }) =>
          line.startsWith("GET")
            ? new Response("<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>")
            : line.startsWith("DELETE")
              ? empty(204)
              : refused(status, code);
        const { uploads } = await extras();
        await failsWith({ kind: "conflict" }, uploads.complete({ ...upload, ifMatch: "e1" }));
        assert.equal(!lines().some((line) => line.startsWith("DELETE")), isKept);
      });
  });

  it("give links that last no longer than a temporary key can", async () => {
    const { links } = await extras({ sessionToken: "token", addressing: "virtual" });
    const lifetime = await links.lifetime({ signal });
    assert.deepEqual(lifetime, { longestSeconds: 12 * 3600, keyEnds: "unknown" });
    const link = new URL((await links.put({ key: "a b", seconds: 60, signal })).url);
    assert.equal(link.host, "photos.s3.eu-west-1.amazonaws.com");
    assert.equal(link.searchParams.get("X-Amz-Security-Token"), "token");
    assert.equal(link.searchParams.get("X-Amz-SignedHeaders"), "host");
    assert.ok(![...link.searchParams.keys()].some((name) => /checksum|x-id/i.test(name)));
    assert.deepEqual(asked, []);
  });

  it("ask those who pay for their requests to say so, also in links", async () => {
    answer = () => head({});
    const { details, links } = await extras({ requesterPays: true, addressing: "virtual" });
    await details.get({ key: "a", signal });
    assert.equal(asked[0]?.headers.get("x-amz-request-payer"), "requester");
    const link = await links.get({ key: "a", seconds: 60, signal });
    assert.equal(new URL(link).searchParams.get("x-amz-request-payer"), "requester");
  });
});
