/** What an object says of itself, as headers that make a copy say the same. */
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { StorageError } from "../../errors.ts";
import type { EditableDetails, NewDetails } from "../../objects.ts";
import type { Headers } from "./options.ts";
import { escaped } from "./wire.ts";

/** The headers that S3 keeps with an object, and what its HEAD answer is called in the SDK. */
const kept = {
  "content-type": "ContentType",
  "cache-control": "CacheControl",
  "content-disposition": "ContentDisposition",
  "content-encoding": "ContentEncoding",
  "content-language": "ContentLanguage",
  expires: "ExpiresString",
  "x-amz-website-redirect-location": "WebsiteRedirectLocation",
} as const satisfies Readonly<Record<string, keyof HeadObjectCommandOutput>>;

/** The headers that can be kept with an object. */
const keptHeaders: ReadonlySet<string> = new Set(Object.keys(kept));

/** Those of an object, by their names on the wire. */
export function headersOf(head: HeadObjectCommandOutput): Headers {
  return Object.fromEntries(
    Object.entries(kept).flatMap(([header, name]) => {
      const value = head[name];
      return value === undefined ? [] : [[header, value]];
    }),
  );
}

/** The user's own notes. What is not ASCII is kept as the standard for headers of mail says. */
export function metadataOf(head: HeadObjectCommandOutput): Headers {
  return Object.fromEntries(
    Object.entries(head.Metadata ?? {}).map(([name, value]) => [name, readable(value)]),
  );
}

/** What a new object is told to say of itself. Fails with `invalid` on what cannot be kept. */
export function saying(details: NewDetails | undefined): Headers {
  if (!details) return {};
  refuseWhatCannotBeKept(details);
  const { headers, metadata, storageClass, tags = {} } = details;
  return stated({
    ...headers,
    ...noted(metadata),
    "x-amz-storage-class": storageClass,
    // No tags are an empty text, which `stated` leaves out.
    "x-amz-tagging": taggingOf(tags),
  });
}

/** Tags as a header carries them. Ceph takes a plus sign for itself, so a space is none. */
export function taggingOf(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join("&");
}

/** Fails with `invalid` if S3 would drop a header, or refuse it in its own words. */
export function refuseWhatCannotBeKept({ headers, metadata }: EditableDetails): void {
  for (const [name, value] of Object.entries(headers))
    if (!keptHeaders.has(name) || /[^\x20-\x7e]/.test(value))
      throw new StorageError("invalid", `cannot be kept as a header: ${JSON.stringify(name)}`);
  for (const name of Object.keys(metadata))
    if (!/^[\w!#$&'*+.^`|~-]+$/.test(name))
      throw new StorageError("invalid", `no name for metadata: ${JSON.stringify(name)}`);
}

/** All that a copy has to be told to be as its source, or as `edited` says in the source's place. */
export function mannerOf(
  head: HeadObjectCommandOutput,
  edited: EditableDetails = {
    headers: headersOf(head),
    metadata: metadataOf(head),
    ...(head.StorageClass !== undefined && { storageClass: head.StorageClass }),
  },
): Headers {
  const until = head.ObjectLockRetainUntilDate?.toISOString();
  return stated({
    ...edited.headers,
    ...noted(edited.metadata),
    ...keeping(head, edited.storageClass),
    "x-amz-object-lock-mode": until === undefined ? undefined : head.ObjectLockMode,
    "x-amz-object-lock-retain-until-date": until,
    "x-amz-object-lock-legal-hold": head.ObjectLockLegalHoldStatus,
  });
}

/** How an object is stored: what every copy has to be told anew. */
export function keeping(
  head: HeadObjectCommandOutput,
  storageClass: string | undefined = head.StorageClass,
): Headers {
  return stated({
    "x-amz-storage-class": storageClass,
    "x-amz-server-side-encryption": head.ServerSideEncryption,
    "x-amz-server-side-encryption-aws-kms-key-id": head.SSEKMSKeyId,
    "x-amz-server-side-encryption-bucket-key-enabled": head.BucketKeyEnabled ? "true" : undefined,
  });
}

function noted(metadata: EditableDetails["metadata"]): Headers {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      `x-amz-meta-${name.toLowerCase()}`,
      sendable(value),
    ]),
  );
}

function stated(headers: Readonly<Record<string, string | undefined>>): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value]],
    ),
  );
}

/** As headers may carry it: RFC 2047, which Amazon uses for the same. */
function sendable(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value) && !value.startsWith("=?")) return value;
  return `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=`;
}

function readable(value: string): string {
  const words = /^(?:\s*=\?utf-8\?([bq])\?([^?]*)\?=)+\s*$/i.test(value);
  if (!words) return utf8In(value);
  const parts = [...value.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)].map(
    ([, form = "", text = ""]) =>
      form.toLowerCase() === "b" ? Buffer.from(text, "base64") : quotedPrintable(text),
  );
  return Buffer.concat(parts).toString("utf8");
}

function quotedPrintable(text: string): Buffer {
  const bytes = text
    .replaceAll("_", " ")
    .replace(/=([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(String(hex), 16)));
  return Buffer.from(bytes, "latin1");
}

/** A header arrives with each byte as one character, whatever the bytes meant. */
function utf8In(value: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}
