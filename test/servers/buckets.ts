import { randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Answers } from "../../src/storage/provider.ts";

/** A client that is none of ours, as the test's own eyes and hands on the server. */
export function stockClient({ endpoint, region, accessKeyId, secretAccessKey }: Answers): S3Client {
  return new S3Client({
    endpoint: String(endpoint),
    region: String(region),
    forcePathStyle: true,
    credentials: { accessKeyId: String(accessKeyId), secretAccessKey: String(secretAccessKey) },
  });
}

/** Creates a bucket on the server. */
export async function createBucket(answers: Answers, bucket: string): Promise<void> {
  const client = stockClient(answers);
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}

/** The answers with a new bucket. */
export async function withBucket(answers: Answers): Promise<Answers> {
  const bucket = `test-${randomUUID()}`;
  await createBucket(answers, bucket);
  return { ...answers, bucket };
}
