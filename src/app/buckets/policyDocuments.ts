/**
 * Policies as the services' own documents. What has to be allowed is said once, in our words, and
 * then written down as each service reads it.
 */
import type { PolicyPurpose, PolicyRequest } from "./policyRequest.ts";

/** What a key may do with a bucket or with objects. */
type Ability =
  | "locate"
  | "list"
  | "list-versions"
  | "list-uploads"
  | "rules"
  | "read"
  | "read-versions"
  | "write"
  | "tag"
  | "delete"
  | "delete-versions";

/** One thing that is allowed. */
interface Grant {
  readonly name: string;
  readonly abilities: readonly Ability[];
  /** Objects whose keys begin so; absent for the bucket itself. */
  readonly objects?: string;
  /** Only listings of what begins so. */
  readonly below?: string;
  /** Only listings, level by level, of these. */
  readonly levels?: readonly string[];
}

/** The file by which Offsite verifies a connection. It lies where the connection begins. */
const probe = "offsite-probe-";

function grantsOf({ prefix, purpose }: PolicyRequest): readonly Grant[] {
  const isWhole = prefix === "";
  const isFull = purpose === "full";
  const listing: readonly Ability[] = isFull ? ["list", "list-versions"] : ["list"];
  const settings: readonly Ability[] = isFull && isWhole ? ["rules"] : [];
  const uploads: readonly Ability[] = isFull ? ["list-uploads"] : [];
  return [
    { name: "Bucket", abilities: ["locate", ...uploads, ...settings] },
    { name: "List", abilities: listing, ...(!isWhole && { below: prefix }) },
    ...(isWhole
      ? []
      : [{ name: "FindTheFolder", abilities: ["list"], levels: ancestors(prefix) } as const]),
    { name: "Objects", abilities: onObjects[purpose], objects: prefix },
    // A backup takes its own locks away.
    ...(purpose === "append-only"
      ? [{ name: "Locks", abilities: ["delete"], objects: `${prefix}locks/` } as const]
      : []),
    // A connection may begin at the folder; who may delete everything there may delete the probe.
    ...(purpose === "append-only" && !isWhole
      ? [{ name: "VerifyTheFolder", abilities: ["delete"], objects: prefix + probe } as const]
      : []),
    ...(purpose === "read"
      ? []
      : [{ name: "Verify", abilities: ["read", "write", "delete"], objects: probe } as const]),
  ];
}

const onObjects: Readonly<Record<PolicyPurpose, readonly Ability[]>> = {
  read: ["read"],
  "append-only": ["read", "write"],
  full: ["read", "read-versions", "write", "tag", "delete", "delete-versions"],
};

/** Folders on the way to the prefix, beginning with the bucket itself. */
function ancestors(prefix: string): string[] {
  const segments = prefix.split("/").slice(0, -1);
  return segments.map((_, depth) =>
    segments
      .slice(0, depth)
      .map((name) => `${name}/`)
      .join(""),
  );
}

function named({ abilities }: Grant, names: Actions, service: string): string[] {
  return abilities.flatMap((ability) => names[ability].map((name) => service + name));
}

type Actions = Readonly<Record<Ability, readonly string[]>>;

/** What Alibaba calls as Amazon does. */
const amazonNames = {
  read: ["GetObject"],
  "read-versions": ["GetObjectVersion", "GetObjectVersionTagging"],
  tag: [
    "GetObjectTagging",
    "PutObjectTagging",
    "DeleteObjectTagging",
    "GetObjectAcl",
    "RestoreObject",
  ],
  delete: ["DeleteObject"],
  "delete-versions": ["DeleteObjectVersion"],
} as const;

const awsActions: Actions = {
  ...amazonNames,
  locate: ["GetBucketLocation"],
  list: ["ListBucket"],
  "list-versions": ["ListBucketVersions"],
  "list-uploads": ["ListBucketMultipartUploads"],
  rules: [
    "GetBucketVersioning",
    "PutBucketVersioning",
    "GetBucketCORS",
    "PutBucketCORS",
    "GetLifecycleConfiguration",
    "PutLifecycleConfiguration",
  ],
  write: ["PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"],
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
export function awsPolicy(request: PolicyRequest): object {
  const { principal } = request;
  const arn = arnOf(request);
  // What is behind an access point, its ARN says so.
  const objects = isAccessPoint(request) ? `${arn}/object/` : `${arn}/`;
  return {
    Version: "2012-10-17",
    Statement: grantsOf(request).map((grant) => ({
      Sid: grant.name,
      Effect: "Allow",
      ...(principal !== undefined && { Principal: { AWS: [principal] } }),
      Action: named(grant, awsActions, "s3:"),
      Resource: grant.objects === undefined ? arn : `${objects}${awsLiteral(grant.objects)}*`,
      ...(grant.below !== undefined && {
        Condition: { StringLike: { "s3:prefix": [`${awsLiteral(grant.below)}*`] } },
      }),
      ...(grant.levels && {
        Condition: {
          // Ceph does not tell an empty prefix from none, and they mean the same.
          StringEqualsIfExists: { "s3:prefix": grant.levels },
          StringEquals: { "s3:delimiter": ["/"] },
        },
      }),
    })),
  };
}

/** Whether its ARN, by which an access point is entered, stands in the place of the bucket's name. */
export function isAccessPoint({ bucket }: PolicyRequest): boolean {
  return bucket.startsWith("arn:");
}

function arnOf(request: PolicyRequest): string {
  const { bucket, region = "" } = request;
  if (isAccessPoint(request)) return bucket;
  const partition = /^(cn|us-gov)-/.exec(region)?.[1];
  return `arn:aws${partition === undefined ? "" : `-${partition}`}:s3:::${bucket}`;
}

/** In a policy, `*` and `?` stand for others and `$` begins a variable. */
function awsLiteral(key: string): string {
  return key.replace(/[*?$]/g, (sign) => `\${${sign}}`);
}

const aliyunActions: Actions = {
  ...amazonNames,
  locate: ["GetBucketInfo", "GetBucketLocation"],
  list: ["ListObjects"],
  "list-versions": ["ListObjectVersions"],
  "list-uploads": ["ListMultipartUploads"],
  rules: [
    "GetBucketVersioning",
    "PutBucketVersioning",
    "GetBucketCors",
    "PutBucketCors",
    "DeleteBucketCors",
    "GetBucketLifecycle",
    "PutBucketLifecycle",
    "DeleteBucketLifecycle",
  ],
  write: ["PutObject", "AbortMultipartUpload", "ListParts"],
};

/** https://www.alibabacloud.com/help/en/oss/user-guide/ram-policy-overview */
export function aliyunPolicy(request: PolicyRequest): object {
  const { bucket, principal } = request;
  const resource = `acs:oss:*:*:${bucket}`;
  return {
    Version: "1",
    Statement: grantsOf(request).map((grant) => ({
      Effect: "Allow",
      ...(principal !== undefined && { Principal: [principal] }),
      Action: named(grant, aliyunActions, "oss:"),
      Resource: [grant.objects === undefined ? resource : `${resource}/${grant.objects}*`],
      ...(grant.below !== undefined && {
        Condition: { StringLike: { "oss:Prefix": [`${grant.below}*`] } },
      }),
      ...(grant.levels && {
        Condition: { StringEquals: { "oss:Prefix": grant.levels, "oss:Delimiter": ["/"] } },
      }),
    })),
  };
}

const tencentActions: Actions = {
  locate: ["HeadBucket"],
  list: ["GetBucket"],
  "list-versions": ["GetBucketObjectVersions"],
  "list-uploads": ["ListMultipartUploads"],
  rules: [
    "GetBucketVersioning",
    "PutBucketVersioning",
    "GetBucketCORS",
    "PutBucketCORS",
    "DeleteBucketCORS",
    "GetBucketLifecycle",
    "PutBucketLifecycle",
    "DeleteBucketLifecycle",
  ],
  read: ["GetObject", "HeadObject"],
  "read-versions": [],
  write: [
    "PutObject",
    "InitiateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "ListParts",
  ],
  tag: [
    "GetObjectTagging",
    "PutObjectTagging",
    "DeleteObjectTagging",
    "GetObjectACL",
    "PostObjectRestore",
  ],
  delete: ["DeleteObject", "DeleteMultipleObjects"],
  "delete-versions": [],
};

/** https://www.tencentcloud.com/document/product/436/30580 */
export function tencentPolicy(request: PolicyRequest): object {
  const { bucket, region = "*", principal } = request;
  // A bucket's name ends in the number of the account.
  const account = /-(\d+)$/.exec(bucket)?.[1] ?? "*";
  return {
    version: "2.0",
    statement: grantsOf(request).map((grant) => ({
      effect: "allow",
      ...(principal !== undefined && { principal: { qcs: [principal] } }),
      action: named(grant, tencentActions, "name/cos:"),
      resource: [`qcs::cos:${region}:uid/${account}:${bucket}/${grant.objects ?? ""}*`],
      ...(grant.below !== undefined && {
        condition: { string_like: { "cos:prefix": `${grant.below}*` } },
      }),
      ...(grant.levels && {
        condition: { string_equal: { "cos:prefix": grant.levels, "cos:delimiter": "/" } },
      }),
    })),
  };
}
