import { StorageError } from "../../errors.ts";
import { defineProvider } from "../../provider.ts";
import { serverFields } from "../../serverFields.ts";
import { recogniseS3 } from "./addresses.ts";
import { bucketNames, createBucket, deleteBucket } from "./buckets.ts";
import { refusalOfKind } from "./accessPoints.ts";
import { s3Driver } from "./driver.ts";
import { s3AddressesOf } from "./names.ts";
import { isAws, type S3Config } from "./client.ts";
import { examineS3 } from "./examination.ts";
import { endpointOfKey } from "./finder.ts";
import { s3Presets } from "./presets.ts";
import { resticAccess } from "./restic.ts";
import { type S3Service, whereaboutsOf } from "./service.ts";

export const s3 = defineProvider({
  id: "s3",
  label: "Amazon S3 and compatible",
  icon: "cloud",
  noun: "object",
  container: "bucket",
  folder: "folder",
  extras: ["versions", "details", "links", "uploads", "rules", "archive"],
  fields: {
    endpoint: {
      type: "text",
      label: "Endpoint",
      format: "url",
      placeholder: "https://s3.example.com",
      help: "The service's address. Leave empty for Amazon.",
    },
    region: {
      type: "text",
      label: "Region",
      format: "part",
      placeholder: "us-east-1",
      help: "Leave empty to have it found out.",
    },
    account: { type: "text", label: "Account", format: "part" },
    bucket: {
      type: "text",
      label: "Bucket",
      help: "Leave empty to see all buckets. A key that may not list them needs one named.",
    },
    folder: {
      type: "text",
      label: "Folder",
      format: "folder",
      placeholder: "photos/2026",
      help: "Shows this folder of the bucket, and nothing outside it. A key that may see no more needs it.",
    },
    credentials: {
      type: "choice",
      label: "Credentials",
      options: { key: "Access key", profile: "Profile of the AWS configuration" },
      default: "key",
    },
    profile: {
      type: "text",
      label: "Profile",
      required: true,
      placeholder: "default",
      help: "Of ~/.aws/config: one that is signed in to (SSO), assumes a role, or asks a program for keys.",
      when: { field: "credentials", is: "profile" },
    },
    accessKeyId: {
      type: "text",
      label: "Access key",
      required: true,
      when: { field: "credentials", is: "key" },
    },
    secretAccessKey: {
      type: "secret",
      label: "Secret key",
      required: true,
      when: { field: "credentials", is: "key" },
    },
    sessionToken: {
      type: "secret",
      label: "Session token",
      help: "Only for temporary keys.",
      advanced: true,
      when: { field: "credentials", is: "key" },
    },
    addressing: {
      type: "choice",
      label: "Addressing",
      help: "Whether the bucket's name stands in the address's host or in its path.",
      options: {
        auto: "Automatic",
        virtual: "In the host",
        path: "In the path",
        domain: "Nowhere: the host is the bucket's own",
      },
      default: "auto",
      advanced: true,
    },
    signature: {
      type: "choice",
      label: "Signature",
      help: "How requests are signed. Version 2 is for old servers only.",
      options: { v4: "Version 4", v2: "Version 2" },
      default: "v4",
      advanced: true,
    },
    storageClass: {
      type: "text",
      label: "Storage class",
      placeholder: "STANDARD_IA",
      help: "Of what is uploaded, as the service calls it. Leave empty for the usual one. Backups need one that can be read at once.",
      advanced: true,
    },
    encryption: {
      type: "choice",
      label: "Encryption by the server",
      help: "Of what is uploaded. Backups are encrypted before they leave this computer, whatever is chosen here.",
      options: {
        bucket: "As the bucket says",
        AES256: "With the service's own keys (SSE-S3)",
        "aws:kms": "With a key of the key service (SSE-KMS)",
      },
      default: "bucket",
      advanced: true,
    },
    encryptionKeyId: {
      type: "text",
      label: "Key of the key service",
      help: "Its id or ARN, for SSE-KMS. Leave empty for the account's own.",
      advanced: true,
    },
    requesterPays: {
      type: "flag",
      label: "Pay for requests to other people's buckets",
      help: "For buckets that charge whoever asks (requester pays).",
      default: false,
      advanced: true,
    },
    publicUrl: {
      type: "text",
      label: "Public address",
      format: "url",
      placeholder: "https://cdn.example.com",
      help: "Where objects can be read without a key, such as a CDN; for links to copy. `{bucket}` stands for the bucket's name.",
      advanced: true,
    },
    ...serverFields({ default: 16, max: 128 }),
    maxUploadParts: {
      type: "number",
      label: "Parts of an upload",
      help: "The most that the service takes for one large object.",
      default: 10_000,
      min: 10,
      max: 10_000,
      advanced: true,
    },
  },
  presets: s3Presets,
  recognise: recogniseS3,
  place(config, service) {
    const { endpoint, bucket } = { ...config, ...whereaboutsOf(config, service) };
    const host = endpoint === undefined ? "Amazon S3" : new URL(endpoint).host;
    return bucket === undefined ? host : `${host}/${bucket}`;
  },
  addresses: (config, at, service) => {
    const one = { ...config, bucket: at.container ?? config.bucket };
    return s3AddressesOf({ ...config, ...whereaboutsOf(one, service) }, at);
  },
  restic: (config, folder, service = {}) =>
    resticAccess({ ...config, ...whereaboutsOf(config, service), service }, folder),
  lookUp: async ({ accessKeyId }, signal, service) => {
    const key = typeof accessKeyId === "string" ? accessKeyId.trim() : "";
    if (key === "")
      throw new StorageError("invalid", "no access key is given", { field: "accessKeyId" });
    return await endpointOfKey(key, signal, service);
  },
  examine: (config, examination, service) => examineS3(configOf(config, service), examination),
  open: (config, service, beforeRequest) => s3Driver(configOf(config, service), beforeRequest),
  containers: (config, signal, service) =>
    bucketNames(
      configOf({ ...config, endpoint: config.endpoint ?? service?.bucketsEndpoint }, service),
      signal,
    ),
  createContainer: (config, container, signal, service) =>
    createBucket(configOf(config, service), container, signal),
  deleteContainer: (config, name, signal, service) =>
    deleteBucket(configOf(config, service), name, signal),
});

/**
 * The answers, with what is known of the service behind them. Fails with `invalid` if the bucket
 * is of a kind of Amazon's that is not reached as others are.
 */
function configOf<T extends Parameters<typeof whereaboutsOf>[0]>(
  config: T,
  service: S3Service = {},
): T & Pick<S3Config, "service"> {
  const where = whereaboutsOf(config, service);
  const refusal = refusalOfKind(config.bucket ?? "");
  if (refusal && isAws(where.endpoint)) throw refusal;
  return { ...config, ...where, service };
}
