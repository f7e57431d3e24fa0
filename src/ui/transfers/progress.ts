import { l10n, ProgressLocation, window } from "vscode";
import { pause } from "../../base/abort.ts";

/** What is over within a second needs no notification. */
const patienceMs = 1000;

export interface ShownProgress {
  /** Between 0 and 1; absent while nobody knows. */
  readonly fraction?: number;
  readonly text: string;
}

/** Runs `work`, shown as a notification with a cross once it has taken more than a second. */
export async function withProgress<T>(
  title: string,
  work: (signal: AbortSignal, show: (progress: ShownProgress) => void) => Promise<T>,
): Promise<T> {
  const cancel = new AbortController();
  let latest: ShownProgress = { text: "" };
  let redraw = () => {};
  const working = work(cancel.signal, (progress) => {
    latest = progress;
    redraw();
  });
  const over = new AbortController();
  const ended = working.then(
    () => over.abort(),
    () => over.abort(),
  );
  await pause(patienceMs, over.signal).catch(() => {});
  if (!over.signal.aborted) {
    const options = { location: ProgressLocation.Notification, cancellable: true, title };
    void window.withProgress(options, async (progress, token) => {
      token.onCancellationRequested(() => {
        cancel.abort();
        progress.report({ message: l10n.t("stopping…") });
      });
      let shown = 0;
      redraw = () => {
        if (cancel.signal.aborted) return;
        const percent = Math.floor((latest.fraction ?? 0) * 100);
        progress.report({ message: latest.text, increment: Math.max(0, percent - shown) });
        shown = Math.max(shown, percent);
      };
      redraw();
      await ended;
    });
  }
  return await working;
}
