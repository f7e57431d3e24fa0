/** s3cmd's `.s3cfg`: https://s3tools.org/kb/item14.htm */
import type { Found } from "./found.ts";
import { iniSections } from "./ini.ts";
import { s3Connection } from "./s3Account.ts";

/** The accounts of an `.s3cfg`, one a section. Fails with `MalformedText`. */
export function s3cmdAccounts(text: string): readonly Found[] {
  return iniSections(text).map(({ name, values }) => {
    const named = { source: "s3cmd", name: name === "default" ? "s3cmd" : name } as const;
    const host = values.get("host_base");
    return s3Connection(named, {
      signatureV2: isTrue(values.get("signature_v2")),
      endpoint: host,
      scheme:
        values.get("use_https") === undefined || isTrue(values.get("use_https")) ? "https" : "http",
      region: region(values.get("bucket_location")),
      accessKeyId: values.get("access_key"),
      secretAccessKey: values.get("secret_key"),
      sessionToken: values.get("access_token"),
      addressing: addressing(host, values.get("host_bucket")),
      verifyTls: values.get("check_ssl_certificate")?.toLowerCase() !== "false",
      storageClass: values.get("storage_class"),
      encryption: encryption(values),
      encryptionKeyId: values.get("kms_key"),
      requesterPays: isTrue(values.get("requester_pays")),
    });
  });
}

function isTrue(value: string | undefined): boolean {
  return /^(true|yes|on|1)$/i.test(value ?? "");
}

function encryption(values: ReadonlyMap<string, string>): string | undefined {
  if (values.has("kms_key")) return "aws:kms";
  return isTrue(values.get("server_side_encryption")) ? "AES256" : undefined;
}

/** `US` is s3cmd's word for the region without a name. */
function region(location: string | undefined): string | undefined {
  return location === "US" ? undefined : location;
}

/** Amazon's hosts need no saying; elsewhere the bucket is in the host only if the pattern has it. */
function addressing(host: string | undefined, pattern: string | undefined) {
  if (host === undefined || pattern === undefined || host === "s3.amazonaws.com") return undefined;
  return pattern.includes("%(bucket)") ? "virtual" : "path";
}
