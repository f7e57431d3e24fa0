import type { Grant, Grantee, HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { isStorageError, StorageError } from "../../errors.ts";
import type { Details, DetailsRequest, ObjectDetails } from "../../extras.ts";
import type { ObjectInfo } from "../../objects.ts";
import type { KeyRequest } from "../../requests.ts";
import { serverCopy } from "./copy.ts";
import { headersOf, mannerOf, metadataOf, refuseWhatCannotBeKept } from "./manner.ts";
import {
  bareEtag,
  headOf,
  infoOf,
  type S3Bucket,
  setTags,
  tagsOf,
  tellsContent,
} from "./objects.ts";
import type { Headers } from "./options.ts";

/**
 * Headers, metadata, tags. S3 cannot change the first two: the service copies the object onto
 * itself (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html), which is atomic.
 */
export function s3Details(bucket: S3Bucket): Details {
  return {
    get: async (request) => await get(bucket, request),
    set: async (request) => await set(bucket, request),
    tags: async ({ key, signal }) => await tagsOf(bucket, { key, signal }),
    setTags: async (request) => await setTags(bucket, request),
  };
}

async function get(bucket: S3Bucket, { key, signal }: KeyRequest): Promise<ObjectDetails> {
  const head = await headOf(bucket, { key, signal, checksum: true }).catch((error: unknown) => {
    // To be told a checksum takes the right to use the key that the object is encrypted with.
    if (isStorageError(error, "denied")) return headOf(bucket, { key, signal });
    throw error;
  });
  const { ContentLength, ETag, LastModified, StorageClass, VersionId } = head;
  const encryption = encryptionOf(head);
  const checksum = checksumOf(head);
  const archive = archiveOf(head);
  const readableUntil = expiryOf(head);
  return {
    info: infoOf(key, ContentLength, ETag, LastModified),
    headers: headersOf(head),
    metadata: metadataOf(head),
    ...(StorageClass !== undefined && { storageClass: StorageClass }),
    ...(VersionId !== undefined && { versionId: VersionId }),
    ...(encryption !== undefined && { encryption }),
    ...(checksum && { checksum }),
    ...(archive && { archive }),
    ...(readableUntil && { readableUntil }),
  };
}

function encryptionOf({ ServerSideEncryption, SSEKMSKeyId }: HeadObjectCommandOutput) {
  return SSEKMSKeyId === undefined
    ? ServerSideEncryption
    : `${ServerSideEncryption ?? "aws:kms"} (${SSEKMSKeyId})`;
}

const checksums = ["CRC64NVME", "CRC32C", "CRC32", "SHA256", "SHA1"] as const;

function checksumOf(head: HeadObjectCommandOutput): ObjectDetails["checksum"] {
  return checksums.flatMap((algorithm) => {
    const value = head[`Checksum${algorithm}`];
    return value === undefined ? [] : [{ algorithm, value }];
  })[0];
}

/** Classes whose objects cannot be read until they have been asked for. */
const archives: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** Undefined for what is in no archive. */
export function archiveOf({
  Restore,
  ArchiveStatus,
  StorageClass,
}: HeadObjectCommandOutput): ObjectDetails["archive"] {
  const asked = /ongoing-request="(true|false)"/.exec(Restore ?? "")?.[1];
  if (asked !== undefined) return asked === "true" ? "restoring" : "restored";
  return ArchiveStatus !== undefined || archives.has(StorageClass ?? "") ? "archived" : undefined;
}

function expiryOf({ Restore }: HeadObjectCommandOutput): Date | undefined {
  const date = new Date(/expiry-date="([^"]*)"/.exec(Restore ?? "")?.[1] ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date;
}

async function set(bucket: S3Bucket, request: DetailsRequest): Promise<ObjectInfo> {
  const { key, ifMatch, signal } = request;
  refuseWhatCannotBeKept(request);
  const source = await headOf(bucket, { key, signal });
  if (ifMatch !== undefined && source.ETag !== undefined && bareEtag(source.ETag) !== ifMatch)
    throw new StorageError("conflict", "the object has changed");
  const headers = {
    ...mannerOf(source, request),
    // A copy belongs to whoever makes it, and is nobody else's to read.
    ...(await grantsOf(bucket, request)),
  };
  const self = { from: key, to: key, source, headers, signal };
  const made = await serverCopy(bucket, { ...self, replaces: true, onlyThis: true });
  // Ceph 16 takes the condition and copies what somebody has written since: their content with our
  // words. That cannot be undone, but it is told.
  const before = bareEtag(source.ETag ?? "");
  const isTelling = /^[0-9a-f]{32}$/.test(before) && tellsContent(source);
  if (isTelling && bucket.service?.pinsCopies !== true && made.version !== before)
    throw new StorageError("conflict", "the object changed while it was edited");
  return made;
}

const grantHeaders: Readonly<Record<string, string>> = {
  FULL_CONTROL: "x-amz-grant-full-control",
  READ: "x-amz-grant-read",
  READ_ACP: "x-amz-grant-read-acp",
  WRITE_ACP: "x-amz-grant-write-acp",
};

/** Who else may read or change the object, as headers that grant the same of a copy. */
async function grantsOf(
  { session, name }: S3Bucket,
  { key, signal }: KeyRequest,
): Promise<Headers> {
  try {
    const { Grants = [], Owner } = await session.run(signal, (client, options, sdk) =>
      client.send(new sdk.GetObjectAclCommand({ Bucket: name, Key: key }), options),
    );
    const isOwnersAlone = Grants.every(({ Grantee }) => Owner?.ID && Grantee?.ID === Owner.ID);
    return isOwnersAlone ? {} : granting(Grants);
  } catch (error) {
    // Where rights are not kept with objects, or not ours to know, there are none to keep.
    if (!isStorageError(error) || error.retryable) throw error;
    return {};
  }
}

function granting(grants: readonly Grant[]): Headers {
  const granted = new Map<string, string[]>();
  for (const { Grantee, Permission } of grants) {
    const header = grantHeaders[Permission ?? ""];
    const whom = grantee(Grantee);
    if (header && whom) granted.set(header, [...(granted.get(header) ?? []), whom]);
  }
  return Object.fromEntries([...granted].map(([header, whom]) => [header, whom.join(", ")]));
}

function grantee({ ID, URI }: Grantee = { Type: undefined }): string | undefined {
  if (ID) return `id="${ID}"`;
  return URI && `uri="${URI}"`;
}
