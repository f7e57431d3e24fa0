/** A job in words: what it does, and how far it is. Pure. */
import type { JobKind, JobProgress } from "../../app/backups/jobs.ts";
import { files, grouped, size, type Translate } from "../words.ts";

/** The title of its notification. */
export function jobTitle(kind: JobKind, t: Translate): string {
  switch (kind) {
    case "backup":
      return t("Backing up");
    case "restore":
      return t("Restoring");
    case "undo":
      return t("Undoing the restore");
  }
}

/** "1,234 of 18,000 files, 12 MB of 140 MB". */
export function progressText(progress: JobProgress, t: Translate): string {
  const { phase, filesDone, filesTotal, bytesDone, bytesTotal } = progress;
  switch (phase) {
    case "starting":
      return t("opening the repository…");
    case "counting":
      return filesDone > 0 ? t("counting, {0} so far…", files(t, filesDone)) : t("counting…");
    case "planning":
      return t("comparing…");
    case "finishing":
      return t("finishing…");
    case "saving":
    case "restoring":
      if (filesTotal === undefined || bytesTotal === undefined)
        return t("{0}, {1}", files(t, filesDone), size(t, bytesDone));
      return t(
        "{0} of {1}, {2} of {3}",
        grouped(filesDone),
        files(t, filesTotal),
        size(t, bytesDone),
        size(t, bytesTotal),
      );
  }
}
