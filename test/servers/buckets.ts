import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Answers } from "../../src/storage/provider.ts";

/** Creates a bucket on an S3 server of the tests, whose answers these are. */
export async function createBucket(answers: Answers, bucket: string): Promise<void> {
  const client = new S3Client({
    endpoint: String(answers["endpoint"]),
    region: String(answers["region"]),
    forcePathStyle: true,
    credentials: {
      accessKeyId: String(answers["accessKeyId"]),
      secretAccessKey: String(answers["secretAccessKey"]),
    },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}
