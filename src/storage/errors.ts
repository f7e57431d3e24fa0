/** What went wrong, in words a caller can act upon. The set is closed: adding one is a design decision. */
export type ErrorKind =
  | "not-found" // no such key or container
  | "conflict" // a condition (ifAbsent, ifMatch, empty folder) did not hold
  | "signed-out" // credentials missing, wrong or expired
  | "denied" // known, but not allowed
  | "invalid" // the request or the configuration can never work
  | "unsupported" // this storage cannot do that
  | "throttled" // slow down
  | "full" // quota or disk space used up
  | "unreachable" // network, DNS, TLS, timeout, 5xx
  | "corrupt" // bytes arrived, but not the right ones
  | "unexpected"; // a bug, ours or theirs

/**
 * The particular cause, where a sentence can name what the user has to change. Optional: the kind
 * alone always suffices for a program to act upon.
 */
export const errorCauses = [
  "wrong-secret", // the signature or password does not fit the user or key
  "wrong-user", // no such access key or user
  "expired", // the session token has run out
  "profile-signed-out", // the sign-in that a profile of another program rests on has run out
  "profile-unusable", // a profile of another program gives no key
  "clock-skew", // this computer's clock is too far off
  "no-container", // the bucket or base folder does not exist
  "unlisted-container", // the key may not list containers, so one has to be named
  "wrong-region", // the bucket lives elsewhere
  "untrusted-certificate", // the server's certificate is not trusted here
  "unknown-host", // DNS has no such name
  "refused", // nothing listens there
  "timeout", // no answer in time
  "redirect", // the server sends us elsewhere
  "closed-address", // the service does not serve this account at its public address
  "not-this-protocol", // something answers, but it does not speak the protocol
  "disk-full",
  "read-only-disk",
  "file-rights", // the operating system does not let this user
  "read-only", // the user has marked the connection so
  "in-the-way", // a file is where a folder has to be, or the reverse
  "exists", // there is something of that name, and it was not to be overwritten
  "damaged-removed", // it did not arrive as it was sent, and was taken away again
  "damaged-left", // what is there now did not arrive as it was sent
  "archived", // it has to be requested from an archive first
  "folders-only", // the topmost folder of this storage holds no files
  "other-kind", // a product of its own, which is not reached as its storages are
  "invalid-name", // this storage cannot hold such a name
] as const;
export type ErrorCause = (typeof errorCauses)[number];

/** Kinds that may pass if the same request is sent again. */
const transient: ReadonlySet<ErrorKind> = new Set<ErrorKind>(["throttled", "unreachable"]);

/** What was asked of a driver. */
export const operations = [
  "list",
  "stat",
  "read",
  "write",
  "delete",
  "copy",
  "move",
  "makeFolder",
  "extra",
] as const;
export type Operation = (typeof operations)[number];

export interface ErrorDetails {
  /** Overrides the kind's default answer to "may the same request be sent again?". */
  readonly retryable?: boolean;
  /** The server asked to wait this long. */
  readonly retryAfterMs?: number;
  readonly reason?: ErrorCause;
  /**
   * The request had been sent before, and that attempt may have been carried out although no
   * answer came back. A conflict may then be a conflict with oneself.
   */
  readonly resent?: boolean;
  readonly status?: number;
  readonly requestId?: string;
  /** The answer to the form's question that most likely is wrong. */
  readonly field?: string;
  /** Of the keys that the request named, the one it is about. */
  readonly key?: string;
  /** What a sentence has to name beside the connection and the object: a profile. */
  readonly subject?: string;
  /** How far the server's clock is ahead of this computer's. */
  readonly clockOffsetMs?: number;
  readonly cause?: unknown;
}

/** Where it happened. Added exactly once, by `Storage`. */
export interface ErrorPlace {
  readonly operation: Operation;
  readonly key?: string;
  readonly connection?: string;
}

/** Every failure of the storage room. The message is for the log; sentences for people are ui/messages.ts' work. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly details: ErrorDetails;
  place?: ErrorPlace;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.retryable = details.retryable ?? transient.has(kind);
    this.details = details;
  }
}

/** Whether `error` is a `StorageError`, of `kind` if given. */
export function isStorageError(error: unknown, kind?: ErrorKind): error is StorageError {
  return error instanceof StorageError && (kind === undefined || error.kind === kind);
}
