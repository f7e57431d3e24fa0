/** What other programs call what lies in a bucket. Nothing here holds a secret. */
import { commandQuoted } from "../../../base/shell.ts";
import type { Addresses, Place } from "../../provider.ts";

export interface S3NamesConfig {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly bucket: string | undefined;
  readonly addressing: "auto" | "virtual" | "path" | "domain";
  readonly publicUrl?: string | undefined;
}

/** The addresses of an object, a folder (`key` ends in `/`) or the bucket itself. */
export function s3AddressesOf(config: S3NamesConfig, { container, key }: Place): Addresses {
  const bucket = container ?? config.bucket;
  if (bucket === undefined) return {};
  const { publicUrl } = config;
  return {
    url: bucketUrl(config, bucket) + encodedPath(key),
    ...(publicUrl !== undefined && {
      publicUrl: publicAddress(publicUrl, bucket, config.bucket) + encodedPath(key),
    }),
    arn: `arn:${partition(config.region)}:s3:::${key === "" ? bucket : `${bucket}/${key}`}`,
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

function partition(region = ""): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

function encodedPath(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}

/** It finds the key as that program does: in its profiles or the environment. */
function awsCommand({ endpoint, region }: S3NamesConfig, bucket: string, key: string): string {
  const isFolder = key === "" || key.endsWith("/");
  return [
    "aws s3 cp",
    ...(endpoint === undefined ? [] : ["--endpoint-url", commandQuoted(endpoint)]),
    ...(region === undefined ? [] : ["--region", commandQuoted(region)]),
    ...(isFolder ? ["--recursive"] : []),
    commandQuoted(`s3://${bucket}/${key}`),
    isFolder ? commandQuoted(`./${folderName(bucket, key)}`) : ".",
  ].join(" ");
}

/** A remote made on the spot, which takes the key from the environment or AWS's own files. */
function rcloneCommand(config: S3NamesConfig, bucket: string, key: string): string {
  const { endpoint, region, addressing } = config;
  const options = [
    `provider=${endpoint === undefined ? "AWS" : "Other"}`,
    "env_auth=true",
    ...(endpoint === undefined ? [] : [`endpoint=${rcloneQuoted(endpoint)}`]),
    ...(region === undefined ? [] : [`region=${rcloneQuoted(region)}`]),
    ...(addressing === "virtual" ? ["force_path_style=false"] : []),
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
