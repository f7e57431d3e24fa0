/** The page that brings everything back: location, repository id, passphrase, and how to use them. Pure. */
import { shellQuoted } from "../../base/shell.ts";
import type { ResticAccess } from "../../storage/provider.ts";
import type { Translate } from "../words.ts";

export interface RecoverySheet {
  /** As people know it: connection and path. */
  readonly location: string;
  /** The kind of storage and its address. */
  readonly storage: string;
  readonly repositoryId: string;
  readonly passphrase: string;
  /** Absent where restic has no way to this storage. */
  readonly restic?: ResticAccess;
}

/** Plain text of at most 80 columns where the values allow it, good to print. */
export function recoverySheet(sheet: RecoverySheet, t: Translate): string {
  const { location, storage, repositoryId, passphrase, restic } = sheet;
  const lines = [
    t("OFFSITE RECOVERY SHEET"),
    "",
    t("Keep this page in a password manager or printed in a safe place."),
    t("With it, and access to the storage, anyone can read the backups. Without the"),
    t("passphrase nobody can, the makers of Offsite included."),
    "",
    `${t("Location")}       ${location}`,
    `${t("Storage")}        ${storage}`,
    `${t("Repository id")}  ${repositoryId}`,
    `${t("Passphrase")}     ${passphrase}`,
    "",
    t("RESTORE WITH OFFSITE, ON ANY COMPUTER"),
    "",
    `1. ${t("Add a connection to the same storage.")}`,
    `2. ${t("Run the command “Offsite: Use Existing Repository…”.")}`,
    `3. ${t("Choose the location above and enter the passphrase.")}`,
    `4. ${t("In the view Backups, open a snapshot and choose “Restore…”.")}`,
  ];
  if (restic) lines.push("", ...withRestic(restic, t));
  return `${lines.join("\n")}\n`;
}

function withRestic(access: ResticAccess, t: Translate): readonly string[] {
  const { repository, preparation, flags = [] } = access;
  const restic = ["restic", ...flags].join(" ");
  return [
    t("RESTORE WITHOUT OFFSITE, WITH RESTIC 0.14 OR NEWER (https://restic.net)"),
    "",
    ...preparation.map((line) => `    ${line}`),
    `    export RESTIC_REPOSITORY=${shellQuoted(repository)}`,
    `    ${restic} snapshots`,
    `    ${restic} restore latest --target restored`,
    "",
    t("restic asks for the passphrase."),
    ...(preparation.length > 0 ? [t("Put your own secrets in place of “…”.")] : []),
  ];
}
