/** What the operations on objects share: what S3's answers say of an object, in our words. */
import type { HttpHeaders } from "../../http/messages.ts";
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { complete, lengthless, numberIn, objectBytes } from "../../contentRange.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import type { Condition, TagsRequest } from "../../extras.ts";
import type { ObjectInfo } from "../../objects.ts";
import type { KeyRequest, ReadReply, ReadRequest } from "../../requests.ts";
import { elements, plainText } from "../../xml.ts";
import type { S3Session } from "./client.ts";
import { notS3 } from "./errors.ts";
import type { S3Service } from "./service.ts";

/** A bucket, and how to reach it. */
export interface S3Bucket {
  readonly session: S3Session;
  readonly name: string;
  /** The ARN of the access point by which it is reached. */
  readonly accessPoint?: string | undefined;
  /** The most parts that the service puts together to one object. */
  readonly maxUploadParts: number;
  /** Whether conditions hold when an upload in parts is completed. */
  readonly conditionalParts: boolean;
  /** What it does otherwise than Amazon. */
  readonly service?: S3Service | undefined;
}

export function infoOf(
  key: string,
  size: number,
  etag: string | undefined,
  modified?: Date,
): ObjectInfo {
  return {
    key,
    size,
    ...(modified !== undefined && { modified }),
    ...(etag !== undefined && { version: bareEtag(etag) }),
  };
}

/** Some services quote it, some do not; it is the same version either way. */
export function bareEtag(etag: string): string {
  return etag.replace(/^"|"$/g, "");
}

/** Whether an ETag is made of the content alone: keys of another keeper than the service add to it. */
export function tellsContent({
  ServerSideEncryption,
  SSECustomerAlgorithm,
}: HeadObjectCommandOutput): boolean {
  const isOwn = ServerSideEncryption === undefined || ServerSideEncryption === "AES256";
  return isOwn && SSECustomerAlgorithm === undefined;
}

/** Which version of the object is meant; the newest if absent. */
interface OfVersion {
  readonly versionId?: string | undefined;
}
type HeadRequest = KeyRequest & OfVersion & { readonly checksum?: boolean };
/** What HEAD tells; how long the object is, too. */
export type Head = HeadObjectCommandOutput & { readonly ContentLength: number };

/**
 * All that HEAD tells of an object. Where its answer, which has no body, gives no reason for a
 * refusal, the same question is asked as GET does, which may also teach the session how to ask.
 */
export async function headOf(
  bucket: S3Bucket,
  { key, versionId, checksum, signal }: HeadRequest,
): Promise<Head> {
  const { session, name } = bucket;
  const head = async () => {
    const said = await session.run(signal, (client, options, sdk) =>
      client.send(
        new sdk.HeadObjectCommand({
          Bucket: name,
          Key: key,
          VersionId: versionId,
          ...(checksum && { ChecksumMode: "ENABLED" }),
        }),
        options,
      ),
    );
    const { ContentLength = await measured(bucket, { key, versionId, signal }) } = said;
    return { ...said, ContentLength };
  };
  try {
    return await head();
  } catch (error) {
    if (!isUnreasoned(error)) throw error;
    await readObject(bucket, { key, versionId, signal }, async () => {});
    return await head();
  }
}

/** As `Driver.stat`; see `headOf`. */
export async function statObject(
  bucket: S3Bucket,
  { key, signal }: KeyRequest,
): Promise<ObjectInfo> {
  const { session, name } = bucket;
  const stat = async () => {
    const request = { operation: "HeadObject", method: "HEAD", key, signal } as const;
    const { headers } = await session.ask(name, request);
    const size = objectBytes(headers, undefined) ?? (await measured(bucket, { key, signal }));
    return infoOfHeaders(key, size, headers);
  };
  try {
    return await stat();
  } catch (error) {
    if (!isUnreasoned(error)) throw error;
    await readObject(bucket, { key, signal }, async () => {});
    return await stat();
  }
}

/**
 * Fails with `conflict` if the condition does not hold now: for what the service holds none on. What
 * happens between this look and the act is not seen.
 */
export async function expectState(
  bucket: S3Bucket,
  { key, ifAbsent, ifMatch, signal }: KeyRequest & Condition,
): Promise<void> {
  if (ifAbsent !== true && ifMatch === undefined) return;
  const there = await statObject(bucket, { key, signal }).catch((error: unknown) => {
    if (isStorageError(error, "not-found") && error.details.reason === undefined) return undefined;
    throw error;
  });
  if (ifMatch === undefined ? there !== undefined : there?.version !== ifMatch)
    throw new StorageError("conflict", `changed meanwhile: ${key}`);
}

/** As `Driver.read`. */
export async function readObject<T>(
  bucket: S3Bucket,
  { key, versionId, range, signal }: ReadRequest & OfVersion,
  use: (reply: ReadReply) => Promise<T>,
): Promise<T> {
  const { session, name } = bucket;
  const asked = session.ask(name, {
    operation: "GetObject",
    method: "GET",
    key,
    query: { versionId },
    headers: range
      ? { range: `bytes=${range.start}-${range.end === undefined ? "" : range.end - 1}` }
      : {},
    signal,
  });
  const { headers, body } = await asked.catch(async (error: unknown) => {
    const isMissing = versionId === undefined && (await isHidden(bucket, { key, signal }, error));
    throw isMissing ? new StorageError("not-found", "no such object") : error;
  });
  try {
    if (range && !headers.has("content-range"))
      throw new StorageError("unsupported", "the server does not read parts of objects");
    // A proxy that compresses or scans answers takes their length away.
    const size =
      objectBytes(headers, range) ?? (await lengthOf(bucket, { key, versionId, signal }));
    return await use({
      info: infoOfHeaders(key, size, headers),
      body: complete(body ?? new Blob([]).stream(), headers, size, range),
    });
  } finally {
    // What is left unread would hold the connection.
    body?.cancel();
  }
}

/** How long the object is of which an answer to GET did not tell it. */
async function lengthOf(bucket: S3Bucket, object: KeyRequest & OfVersion): Promise<number> {
  const { key, versionId, signal } = object;
  const request = { operation: "HeadObject", method: "HEAD", key, signal } as const;
  const { headers } = await bucket.session.ask(bucket.name, { ...request, query: { versionId } });
  return objectBytes(headers, undefined) ?? (await measured(bucket, object));
}

/** How long it is by what a part of it says, where somebody in between has taken the length away. */
async function measured(
  { session, name }: S3Bucket,
  { key, versionId, signal }: KeyRequest & OfVersion,
): Promise<number> {
  const headers = { range: "bytes=0-0" };
  const request = { operation: "GetObject", method: "GET", key, headers, signal } as const;
  try {
    const answer = await session.ask(name, { ...request, query: { versionId } });
    answer.body?.cancel();
    const size = objectBytes(answer.headers, { start: 0, end: 1 });
    if (size === undefined) throw lengthless();
    return size;
  } catch (error) {
    // Nothing but an empty object has no first byte.
    if (isStorageError(error) && error.details.status === 416) return 0;
    throw error;
  }
}

function infoOfHeaders(key: string, size: number, headers: HttpHeaders): ObjectInfo {
  const modified = new Date(headers.get("last-modified") ?? "");
  const time = Number.isNaN(modified.getTime()) ? undefined : modified;
  return infoOf(key, size, headers.get("etag") ?? undefined, time);
}

/** Whether it may be that HEAD's answer only lacks the reason. */
function isUnreasoned(error: unknown): boolean {
  return isStorageError(error) && [301, 400, 403].includes(error.details.status ?? 0);
}

/**
 * Whether the object was denied only because it does not exist. A key that may list no more than a
 * folder is told so of all that is missing, in that folder, too; a listing tells the difference.
 */
async function isHidden(
  bucket: S3Bucket,
  { key, signal }: KeyRequest,
  error: unknown,
): Promise<boolean> {
  if (!isStorageError(error, "denied")) return false;
  try {
    // The key itself would be the first of those that begin with it.
    return (await firstKey(bucket, { prefix: key, signal })) !== key;
  } catch (listing) {
    if (isStorageError(listing)) return false;
    throw listing;
  }
}

/**
 * The first of the keys that begin so, asked for in the way that the service understands. Fails as a
 * listing does.
 */
export async function firstKey(
  { session, name, service = {} }: Pick<S3Bucket, "session" | "name" | "service">,
  { prefix, signal }: { readonly prefix: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const isFirst = service.listVersion === 1;
  const { text } = await session.ask(name, {
    operation: isFirst ? "ListObjects" : "ListObjectsV2",
    method: "GET",
    query: {
      "list-type": isFirst ? undefined : "2",
      prefix,
      "max-keys": "1",
      "encoding-type": service.urlEncoding === false ? undefined : "url",
    },
    signal,
  });
  if (!text.trimEnd().endsWith("</ListBucketResult>")) throw notS3();
  const [first] = elements(text, "Contents");
  const key = first === undefined ? undefined : plainText(first, "Key");
  return key === undefined ? undefined : plainKey(plainText(text, "EncodingType"))(key);
}

/** The tags of an object. */
export async function tagsOf(
  { session, name }: S3Bucket,
  { key, versionId, signal }: KeyRequest & OfVersion,
): Promise<Readonly<Record<string, string>>> {
  const target = {
    Bucket: name,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
  };
  const { TagSet = [] } = await session.run(signal, (client, options, sdk) =>
    client.send(new sdk.GetObjectTaggingCommand(target), options),
  );
  return Object.fromEntries(TagSet.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Puts tags in the place of those there are. */
export async function setTags(
  { session, name }: S3Bucket,
  { key, tags, signal }: TagsRequest,
): Promise<void> {
  const target = { Bucket: name, Key: key };
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await session.run(signal, async (client, options, sdk) => {
    if (TagSet.length === 0) await client.send(new sdk.DeleteObjectTaggingCommand(target), options);
    else {
      const put = new sdk.PutObjectTaggingCommand({ ...target, Tagging: { TagSet } });
      await client.send(put, options);
    }
  });
}

/** What an entry of a listing says of its object's length. Every S3 does; a guess would be believed. */
export function sizeIn(entry: string): number {
  const size = numberIn(plainText(entry, "Size")?.trim());
  if (size === undefined || !Number.isSafeInteger(size)) throw notS3();
  return size;
}

/** How keys read in an answer of that encoding. */
export function plainKey(encoding: string | undefined): (key: string) => string {
  return encoding === "url" ? decoded : (key) => key;
}

function decoded(key: string): string {
  if (!/[%+]/.test(key)) return key;
  // The encoding of forms, in which a plus sign may stand for a space.
  const spaced = key.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Some answers encode less than they say.
    if (!/^(?:%[\da-f]{2}|[!-$&-~])*$/i.test(key)) return key;
    // What is not UTF-8 stays encoded, and nothing else: one such key must not hide its whole folder.
    return spaced.replace(/%[0-7][\da-f]|(?:%[89a-f][\da-f])+/gi, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run;
      }
    });
  }
}

/** The key at which a page says that the next begins. Where all others are encoded, it need not be. */
export function nextKey(
  told: string,
  last: string | undefined,
  plain: (key: string) => string,
): string {
  return told === last ? told : plain(told);
}

/** The cursor of a listing that goes by two markers, as `JSON.stringify` has written it. */
export function markersOf(cursor: string): readonly string[] {
  try {
    const markers: unknown = JSON.parse(cursor);
    if (Array.isArray(markers)) return markers.filter((marker) => typeof marker === "string");
  } catch {
    // It may have been stored, or come from anywhere.
  }
  throw new StorageError("invalid", "no cursor of this listing");
}

/** A page says that more follows, and not where: taken for the last one, it would hide the rest. */
export function endless(): StorageError {
  return new StorageError("unexpected", "the listing does not say where it goes on");
}
