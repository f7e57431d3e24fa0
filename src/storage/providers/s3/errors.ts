import type { HttpHeaders } from "../../http/messages.ts";
import { type ErrorCause, type ErrorDetails, type ErrorKind, StorageError } from "../../errors.ts";
import { detailsOf, kindOfStatus, redacted } from "../../http/answers.ts";
import { elementText } from "../../xml.ts";

/** What a refusal says about how to ask better. */
export interface Hint {
  /** Where the bucket really lives. */
  readonly region?: string;
  /** The service insists on bucket names in the host. */
  readonly virtualHosted?: boolean;
  /** How far the server's clock is ahead of ours. */
  readonly clockOffsetMs?: number;
  /** The bucket keeps what comes in for a time, and wants an MD5 of it. */
  readonly wantsMd5?: boolean;
}

/**
 * A failure on its way through the SDK, which would add to an error what is its own, and knows
 * nothing of hints. `error` is what the caller gets.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly error: unknown;
  readonly hint: Hint;

  constructor(error: unknown, hint: Hint = {}) {
    super("refused");
    this.error = error;
    this.hint = hint;
  }
}

/** What an answer that is no success means. `body` is its text, of which nothing is trusted. */
export function refusalOf(status: number, headers: HttpHeaders, body: string): Refusal {
  const code = elementText(body, "Code") ?? "";
  const region = regionHint(headers, body);
  const meaning = meaningOf(code, status, region, body);
  const said = redacted(elementText(body, "Message") ?? "");
  const where = meaning.reason === "wrong-region" && region !== undefined ? `, in ${region}` : "";
  const message = `${status} ${redacted(code) || "without a reason"}${where}${said && `: ${said}`}`;
  const { kind, ...details } = meaning;
  const clock = meaning.reason === "clock-skew" ? clockHint(headers) : {};
  const all = { ...detailsOf(status, headers), ...details, ...clock };
  const error = new StorageError(kind, message, all);
  return new Refusal(error, {
    ...(region !== undefined && { region }),
    ...(virtualHostedOnly.has(code) && { virtualHosted: true }),
    ...(code === "InvalidRequest" && /content-md5/i.test(said) && { wantsMd5: true }),
    ...clock,
  });
}

type Meaning = { readonly kind: ErrorKind } & Pick<ErrorDetails, "retryable" | "reason" | "field">;

function meaningOf(
  code: string,
  status: number,
  region: string | undefined,
  body: string,
): Meaning {
  if (isAboutEncryptionKey(code, body)) return { kind: "invalid", field: "encryptionKeyId" };
  const known = meanings[code];
  if (known) return known;
  if (redirects.has(code) || (status >= 300 && status < 400)) {
    return region === undefined
      ? { kind: "invalid", reason: "redirect", field: "endpoint" }
      : { kind: "invalid", reason: "wrong-region", field: "region" };
  }
  // A server that answers in HTML is some other server.
  if (code === "" && isPage(body) && status < 500)
    return { kind: "invalid", reason: "not-this-protocol", field: "endpoint" };
  return { kind: kindOfStatus(status) };
}

/** Something that is no S3 has answered. */
export function notS3(): StorageError {
  return new StorageError("invalid", "the answer is none of S3's", {
    reason: "not-this-protocol",
    field: "endpoint",
  });
}

/** Whether it is HTML, which no S3 speaks. */
export function isPage(body: string): boolean {
  return /^\s*<(!doctype )?html/i.test(body);
}

/** Amazon has codes of their own for it; Ceph says that the access key is wrong, or an argument. */
function isAboutEncryptionKey(code: string, body: string): boolean {
  if (code.startsWith("KMS.")) return !/Throttling|Internal/.test(code);
  const isOfCeph = code === "InvalidAccessKeyId" || code === "InvalidArgument";
  return isOfCeph && /kms-keyid/.test(elementText(body, "Message") ?? "");
}

/** What the codes of S3 and its imitators mean, where the status does not tell it. */
const meanings: Readonly<Record<string, Meaning>> = {
  ...all("signed-out", "wrong-user", "accessKeyId", [
    "InvalidAccessKeyId",
    "InvalidAccessKey",
    "UnauthorizedAccess",
    "NoSuchAccessKey",
  ]),
  ...all("signed-out", "wrong-secret", "secretAccessKey", ["SignatureDoesNotMatch"]),
  ...all("signed-out", "expired", "sessionToken", [
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
  ]),
  ...all("signed-out", undefined, "sessionToken", ["InvalidToken", "InvalidSecurity"]),
  ...all("signed-out", "clock-skew", undefined, ["RequestTimeTooSkewed", "RequestExpired"]),
  ...all("signed-out", undefined, "accessKeyId", ["NotSignedUp", "AccountProblem"]),
  ...all("denied", undefined, undefined, ["AccessDenied", "AllAccessDisabled", "Forbidden"]),
  // Alibaba's: https://www.alibabacloud.com/help/en/oss/user-guide/access-buckets-via-custom-domain-names
  ...all("denied", "closed-address", "endpoint", ["PublicEndpointForbidden"]),
  ...all("not-found", "no-container", "bucket", [
    "NoSuchBucket",
    "NoSuchAccessPoint",
    "InvalidAccessPointAliasError",
  ]),
  ...all("not-found", undefined, undefined, ["NoSuchKey", "NoSuchUpload", "NoSuchVersion"]),
  ...all("invalid", "invalid-name", "bucket", ["InvalidBucketName"]),
  ...all("invalid", "invalid-name", undefined, [
    "KeyTooLongError",
    "InvalidURI",
    "InvalidObjectName",
  ]),
  ...all("invalid", undefined, "addressing", [
    "PathStyleDomainForbidden",
    "SecondLevelDomainForbidden",
  ]),
  ...all("invalid", undefined, "storageClass", ["InvalidStorageClass"]),
  ...all("conflict", undefined, undefined, ["PreconditionFailed", "ConditionalRequestConflict"]),
  ...all("unsupported", undefined, undefined, [
    "NotImplemented",
    "MethodNotAllowed",
    "EntityTooLarge",
  ]),
  // What the bucket's other settings, or the service, do not allow to be said of it.
  ...all("unsupported", undefined, undefined, ["InvalidBucketState", "MalformedXML"]),
  ...all("unsupported", "archived", undefined, [
    "InvalidObjectState",
    "ObjectNotInActiveTierError",
  ]),
  ...all("throttled", undefined, undefined, [
    "SlowDown",
    "ServiceUnavailable",
    "Throttling",
    "KMS.ThrottlingException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "TooManyRequests",
    "BandwidthLimitExceeded",
    "OperationAborted",
  ]),
  ...all("unreachable", "timeout", undefined, ["RequestTimeout"]),
  ...all("unreachable", undefined, undefined, ["KMS.KMSInternalException"]),
  ...all("full", undefined, undefined, [
    "TooManyBuckets",
    "QuotaExceeded",
    "InsufficientStorage",
    "XMinioStorageFull",
    "StorageQuotaExceeded",
  ]),
  // Damaged on the way: the same request may well pass.
  BadDigest: { kind: "corrupt", retryable: true },
  IncompleteBody: { kind: "corrupt", retryable: true },
  XAmzContentSHA256Mismatch: { kind: "corrupt", retryable: true },
};

function all(
  kind: ErrorKind,
  reason: ErrorCause | undefined,
  field: string | undefined,
  codes: readonly string[],
): Record<string, Meaning> {
  const meaning = {
    kind,
    ...(reason !== undefined && { reason }),
    ...(field !== undefined && { field }),
  };
  return Object.fromEntries(codes.map((code) => [code, meaning]));
}

const redirects: ReadonlySet<string> = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "Redirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);

const virtualHostedOnly: ReadonlySet<string> = new Set([
  "PathStyleDomainForbidden",
  "SecondLevelDomainForbidden",
]);

function regionHint(headers: HttpHeaders, body: string): string | undefined {
  const told =
    headers.get("x-amz-bucket-region") ??
    elementText(body, "Region") ??
    // AWS names the region in the host it redirects to.
    /[.-]s3[.-]([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(
      elementText(body, "Endpoint") ?? headers.get("location") ?? "",
    )?.[1];
  return told !== undefined && /^[a-z0-9-]{1,40}$/.test(told) ? told : undefined;
}

function clockHint(headers: HttpHeaders): Pick<Hint, "clockOffsetMs"> {
  const serverMs = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(serverMs) ? {} : { clockOffsetMs: serverMs - Date.now() };
}
