import assert from "node:assert/strict";
import { optionHeaders, type S3Options } from "../../../../src/storage/providers/s3/options.ts";

const nothing: S3Options = {
  storageClass: undefined,
  encryption: "bucket",
  encryptionKeyId: undefined,
  requesterPays: false,
};
const all: S3Options = {
  storageClass: "STANDARD_IA",
  encryption: "aws:kms",
  encryptionKeyId: "key-1",
  requesterPays: true,
};
const pays = { "x-amz-request-payer": "requester" };
const kms = {
  "x-amz-server-side-encryption": "aws:kms",
  "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
};

const table: readonly (readonly [string, Partial<S3Options>, string, object, object])[] = [
  ["says nothing where nothing is chosen", nothing, "PutObject", {}, {}],
  ["tells a read who pays", all, "GetObject", {}, pays],
  ["tells a part nothing of how the whole is kept", all, "UploadPart", {}, pays],
  ...["PutObject", "CreateMultipartUpload", "CopyObject"].map(
    (operation) =>
      [
        `tells ${operation} how to keep the object`,
        all,
        operation,
        {},
        { ...pays, ...kms, "x-amz-storage-class": "STANDARD_IA" },
      ] as const,
  ),
  [
    "lets the request decide for itself",
    all,
    "CopyObject",
    { "x-amz-server-side-encryption": "AES256", "x-amz-storage-class": "STANDARD" },
    { ...pays, "x-amz-server-side-encryption": "AES256", "x-amz-storage-class": "STANDARD" },
  ],
  [
    "names no key of the key service beside the service's own",
    { ...nothing, encryption: "AES256", encryptionKeyId: "key-1" },
    "PutObject",
    {},
    { "x-amz-server-side-encryption": "AES256" },
  ],
];

describe("what a connection says of S3's requests", () => {
  for (const [title, options, operation, own, expected] of table)
    it(title, () => {
      const headers = optionHeaders({ ...nothing, ...options }, operation, { ...own });
      assert.deepEqual(headers, expected);
    });
});
