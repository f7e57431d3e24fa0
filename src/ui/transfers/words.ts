/** Transfers in words. Pure: the language comes in as `t`. */
import { firstName, type TransferKind } from "../../app/transfers/plan.ts";
import {
  fractionDone,
  type RunningItem,
  type Transfer,
  type TransferCounts,
} from "../../app/transfers/state.ts";
import { duration, files, grouped, size, type Translate, visible } from "../words.ts";

/** What is transferred: "harvest.csv", "harvest.csv and 2 more". */
export function transferName({ plan }: Transfer, t: Translate): string {
  const first = visible(firstName(plan));
  const others = plan.sources.length - 1;
  return others < 1 ? first : t("{0} and {1} more", first, grouped(others));
}

/** Beside the name: "42% · 3.1 MB/s · 2 min left". */
export function transferProgress(transfer: Transfer, t: Translate): string {
  const { status, counts } = transfer;
  switch (status) {
    case "queued":
      return t("Waiting");
    case "running":
      if (transfer.isElsewhere) return elsewhereText(transfer, t);
      return transfer.isAsking ? t("Waiting for your answer") : runningText(transfer, t);
    case "paused":
      return joined([t("Paused"), portion(transfer, t)]);
    case "done":
      return transferDone(transfer, t);
    case "cancelled":
      return counts.done === 0 ? t("Cancelled") : t("Cancelled after {0}", files(t, counts.done));
    case "failed":
      return failedText(transfer, t);
  }
}

/** How far all that is under way has come together: "42% · 3.1 MB/s · 2 min left". */
export function totalProgress(transfers: readonly Transfer[], t: Translate): string {
  const underWay = transfers.filter(isUnderWay);
  const [only, ...others] = underWay;
  if (!only) return "";
  if (others.length === 0) return transferProgress(only, t);
  const each = underWay.map(({ secondsLeft }) => secondsLeft);
  const known = each.filter((seconds) => seconds !== undefined);
  return runningText(
    {
      status: "running",
      counts: together(underWay),
      bytesPerSecond: sum(underWay, ({ bytesPerSecond }) => bytesPerSecond ?? 0),
      // They run beside each other; of those that wait nobody knows.
      ...(known.length === each.length && { secondsLeft: Math.max(...known) }),
    },
    t,
  );
}

/** Whether it moves, or will by itself. */
export function isUnderWay({ status }: Transfer): boolean {
  return status === "running" || status === "queued";
}

/** A file on its way: "42% of 1.2 GB". */
export function itemProgress({ bytes, bytesDone }: RunningItem, t: Translate): string {
  if (bytes === undefined || bytes === 0) return "";
  const percent = Math.min(100, Math.floor((bytesDone / bytes) * 100));
  return t("{0}% of {1}", percent, size(t, bytes));
}

/** What has come of it: "Uploaded 14 files (3.1 MB), skipped 2". */
export function transferDone(transfer: Transfer, t: Translate): string {
  const { plan, counts } = transfer;
  const { done, skipped } = counts;
  if (done === 0) return joined([nothingDone[plan.kind](t), skippedText(skipped, t)], ", ");
  const what = outcomeText(transfer, t);
  switch (plan.kind) {
    case "upload":
      return t("Uploaded {0}", what);
    case "download":
      return t("Downloaded {0}", what);
    case "copy":
      return t("Copied {0}", what);
    case "move":
      return t("Moved {0}", what);
  }
}

const nothingDone: Readonly<Record<TransferKind, (t: Translate) => string>> = {
  upload: (t) => t("Nothing uploaded"),
  download: (t) => t("Nothing downloaded"),
  copy: (t) => t("Nothing copied"),
  move: (t) => t("Nothing moved"),
};

function skippedText(count: number, t: Translate): string {
  return count === 0 ? "" : t("skipped {0}", files(t, count));
}

/** Why files have failed, and what was done all the same. `why` is the reason of the first. */
export function transferFailed(transfer: Transfer, why: string, t: Translate): string {
  const { counts, failures } = transfer;
  const name = visible(failures[0]?.name ?? "");
  // Most reasons name the file already.
  const reason = why.includes(name) ? why : t("“{0}”: {1}", name, why);
  const failed = t("{0} failed. {1}", files(t, counts.failed), reason);
  return counts.done === 0 ? failed : t("{0}. {1}", transferDone(transfer, t), failed);
}

/** The act, going on. */
export function transferAct(kind: TransferKind, t: Translate): string {
  switch (kind) {
    case "upload":
      return t("Upload");
    case "download":
      return t("Download");
    case "copy":
      return t("Copy");
    case "move":
      return t("Move");
  }
}

function outcomeText({ counts }: Transfer, t: Translate): string {
  const { done, skipped, bytesDone } = counts;
  const what = t("{0} ({1})", files(t, done), size(t, bytesDone));
  return skipped === 0 ? what : t("{0}, skipped {1}", what, grouped(skipped));
}

function together(transfers: readonly Transfer[]): TransferCounts {
  const total = (key: Exclude<keyof TransferCounts, "isComplete">) =>
    sum(transfers, ({ counts }) => counts[key]);
  return {
    done: total("done"),
    skipped: total("skipped"),
    failed: total("failed"),
    bytesDone: total("bytesDone"),
    found: total("found"),
    bytesFound: total("bytesFound"),
    isComplete: transfers.every(({ counts }) => counts.isComplete),
  };
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((so, value) => so + of(value), 0);
}

type Pace = Pick<Transfer, "status" | "counts" | "bytesPerSecond" | "secondsLeft">;

function runningText(transfer: Pace, t: Translate): string {
  const { bytesPerSecond, secondsLeft } = transfer;
  const isMoving = bytesPerSecond !== undefined && bytesPerSecond >= 1;
  return joined([
    portion(transfer, t),
    isMoving ? t("{0}/s", size(t, bytesPerSecond)) : "",
    secondsLeft !== undefined && secondsLeft >= 1
      ? t("{0} left", duration(t, secondsLeft * 1000))
      : "",
  ]);
}

/** "In another window: 42% · 3.1 MB/s". */
function elsewhereText(transfer: Pace, t: Translate): string {
  if (transfer.counts.found === 0) return t("Under way in another window");
  return t("In another window: {0}", runningText(transfer, t));
}

/** "42%", or how many files while nobody knows of how many. */
function portion(transfer: Pace, t: Translate): string {
  const fraction = fractionDone(transfer);
  if (fraction !== undefined) return t("{0}%", Math.floor(fraction * 100));
  const { done, found } = transfer.counts;
  return found === 0 ? t("Looking") : t("{0} done", files(t, done));
}

function failedText({ counts, error }: Transfer, t: Translate): string {
  const { failed, found } = counts;
  if (error !== undefined || failed === 0) return t("Failed");
  if (found === 1) return t("Failed");
  return t("{0} of {1} failed", grouped(failed), files(t, found));
}

function joined(parts: readonly string[], between = " · "): string {
  return parts.filter((part) => part !== "").join(between);
}
