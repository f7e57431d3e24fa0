/** What was found on this computer, and why some of it cannot be used, in words. Pure. */
import type { Source, UnusableConnection } from "../../app/imports/found.ts";
import type { Unreadable } from "../../app/imports/search.ts";
import { type Translate, visibleChoice } from "../words.ts";

/** The program that has it. */
export function sourceName(source: Source, t: Translate): string {
  switch (source) {
    case "aws":
      return t("AWS profile");
    case "environment":
      return t("environment");
    case "rclone":
      return "rclone";
    case "s3cmd":
      return "s3cmd";
    case "minio-client":
      return t("MinIO client");
    case "cyberduck":
      return "Cyberduck";
    case "netrc":
      return t("passwords by host");
    case "workspace":
      return t("file of this workspace");
    case "offsite":
      return "Offsite";
  }
}

export function unusableText(
  { reason, protocol = "" }: Pick<UnusableConnection, "reason" | "protocol">,
  t: Translate,
): string {
  switch (reason) {
    case "needs-sign-in":
      return t("Asks for a second factor, or takes its key from elsewhere.");
    case "no-key":
      return t("Has no access key.");
    case "master-key":
      return t("Holds the account's master key, which S3 does not take. Make an application key.");
    case "other-protocol":
      return protocol === ""
        ? t("Is neither S3 nor WebDAV nor a folder.")
        : t("Uses {0}. Offsite knows S3, WebDAV and folders.", visibleChoice(protocol));
    case "whole-computer":
      return t("Stands for the whole computer. Add the folder you want to use.");
    case "elsewhere":
      return t("Points at something that cannot be imported.");
    case "bad-address":
      return t("Its address is missing, or cannot be used.");
    case "newer-provider":
      return t("Needs a newer Offsite.");
  }
}

export function unreadableText({ reason, line }: Unreadable, t: Translate): string {
  switch (reason) {
    case "malformed":
      return line === undefined
        ? t("Cannot be understood.")
        : t("Line {0} cannot be understood. Correct it there, then import again.", line);
    case "no-settings":
      return t("Is no file of settings: it is too large for one, or no plain file.");
    case "not-readable":
      return t("Cannot be read. Check that you may open it.");
    case "locked":
      return t("Is encrypted, and was not opened.");
  }
}

/** What a connection still lacks or repeats, as sentences. */
export function remarks(
  one: {
    readonly missing?: string | undefined;
    readonly saved?: string | undefined;
    readonly temporary: boolean;
  },
  t: Translate,
): readonly string[] {
  return [
    ...(one.saved === undefined ? [] : [t("added already as “{0}”", one.saved)]),
    ...(one.missing === undefined ? [] : [t("without its secret")]),
    ...(one.temporary ? [t("a temporary key, which will expire")] : []),
  ];
}

/** What has come of it. */
export function addedText(
  names: readonly string[],
  incomplete: readonly string[],
  t: Translate,
): string {
  const [first = ""] = names;
  const added =
    names.length === 1
      ? t("“{0}” is added.", first)
      : t("{0} connections are added.", names.length);
  const [open] = incomplete;
  if (open === undefined) return added;
  const lacking =
    incomplete.length === 1
      ? t("“{0}” still needs its secret.", open)
      : t("{0} of them still need their secret.", incomplete.length);
  return `${added} ${lacking}`;
}
