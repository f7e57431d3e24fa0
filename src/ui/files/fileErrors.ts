/** Failures in the terms of VS Code's file systems, with our sentences; read-only ones share what they refuse. */
import { FileSystemError, l10n, type Uri } from "vscode";
import { SaveConflict } from "../../app/files/editing.ts";
import { isMissing, RemoteFileError } from "../../app/files/refusals.ts";
import { isStorageError, type ErrorKind } from "../../storage/errors.ts";
import { explain } from "../messages.ts";

/** What a file system that cannot be changed answers to whoever tries. */
export function refuse(uri: Uri): never {
  throw FileSystemError.NoPermissions(uri);
}

/** Says a failure of `work` in VS Code's terms; `target` is what it would write, if that is another. */
export async function translated<T>(uri: Uri, work: () => Promise<T>, target = uri): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfTarget =
      (isStorageError(error) && error.details.reason === "exists") ||
      (error instanceof RemoteFileError && /^(is|not)-folder$/.test(error.kind));
    throw fileSystemError(isOfTarget ? target : uri, error);
  }
}

function fileSystemError(uri: Uri, error: unknown): unknown {
  if (error instanceof RemoteFileError) return refusal(uri, error);
  if (error instanceof SaveConflict) return FileSystemError.Unavailable(conflictText(error));
  if (!isStorageError(error)) {
    const text = explain(error, l10n.t)?.text;
    return error instanceof FileSystemError || text === undefined
      ? error
      : FileSystemError.Unavailable(text);
  }
  // VS Code acts on these two by their code; what it says then is its own.
  if (isMissing(error)) return FileSystemError.FileNotFound(uri);
  if (error.details.reason === "exists") return FileSystemError.FileExists(uri);
  return errors[error.kind](explain(error, l10n.t)?.text ?? error.message);
}

function refusal(uri: Uri, { kind }: RemoteFileError): FileSystemError {
  switch (kind) {
    case "is-folder":
      return FileSystemError.FileIsADirectory(uri);
    case "not-folder":
      return FileSystemError.FileNotADirectory(uri);
    case "not-empty":
      return FileSystemError.Unavailable(l10n.t("The folder is not empty."));
    case "too-large":
      return FileSystemError.Unavailable(
        l10n.t("It is too large for an editor. Download it instead."),
      );
    case "holds-containers":
      return FileSystemError.NoPermissions(
        l10n.t("Here are buckets. Files and folders can only be made, moved or deleted in one."),
      );
    case "is-top":
      return FileSystemError.NoPermissions(
        l10n.t("This is the top of the connection. It cannot be moved or deleted."),
      );
  }
}

function conflictText({ kind }: SaveConflict): string {
  switch (kind) {
    case "changed":
      return l10n.t(
        "It was changed by someone else a moment ago. Nothing was overwritten. Save again to compare both.",
      );
    case "deleted":
      return l10n.t("It was deleted by someone else meanwhile.");
  }
}

const errors: Readonly<Record<ErrorKind, (text: string) => FileSystemError>> = {
  // A container or a share is: what VS Code would take for a file that was deleted.
  "not-found": (text) => FileSystemError.Unavailable(text),
  conflict: (text) => FileSystemError.Unavailable(text),
  "signed-out": (text) => FileSystemError.NoPermissions(text),
  denied: (text) => FileSystemError.NoPermissions(text),
  invalid: (text) => FileSystemError.Unavailable(text),
  unsupported: (text) => FileSystemError.Unavailable(text),
  throttled: (text) => FileSystemError.Unavailable(text),
  full: (text) => FileSystemError.Unavailable(text),
  unreachable: (text) => FileSystemError.Unavailable(text),
  corrupt: (text) => FileSystemError.Unavailable(text),
  unexpected: (text) => FileSystemError.Unavailable(text),
};
