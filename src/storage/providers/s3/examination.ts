/** What an S3 service really does, asked of the service itself. */
import { hash } from "node:crypto";
import type * as Sdk from "@aws-sdk/client-s3";
import { isStorageError } from "../../errors.ts";
import { type Examination, ignored, no, type Verdict, yes } from "../../examination.ts";
import { type Http, openHttp } from "../../http/http.ts";
import { openSession, type S3Config } from "./client.ts";
import { s3Driver } from "./driver.ts";
import { examineListing } from "./listingExamination.ts";
import { withHeaders } from "./commands.ts";
import { copySource } from "./copy.ts";
import { bareEtag, firstKey } from "./objects.ts";
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
  // Access points have no host that is common to them.
  const isCommon = config.accessPoint === undefined;
  const url = (isCommon ? config.endpoint : undefined) ?? "https://s3.amazonaws.com/";
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
  const { root: prefix = "", signal } = examination;
  const session = await openSession({ ...config, addressing });
  const ask = async (listVersion: 1 | 2) =>
    await firstKey(
      { session, name: bucket, service: { listVersion, urlEncoding: false } },
      { prefix, signal },
    );
  try {
    // How listings are asked for is another matter.
    await ask(2).catch(async (error: unknown) => {
      if (!isStorageError(error, "unsupported")) throw error;
      await ask(1);
    });
    return yes;
  } catch (error) {
    // Where all buckets are listed, say, the name was not seen.
    if (isStorageError(error) && error.details.reason === "not-this-protocol") return no;
    throw error;
  }
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
