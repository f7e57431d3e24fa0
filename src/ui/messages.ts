// Long because no other file words an error.
/**
 * The one place that words an error: what happened, to what, and what to do. Every kind and every
 * cause must have its words, or this does not compile.
 */
import { SealedTextError } from "../base/sealedText.ts";
import { isRepositoryError, type RepositoryError } from "../engine/errors.ts";
import {
  isStorageError,
  type ErrorCause,
  type ErrorKind,
  type StorageError,
} from "../storage/errors.ts";
import type { Translate } from "./words.ts";

/** What a button under a message does. */
export type Remedy = "retry" | "refresh" | "edit-connection" | "show-log";

export interface Button {
  readonly title: string;
  readonly remedy: Remedy;
}

export interface Message {
  readonly text: string;
  /** The service's own words, for the log and behind "Details". */
  readonly detail?: string;
  /** The one likely fix first. */
  readonly buttons: readonly Button[];
}

/** The sentence for `error`; nothing for a cancel, which the user knows of. */
export function explain(error: unknown, t: Translate): Message | undefined {
  if (isCancel(error)) return undefined;
  const detail = detailOf(error);
  if (isStorageError(error)) return { detail, ...storageMessage(error, t) };
  if (isRepositoryError(error))
    return { detail, text: repositoryText(error, t), buttons: buttons(t, "show-log") };
  if (error instanceof SealedTextError)
    return { detail, text: sealedText(error, t), buttons: buttons(t, "show-log") };
  const local = localText(error, t);
  if (local !== undefined) return { text: local, detail, buttons: buttons(t, "show-log") };
  return {
    text: t("Something unexpected happened. The log has the details."),
    detail,
    buttons: buttons(t, "show-log"),
  };
}

/** Whether `error` says no more than that somebody has called the work off. */
export function isCancel(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "Canceled");
}

/** Error and its place in words: `where` the connection, `what` the object, `why` the driver's words. */
interface Words {
  readonly where: string;
  readonly what: string;
  readonly why: string;
  readonly error: StorageError;
  readonly t: Translate;
}
type Sentence = readonly [remedy: Remedy, text: (words: Words) => string];

function storageMessage(error: StorageError, t: Translate): Omit<Message, "detail"> {
  const { reason } = error.details;
  const [remedy, text] = reason === undefined ? kinds[error.kind] : causes[reason];
  const { connection, key } = error.place ?? {};
  const where = connection ? t("“{0}”", connection) : t("the storage");
  const what = key ? t("“{0}”", key) : where;
  const why = error.message.replace(/[.\s]+$/, "");
  return {
    text: capitalised(text({ where, what, why, error, t })),
    buttons: buttons(t, remedy, "show-log"),
  };
}

/** Where the driver knows the particular cause, the sentence names what to change. */
const causes: Readonly<Record<ErrorCause, Sentence>> = {
  "wrong-secret": [
    "edit-connection",
    ({ where, t }) => t("{0} does not accept the secret. Check the secret key or password.", where),
  ],
  "wrong-user": [
    "edit-connection",
    ({ where, t }) =>
      t("{0} does not know this user or access key. Check that it is complete.", where),
  ],
  expired: [
    "edit-connection",
    ({ where, t }) => t("The access to {0} has expired. Enter a new key or session token.", where),
  ],
  "profile-signed-out": [
    "retry",
    ({ where, error, t }) =>
      t(
        "The sign-in behind {0} has run out. Run “aws sso login --profile {1}” in a terminal, then try again.",
        where,
        error.details.subject ?? "default",
      ),
  ],
  "profile-unusable": [
    "edit-connection",
    ({ where, why, error, t }) =>
      t(
        "The AWS profile “{0}” gives no key for {1}: {2}.",
        error.details.subject ?? "default",
        where,
        why,
      ),
  ],
  "clock-skew": [
    "retry",
    ({ where, t }) =>
      t(
        "{0} refused the request because this computer's clock is wrong. Set its date and time, then try again.",
        where,
      ),
  ],
  "no-container": [
    "edit-connection",
    ({ where, t }) =>
      t("{0} has no such bucket or folder. Check the name, or create it first.", where),
  ],
  "unlisted-container": [
    "edit-connection",
    ({ where, t }) =>
      t("The key may not list the buckets of {0}. Name one that it may use.", where),
  ],
  "wrong-region": [
    "edit-connection",
    ({ where, t }) => t("The bucket on {0} lives in another region. Change the region.", where),
  ],
  "untrusted-certificate": [
    "edit-connection",
    ({ where, t }) =>
      t(
        "The certificate of {0} is not trusted on this computer. Install the authority that signed it, or turn off the certificate check of the connection if you know the server.",
        where,
      ),
  ],
  "unknown-host": [
    "edit-connection",
    ({ where, t }) => t("The server of {0} cannot be found by its name. Check the address.", where),
  ],
  refused: [
    "retry",
    ({ where, t }) =>
      t(
        "Nothing answers at the address of {0}. Check the address and port, and that the server runs.",
        where,
      ),
  ],
  timeout: [
    "retry",
    ({ where, t }) =>
      t("{0} did not answer in time. Check the network, or raise the timeout.", where),
  ],
  redirect: [
    "edit-connection",
    ({ where, t }) =>
      t("{0} sends us to another address. Check the address and the region.", where),
  ],
  "not-this-protocol": [
    "edit-connection",
    ({ where, t }) =>
      t(
        "Something answers at the address of {0}, but not as this kind of storage does. Check the address and its path.",
        where,
      ),
  ],
  "disk-full": [
    "retry",
    ({ where, error, t }) =>
      error.place
        ? t("The disk of {0} is full. Make room, then try again.", where)
        : t("A disk of this computer is full. Make room, then try again."),
  ],
  "read-only-disk": [
    "retry",
    ({ where, error, t }) =>
      error.place
        ? t("The disk of {0} cannot be written to. Make it writable, or choose another.", where)
        : t("That disk of this computer cannot be written to. Choose a folder on another."),
  ],
  "file-rights": [
    "retry",
    ({ where, t }) =>
      t(
        "This computer does not let you do this in the folder of {0}. Change the rights of the folder, then try again.",
        where,
      ),
  ],
  "read-only": [
    "edit-connection",
    ({ where, t }) =>
      t("{0} is marked read-only, so nothing was changed. Allow writing in the connection.", where),
  ],
  exists: [
    "refresh",
    ({ what, t }) => t("{0} is there already. Choose another name, or delete it first.", what),
  ],
  archived: [
    "show-log",
    ({ what, t }) =>
      t(
        "{0} lies in an archive and cannot be read at once. Choose “Request from Archive…” on it; hours later it can be.",
        what,
      ),
  ],
  "folders-only": [
    "show-log",
    ({ where, t }) =>
      t("The topmost folder of {0} takes folders only. Choose or make a folder in it.", where),
  ],
  "invalid-name": [
    "show-log",
    ({ where, what, t }) =>
      t("{0} cannot be the name of anything in {1}. Choose another name.", what, where),
  ],
};

const kinds: Readonly<Record<ErrorKind, Sentence>> = {
  "not-found": [
    "refresh",
    ({ what, t }) => t("{0} is no longer there. Refresh to see what is.", what),
  ],
  conflict: [
    "refresh",
    ({ what, t }) => t("{0} was changed by someone else meanwhile. Refresh, then try again.", what),
  ],
  "signed-out": [
    "edit-connection",
    ({ where, t }) =>
      t("{0} does not let us in. Check the user, key or password of the connection.", where),
  ],
  denied: ["edit-connection", refusal],
  invalid: [
    "edit-connection",
    ({ where, why, t }) => t("The connection to {0} cannot work: {1}.", where, why),
  ],
  unsupported: ["show-log", ({ where, why, t }) => t("{0} cannot do this: {1}.", where, why)],
  throttled: [
    "retry",
    ({ where, t }) => t("{0} asks us to slow down. Wait a little, then try again.", where),
  ],
  full: [
    "retry",
    ({ where, t }) =>
      t("{0} is full. Delete something there, or get more space, then try again.", where),
  ],
  unreachable: [
    "retry",
    ({ where, t }) =>
      t("{0} cannot be reached. Check the network and the address, then try again.", where),
  ],
  corrupt: [
    "retry",
    ({ what, t }) =>
      t("{0} arrived damaged. Try again; if that does not help, the stored copy is.", what),
  ],
  unexpected: [
    "show-log",
    ({ where, t }) =>
      t("{0} gave an answer that Offsite does not understand. The log has it.", where),
  ],
};

/** What a key is not allowed to do depends on what was tried. */
function refusal({ where, error, t }: Words): string {
  switch (error.place?.operation) {
    case "list":
      return t(
        "{0} does not allow this key or user to list. Use another one, or another folder.",
        where,
      );
    case "write":
    case "copy":
    case "makeFolder":
      return t(
        "{0} does not allow this key or user to write. Use another, or mark the connection read-only.",
        where,
      );
    case "delete":
      return t("{0} does not allow this key or user to delete. Use another.", where);
    case "read":
    case "stat":
    case "extra":
    case undefined:
      return t("{0} does not allow this. Use a key or user with more rights.", where);
  }
}

function repositoryText({ kind, details }: RepositoryError, t: Translate): string {
  switch (kind) {
    case "locked":
      return details.holder
        ? t(
            "The repository is in use by {0} on {1}. Try again when that has ended.",
            details.holder.username,
            details.holder.hostname,
          )
        : t("The repository is in use by someone else. Try again when that has ended.");
    case "wrong-passphrase":
      return t("The passphrase does not open this repository. Check it and try again.");
    case "not-a-repository":
      return t("There is no repository in this folder. Choose another, or create one here.");
    case "exists":
      return t("There is a repository in this folder already. Open it, or choose another.");
    case "too-new":
      return t("The repository was made by a newer program. Update Offsite to use it.");
    case "damaged":
      return damageText(details.file, t);
    case "read-only":
      return t("The connection is read-only. Allow it to write, then try again.");
    case "lost-lock":
      return t("The lock on the repository was lost, so the work was stopped. Start again.");
    case "unsettled":
      return t(
        "The storage's list of files does not show everything yet, so nothing was deleted. Try again in a few minutes.",
      );
  }
}

/** What is lost, and what is not. Nobody needs all 64 digits of a file's name. */
function damageText(file: string | undefined, t: Translate): string {
  if (file === undefined)
    return t("The repository is damaged. Nothing was changed. “restic check” says what is wrong.");
  const short = file.replace(/[0-9a-f]{64}/, (name) => name.slice(0, 8));
  return file === "config" || file.startsWith("keys")
    ? t(
        "The repository is damaged: {0}, without which it cannot be opened. Nothing was changed. Put it back from a copy.",
        short,
      )
    : t(
        "The repository is damaged: {0}. Nothing was changed. What does not need that file can still be restored; “restic check” says what does.",
        short,
      );
}

function sealedText({ kind }: SealedTextError, t: Translate): string {
  switch (kind) {
    case "wrong-passphrase":
      return t("The passphrase does not open this file. Check it and try again.");
    case "not-sealed":
      return t("This is not a file that Offsite has exported. Choose another.");
    case "too-new":
      return t("The file was exported by a newer Offsite. Update Offsite to import it.");
    case "damaged":
      return t("The file is damaged, or was changed since it was exported. Nothing was imported.");
  }
}

/** What can go wrong with a file of this computer, by the error's code or name. */
const localTexts: Readonly<Record<string, (what: string, why: string, t: Translate) => string>> = {
  UnsafeNameError: (_, why, t) => t("It was left out: {0}.", why),
  LocalFileError: (_, why, t) => t("Nothing was written: {0}.", why),
  NotReadableError: (_, __, t) => t("The file changed while it was being read. Try again."),
  ENOENT: (what, _, t) => t("{0} is not there.", what),
  EACCES: (what, _, t) => t("You may not read or write {0}.", what),
  EPERM: (what, _, t) => t("You may not read or write {0}.", what),
  ENOSPC: (_, __, t) => t("The disk is full. Make room, then try again."),
  EROFS: (what, _, t) => t("{0} lies on a disk that cannot be written to.", what),
};

function localText(error: unknown, t: Translate): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : "";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  const text = Object.hasOwn(localTexts, code) ? localTexts[code] : undefined;
  const what = path === "" ? t("the file") : t("“{0}”", path);
  return text && capitalised(text(what, error.message, t));
}

/** The sentence for what the system said of one file among many, such as "EACCES: …, open '/x'". */
export function explainFile(message: string, t: Translate): string {
  const [, code = "", path = ""] = /^(E[A-Z]+): [^']*(?:'(.*)')?$/s.exec(message) ?? [];
  return localText(Object.assign(new Error(message), { code, path }), t) ?? message;
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const kind = isStorageError(error) || isRepositoryError(error) ? error.kind : error.name;
  return `${kind}: ${error.message}`;
}

function buttons(t: Translate, ...remedies: readonly Remedy[]): readonly Button[] {
  return [...new Set(remedies)].map((remedy) => ({ remedy, title: titleOf(remedy, t) }));
}

function titleOf(remedy: Remedy, t: Translate): string {
  switch (remedy) {
    case "retry":
      return t("Retry");
    case "refresh":
      return t("Refresh");
    case "edit-connection":
      return t("Edit Connection");
    case "show-log":
      return t("Show Log");
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
