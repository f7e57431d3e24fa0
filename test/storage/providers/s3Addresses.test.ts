import assert from "node:assert/strict";
import { recogniseS3 } from "../../../src/storage/providers/s3Addresses.ts";

const account = "0123456789abcdef0123456789abcdef";
const r2 = `https://${account}.r2.cloudflarestorage.com`;

const table: readonly (readonly [string, string | undefined, object])[] = [
  ["s3://photos/2026/a.jpg", undefined, { bucket: "photos" }],
  [
    "https://s3.eu-central-1.amazonaws.com/photos/a",
    "aws",
    { bucket: "photos", region: "eu-central-1" },
  ],
  [
    "https://my.photos.s3.us-east-2.amazonaws.com/a",
    "aws",
    { bucket: "my.photos", region: "us-east-2" },
  ],
  ["photos.s3.amazonaws.com", "aws", { bucket: "photos" }],
  [
    "https://eu-west-1.console.aws.amazon.com/s3/buckets/photos?region=eu-west-1&tab=objects",
    "aws",
    { bucket: "photos", region: "eu-west-1" },
  ],
  [r2, "r2", { endpoint: r2 }],
  [
    `https://${account}.eu.r2.cloudflarestorage.com/photos`,
    "r2",
    {
      endpoint: `https://${account}.eu.r2.cloudflarestorage.com`,
      bucket: "photos",
    },
  ],
  [
    `https://dash.cloudflare.com/${account}/r2/default/buckets/photos`,
    "r2",
    { endpoint: r2, bucket: "photos" },
  ],
  [
    "https://s3.us-west-004.backblazeb2.com",
    "b2",
    { endpoint: "https://s3.us-west-004.backblazeb2.com" },
  ],
  [
    "photos.s3.us-west-004.backblazeb2.com",
    "b2",
    { endpoint: "https://s3.us-west-004.backblazeb2.com", bucket: "photos" },
  ],
];

describe("a pasted S3 address", () => {
  for (const [text, preset, values] of table)
    it(`is understood: ${text}`, () => {
      const found = recogniseS3(text);
      assert.equal(found?.preset, preset);
      assert.deepEqual(found?.values, values);
    });

  for (const text of [
    "",
    "hello",
    "https://example.com/photos",
    "https://evil.com/s3.amazonaws.com",
  ])
    it(`is not made up: ${text || "nothing"}`, () => assert.equal(recogniseS3(text), undefined));
});
