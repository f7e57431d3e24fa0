import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { Entry, ListPage, ListRequest } from "../driver.ts";
import type { S3Config, S3Session } from "./s3Client.ts";
import { infoOf, notS3, plainKey } from "./s3Objects.ts";

/** One page, asked in the way the service understands. */
export async function listing(
  session: S3Session,
  { service = {} }: S3Config,
  bucket: string,
  request: ListRequest,
): Promise<ListPage> {
  const isEncoded = service.urlEncoding !== false;
  return service.listVersion === 1
    ? await listVersion1(session, bucket, request, isEncoded)
    : await listVersion2(session, bucket, request, isEncoded);
}

async function listVersion2(
  session: S3Session,
  bucket: string,
  { prefix, shallow, cursor, after, signal }: ListRequest,
  isEncoded: boolean,
): Promise<ListPage> {
  const reply = await session.run(signal, (client, options) =>
    client.send(
      new session.sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        // Without it a key with a control character makes the whole page unreadable as XML.
        ...(isEncoded && { EncodingType: "url" }),
        ...(shallow && { Delimiter: "/" }),
        ...(cursor !== undefined && { ContinuationToken: cursor }),
        ...(after !== undefined && cursor === undefined && { StartAfter: after }),
      }),
      options,
    ),
  );
  const next = reply.NextContinuationToken;
  return {
    entries: entriesOf(reply, after),
    ...(reply.IsTruncated && next !== undefined && { cursor: next }),
  };
}

/** Some services have but this one, and some have it right and the other wrong. */
async function listVersion1(
  session: S3Session,
  bucket: string,
  { prefix, shallow, cursor, after, signal }: ListRequest,
  isEncoded: boolean,
): Promise<ListPage> {
  const marker = cursor ?? after;
  const reply = await session.run(signal, (client, options) =>
    client.send(
      new session.sdk.ListObjectsCommand({
        Bucket: bucket,
        Prefix: prefix,
        ...(isEncoded && { EncodingType: "url" }),
        ...(shallow && { Delimiter: "/" }),
        ...(marker !== undefined && { Marker: marker }),
      }),
      options,
    ),
  );
  const entries = entriesOf(reply, after);
  // Without a delimiter the service need not say where the next page begins: after the last key.
  const named = plainKey(reply.EncodingType)(reply.NextMarker ?? "");
  const next = named || lastOf(entries);
  return { entries, ...(reply.IsTruncated && next !== undefined && { cursor: next }) };
}

function lastOf(entries: readonly Entry[]): string | undefined {
  return entries.reduce<string | undefined>(
    (last, { key }) => (last === undefined || isAfter(key, last) ? key : last),
    undefined,
  );
}

/** Classes whose objects have to be requested before they can be read. */
const archives: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

type Listing = Pick<
  ListObjectsV2CommandOutput,
  "Name" | "EncodingType" | "CommonPrefixes" | "Contents"
>;

function entriesOf(reply: Listing, after: string | undefined): readonly Entry[] {
  // Every S3 names the bucket; a page of HTML that was read as XML does not.
  if (reply.Name === undefined) throw notS3();
  const plain = plainKey(reply.EncodingType);
  const entries: Entry[] = [];
  for (const { Prefix } of reply.CommonPrefixes ?? [])
    if (Prefix !== undefined) entries.push({ type: "folder", key: plain(Prefix) });
  for (const { Key, Size, LastModified, ETag, StorageClass } of reply.Contents ?? [])
    if (Key !== undefined)
      entries.push({
        type: "object",
        ...infoOf(plain(Key), Size, ETag, LastModified),
        ...(StorageClass !== undefined && archives.has(StorageClass) && { archived: true }),
      });
  // Where the wish was not heard, the pages are there all the same.
  return after === undefined ? entries : entries.filter(({ key }) => isAfter(key, after));
}

/** S3 orders keys by the bytes of their UTF-8. */
function isAfter(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}
