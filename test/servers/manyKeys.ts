import { type Scripted, startScripted } from "./scripted.ts";
import type { Answers } from "../../src/storage/provider.ts";

export interface ManyKeys extends Scripted {
  readonly answers: Answers;
}

/**
 * An S3 bucket of `count` small objects in one folder, made up as it is listed: to create a million
 * would take a real server a quarter of an hour. It answers nothing but lists, as Amazon would.
 */
export async function startManyKeys(count: number): Promise<ManyKeys> {
  const scripted = await startScripted((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://server");
    const start = Number(searchParams.get("continuation-token") ?? 0);
    const end = Math.min(count, start + 1000);
    const objects: string[] = [];
    for (let i = start; i < end; i++) objects.push(contents(i));
    const next = end < count ? `<NextContinuationToken>${end}</NextContinuationToken>` : "";
    response.writeHead(200, { "content-type": "application/xml" });
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>many</Name><Prefix></Prefix><KeyCount>${end - start}</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${end < count}</IsTruncated>${next}${objects.join("")}</ListBucketResult>`,
    );
  });
  return {
    ...scripted,
    answers: {
      endpoint: scripted.url,
      region: "us-east-1",
      bucket: "many",
      accessKeyId: "key",
      secretAccessKey: "secret",
      addressing: "path",
    },
  };
}

function contents(i: number): string {
  const name = `object-${String(i).padStart(7, "0")}.jpg`;
  const etag = i.toString(16).padStart(32, "0");
  return `<Contents><Key>${name}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${i}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}
