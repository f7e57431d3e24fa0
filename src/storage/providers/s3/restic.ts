/** How the `restic` program reaches a bucket. */
import { shellQuoted } from "../../../base/shell.ts";
import type { ResticAccess } from "../../provider.ts";
import type { S3Config } from "./client.ts";

type Answers = Omit<S3Config, "secretAccessKey" | "sessionToken">;

/** As `Provider.restic`. */
export function resticAccess(config: Answers, folder: string): ResticAccess | undefined {
  const { endpoint = "https://s3.amazonaws.com", bucket = "", addressing, accessPoint } = config;
  // It puts the bucket's name into the path of every address.
  if (addressing === "domain" || accessPoint !== undefined) return undefined;
  const address = [endpoint.replace(/\/+$/, ""), bucket, folder].filter(Boolean).join("/");
  const flags = flagsOf(config);
  return {
    repository: `s3:${address}`,
    preparation: preparation(config),
    ...(flags.length > 0 && { flags }),
  };
}

function preparation({ region, credentials, ...key }: Answers): readonly string[] {
  const { profile = "", accessKeyId = "" } = key;
  return [
    ...(credentials === "profile"
      ? [`export AWS_PROFILE=${shellQuoted(profile)}`]
      : [`export AWS_ACCESS_KEY_ID=${shellQuoted(accessKeyId)}`, "export AWS_SECRET_ACCESS_KEY=…"]),
    ...(region === undefined ? [] : [`export AWS_DEFAULT_REGION=${shellQuoted(region)}`]),
  ];
}

function flagsOf({ addressing, service, verifyTls }: Answers): readonly string[] {
  return [
    // By itself it puts the name into the host at Amazon, Google and Alibaba only.
    ...(addressing === "virtual" ? ["-o s3.bucket-lookup=dns"] : []),
    ...(service?.listVersion === 1 ? ["-o s3.list-objects-v1=true"] : []),
    ...(verifyTls ? [] : ["--insecure-tls"]),
  ];
}
