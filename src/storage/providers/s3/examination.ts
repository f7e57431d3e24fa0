/** What an S3 service really does, asked of the service itself. */
import { hash } from "node:crypto";
import type * as Sdk from "@aws-sdk/client-s3";
import { isStorageError } from "../../errors.ts";
import { type Examination, ignored, no, type Verdict, yes } from "../../examination.ts";
import { type Http, openHttp } from "../../http/http.ts";
import { openSession, type S3Config } from "./client.ts";
import { s3Driver } from "./driver.ts";
import { withHeaders } from "./commands.ts";
import { copySource } from "./copy.ts";
import { bareEtag, plainKey } from "./objects.ts";
import type { Headers } from "./options.ts";
import { send, type Subject } from "./subject.ts";
import { examineUploads } from "./uploadExamination.ts";

/** Asks all that can be asked; writes only beneath the examination's prefix. */
export async function examineS3(config: S3Config, examination: Examination): Promise<void> {
  const { bucket } = config;
  if (bucket === undefined) return;
  const session = await openSession(config);
  const subject: Subject = { config, bucket, session, examination };
  await examination.check("clock", () => clock(subject));
  for (const [check, addressing] of [
    ["pathStyle", "path"],
    ["virtualHost", "virtual"],
  ] as const)
    await examination.check(check, () => addressed(subject, addressing));
  await examineRules(subject);
  const { place } = examination;
  await examineListing(subject);
  if (place) await examineWriting(subject, place);
}

function httpOf({ verifyTls, timeout }: S3Config): Http {
  return openHttp({ verifyTls, timeoutMs: timeout * 1000, addressField: "endpoint" });
}

/** Whether a link that carries its own signature opens the object. */
async function linked({ config, examination }: Subject, key: string): Promise<Verdict> {
  const { extras } = await s3Driver(config);
  const { signal } = examination;
  const url = await extras?.links?.get({ key, seconds: 300, signal });
  if (url === undefined) return { outcome: "skipped" };
  const { status, body } = await httpOf(config)({ method: "GET", url, headers: {}, signal });
  body?.cancel();
  return status === 200 ? yes : { outcome: "refused", detail: String(status) };
}

async function clock({ config, examination }: Subject): Promise<Verdict> {
  const http = httpOf(config);
  const url = config.endpoint ?? "https://s3.amazonaws.com/";
  const started = Date.now();
  const { signal } = examination;
  const { headers, body } = await http({ method: "HEAD", url, headers: {}, signal });
  body?.cancel();
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return { outcome: "unknown" };
  // Its clock shows whole seconds, and the answer took its time.
  const seconds = Math.round((theirs - (started + Date.now()) / 2) / 1000);
  return { outcome: Math.abs(seconds) < 300 ? "yes" : "no", detail: `${seconds} s` };
}

async function addressed(
  { config, bucket, examination }: Subject,
  addressing: "path" | "virtual",
): Promise<Verdict> {
  const { root = "" } = examination;
  const session = await openSession({ ...config, addressing });
  const { Name } = await session.run(examination.signal, (client, options, sdk) =>
    client.send(
      new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: root, MaxKeys: 1 }),
      options,
    ),
  );
  return Name === undefined ? no : yes;
}

async function examineRules(subject: Subject): Promise<void> {
  const { bucket, examination } = subject;
  await examination.check("versioning", async () => {
    const { Status } = await send(subject, (sdk, client, options) =>
      client.send(new sdk.GetBucketVersioningCommand({ Bucket: bucket }), options),
    );
    if (Status === "Enabled") return yes;
    return Status === undefined ? no : { outcome: "no", detail: Status };
  });
  await examination.check("cors", async () => {
    try {
      const { CORSRules = [] } = await send(subject, (sdk, client, options) =>
        client.send(new sdk.GetBucketCorsCommand({ Bucket: bucket }), options),
      );
      return { outcome: "yes", detail: String(CORSRules.length) };
    } catch (error) {
      // No rules are answered as if there were no such thing.
      if (isStorageError(error, "not-found")) return no;
      throw error;
    }
  });
}

/** A key that every wrong way of encoding, decoding and marking changes. */
const oddName = "a+b %41 é&<c>";

async function examineListing(subject: Subject): Promise<void> {
  const { bucket, examination } = subject;
  const { root = "", prefix = root, place } = examination;
  const wanted = place ? await written(subject, ["1", "2", oddName].map(place).toSorted()) : [];
  const second = await examination.check("listV2", () => listed(subject, 2, prefix, wanted, false));
  const first = await examination.check("listV1", () => listed(subject, 1, prefix, wanted, false));
  const version = second.outcome === "yes" || first.outcome !== "yes" ? 2 : 1;
  const encoded = await examination.check("urlEncoding", () =>
    listed(subject, version, prefix, wanted, true),
  );
  if (wanted.length > 0)
    await examination.check("paging", () => paged(subject, version, prefix, wanted, encoded));
  await examination.check("pageSize", async () => {
    const { MaxKeys } = await send(subject, (sdk, client, options) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }), options),
    );
    return MaxKeys === undefined
      ? { outcome: "unknown" }
      : { outcome: "yes", detail: `${MaxKeys}` };
  });
  // A listing that is known to be wrong is never used; one that works is no reason to change another.
  const found = {
    ...(second.outcome !== "yes" && first.outcome === "yes" && { listVersion: 1 }),
    ...(isWrong(encoded) && { urlEncoding: false }),
  };
  if (Object.keys(found).length > 0) examination.learn({ service: found });
}

/** The keys, once there is an object at each; none where that cannot be. */
async function written(subject: Subject, keys: readonly string[]): Promise<readonly string[]> {
  const { bucket, examination } = subject;
  try {
    for (const key of keys)
      await send(subject, (sdk, client, options) =>
        client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: "." }), options),
      );
    return keys;
  } catch (error) {
    examination.signal.throwIfAborted();
    // Whether and why nothing can be written, a check of its own tells.
    if (!isStorageError(error)) throw error;
    return [];
  }
}

function isWrong({ outcome }: Verdict): boolean {
  return outcome === "no" || outcome === "refused" || outcome === "ignored";
}

/** One page, as keys. */
async function page(
  subject: Subject,
  version: 1 | 2,
  request: { Prefix: string; EncodingType?: "url"; MaxKeys?: number; after?: string | undefined },
): Promise<{ keys: readonly string[]; next: string | undefined; isEncoded: boolean }> {
  const { after, ...rest } = request;
  const target = { Bucket: subject.bucket, ...rest };
  if (version === 1) {
    const reply = await send(subject, (sdk, client, options) =>
      client.send(
        new sdk.ListObjectsCommand({ ...target, ...(after !== undefined && { Marker: after }) }),
        options,
      ),
    );
    const keys = keysOf(reply);
    return {
      keys,
      next: reply.IsTruncated ? keys.at(-1) : undefined,
      isEncoded: reply.EncodingType === "url",
    };
  }
  const reply = await send(subject, (sdk, client, options) =>
    client.send(
      new sdk.ListObjectsV2Command({
        ...target,
        ...(after !== undefined && { ContinuationToken: after }),
      }),
      options,
    ),
  );
  return {
    keys: keysOf(reply),
    next: reply.IsTruncated ? reply.NextContinuationToken : undefined,
    isEncoded: reply.EncodingType === "url",
  };
}

function keysOf({
  Contents = [],
  EncodingType,
}: Sdk.ListObjectsV2CommandOutput | Sdk.ListObjectsCommandOutput): readonly string[] {
  const plain = plainKey(EncodingType);
  return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [plain(Key)]));
}

async function listed(
  subject: Subject,
  version: 1 | 2,
  prefix: string,
  wanted: readonly string[],
  isEncoded: boolean,
): Promise<Verdict> {
  const reply = await page(subject, version, {
    Prefix: prefix,
    MaxKeys: wanted.length + 1,
    ...(isEncoded && { EncodingType: "url" as const }),
  });
  if (isEncoded && !reply.isEncoded) return no;
  if (wanted.length === 0) return yes;
  const keys = reply.keys.toSorted();
  return keys.length === wanted.length && keys.every((key, index) => key === wanted[index])
    ? yes
    : { outcome: "no", detail: "keys differ" };
}

async function paged(
  subject: Subject,
  version: 1 | 2,
  prefix: string,
  wanted: readonly string[],
  encoded: Verdict,
): Promise<Verdict> {
  const keys: string[] = [];
  let after: string | undefined;
  // One page more than there can be shows a listing that does not end.
  for (let pages = 0; pages <= wanted.length + 1; pages++) {
    const reply: Awaited<ReturnType<typeof page>> = await page(subject, version, {
      Prefix: prefix,
      MaxKeys: 1,
      after,
      ...(encoded.outcome === "yes" && { EncodingType: "url" as const }),
    });
    keys.push(...reply.keys);
    after = reply.next;
    if (after === undefined) break;
  }
  const isWhole = keys.length === wanted.length && new Set(keys).size === keys.length;
  return isWhole && after === undefined ? yes : { outcome: "no", detail: `${keys.length} keys` };
}

async function examineWriting(subject: Subject, place: (name: string) => string): Promise<void> {
  const { bucket, session, examination } = subject;
  const put = async (
    name: string,
    wrong: Partial<Sdk.PutObjectCommandInput>,
    headers: Headers = {},
  ) => {
    const whole = { Bucket: bucket, Key: place(name), Body: "content", ...wrong };
    await send(subject, (sdk, client, options) =>
      client.send(withHeaders(new sdk.PutObjectCommand(whole), headers), options),
    );
  };
  const digest = (algorithm: string, encoding: "base64" | "hex" = "base64") =>
    hash(algorithm, "other", encoding);
  const signed = await examination.check("signedBody", async () =>
    subject.config.signature === "v2"
      ? { outcome: "skipped" }
      : await refusedFor(/sha256|digest|signature/i, () =>
          put("signed", {}, { "x-amz-content-sha256": digest("sha256", "hex") }),
        ),
  );
  const md5 = await examination.check("contentMd5", () =>
    refusedFor(/digest|md5/i, () => put("md5", { ContentMD5: digest("md5") })),
  );
  if (signed.outcome === "ignored" && md5.outcome === "yes")
    examination.learn({ service: { bodyDigest: "md5" } });
  // Not by the SDK, whose checksums we exchange for a digest that every service knows. Ceph 20 looks
  // at none whose algorithm is not named beside it.
  const sum = {
    operation: "PutObject",
    method: "PUT",
    key: place("sum"),
    headers: {
      "x-amz-checksum-sha256": digest("sha256"),
      "x-amz-sdk-checksum-algorithm": "SHA256",
    },
    body: new Blob(["content"]),
    signal: examination.signal,
  } as const;
  await examination.check("checksum", () =>
    refusedFor(/digest|checksum|sha256/i, () => session.ask(bucket, sum)),
  );
  const pinned = await examination.check("conditionalCopy", () => pinnedCopy(subject, place));
  if (pinned.outcome !== "unknown")
    examination.learn({ service: { pinsCopies: pinned.outcome === "yes" } });
  const bareIfMatch = await wantsBareEtag(subject, place("matched"));
  if (bareIfMatch !== undefined) examination.learn({ service: { bareIfMatch } });
  const kept = await examination.check("conditionalDeletion", () => pinnedDeletion(subject, place));
  if (kept.outcome !== "unknown")
    examination.learn({ service: { pinsDeletions: kept.outcome === "yes" } });
  await examination.check("presign", () => linked(subject, place("1")));
  await examineUploads(subject, place);
}

/** Whether an ETag in a condition is understood without its quotes only; undefined if in neither way. */
async function wantsBareEtag(
  { session, bucket, examination: { signal } }: Subject,
  key: string,
): Promise<boolean | undefined> {
  const put = async (headers: Headers) =>
    await session.ask(bucket, {
      operation: "PutObject",
      method: "PUT",
      key,
      headers,
      body: new Blob(["content"]),
      signal,
    });
  try {
    const { headers } = await put({});
    const etag = bareEtag(headers.get("etag") ?? "");
    if (await isTaken(put({ "if-match": `"${etag}"` }))) return false;
    return (await isTaken(put({ "if-match": etag }))) || undefined;
  } catch (error) {
    // That it cannot be found out is no finding; why, the other checks say.
    if (isStorageError(error)) return undefined;
    throw error;
  }
}

async function isTaken(asked: Promise<unknown>): Promise<boolean> {
  return await asked.then(
    () => true,
    (error: unknown) => {
      if (isStorageError(error, "conflict")) return false;
      throw error;
    },
  );
}

/** Whether a copy is made of the state of its source that is named, and of no other. */
async function pinnedCopy(subject: Subject, place: (name: string) => string): Promise<Verdict> {
  const { bucket, config } = subject;
  const { accessPoint } = config;
  const from = place("1");
  const copy = async (CopySourceIfMatch: string) =>
    await send(subject, (sdk, client, options) =>
      client.send(
        new sdk.CopyObjectCommand({
          Bucket: bucket,
          Key: place("copied"),
          CopySource: copySource({ name: bucket, accessPoint }, { from }),
          CopySourceIfMatch,
        }),
        options,
      ),
    );
  try {
    await copy('"00000000000000000000000000000000"');
    return ignored;
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
  }
  const { ETag = "" } = await send(subject, (sdk, client, options) =>
    client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: from }), options),
  );
  await copy(`"${bareEtag(ETag)}"`);
  return yes;
}

/** Whether an object is deleted in the state that is named, and in no other. */
async function pinnedDeletion(
  { bucket, session, examination }: Subject,
  place: (name: string) => string,
): Promise<Verdict> {
  const key = place("2");
  const asked = { operation: "DeleteObject", method: "DELETE", key } as const;
  const { signal } = examination;
  const removed = async (etag: string) =>
    await session.ask(bucket, { ...asked, headers: { "if-match": `"${etag}"` }, signal });
  try {
    await removed("00000000000000000000000000000000");
    return ignored;
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
  }
  const head = { operation: "HeadObject", method: "HEAD", key, signal } as const;
  const { headers } = await session.ask(bucket, head);
  await removed(bareEtag(headers.get("etag") ?? ""));
  return yes;
}

/** Whether the service looks at a checksum: it refuses a wrong one, and for that reason. */
async function refusedFor(reason: RegExp, work: () => Promise<unknown>): Promise<Verdict> {
  try {
    await work();
    return ignored;
  } catch (error) {
    if (isStorageError(error) && (error.kind === "corrupt" || reason.test(error.message)))
      return yes;
    throw error;
  }
}
