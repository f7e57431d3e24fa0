import type { Entry } from "../../objects.ts";
import type { ListPage, ListRequest } from "../../requests.ts";
import { elements, plainText } from "../../xml.ts";
import type { S3Config, S3Session } from "./client.ts";
import { notS3 } from "./errors.ts";
import { endless, infoOf, nextKey, plainKey, sizeIn } from "./objects.ts";

/**
 * One page, asked in the way the service understands. A page of a thousand keys is a fifth of a
 * megabyte of XML: it is searched for what is needed, which takes a tenth of the time of a parser.
 */
export async function listing(
  session: S3Session,
  { service = {} }: S3Config,
  bucket: string,
  request: ListRequest,
): Promise<ListPage> {
  const { prefix, shallow, signal } = request;
  const isFirst = service.listVersion === 1;
  const { text } = await session.ask(bucket, {
    operation: isFirst ? "ListObjects" : "ListObjectsV2",
    method: "GET",
    query: {
      prefix,
      // Without it a key with a control character makes the page no XML that others could read.
      "encoding-type": service.urlEncoding === false ? undefined : "url",
      delimiter: shallow ? "/" : undefined,
      ...(isFirst ? firstVersion(request) : secondVersion(request)),
    },
    signal,
  });
  // Every S3 names the bucket; a page of HTML does not, nor one that was cut off end like this.
  if (!text.trimEnd().endsWith("</ListBucketResult>")) throw notS3();
  if (plainText(text, "Name") === undefined) throw notS3();
  const plain = plainKey(plainText(text, "EncodingType"));
  const entries = entriesOf(text, plain, request.after);
  if (plainText(text, "IsTruncated") !== "true") return { entries };
  const cursor = isFirst
    ? nextMarker(text, plain, entries)
    : plainText(text, "NextContinuationToken");
  if (!cursor) throw endless();
  return { entries, cursor };
}

type Query = Readonly<Record<string, string | undefined>>;

function secondVersion({ cursor, after }: ListRequest): Query {
  return {
    "list-type": "2",
    "continuation-token": cursor,
    "start-after": cursor === undefined ? after : undefined,
  };
}

/** Some services have but this one, and some have it right and the other wrong. */
function firstVersion({ cursor, after }: ListRequest): Query {
  return { marker: cursor ?? after };
}

/** Without a delimiter the service need not say where the next page begins: after the last key. */
function nextMarker(
  text: string,
  plain: (key: string) => string,
  entries: readonly Entry[],
): string | undefined {
  const last = lastOf(entries);
  return nextKey(plainText(text, "NextMarker") ?? "", last, plain) || last;
}

function lastOf(entries: readonly Entry[]): string | undefined {
  return entries.reduce<string | undefined>(
    (last, { key }) => (last === undefined || isAfter(key, last) ? key : last),
    undefined,
  );
}

/** Classes whose objects have to be requested before they can be read. */
const archives: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

function entriesOf(
  text: string,
  plain: (key: string) => string,
  after: string | undefined,
): readonly Entry[] {
  const entries: Entry[] = [];
  for (const folder of elements(text, "CommonPrefixes")) {
    const key = plainText(folder, "Prefix");
    if (key !== undefined) entries.push({ type: "folder", key: plain(key) });
  }
  for (const object of elements(text, "Contents")) {
    const key = plainText(object, "Key");
    if (key === undefined) continue;
    const modified = new Date(plainText(object, "LastModified") ?? "");
    const info = infoOf(
      plain(key),
      sizeIn(object),
      plainText(object, "ETag"),
      Number.isNaN(modified.getTime()) ? undefined : modified,
    );
    const storageClass = plainText(object, "StorageClass") ?? "STANDARD";
    entries.push({
      type: "object",
      ...info,
      ...(storageClass !== "STANDARD" && { storageClass }),
      ...(archives.has(storageClass) && { archived: true }),
    });
  }
  // Where the wish was not heard, the pages are there all the same.
  return after === undefined ? entries : entries.filter(({ key }) => isAfter(key, after));
}

/** S3 orders keys by the bytes of their UTF-8. */
function isAfter(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}
