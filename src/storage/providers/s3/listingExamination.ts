/** Which of the ways to list works: whether all keys come, as they are, and none twice. */
import type * as Sdk from "@aws-sdk/client-s3";
import { isStorageError } from "../../errors.ts";
import { no, type Verdict, yes } from "../../examination.ts";
import { plainKey } from "./objects.ts";
import { send, type Subject } from "./subject.ts";

/** A key that every wrong way of encoding, decoding and marking changes. */
const oddName = "a+b %41 é&<c>";

/** A way to ask for a listing. */
interface Way {
  readonly version: 1 | 2;
  readonly isEncoded: boolean;
}

/** What the keys are known to be, and where they are. */
interface Wanted {
  readonly prefix: string;
  /** Empty where nothing could be written. */
  readonly keys: readonly string[];
}

/** Tries how to list, and has the driver list so from then on. */
export async function examineListing(subject: Subject): Promise<void> {
  const { examination } = subject;
  const { root = "", prefix = root, place } = examination;
  const keys = place ? await written(subject, ["1", "2", oddName].map(place).toSorted()) : [];
  const wanted = { prefix, keys };
  const plainly = (version: 1 | 2) => listed(subject, { version, isEncoded: false }, wanted);
  const second = await examination.check("listV2", () => plainly(2));
  const first = await examination.check("listV1", () => plainly(1));
  const version = isWrong(second) && first.outcome === "yes" ? 1 : 2;
  const encoded = await examination.check("urlEncoding", () =>
    listed(subject, { version, isEncoded: true }, wanted),
  );
  const way = { version, isEncoded: !isWrong(encoded) } as const;
  if (keys.length === 0) learn(subject, way);
  else {
    const paging = await examination.check("paging", () => paged(subject, way, wanted));
    const better = isWrong(paging) ? await wayThatPages(subject, way, wanted) : undefined;
    learn(subject, better ?? way, better !== undefined || paging.outcome === "yes");
  }
  await examination.check("pageSize", () => pageSize(subject, version, prefix));
}

/** Of the ways that were not tried, the first by which all pages come. */
async function wayThatPages(
  subject: Subject,
  { version, isEncoded }: Way,
  wanted: Wanted,
): Promise<Way | undefined> {
  // Without encoding, some keys cannot be read.
  const ways = [
    { version: 1, isEncoded: true },
    { version: 2, isEncoded: false },
    { version: 1, isEncoded: false },
  ] as const;
  const less = ways.filter((way) => way.version < version || (isEncoded && !way.isEncoded));
  for (const way of less) {
    const verdict = await paged(subject, way, wanted).catch((error: unknown) => {
      subject.examination.signal.throwIfAborted();
      if (!isStorageError(error)) throw error;
      return no;
    });
    if (verdict.outcome === "yes") return way;
  }
  return undefined;
}

/**
 * A way that is known to be wrong is never used. What had been found wrong and is proved right now is
 * used again, but a service that is known for it is not trusted for one time that went well.
 */
function learn(
  { config: { service = {} }, examination }: Subject,
  { version, isEncoded }: Way,
  isProved = false,
): void {
  const isSecond = isProved && service.listVersion !== 1;
  const isPlain = isProved && service.urlEncoding !== false;
  const found = {
    ...((version === 1 || isSecond) && { listVersion: version }),
    ...((!isEncoded || isPlain) && { urlEncoding: isEncoded }),
  };
  if (Object.keys(found).length > 0) examination.learn({ service: found });
}

async function pageSize(subject: Subject, version: 1 | 2, prefix: string): Promise<Verdict> {
  const { mostKeys } = await page(subject, { version, isEncoded: false }, { Prefix: prefix });
  return mostKeys === undefined
    ? { outcome: "unknown" }
    : { outcome: "yes", detail: String(mostKeys) };
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
interface Page {
  readonly keys: readonly string[];
  readonly next: string | undefined;
  readonly isEncoded: boolean;
  /** How many there are in a page at most, as the service says. */
  readonly mostKeys: number | undefined;
}

async function page(
  subject: Subject,
  { version, isEncoded }: Way,
  request: { Prefix: string; MaxKeys?: number; after?: string | undefined },
): Promise<Page> {
  const { after, ...rest } = request;
  const encoding = isEncoded && { EncodingType: "url" as const };
  const target = { Bucket: subject.bucket, ...encoding, ...rest };
  if (version === 1) {
    const marker = after !== undefined && { Marker: after };
    const reply = await send(subject, (sdk, client, options) =>
      client.send(new sdk.ListObjectsCommand({ ...target, ...marker }), options),
    );
    const { keys, ...said } = pageOf(reply);
    return { ...said, keys, next: reply.IsTruncated ? keys.at(-1) : undefined };
  }
  const token = after !== undefined && { ContinuationToken: after };
  const reply = await send(subject, (sdk, client, options) =>
    client.send(new sdk.ListObjectsV2Command({ ...target, ...token }), options),
  );
  return { ...pageOf(reply), next: reply.IsTruncated ? reply.NextContinuationToken : undefined };
}

function pageOf({
  Contents = [],
  EncodingType,
  MaxKeys,
}: Sdk.ListObjectsV2CommandOutput | Sdk.ListObjectsCommandOutput): Omit<Page, "next"> {
  const plain = plainKey(EncodingType);
  return {
    keys: Contents.flatMap(({ Key }) => (Key === undefined ? [] : [plain(Key)])),
    isEncoded: EncodingType === "url",
    mostKeys: MaxKeys,
  };
}

async function listed(subject: Subject, way: Way, wanted: Wanted): Promise<Verdict> {
  const most = wanted.keys.length + 1;
  const reply = await page(subject, way, { Prefix: wanted.prefix, MaxKeys: most });
  if (way.isEncoded && !reply.isEncoded) return no;
  if (wanted.keys.length === 0) return yes;
  return isAll(reply.keys, wanted) ? yes : { outcome: "no", detail: "keys differ" };
}

async function paged(subject: Subject, way: Way, wanted: Wanted): Promise<Verdict> {
  const keys: string[] = [];
  let after: string | undefined;
  // One page more than there can be shows a listing that does not end.
  for (let pages = 0; pages <= wanted.keys.length + 1; pages++) {
    const request = { Prefix: wanted.prefix, MaxKeys: 1, after };
    const reply: Page = await page(subject, way, request);
    keys.push(...reply.keys);
    after = reply.next;
    if (after === undefined) break;
  }
  const isWhole = isAll(keys, wanted) && after === undefined;
  return isWhole ? yes : { outcome: "no", detail: `${keys.length} keys` };
}

/** Each of them, once. */
function isAll(keys: readonly string[], wanted: Wanted): boolean {
  const sorted = keys.toSorted();
  return sorted.length === wanted.keys.length && sorted.every((key, at) => key === wanted.keys[at]);
}
