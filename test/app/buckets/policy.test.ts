import assert from "node:assert/strict";
import { permissionsFor } from "../../../src/app/buckets/policy.ts";
import type { PolicyRequest } from "../../../src/app/buckets/policyRequest.ts";

const plain = (message: string, ...values: readonly string[]) =>
  message.replace(/\{(\d)\}/g, (_, index) => values[Number(index)] ?? "");

const policy = (request: Partial<PolicyRequest>): string =>
  permissionsFor(
    { preset: "aws", bucket: "photos", prefix: "", purpose: "read", ...request },
    plain,
  ).policy ?? "";

/** The actions that a policy allows on a resource, as `resource: actions`. */
function allowed(text: string): string[] {
  const parsed = JSON.parse(text) as Record<string, unknown>;
  const statements = (parsed["Statement"] ?? parsed["statement"]) as Record<string, unknown>[];
  return statements.map((statement) => {
    const resource = [statement["Resource"] ?? statement["resource"]].flat().join();
    const actions = (statement["Action"] ?? statement["action"]) as string[];
    return `${resource}: ${actions.map((action) => action.replace(/^.*:/, "")).join(" ")}`;
  });
}

const point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/photos";
const verifying = "GetObject PutObject AbortMultipartUpload ListMultipartUploadParts DeleteObject";

const table: readonly (readonly [string, Partial<PolicyRequest>, readonly string[]])[] = [
  [
    "reading a bucket",
    {},
    [
      "arn:aws:s3:::photos: GetBucketLocation",
      "arn:aws:s3:::photos: ListBucket",
      "arn:aws:s3:::photos/*: GetObject",
    ],
  ],
  [
    "reading a folder",
    { prefix: "2026/may/" },
    [
      "arn:aws:s3:::photos: GetBucketLocation",
      "arn:aws:s3:::photos: ListBucket",
      "arn:aws:s3:::photos: ListBucket",
      "arn:aws:s3:::photos/2026/may/*: GetObject",
    ],
  ],
  [
    "reading a folder through an access point",
    { bucket: point, prefix: "2026/" },
    [
      `${point}: GetBucketLocation`,
      `${point}: ListBucket`,
      `${point}: ListBucket`,
      `${point}/object/2026/*: GetObject`,
    ],
  ],
  [
    "backups that nobody deletes",
    { prefix: "backup/", purpose: "append-only" },
    [
      "arn:aws:s3:::photos: GetBucketLocation",
      "arn:aws:s3:::photos: ListBucket",
      "arn:aws:s3:::photos: ListBucket",
      "arn:aws:s3:::photos/backup/*: GetObject PutObject AbortMultipartUpload ListMultipartUploadParts",
      "arn:aws:s3:::photos/backup/locks/*: DeleteObject",
      "arn:aws:s3:::photos/backup/offsite-probe-*: DeleteObject",
      `arn:aws:s3:::photos/offsite-probe-*: ${verifying}`,
    ],
  ],
  [
    "China, whose names are others",
    { region: "cn-north-1" },
    [
      "arn:aws-cn:s3:::photos: GetBucketLocation",
      "arn:aws-cn:s3:::photos: ListBucket",
      "arn:aws-cn:s3:::photos/*: GetObject",
    ],
  ],
  [
    "a folder whose name a policy would take for a pattern",
    { prefix: "what?/$5*/" },
    [
      "arn:aws:s3:::photos: GetBucketLocation",
      "arn:aws:s3:::photos: ListBucket",
      "arn:aws:s3:::photos: ListBucket",
      "arn:aws:s3:::photos/what${?}/${$}5${*}/*: GetObject",
    ],
  ],
  [
    "Aliyun",
    { preset: "aliyun", prefix: "backup/", purpose: "append-only" },
    [
      "acs:oss:*:*:photos: GetBucketInfo GetBucketLocation",
      "acs:oss:*:*:photos: ListObjects",
      "acs:oss:*:*:photos: ListObjects",
      "acs:oss:*:*:photos/backup/*: GetObject PutObject AbortMultipartUpload ListParts",
      "acs:oss:*:*:photos/backup/locks/*: DeleteObject",
      "acs:oss:*:*:photos/backup/offsite-probe-*: DeleteObject",
      "acs:oss:*:*:photos/offsite-probe-*: GetObject PutObject AbortMultipartUpload ListParts DeleteObject",
    ],
  ],
  [
    "Tencent",
    { preset: "tencent", bucket: "photos-1250000000", region: "ap-beijing" },
    [
      "qcs::cos:ap-beijing:uid/1250000000:photos-1250000000/*: HeadBucket",
      "qcs::cos:ap-beijing:uid/1250000000:photos-1250000000/*: GetBucket",
      "qcs::cos:ap-beijing:uid/1250000000:photos-1250000000/*: GetObject HeadObject",
    ],
  ],
];

describe("a policy of least privilege", () => {
  for (const [title, request, expected] of table)
    it(`allows what it takes for ${title}, and no more`, () => {
      assert.deepEqual(allowed(policy(request)), expected);
    });

  it("lists nothing but the folder and the way to it", () => {
    const { Statement } = JSON.parse(policy({ prefix: "2026/may/" })) as {
      Statement: { Sid: string; Condition?: object }[];
    };
    const conditions = Statement.filter(({ Sid }) => ["List", "FindTheFolder"].includes(Sid));
    assert.deepEqual(
      conditions.map(({ Condition }) => Condition),
      [
        { StringLike: { "s3:prefix": ["2026/may/*"] } },
        {
          StringEqualsIfExists: { "s3:prefix": ["", "2026/"] },
          StringEquals: { "s3:delimiter": ["/"] },
        },
      ],
    );
  });

  for (const preset of ["aws", "aliyun", "tencent"])
    for (const purpose of ["read", "append-only"] as const)
      it(`for ${purpose} at ${preset} holds no right to delete but of locks and probes`, () => {
        const lines = allowed(policy({ preset, purpose, prefix: "r/" }));
        const deleting = lines.filter((line) => /: .*Delete/.test(line));
        assert.ok(deleting.every((line) => /r\/locks\/\*:|offsite-probe-\*:/.test(line)));
        assert.ok(!lines.some((line) => /Version|Acl|ACL|Policy|PutBucket/.test(line)));
      });

  it("for everything holds the settings of a bucket, but not for a folder in it", () => {
    assert.match(policy({ purpose: "full" }), /PutBucketVersioning/);
    assert.doesNotMatch(policy({ purpose: "full", prefix: "f/" }), /PutBucketVersioning/);
  });

  it("says what to do, and what it cannot keep from happening", () => {
    for (const preset of ["aws", "aliyun", "tencent", "r2", "b2", "minio", undefined])
      for (const purpose of ["read", "append-only", "full"] as const) {
        const request = { preset, bucket: "photos", prefix: "f/", purpose };
        const { steps, limits } = permissionsFor(request, plain);
        assert.ok(steps.length > 0);
        for (const sentence of [...steps, ...limits]) assert.match(sentence, /^[A-Z].*[.f]\/?$/);
        if (purpose === "append-only") assert.ok(limits.length > 0);
      }
  });

  it("is a command for B2, which has no page for it", () => {
    const command = policy({ preset: "b2", purpose: "append-only", prefix: "my backup/" });
    assert.equal(
      command,
      "b2 key create --bucket photos --name-prefix 'my backup/' offsite-backup listAllBucketNames,listBuckets,listFiles,readFiles,writeFiles\n",
    );
  });
});
