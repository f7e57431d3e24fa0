/**
 * The least a key has to be allowed for a purpose, in the language of the service that hands keys
 * out: a document to paste, or what to click where a service has no such documents.
 */

import { commandQuoted } from "../../base/shell.ts";
import { aliyunPolicy, awsPolicy, isAccessPoint, tencentPolicy } from "./policyDocuments.ts";
import type { PolicyRequest } from "./policyRequest.ts";

export interface Permissions {
  /** The document, as text to paste; absent where the service has none. */
  readonly policy?: string;
  /** The text to paste is a command for a shell. */
  readonly isCommand?: boolean;
  /** What to do, in order. */
  readonly steps: readonly string[];
  /** What the key can do beyond the purpose, or cannot be kept from. */
  readonly limits: readonly string[];
}

/** As `vscode.l10n.t`. */
type Translate = (message: string, ...values: readonly string[]) => string;

/** How to make a key that can do what `request` says, and no more. */
export function permissionsFor(request: PolicyRequest, t: Translate): Permissions {
  const { preset } = request;
  if (preset === "r2") return r2(request, t);
  if (preset === "b2") return b2(request, t);
  const [policy, steps] = documented(request, t);
  return { policy: text(policy), steps, limits: limits(request, t) };
}

function documented(request: PolicyRequest, t: Translate): readonly [object, readonly string[]] {
  if (request.preset === "aliyun") return [aliyunPolicy(request), aliyunSteps(t)];
  if (request.preset === "tencent") return [tencentPolicy(request), tencentSteps(t)];
  return [awsPolicy(request), awsSteps(request, t)];
}

function text(policy: object): string {
  return `${JSON.stringify(policy, undefined, 2)}\n`;
}

function awsSteps({ preset, principal }: PolicyRequest, t: Translate): readonly string[] {
  if (principal !== undefined) return [t("Set it as the policy of the bucket.")];
  if (preset !== "aws")
    return [
      t("Create a user or key of its own for Offsite where the service manages its keys."),
      t("Give it this policy. Services that know no policies have roles or checkboxes instead."),
      t("Create an access key for it and enter that key in the connection."),
    ];
  return [
    t("In the AWS console, open IAM, Policies, Create policy, and paste this as JSON."),
    t("Create a user without console access, and attach the policy to it."),
    t(
      "On the user's page, under Security credentials, create an access key for it and enter that key in the connection.",
    ),
  ];
}

function aliyunSteps(t: Translate): readonly string[] {
  return [
    t("In the RAM console, open Permissions, Policies, Create Policy, and paste this as JSON."),
    t("Create a user with an AccessKey (OpenAPI access), and grant the policy to it."),
    t("Enter that AccessKey in the connection."),
  ];
}

function tencentSteps(t: Translate): readonly string[] {
  return [
    t(
      "In the CAM console, open Policies, Create Custom Policy, Create by Policy Syntax, and paste this.",
    ),
    t("Create a sub-user with programming access, and associate the policy with it."),
    t("Enter the sub-user's SecretId and SecretKey in the connection."),
  ];
}

function limits(request: PolicyRequest, t: Translate): readonly string[] {
  const { bucket, purpose, prefix } = request;
  return [
    ...(isAccessPoint(request)
      ? [
          t(
            "The policy of the bucket behind the access point has to allow the same, or leave it to its access points.",
          ),
        ]
      : []),
    ...(bucket.endsWith("-s3alias")
      ? [
          t(
            "No policy knows an access point by its alias. Put its ARN in the place of the bucket's; before the keys of objects, write object/.",
          ),
        ]
      : []),
    ...(purpose === "append-only"
      ? [
          t(
            "S3 does not tell creating from replacing: this key cannot delete a backup, but it can overwrite its files. Turn on versioning, so that what is overwritten is kept.",
          ),
          t("Removing old snapshots takes a key that may do all."),
        ]
      : []),
    ...(prefix === ""
      ? []
      : [t("The names of folders beside {0} can be seen on the way to it.", prefix)]),
    t("The key cannot list buckets: name the bucket in the connection."),
  ];
}

/** https://developers.cloudflare.com/r2/api/tokens/ */
function r2({ bucket, prefix, purpose }: PolicyRequest, t: Translate): Permissions {
  return {
    steps: [
      t("In the Cloudflare dashboard, open R2, then Manage API Tokens, and create a token."),
      purpose === "read"
        ? t("As permission choose Object Read only.")
        : t("As permission choose Object Read & Write."),
      t("Under Specify bucket(s), apply it to {0} only.", bucket),
      t("Enter the Access Key ID and the Secret Access Key that it shows in the connection."),
    ],
    limits: [
      ...(purpose === "append-only"
        ? [
            t(
              "R2 has no keys that may write but not delete. Add a bucket lock rule to the bucket's settings: it keeps objects from being deleted or overwritten for as long as you choose. Leave the folder {0} out of it.",
              `${prefix}locks/`,
            ),
          ]
        : []),
      ...(prefix === "" ? [] : [t("A token is for a whole bucket, not for a folder in it.")]),
      t("The key cannot list buckets: name the bucket in the connection."),
    ],
  };
}

/** https://www.backblaze.com/docs/cloud-storage-application-keys */
function b2({ bucket, prefix, purpose }: PolicyRequest, t: Translate): Permissions {
  const abilities =
    purpose === "append-only"
      ? "listAllBucketNames,listBuckets,listFiles,readFiles,writeFiles"
      : undefined;
  return {
    ...(abilities !== undefined && {
      isCommand: true,
      policy: `b2 key create --bucket ${commandQuoted(bucket)}${
        prefix === "" ? "" : ` --name-prefix ${commandQuoted(prefix)}`
      } offsite-backup ${abilities}\n`,
    }),
    steps:
      purpose === "append-only"
        ? [
            t(
              "The web page offers no key that may write but not delete; the b2 program does. Run this.",
            ),
            t("Enter the keyID and the applicationKey that it prints in the connection."),
            ...folderStep(prefix, t),
          ]
        : [
            t("Open Application Keys and choose Add a New Application Key."),
            t("Allow access to the bucket {0} only.", bucket),
            purpose === "read"
              ? t("As type of access choose Read Only.")
              : t("As type of access choose Read and Write."),
            ...(prefix === "" ? [] : [t("As file name prefix enter {0}", prefix)]),
            t("Turn on Allow List All Bucket Names, which S3 programs need."),
            t("Enter the keyID and the applicationKey that it shows in the connection."),
            ...folderStep(prefix, t),
          ],
    limits:
      purpose === "append-only"
        ? [
            t(
              "Without the right to delete, a backup hides its lock files instead of deleting them. A lifecycle rule that keeps only the last version of files under {0} takes them away.",
              `${prefix}locks/`,
            ),
          ]
        : [],
  };
}

/** A key that sees one folder only cannot list what is above it. */
function folderStep(prefix: string, t: Translate): readonly string[] {
  return prefix === ""
    ? []
    : [t("In the connection, enter the bucket, and as the folder {0}", prefix)];
}
