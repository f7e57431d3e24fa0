import assert from "node:assert/strict";
import { never } from "../../../../src/base/abort.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import { startInternet, type Internet } from "../../../servers/internet.ts";
import { fails, toldAs } from "../../failsWith.ts";

/** Amazon itself cannot be had here: what would be sent to it is caught on its way. */
describe("S3 at Amazon", function () {
  this.timeout(10_000);
  const asked: string[] = [];
  const bodies: string[] = [];
  let answer: (url: URL, headers: Headers, method: string) => Response;
  let internet: Internet | undefined;

  before(async () => {
    internet = await startInternet(async (request) => {
      const url = new URL(request.url);
      asked.push(url.host + url.pathname);
      bodies.push(await request.text());
      return answer(url, request.headers, request.method);
    });
  });
  after(async () => await internet?.stop());
  beforeEach(() => {
    asked.length = 0;
    bodies.length = 0;
    answer = () => new Response("<ListBucketResult><Name>b</Name></ListBucketResult>");
  });

  const list = async (answers: Record<string, unknown>) => {
    const driver = await s3.open({ accessKeyId: "a", secretAccessKey: "b", ...answers });
    await driver.list({ prefix: "", shallow: true, signal: never });
    return driver;
  };

  it("is asked in the region's own host, with the bucket's name in it", async () => {
    for (const [answers, host] of [
      [{ bucket: "photos", region: "eu-west-1" }, "photos.s3.eu-west-1.amazonaws.com/"],
      [{ bucket: "photos" }, "photos.s3.us-east-1.amazonaws.com/"],
      [{ bucket: "photos", region: "cn-north-1" }, "photos.s3.cn-north-1.amazonaws.com.cn/"],
      [{ bucket: "my.photos", region: "eu-west-1" }, "s3.eu-west-1.amazonaws.com/my.photos/"],
      [
        { bucket: "photos", endpoint: "https://s3.eu-west-1.amazonaws.com" },
        "photos.s3.eu-west-1.amazonaws.com/",
      ],
      [
        { bucket: "photos", endpoint: "https://s3.amazonaws.com", region: "eu-west-1" },
        "photos.s3.eu-west-1.amazonaws.com/",
      ],
    ] as const) {
      asked.length = 0;
      await list(answers);
      assert.deepEqual(asked, [host]);
    }
  });

  it("is asked through an access point at its own host, and copies there by its ARN", async () => {
    const arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/photos";
    const driver = await list({ bucket: arn, region: "us-east-1" });
    const sources: (string | null)[] = [];
    answer = (_, headers, method) => {
      sources.push(headers.get("x-amz-copy-source"));
      const found = { "content-length": "5", etag: '"1"' };
      if (method === "HEAD") return new Response(null, { headers: found });
      return new Response("<CopyObjectResult><ETag>1</ETag></CopyObjectResult>");
    };
    await driver.copy?.({ from: "a b/c", to: "d", signal: never });
    await driver.extras?.details?.get({ key: "d", signal: never });
    const host = "photos-123456789012.s3-accesspoint.eu-west-1.amazonaws.com";
    assert.deepEqual(new Set(asked.map((one) => one.split("/")[0])), new Set([host]));
    const [source] = sources.filter((one) => one !== null);
    assert.equal(decodeURIComponent(source ?? ""), `${arn}/object/a b/c`);
  });

  it("is not asked for a bucket of a kind that is reached otherwise", async () => {
    for (const bucket of ["a--usw2-az1--x-s3", "arn:aws:s3::1:accesspoint/a.mrap", "a.mrap"]) {
      await assert.rejects(list({ bucket }), toldAs("invalid", { reason: "other-kind" }), bucket);
    }
    assert.deepEqual(asked, []);
    await list({ bucket: "a--x-s3", endpoint: "https://s3.example.com" });
    assert.deepEqual(asked, ["s3.example.com/a--x-s3/"]);
  });

  it("is asked whether what is denied is there at all, in the way of listing that it knows", async () => {
    answer = ({ pathname, searchParams }) => {
      if (pathname !== "/") return new Response("<Error><Code>AccessDenied</Code></Error>", denied);
      if (searchParams.has("list-type")) return new Response("", { status: 501 });
      return new Response("<ListBucketResult><Name>b</Name></ListBucketResult>");
    };
    const denied = { status: 403 };
    const keys = { accessKeyId: "a", secretAccessKey: "b" };
    const found = { service: { listVersion: 1 } };
    const driver = await s3.open({ ...keys, bucket: "photos" }, "aws", found);
    await fails("not-found", driver.stat({ key: "a", signal: never }));
  });

  it("is told an MD5 of what goes into a bucket with a time of retention, once it wants one", async () => {
    const digests: (string | null)[] = [];
    answer = (_, headers) => {
      const digest = headers.get("content-md5");
      digests.push(digest);
      if (digest !== null) return new Response("", { headers: { etag: '"1"' } });
      const said =
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters";
      return new Response(`<Error><Code>InvalidRequest</Code><Message>${said}</Message></Error>`, {
        status: 400,
      });
    };
    const answers = {
      accessKeyId: "a",
      secretAccessKey: "b",
      bucket: "photos",
      region: "eu-west-1",
    };
    const driver = await s3.open(answers);
    const body = new Blob(["hello"]);
    await driver.write({ key: "one", body, signal: never });
    await driver.write({ key: "two", body, signal: never });
    const md5 = "XUFAKrxLKna5cZ2REBfFkg==";
    assert.deepEqual(digests, [null, md5, md5]);
  });

  it("is asked elsewhere once it says where the bucket lives, and there from then on", async () => {
    answer = ({ host }) =>
      host.includes("eu-central-1")
        ? new Response("<ListBucketResult><Name>b</Name></ListBucketResult>")
        : new Response("", { status: 301, headers: { "x-amz-bucket-region": "eu-central-1" } });
    const driver = await list({ bucket: "photos" });
    await driver.list({ prefix: "", shallow: true, signal: never });
    const there = "photos.s3.eu-central-1.amazonaws.com/";
    assert.deepEqual(asked, ["photos.s3.us-east-1.amazonaws.com/", there, there]);
  });

  it("is trusted with conditions, as others are not without a preset that vouches for them", async () => {
    const conditions = async (answers: Record<string, unknown>) => {
      const { ifAbsent, ifMatch } = (await list({ bucket: "photos", ...answers })).capabilities;
      return [ifAbsent, ifMatch];
    };
    assert.deepEqual(await conditions({}), [true, true]);
    assert.deepEqual(await conditions({ endpoint: "https://s3.example.com" }), [false, false]);
  });

  it("finds the region of others in their host, and their path-only or host-only ways", async () => {
    const scopes: string[] = [];
    answer = (url, headers) => {
      scopes.push(/\d{8}\/([^/]+)\/s3/.exec(headers.get("authorization") ?? "")?.[1] ?? "");
      return url.host.startsWith("photos.")
        ? new Response("<ListBucketResult><Name>b</Name></ListBucketResult>")
        : new Response("<Error><Code>SecondLevelDomainForbidden</Code></Error>", { status: 403 });
    };
    await list({ bucket: "photos", endpoint: "https://s3.eu-central-003.example.com" });
    assert.deepEqual(asked, [
      "s3.eu-central-003.example.com/photos/",
      "photos.s3.eu-central-003.example.com/",
    ]);
    assert.deepEqual(scopes, ["eu-central-003", "eu-central-003"]);
  });

  it("is asked below the path that an endpoint has", async () => {
    const endpoint = "https://project.example.com/storage/v1/s3/";
    const driver = await list({ bucket: "photos", endpoint, addressing: "path" });
    answer = () => new Response(null, { headers: { "content-length": "1" } });
    await driver.stat({ key: "a//b c/ü+%.jpg", signal: never });
    assert.deepEqual(asked, [
      "project.example.com/storage/v1/s3/photos/",
      "project.example.com/storage/v1/s3/photos/a//b%20c/%C3%BC%2B%25.jpg",
    ]);
  });

  it("makes a bucket where it is to be, and names no region for the first of all", async () => {
    let isThere = false;
    answer = (_url, _headers, method) =>
      new Response(null, { status: method === "HEAD" && !isThere ? 404 : 200 });
    const keys = { accessKeyId: "a", secretAccessKey: "b" };
    const create = async (answers: object, region?: string) =>
      await s3.createContainer?.(
        { ...keys, ...answers },
        { name: "photos", ...(region !== undefined && { region }) },
        never,
      );
    await create({}, "eu-west-3");
    await create({ region: "eu-west-1" });
    await create({});
    await create({ region: "us-east-1" });
    await create({ endpoint: "https://s3.example.com", region: "somewhere" });
    const hosts = [
      "photos.s3.eu-west-3.amazonaws.com/",
      "photos.s3.eu-west-1.amazonaws.com/",
      "photos.s3.us-east-1.amazonaws.com/",
      "photos.s3.us-east-1.amazonaws.com/",
      "s3.example.com/photos/",
    ];
    // It is looked for first: the first region would say yes to who has it already.
    const twice = hosts.flatMap((host) => [host, host]);
    assert.deepEqual(asked, twice);
    const made = bodies.filter((_, i) => i % 2 === 1);
    const constraints = made.map((body) => /<LocationConstraint>(.*)<\/Loc/.exec(body)?.[1]);
    assert.deepEqual(constraints, ["eu-west-3", "eu-west-1", undefined, undefined, undefined]);
    isThere = true;
    await fails("conflict", create({}));
    assert.equal(asked.length, twice.length + 1);
  });
});
