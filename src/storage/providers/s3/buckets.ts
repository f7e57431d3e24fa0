import { isStorageError, StorageError } from "../../errors.ts";
import type { NewContainer } from "../../provider.ts";
import { escaped } from "../../xml.ts";
import { isAws, openSession, type S3Config, type S3Session } from "./client.ts";
import { notS3 } from "./errors.ts";

/** Names of the buckets the key owns. Fails with `denied` where it may not know. */
export async function bucketNames(
  config: S3Config,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // Whoever is asked for all buckets at the host of one would list what is in it.
  if (config.addressing === "domain")
    throw new StorageError("denied", "the host is one bucket's own", {
      reason: "unlisted-container",
      field: "bucket",
    });
  const session = await openSession(config);
  try {
    const { Buckets, Owner } = await session.run(signal, (client, options, sdk) =>
      client.send(new sdk.ListBucketsCommand(), options),
    );
    if (Buckets === undefined && Owner === undefined) throw notS3();
    return (Buckets ?? []).flatMap(({ Name }) => Name ?? []);
  } catch (error) {
    if (!isStorageError(error, "denied")) throw error;
    // An ordinary thing for a key that is meant for one bucket: the answer is to name it.
    throw new StorageError("denied", error.message, {
      ...error.details,
      reason: "unlisted-container",
      field: "bucket",
    });
  }
}

/**
 * Makes a bucket in the region that is asked for, else in the connection's. Fails with `conflict`
 * if the name is taken: at Amazon, all customers share one space of names.
 */
export async function createBucket(
  config: S3Config,
  { name, region }: NewContainer,
  signal: AbortSignal,
): Promise<void> {
  const isAmazon = isAws(config.endpoint);
  // Amazon is asked where the bucket is to be; others are asked where they are, and told.
  const session = await openSession(isAmazon && region ? { ...config, region } : config);
  const where = isAmazon ? (region ?? config.region) : region;
  // Amazon's first region has no name for this purpose.
  const isTold = where !== undefined && !(isAmazon && where === "us-east-1");
  // Amazon's first region and Ceph say yes to whoever owns the bucket already, and Amazon takes from
  // it the rights that others were given.
  if (await isThere(session, name, signal))
    throw new StorageError("conflict", `there is a bucket of that name: ${name}`);
  // Not by the SDK, which would tell every service its region, and some refuse to hear it.
  await session.ask(name, {
    operation: "CreateBucket",
    method: "PUT",
    ...(isTold && { body: located(where), headers: { "content-type": "application/xml" } }),
    signal,
  });
}

/** Whether the key sees such a bucket. Why it sees none, the attempt to make it tells. */
async function isThere(session: S3Session, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await session.ask(name, { operation: "HeadBucket", method: "HEAD", signal });
    return true;
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return false;
  }
}

function located(region: string): string {
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const constraint = `<LocationConstraint>${escaped(region)}</LocationConstraint>`;
  return `<CreateBucketConfiguration xmlns="${namespace}">${constraint}</CreateBucketConfiguration>`;
}

/** Fails with `conflict` while anything is in it: objects, versions of them, marks of deletions. */
export async function deleteBucket(
  config: S3Config,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const session = await openSession(config);
  await session.run(signal, (client, options, sdk) =>
    client.send(new sdk.DeleteBucketCommand({ Bucket: name }), options),
  );
}
