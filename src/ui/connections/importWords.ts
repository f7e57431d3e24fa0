/** What was found on this computer, and why some of it cannot be used, in words. Pure. */
import type { Source, UnusableConnection } from "../../app/imports/found.ts";
import type { Unreadable } from "../../app/imports/search.ts";
import { type Translate, visible } from "../words.ts";

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
  return reason === "other-protocol" ? otherProtocolText(protocol, t) : reasonTexts(t)[reason];
}

/** Says what can be done instead, where there is something. */
function otherProtocolText(protocol: string, t: Translate): string {
  if (protocol === "") return t("Is neither S3 nor WebDAV nor a folder.");
  if (/^s?ftp$/i.test(protocol))
    return t(
      "Uses {0}. Add its WebDAV instead, or its folder if it is mounted here.",
      protocol.toUpperCase(),
    );
  return t("Uses {0}. Offsite knows S3, WebDAV and folders.", visible(protocol));
}

function reasonTexts(
  t: Translate,
): Readonly<Record<Exclude<UnusableConnection["reason"], "other-protocol">, string>> {
  return {
    "needs-sign-in": t("Asks for a second factor, or takes its key from elsewhere."),
    "no-key": t("Has no access key."),
    "master-key": t("Holds the master key, which S3 does not take. Make an application key."),
    "own-form": t("Keeps files in a form that only the program that made them can read."),
    several: t("Joins several others. Import those instead."),
    "own-headers": t("Signs in by headers of its own, which Offsite does not send."),
    "own-encryption": t("Encrypts by a key that each request brings (SSE-C). Offsite does not."),
    "whole-computer": t("Stands for the whole computer. Add the folder you want to use."),
    elsewhere: t("Points at something that cannot be imported."),
    "bad-address": t("Its address is missing, or cannot be used."),
    "newer-provider": t("Needs a newer Offsite."),
  };
}

export function unreadableText({ reason, line }: Unreadable, t: Translate): string {
  switch (reason) {
    case "malformed":
      return line === undefined
        ? t("Cannot be understood.")
        : t("Line {0} cannot be understood. Correct it there, then import again.", line);
    case "binary":
      return t(
        "Is in Apple's binary form. Run “plutil -convert xml1” on it in a terminal, then import again.",
      );
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
    ...(one.saved === undefined ? [] : [t("added already as “{0}”", visible(one.saved))]),
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
      ? t("“{0}” is added.", visible(first))
      : t("{0} connections are added.", names.length);
  const [open] = incomplete;
  if (open === undefined) return added;
  const lacking =
    incomplete.length === 1
      ? t("“{0}” still needs its secret.", visible(open))
      : t("{0} of them still need their secret.", incomplete.length);
  return `${added} ${lacking}`;
}
