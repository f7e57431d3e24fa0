import { StorageError } from "../../errors.ts";

/** Stands for a bucket, under a name and at a host of its own. */
export interface AccessPoint {
  /** By which it is known; also what stands in the place of a bucket's name. */
  readonly arn: string;
  readonly region: string;
  readonly endpoint: string;
  /** What stands before the endpoint's host, where else a bucket's name would. */
  readonly bucket: string;
}

const region = "(?<region>[a-z]{2}(?:-[a-z]+)+-\\d)";
const account = "(?<account>\\d{12})";
const name = "(?<name>[a-z0-9][a-z0-9-]{1,48}[a-z0-9])";
const asArn = new RegExp(`^arn:aws(?:-cn|-us-gov)?:s3:${region}:${account}:accesspoint/${name}$`);
const asHost = new RegExp(
  `^${name}-${account}\\.s3-accesspoint(?:-fips)?\\.(?:dualstack\\.)?${region}\\.amazonaws\\.com(?:\\.cn)?$`,
);

/**
 * The access point that an ARN or a host names. It is reached with the bucket's part in the host, and
 * in no other way: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
 */
export function accessPointOf(text: string): AccessPoint | undefined {
  const { groups } = asArn.exec(text) ?? asHost.exec(text) ?? {};
  return groups && accessPoint(groups);
}

/** The one of an account in a region. */
export function accessPoint(at: Readonly<Record<string, string | undefined>>): AccessPoint {
  const { region: where = "", account: owner = "", name: own = "" } = at;
  const domain = where.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return {
    arn: `arn:${partitionOf(where)}:s3:${where}:${owner}:accesspoint/${own}`,
    region: where,
    endpoint: `https://s3-accesspoint.${where}.${domain}`,
    bucket: `${own}-${owner}`,
  };
}

/** The part of Amazon's world that a region belongs to, as ARNs name it. */
export function partitionOf(where = ""): string {
  if (where.startsWith("cn-")) return "aws-cn";
  return where.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** An access point's other name, which is used as a bucket's, but not in ARNs. */
export function isAlias(bucket: string): boolean {
  return /-s3alias$|--ol-s3$/.test(bucket);
}

/** What is reached by sessions, signatures or services of its own; by an ARN, a host or a bucket's name. */
const otherKinds: readonly (readonly [product: string, pattern: RegExp])[] = [
  ["S3 Express One Zone", /^arn:aws[^:]*:s3express:|\.s3express-[^/]*\.amazonaws\.com|--xa?-s3$/],
  [
    "S3 Multi-Region Access Points",
    /^arn:aws[^:]*:s3::\d*:accesspoint[:/]|\.accesspoint\.s3-global\.amazonaws\.com|\.mrap$/,
  ],
  ["S3 on Outposts", /^arn:aws[^:]*:s3-outposts:|\.s3-outposts[^/]*\.amazonaws\.com|--op-s3$/],
  ["S3 Object Lambda", /^arn:aws[^:]*:s3-object-lambda:|\.s3-object-lambda[^/]*\.amazonaws\.com/],
  ["S3 Tables", /^arn:aws[^:]*:s3tables:|--table-s3$/],
];

/** Why what an ARN, a host or a bucket's name names cannot be reached; nothing if it may be. */
export function refusalOfKind(text: string): StorageError | undefined {
  const [product] = otherKinds.find(([, pattern]) => pattern.test(text)) ?? [];
  if (product === undefined) return undefined;
  return new StorageError("invalid", `belongs to ${product}`, {
    reason: "other-kind",
    subject: product,
    field: "bucket",
  });
}
