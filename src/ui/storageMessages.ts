/**
 * The words for what went wrong with a storage. Every kind and every cause must have them, or this
 * does not compile.
 */
import type { ErrorCause, ErrorKind, StorageError } from "../storage/errors.ts";
import { capitalised, duration, type Translate, visible } from "./words.ts";

/** What a button under a message does. */
export type Remedy = "retry" | "refresh" | "edit-connection" | "show-log";

/** Error and its place in words: `where` the connection, `what` the object, `why` the driver's words. */
interface Words {
  readonly where: string;
  readonly what: string;
  readonly why: string;
  readonly error: StorageError;
  readonly t: Translate;
}
type Sentence = readonly [
  remedy: Remedy,
  headline: (t: Translate, error: StorageError) => string,
  text: (words: Words) => string,
];

/** What to say of a storage's error. */
export function storageMessage(
  error: StorageError,
  t: Translate,
): { readonly text: string; readonly headline: string; readonly remedies: readonly Remedy[] } {
  const { reason } = error.details;
  const [remedy, headline, text] = reason === undefined ? kinds[error.kind] : causes[reason];
  const { connection, key } = error.place ?? {};
  const where = connection ? t("“{0}”", connection) : t("the storage");
  const what = key ? t("“{0}”", visible(key)) : where;
  const why = error.message.replace(/[.\s]+$/, "");
  return {
    text: capitalised(text({ where, what, why, error, t })),
    headline: headline(t, error),
    // A folder of this computer comes back with its disk, more often than it is another one.
    remedies: error.details.field === "path" ? ["retry", remedy] : [remedy],
  };
}

/** Where the driver knows the particular cause, the sentence names what to change. */
const causes: Readonly<Record<ErrorCause, Sentence>> = {
  "wrong-secret": [
    "edit-connection",
    (t) => t("Secret not accepted"),
    ({ where, t }) => t("{0} does not accept the secret. Check the secret key or password.", where),
  ],
  "wrong-user": [
    "edit-connection",
    (t) => t("Unknown user or key"),
    ({ where, t }) =>
      t("{0} does not know this user or access key. Check that it is complete.", where),
  ],
  expired: [
    "edit-connection",
    (t) => t("Access has expired"),
    ({ where, t }) => t("The access to {0} has expired. Enter a new key or session token.", where),
  ],
  "profile-signed-out": [
    "retry",
    (t) => t("Sign-in has run out"),
    ({ where, error, t }) =>
      t(
        "The sign-in behind {0} has run out. Run “aws sso login --profile {1}” in a terminal, then try again.",
        where,
        error.details.subject ?? "default",
      ),
  ],
  "profile-unusable": [
    "edit-connection",
    (t) => t("The profile gives no key"),
    ({ where, why, error, t }) =>
      t(
        "The AWS profile “{0}” gives no key for {1}: {2}.",
        error.details.subject ?? "default",
        where,
        why,
      ),
  ],
  "clock-skew": ["retry", (t) => t("This computer's clock is wrong"), clockText],
  "no-container": [
    "edit-connection",
    (t, error) => (error.details.field === "bucket" ? t("No such bucket") : t("No such folder")),
    missingContainer,
  ],
  "unlisted-container": [
    "edit-connection",
    (t) => t("May not list buckets"),
    ({ where, t }) =>
      t("The key may not list the buckets of {0}. Name one that it may use.", where),
  ],
  "wrong-region": [
    "edit-connection",
    (t) => t("Wrong region"),
    ({ where, t }) => t("The bucket on {0} lives in another region. Change the region.", where),
  ],
  "untrusted-certificate": [
    "edit-connection",
    (t) => t("Certificate not trusted"),
    ({ where, t }) =>
      t(
        "The certificate of {0} is not trusted on this computer. Install the authority that signed it, or turn off the certificate check of the connection if you know the server.",
        where,
      ),
  ],
  "unknown-host": [
    "edit-connection",
    (t) => t("Server not found"),
    ({ where, t }) => t("The server of {0} cannot be found by its name. Check the address.", where),
  ],
  refused: [
    "retry",
    (t) => t("Nothing answers"),
    ({ where, t }) =>
      t(
        "Nothing answers at the address of {0}. Check the address and port, and that the server runs.",
        where,
      ),
  ],
  timeout: [
    "retry",
    (t) => t("No answer in time"),
    ({ where, t }) =>
      t("{0} did not answer in time. Check the network, or raise the timeout.", where),
  ],
  redirect: [
    "edit-connection",
    (t) => t("Sent to another address"),
    ({ where, t }) =>
      t("{0} sends us to another address. Check the address and the region.", where),
  ],
  "closed-address": [
    "edit-connection",
    (t) => t("Not served at this address"),
    ({ where, t }) =>
      t(
        "{0} does not serve this account's objects at its public address. Alibaba Cloud closes it to accounts opened since March 2025, for buckets in mainland China. Bind a domain to the bucket, and enter it as the connection's endpoint.",
        where,
      ),
  ],
  "not-this-protocol": [
    "edit-connection",
    (t) => t("Another kind of server"),
    ({ where, t }) =>
      t(
        "Something answers at the address of {0}, but not as this kind of storage does. Check the address and its path.",
        where,
      ),
  ],
  "disk-full": [
    "retry",
    (t) => t("The disk is full"),
    ({ where, error, t }) =>
      error.place
        ? t("The disk of {0} is full. Make room, then try again.", where)
        : t("A disk of this computer is full. Make room, then try again."),
  ],
  "read-only-disk": [
    "retry",
    (t) => t("The disk cannot be written to"),
    ({ where, error, t }) =>
      error.place
        ? t("The disk of {0} cannot be written to. Make it writable, or choose another.", where)
        : t("That disk of this computer cannot be written to. Choose a folder on another."),
  ],
  "file-rights": [
    "retry",
    (t) => t("Not allowed on this computer"),
    ({ where, t }) =>
      t(
        "This computer does not let you do this in the folder of {0}. Change the rights of the folder, then try again.",
        where,
      ),
  ],
  "read-only": [
    "edit-connection",
    (t) => t("Read-only"),
    ({ where, t }) =>
      t("{0} is marked read-only, so nothing was changed. Allow writing in the connection.", where),
  ],
  "in-the-way": [
    "refresh",
    (t) => t("Something is in the way"),
    ({ what, t }) =>
      t(
        "{0} cannot be put there: a file lies where a folder has to be, or a folder where a file has to. Rename one of them, then try again.",
        what,
      ),
  ],
  exists: [
    "refresh",
    (t) => t("There already"),
    ({ what, t }) => t("{0} is there already. Choose another name, or delete it first.", what),
  ],
  "damaged-removed": [
    "retry",
    (t) => t("Damaged on its way"),
    ({ what, t }) =>
      t("{0} was damaged on its way, and was removed again. Try it once more.", what),
  ],
  "damaged-left": [
    "retry",
    (t) => t("Damaged on its way"),
    ({ what, t }) =>
      t(
        "What lies at {0} now was damaged on its way there. Transfer it once more and choose “Replace”.",
        what,
      ),
  ],
  archived: [
    "show-log",
    (t) => t("Archived"),
    ({ what, t }) =>
      t(
        "{0} lies in an archive and cannot be read at once. Choose “Request from Archive…” on it; hours later it can be.",
        what,
      ),
  ],
  "folders-only": [
    "show-log",
    (t) => t("Takes folders only"),
    ({ where, t }) =>
      t("The topmost folder of {0} takes folders only. Choose or make a folder in it.", where),
  ],
  "other-kind": [
    "edit-connection",
    (t) => t("Another kind of bucket"),
    ({ error, t }) =>
      t(
        "Offsite cannot reach what belongs to {0}. Use an ordinary bucket, or an access point in one region.",
        error.details.subject ?? "",
      ),
  ],
  "invalid-name": [
    "show-log",
    (t) => t("Impossible name"),
    ({ where, what, t }) =>
      t("{0} cannot be the name of anything in {1}. Choose another name.", what, where),
  ],
};

const kinds: Readonly<Record<ErrorKind, Sentence>> = {
  "not-found": [
    "refresh",
    (t) => t("No longer there"),
    ({ what, t }) => t("{0} is no longer there. Refresh to see what is.", what),
  ],
  conflict: [
    "refresh",
    (t) => t("Changed by someone else"),
    ({ what, t }) => t("{0} was changed by someone else meanwhile. Refresh, then try again.", what),
  ],
  "signed-out": [
    "edit-connection",
    (t) => t("Not let in"),
    ({ where, t }) =>
      t("{0} does not let us in. Check the user, key or password of the connection.", where),
  ],
  denied: ["edit-connection", (t) => t("Not allowed"), refusal],
  invalid: [
    "edit-connection",
    (t) => t("Cannot work"),
    ({ where, why, t }) => t("The connection to {0} cannot work: {1}.", where, why),
  ],
  unsupported: [
    "show-log",
    (t) => t("Cannot be done here"),
    ({ where, why, t }) => t("{0} cannot do this: {1}.", where, why),
  ],
  throttled: [
    "retry",
    (t) => t("Asked to slow down"),
    ({ where, t }) => t("{0} asks us to slow down. Wait a little, then try again.", where),
  ],
  full: [
    "retry",
    (t) => t("Full"),
    ({ where, t }) =>
      t("{0} is full. Delete something there, or get more space, then try again.", where),
  ],
  unreachable: [
    "retry",
    (t, { details: { status = 0 } }) =>
      status >= 500 ? t("Server in trouble") : t("Cannot be reached"),
    unreached,
  ],
  corrupt: [
    "retry",
    (t) => t("Damaged"),
    ({ what, where, error, t }) =>
      // Only a server that looked at what it was sent gives a status.
      error.details.status === undefined
        ? t("{0} arrived damaged. Try again; if that does not help, the stored copy is.", what)
        : t(
            "{0} was damaged on its way and refused by {1}, so nothing was replaced. Try again; if that does not help, look at the network and the proxy.",
            what,
            where,
          ),
  ],
  unexpected: [
    "show-log",
    (t) => t("Strange answer"),
    ({ where, t }) =>
      t("{0} gave an answer that Offsite does not understand. The log has it.", where),
  ],
};

/** What is missing is told by what names it: a path of this computer, an address, a bucket's name. */
function missingContainer({ where, error: { details }, t }: Words): string {
  if (details.field === "path")
    return t(
      "The folder of {0} is not there. Check that its disk or share is connected, then its path.",
      where,
    );
  return details.field === "url"
    ? t("{0} has no folder at this address. Check the path in it.", where)
    : t("{0} has no such bucket. Check the name, or create it first.", where);
}

/** A server that answers with its own trouble is not to be looked for in the network. */
function unreached({ where, error, t }: Words): string {
  const { status = 0 } = error.details;
  return status >= 500
    ? t("{0} has trouble of its own at the moment (HTTP {1}). Try again later.", where, status)
    : t("{0} cannot be reached. Check the network and the address, then try again.", where);
}

/** What a key is not allowed to do depends on what was tried. */
function refusal({ where, what, error, t }: Words): string {
  switch (error.place?.operation) {
    case "list":
      return t(
        "{0} does not allow this key or user to list. Use another, or another folder.",
        where,
      );
    case "write":
    case "copy":
    case "move":
    case "makeFolder":
      return t(
        "{0} does not allow this key or user to write. Use another, or mark the connection read-only.",
        where,
      );
    case "delete":
      return t("{0} does not allow this key or user to delete. Use another.", where);
    case "read":
    case "stat":
      return t("{0} does not allow this key or user to read {1}. Use another.", where, what);
    case "extra":
    case undefined:
      return t("{0} does not allow this. Use a key or user with more rights.", where);
  }
}

/** Under a minute, it is not the difference of the clocks that is wrong. */
function clockText({ where, error, t }: Words): string {
  const { clockOffsetMs = 0 } = error.details;
  if (Math.abs(clockOffsetMs) < 60_000)
    return t(
      "{0} refused the request because this computer's clock is wrong. Set its date and time, then try again.",
      where,
    );
  const off = duration(t, Math.abs(clockOffsetMs));
  return clockOffsetMs > 0
    ? t(
        "{0} refused the request because this computer's clock is {1} slow. Set its date and time, then try again.",
        where,
        off,
      )
    : t(
        "{0} refused the request because this computer's clock is {1} fast. Set its date and time, then try again.",
        where,
        off,
      );
}
