import { type ErrorDetails, type ErrorKind, StorageError } from "../../errors.ts";

/** The system's own name of a failure, such as `ENOENT`; undefined if `error` is not the system's. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Undefined in place of what is not there; anything else stays a failure. */
export function ignoreMissing(error: unknown): undefined {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}

/**
 * Whatever the file system threw, as a `StorageError` about `key`. What is not the file system's
 * (an aborted signal's reason, a source file that changed while it was read) passes untouched.
 * A file where a folder should be, or the reverse, is `inTheWay` of a write and missing to a read.
 */
export function failure(error: unknown, key: string, inTheWay: ErrorKind = "not-found"): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const [kind, details] = meaning(code, inTheWay);
  return new StorageError(kind, `${code} at ${JSON.stringify(key)}`, { ...details, cause: error });
}

function meaning(code: string, inTheWay: ErrorKind): readonly [ErrorKind, ErrorDetails?] {
  if (code === "ENOTDIR" || code === "EISDIR")
    return inTheWay === "conflict" ? [inTheWay, { reason: "in-the-way" }] : [inTheWay];
  return meanings.get(code) ?? ["unexpected"];
}

const shareIsGone = ["unreachable"] as const;
const meanings: ReadonlyMap<string, readonly [ErrorKind, ErrorDetails?]> = new Map<
  string,
  readonly [ErrorKind, ErrorDetails?]
>([
  ["ENOENT", ["not-found"]],
  ["EEXIST", ["conflict"]],
  ["ENOTEMPTY", ["conflict"]],
  ["EACCES", ["denied", { reason: "file-rights" }]],
  ["EPERM", ["denied", { reason: "file-rights" }]],
  ["EROFS", ["denied", { reason: "read-only-disk" }]],
  ["ELOOP", ["denied"]],
  ["ENOSPC", ["full", { reason: "disk-full" }]],
  ["EDQUOT", ["full", { reason: "disk-full" }]],
  // Larger than any file may be on this disk: 4 GiB on FAT.
  ["EFBIG", ["unsupported"]],
  ["ENAMETOOLONG", ["invalid", { reason: "invalid-name" }]],
  ["EILSEQ", ["invalid", { reason: "invalid-name" }]],
  ["EINVAL", ["invalid", { reason: "invalid-name" }]],
  ["EMFILE", ["throttled"]],
  ["ENFILE", ["throttled"]],
  ["EAGAIN", ["throttled"]],
  // Windows says so while another program, often a virus scanner, has the file open.
  ["EBUSY", shareIsGone],
  ["EIO", shareIsGone],
  ["ESTALE", shareIsGone],
  ["ENODEV", shareIsGone],
  ["ENXIO", shareIsGone],
  ["ENOTCONN", shareIsGone],
  ["ECONNABORTED", shareIsGone],
  ["ECONNRESET", shareIsGone],
  ["EHOSTDOWN", shareIsGone],
  ["EHOSTUNREACH", shareIsGone],
  ["ENETUNREACH", shareIsGone],
  ["ETIMEDOUT", ["unreachable", { reason: "timeout" }]],
]);
