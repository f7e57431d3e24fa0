/** What went wrong on the way to a server, in our words. */
import { type ErrorDetails, type ErrorKind, StorageError } from "../errors.ts";
import { redacted } from "./answers.ts";

/** What is to be thrown where the network has failed with `error`; `field` is named where the address seems wrong. */
export function failureToReach(url: string, error: unknown, addressField: string): unknown {
  // What is behind the body has changed or vanished: the caller's affair, not this network's.
  const own = causes(error).find(
    (each) => each.name === "NotReadableError" || each instanceof StorageError,
  );
  if (own) return own;
  const codes = codesOf(error);
  const message = `${hostOf(url)}: ${codes.join(", ")}`;
  const found = networkFailures.find(({ code }) => codes.some((each) => code.test(each)));
  if (!found) return new StorageError("unreachable", `broken off, ${message}`, { cause: error });
  const { kind = "unreachable", reason, retryable, field = addressField } = found;
  return new StorageError(kind, message, {
    field,
    cause: error,
    ...(reason !== undefined && { reason }),
    ...(retryable !== undefined && { retryable }),
  });
}

/** What `fetch` and Node say, in the order in which it is to be believed. */
const networkFailures: readonly (Pick<ErrorDetails, "reason" | "retryable" | "field"> & {
  readonly code: RegExp;
  readonly kind?: ErrorKind;
})[] = [
  {
    code: /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    reason: "untrusted-certificate",
    retryable: false,
    field: "verifyTls",
  },
  { code: /^(ENOTFOUND|EAI_)/, reason: "unknown-host" },
  { code: /^ECONNREFUSED$/, reason: "refused" },
  { code: /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/, reason: "timeout" },
  { code: /^(ERR_SSL_|EPROTO$|HPE_)/, reason: "not-this-protocol", retryable: false },
  { code: /^(ERR_INVALID_URL|bad port|unknown scheme)$/, kind: "invalid" },
];

function codesOf(error: unknown): string[] {
  const codes = causes(error).flatMap((each) => ("code" in each ? [String(each.code)] : []));
  return codes.length > 0
    ? codes
    : causes(error)
        .map(({ message }) => redacted(message))
        .slice(-1);
}

/** The error, its causes, and theirs; `fetch` hides the network's word one or two levels down. */
function causes(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return [error, ...inner.flatMap((each) => causes(each, depth + 1))];
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the server";
}
