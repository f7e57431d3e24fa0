/** A running job as a notification with a cross, shown only if it lasts. */
import { l10n, ProgressLocation, window } from "vscode";
import { fraction, type Job, type JobProgress, type Jobs, type Started } from "../app/jobs.ts";
import { files, grouped, size, type Translate } from "./words.ts";

/** What is over within a second needs no notification. */
const patienceMs = 1000;

/** Shows `started` while it runs, if it runs for more than a second. */
export function showIfLong<T>(jobs: Jobs, started: Started<T>): void {
  if (started.type === "busy") {
    showProgress(jobs, started.job);
    return;
  }
  const timer = setTimeout(() => showProgress(jobs, started.job), patienceMs);
  void started.outcome.then(() => clearTimeout(timer));
}

/** Shows the job while it runs. */
export function showProgress(jobs: Jobs, job: Job): void {
  const find = () => jobs.state.running.find(({ id }) => id === job.id);
  const options = {
    location: ProgressLocation.Notification,
    cancellable: true,
    title: titleOf(job),
  };
  void window.withProgress(options, async (progress, token) => {
    let shown = 0;
    const redraw = () => {
      const now = find();
      if (!now) return;
      const done = (fraction(now.progress) ?? 0) * 100;
      const message = now.cancelling ? l10n.t("stopping…") : progressText(now.progress, l10n.t);
      progress.report({ message, ...(done > shown && { increment: done - shown }) });
      shown = Math.max(shown, done);
    };
    redraw();
    const crossed = token.onCancellationRequested(() => jobs.cancel(job.id));
    await new Promise<void>((resolve) => {
      const subscription = jobs.onDidChange(() => {
        redraw();
        if (find()) return;
        subscription.dispose();
        resolve();
      });
      if (!find()) {
        subscription.dispose();
        resolve();
      }
    });
    crossed.dispose();
  });
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

function titleOf({ kind }: Job): string {
  switch (kind) {
    case "backup":
      return l10n.t("Backing up");
    case "restore":
      return l10n.t("Restoring");
    case "undo":
      return l10n.t("Undoing the restore");
  }
}
