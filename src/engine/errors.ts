/** Why a repository cannot be used as asked. The set is closed. */
export type RepositoryErrorKind =
  | "locked" // someone else holds it in a way that excludes us
  | "wrong-passphrase" // no key file opens with it
  | "not-a-repository" // nothing there, or something else
  | "exists" // a repository is there already
  | "too-new" // a format version this program does not know
  | "damaged" // a file is missing, cut or forged
  | "read-only" // the connection may not write
  | "lost-lock" // the lock could not be kept; the work was stopped
  | "unsettled"; // a listing leaves out what is there, so nothing may be deleted on its word

export interface RepositoryErrorDetails {
  /** The damaged or missing file, relative to the repository. */
  readonly file?: string;
  /** Who holds the lock. */
  readonly holder?: { readonly hostname: string; readonly username: string; readonly since: Date };
  readonly version?: number;
  readonly cause?: unknown;
}

/** Every failure of the engine that is not the storage's own. The message is for the log. */
export class RepositoryError extends Error {
  override readonly name = "RepositoryError";
  readonly kind: RepositoryErrorKind;
  readonly details: RepositoryErrorDetails;

  constructor(kind: RepositoryErrorKind, message: string, details: RepositoryErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.details = details;
  }
}

/** Whether `error` is a `RepositoryError`, of `kind` if given. */
export function isRepositoryError(
  error: unknown,
  kind?: RepositoryErrorKind,
): error is RepositoryError {
  return error instanceof RepositoryError && (kind === undefined || error.kind === kind);
}
