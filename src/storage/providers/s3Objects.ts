/** What the operations on objects share: what S3's answers say of an object, in our words. */
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { tiedTo } from "../../base/abort.ts";
import type { Bytes } from "../../base/bytes.ts";
import type { KeyRequest, ObjectInfo } from "../driver.ts";
import { isStorageError, StorageError } from "../errors.ts";
import type { S3Session } from "./s3Client.ts";

/** A bucket, and how to reach it. */
export interface S3Bucket {
  readonly session: S3Session;
  readonly name: string;
  /** The most parts that the service puts together to one object. */
  readonly maxUploadParts: number;
}

export function infoOf(
  key: string,
  size: number | undefined,
  etag: string | undefined,
  modified?: Date,
): ObjectInfo {
  return {
    key,
    size: size ?? 0,
    ...(modified !== undefined && { modified }),
    // Some services quote it, some do not; it is the same version either way.
    ...(etag !== undefined && { version: etag.replace(/^"|"$/g, "") }),
  };
}

interface HeadRequest extends KeyRequest {
  /** Else the newest. */
  readonly versionId?: string;
}

/**
 * All that HEAD tells of an object. Where its answer, which has no body, gives no reason for a
 * refusal, the same question is asked as GET does, which may also teach the session how to ask.
 */
export async function headOf(
  { session, name }: S3Bucket,
  { key, versionId, signal }: HeadRequest,
): Promise<HeadObjectCommandOutput> {
  const target = {
    Bucket: name,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
  };
  const head = async () =>
    await session.run(signal, (client, options) =>
      client.send(new session.sdk.HeadObjectCommand(target), options),
    );
  try {
    return await head();
  } catch (error) {
    if (!isStorageError(error) || ![301, 400, 403].includes(error.details.status ?? 0)) throw error;
    const tie = tiedTo(signal);
    try {
      await session.run(tie.signal, (client, options) =>
        client.send(new session.sdk.GetObjectCommand(target), options),
      );
    } finally {
      tie.cut();
    }
    return await head();
  }
}

/** The tags of an object. */
export async function tagsOf(
  { session, name }: S3Bucket,
  { key, versionId, signal }: HeadRequest,
): Promise<Readonly<Record<string, string>>> {
  const target = {
    Bucket: name,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
  };
  const { TagSet = [] } = await session.run(signal, (client, options) =>
    client.send(new session.sdk.GetObjectTaggingCommand(target), options),
  );
  return Object.fromEntries(TagSet.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The SDK hands on the web stream it got from us (see `s3Wire`). */
export function streamOf(body: unknown): ReadableStream<Bytes> {
  return body instanceof ReadableStream ? body : new Blob([]).stream();
}

/** A key as listings encode it where they are asked to. */
export function decoded(key: string): string {
  try {
    // The encoding of forms, in which a plus sign may stand for a space.
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}

export function notS3(): StorageError {
  return new StorageError("invalid", "the answer is none of S3's", {
    reason: "not-this-protocol",
    field: "endpoint",
  });
}
