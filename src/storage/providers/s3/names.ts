/** What other programs call what lies in a bucket. Nothing here holds a secret. */
import { commandQuoted } from "../../../base/shell.ts";
import type { Addresses, Place } from "../../provider.ts";
import { accessPointOf, isAlias, partitionOf } from "./accessPoints.ts";

export interface S3NamesConfig {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly bucket: string | undefined;
  readonly addressing: "auto" | "virtual" | "path" | "domain";
  readonly publicUrl?: string | undefined;
  readonly requesterPays?: boolean;
  /** Of Amazon's own tools, which has the key. */
  readonly profile?: string | undefined;
  /** The ARN of the access point by which the bucket is reached; `bucket` is then its name in hosts. */
  readonly accessPoint?: string | undefined;
}

/** The addresses of an object, a folder (`key` ends in `/`) or the bucket itself. */
export function s3AddressesOf(config: S3NamesConfig, { container, key }: Place): Addresses {
  const { publicUrl, accessPoint } = config;
  const bucket = accessPoint === undefined ? (container ?? config.bucket) : config.bucket;
  if (bucket === undefined) return {};
  return {
    url: bucketUrl(config, bucket) + encodedPath(key),
    ...(publicUrl !== undefined && {
      publicUrl: publicAddress(publicUrl, bucket, config.bucket) + encodedPath(key),
    }),
    // No ARN is made of an alias.
    ...(!isAlias(bucket) && { arn: arnOf(config, bucket, key) }),
    // Neither program can be told of a host that is a bucket's own.
    ...(config.addressing !== "domain" && {
      awsCommand: awsCommand(config, bucket, key),
      rcloneCommand: rcloneCommand(config, bucket, key),
    }),
  };
}

/** Ends in `/`. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
function bucketUrl({ endpoint, region, addressing }: S3NamesConfig, bucket: string): string {
  const { protocol, host, pathname } = new URL(endpoint ?? amazonEndpoint(region));
  const base = pathname.replace(/\/+$/, "");
  if (addressing === "domain") return `${protocol}//${host}${base}/`;
  // A certificate for all hosts of a domain covers one part more, and no name with a dot.
  const isVirtual =
    addressing === "virtual" ||
    (addressing === "auto" && endpoint === undefined && !bucket.includes("."));
  return isVirtual
    ? `${protocol}//${bucket}.${host}${base}/`
    : `${protocol}//${host}${base}/${encodeURIComponent(bucket)}/`;
}

/** Ends in `/`. An address that is to serve for all buckets of a connection has each one's name. */
function publicAddress(publicUrl: string, bucket: string, only: string | undefined): string {
  const base = publicUrl.replace(/\/+$/, "");
  if (base.includes("{bucket}")) return `${base.replaceAll("{bucket}", bucket)}/`;
  return only === undefined ? `${base}/${bucket}/` : `${base}/`;
}

function amazonEndpoint(region = "us-east-1"): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://s3.${region}.${domain}`;
}

function arnOf({ region, accessPoint }: S3NamesConfig, bucket: string, key: string): string {
  const whole = accessPoint ?? `arn:${partitionOf(region)}:s3:::${bucket}`;
  if (key === "") return whole;
  return accessPoint === undefined ? `${whole}/${key}` : `${whole}/object/${key}`;
}

function encodedPath(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}

/** Without a profile it finds the key as that program does: in its default one or the environment. */
function awsCommand(config: S3NamesConfig, bucket: string, key: string): string {
  const { endpoint, region, accessPoint, profile, requesterPays = false } = config;
  const isFolder = key === "" || key.endsWith("/");
  // It finds an access point's own host by itself.
  const isFound = endpoint === undefined || endpoint === accessPointOf(accessPoint ?? "")?.endpoint;
  return [
    "aws s3 cp",
    ...option("--endpoint-url", isFound ? undefined : endpoint),
    ...option("--region", region),
    ...option("--profile", profile),
    ...(requesterPays ? ["--request-payer requester"] : []),
    ...(isFolder ? ["--recursive"] : []),
    commandQuoted(`s3://${accessPoint ?? bucket}/${key}`),
    isFolder ? commandQuoted(`./${folderName(bucket, key)}`) : ".",
  ].join(" ");
}

function option(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, commandQuoted(value)];
}

/** A remote made on the spot, which takes the key from the environment or AWS's own files. */
function rcloneCommand(config: S3NamesConfig, bucket: string, key: string): string {
  const { endpoint, region, addressing, accessPoint, profile, requesterPays = false } = config;
  const isAmazon = endpoint === undefined || accessPoint !== undefined;
  const options = [
    `provider=${isAmazon ? "AWS" : "Other"}`,
    "env_auth=true",
    ...(endpoint === undefined ? [] : [`endpoint=${rcloneQuoted(endpoint)}`]),
    ...(region === undefined ? [] : [`region=${rcloneQuoted(region)}`]),
    ...(addressing === "virtual" ? ["force_path_style=false"] : []),
    ...(profile === undefined ? [] : [`profile=${rcloneQuoted(profile)}`]),
    ...(requesterPays ? ["requester_pays=true"] : []),
  ];
  const remote = `:s3,${options.join(",")}:${bucket}/${key}`;
  const isFolder = key === "" || key.endsWith("/");
  const target = isFolder ? `./${folderName(bucket, key)}` : ".";
  return `rclone copy ${commandQuoted(remote)} ${commandQuoted(target)}`;
}

/** https://rclone.org/docs/#connection-strings */
function rcloneQuoted(value: string): string {
  return /[,:"]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function folderName(bucket: string, key: string): string {
  return key.split("/").findLast((part) => part !== "" && part !== "." && part !== "..") ?? bucket;
}
