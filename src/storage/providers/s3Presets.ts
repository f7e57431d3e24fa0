import type { Capabilities } from "../driver.ts";

/** A preset, in terms of the questions of `s3.ts`. */
interface S3Preset {
  readonly id: string;
  readonly label: string;
  readonly values: Partial<Values>;
  readonly requires?: readonly ("endpoint" | "region")[];
  readonly hide?: readonly Question[];
  readonly help?: Partial<Record<Question, string>>;
  readonly keysPage?: string;
  readonly quirks?: Partial<Capabilities>;
}
type Question =
  | keyof Values
  | "accessKeyId"
  | "secretAccessKey"
  | "sessionToken"
  | "verifyTls"
  | "maxUploadParts";
interface Values {
  readonly endpoint: string;
  readonly region: string;
  readonly addressing: "auto" | "virtual" | "path";
}

/** The services that speak S3, by their own names. */
export const s3Presets: readonly S3Preset[] = [
  {
    id: "aws",
    label: "Amazon S3",
    values: {},
    hide: ["endpoint", "addressing", "verifyTls", "maxUploadParts"],
    keysPage: "https://console.aws.amazon.com/iam/home#/security_credentials",
    quirks: { ifAbsent: true, ifMatch: true },
  },
  {
    id: "r2",
    label: "Cloudflare R2",
    values: { region: "auto", addressing: "path" },
    requires: ["endpoint"],
    hide: ["region", "addressing", "sessionToken", "verifyTls", "maxUploadParts"],
    help: { endpoint: "https://ACCOUNT.r2.cloudflarestorage.com, with your account's id." },
    keysPage: "https://dash.cloudflare.com/?to=/:account/r2/api-tokens",
    quirks: { ifAbsent: true, ifMatch: true },
  },
  {
    id: "b2",
    label: "Backblaze B2",
    values: { addressing: "path" },
    requires: ["endpoint"],
    hide: ["region", "addressing", "sessionToken", "verifyTls", "maxUploadParts"],
    help: {
      endpoint: "https://s3.REGION.backblazeb2.com, as the bucket's page shows it.",
      accessKeyId: "The keyID of an application key; the master key does not work here.",
      secretAccessKey: "The applicationKey.",
    },
    keysPage: "https://secure.backblaze.com/app_keys.htm",
  },
  {
    id: "minio",
    label: "MinIO",
    values: { addressing: "path" },
    requires: ["endpoint"],
    hide: ["sessionToken", "maxUploadParts"],
    help: { endpoint: "The server's address, such as http://127.0.0.1:9000." },
    quirks: { ifAbsent: true, ifMatch: true },
  },
  {
    id: "ceph",
    label: "Ceph",
    values: { addressing: "path" },
    requires: ["endpoint"],
    hide: ["sessionToken", "maxUploadParts"],
    help: {
      endpoint: "The address of the RADOS Gateway.",
      accessKeyId: "As `radosgw-admin user info` shows it.",
    },
    quirks: { ifAbsent: true, ifMatch: true },
  },
  { id: "other", label: "Other S3 service", values: {}, requires: ["endpoint"] },
];
