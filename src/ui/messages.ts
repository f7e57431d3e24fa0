/**
 * The one door to the words for an error: what happened, to what, and what to do. Those of storages
 * are next door, in `storageMessages.ts`; no other file words an error.
 */
import { SealedTextError } from "../base/sealedText.ts";
import { isRepositoryError, type RepositoryError } from "../engine/errors.ts";
import { isHidden } from "../engine/disk/placing.ts";
import { isStorageError } from "../storage/errors.ts";
import { storageMessage, type Remedy } from "./storageMessages.ts";
import { capitalised, inert, type Translate } from "./words.ts";

export interface Button {
  readonly title: string;
  readonly remedy: Remedy;
}

export interface Message {
  readonly text: string;
  /** The same in a few words, for where there is room for no more. */
  readonly headline?: string;
  /** The service's own words, for the log and behind "Details". */
  readonly detail?: string;
  /** The one likely fix first. */
  readonly buttons: readonly Button[];
}

/** The sentence for `error`; nothing for a cancel, which the user knows of. */
export function explain(error: unknown, t: Translate): Message | undefined {
  if (isCancel(error)) return undefined;
  const message = worded(error, t);
  // Names and servers' own words are part of it.
  return { ...message, text: inert(message.text) };
}

function worded(error: unknown, t: Translate): Message {
  const detail = detailOf(error);
  if (isStorageError(error)) {
    const { text, headline, remedies } = storageMessage(error, t);
    return { detail, text, headline, buttons: buttons(t, ...remedies, "show-log") };
  }
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
  EDQUOT: (_, __, t) => t("The disk is full. Make room, then try again."),
  EROFS: (what, _, t) => t("{0} lies on a disk that cannot be written to.", what),
};

function localText(error: unknown, t: Translate): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const named = "path" in error && typeof error.path === "string" ? error.path : "";
  // What a download writes to at first is nobody's business, unlike the folder it lies in.
  const path = isHidden(named) ? named.replace(/[\\/][^\\/]*$/, "") : named;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  const text = Object.hasOwn(localTexts, code) ? localTexts[code] : undefined;
  const what = path === "" ? t("the file") : t("“{0}”", path);
  return text && capitalised(text(what, error.message, t));
}

/** The sentence for what the system said of one file among many, such as "EACCES: …, open '/x'". */
export function explainFile(message: string, t: Translate): string {
  const [, code = "", path = ""] = /^(E[A-Z]+): [^']*(?:'(.*)')?$/s.exec(message) ?? [];
  return inert(localText(Object.assign(new Error(message), { code, path }), t) ?? message);
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
