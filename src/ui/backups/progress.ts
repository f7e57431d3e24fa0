/** A running job as a notification with a cross, shown only if it lasts. */
import { l10n, ProgressLocation, window } from "vscode";
import { fraction, type Job, type Jobs, type Started } from "../../app/backups/jobs.ts";
import { jobTitle, progressText } from "./jobWords.ts";

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
    title: jobTitle(job.kind, l10n.t),
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
