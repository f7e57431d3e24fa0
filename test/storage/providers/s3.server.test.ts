import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { openStorage } from "../../../src/storage/open.ts";
import type { Answers } from "../../../src/storage/provider.ts";
import { s3 } from "../../../src/storage/providers/s3.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { resolveBelowLocalhost } from "../../servers/localhost.ts";
import { orSkip } from "../../servers/process.ts";
import { sharedCeph } from "../../servers/shared.ts";
import { conformance } from "../conformance.ts";

resolveBelowLocalhost();

describe("S3 on Ceph", function () {
  this.timeout(120_000);
  let path: Answers;
  let secure: Answers;

  before(async function () {
    const ceph = await orSkip(this, sharedCeph);
    path = ceph.answers;
    secure = ceph.secureAnswers;
    setDefaultCACertificates([...getCACertificates("default"), readFileSync(ceph.ca, "utf8")]);
  });

  const open = async (answers: Answers): Promise<Storage> =>
    await openStorage({ provider: s3, preset: "ceph", answers }, () => {});

  conformance("path style", async () => open(await withBucket(path)), {
    pageSize: 1000,
    openMissing: async () => open({ ...path, bucket: `missing-${randomUUID()}` }),
  });

  conformance("bucket in the host", async () =>
    open({ ...(await withBucket(path)), addressing: "virtual" }),
  );

  conformance("https and a private authority", async () => open(await withBucket(secure)));
});

/** The answers with a new bucket, made by a client that is none of ours. */
async function withBucket(answers: Answers): Promise<Answers> {
  const { endpoint, accessKeyId, secretAccessKey } = answers;
  const client = new S3Client({
    endpoint: String(endpoint),
    region: "us-east-1",
    forcePathStyle: true,
    credentials: {
      accessKeyId: String(accessKeyId),
      secretAccessKey: String(secretAccessKey),
    },
  });
  const bucket = `test-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { ...answers, bucket };
}
