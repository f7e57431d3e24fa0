/** What the settings say about transfers. */
import { type Disposable, l10n, window, workspace } from "vscode";
import type { Limits } from "../../app/connections/connections.ts";
import { limitAt, parseLimit, type TransferLimit } from "../../app/transfers/limits.ts";
import { existingChoices, type Existing } from "../../app/transfers/plan.ts";
import { settings } from "../settings.ts";
import { visible } from "../words.ts";

export const transferSection = "offsite.transfers";

/** What becomes of files that are there already, unless somebody says otherwise. */
export function usualExisting(): Existing {
  const chosen = setting("transfers.existing");
  return existingChoices.find((choice) => choice === chosen) ?? "ask";
}

export function filesAtOnce(): number {
  const { minimum, maximum } = settings["transfers.filesAtOnce"];
  return Math.min(maximum, Math.max(minimum, Math.floor(setting("transfers.filesAtOnce"))));
}

export function resumeAfterReload(): boolean {
  return setting("transfers.resumeAfterReload");
}

/** The limits as they are set at any moment. A line that says nothing is told of, and left out. */
export function liveLimits(): Limits & Disposable {
  let limits: readonly TransferLimit[] = [];
  let requests: number | undefined;
  const read = () => {
    limits = timetable();
    const perSecond = setting("transfers.requestsPerSecond");
    requests = perSecond > 0 ? perSecond : undefined;
  };
  read();
  const subscription = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(transferSection)) read();
  });
  return {
    bytesPerSecond: () => limitAt(limits, new Date()),
    requestsPerSecond: () => requests,
    dispose: () => subscription.dispose(),
  };
}

function timetable(): readonly TransferLimit[] {
  const lines: unknown = workspace.getConfiguration("offsite").get("transfers.limits");
  return (Array.isArray(lines) ? lines : []).flatMap((line: unknown) => {
    const limit = typeof line === "string" ? parseLimit(line) : undefined;
    if (limit) return [limit];
    void window.showWarningMessage(
      l10n.t(
        "“{0}” in offsite.transfers.limits says no limit. Write it as “08:00-18:00 500 KB/s”.",
        visible(String(line)),
      ),
    );
    return [];
  });
}

type Plain<T> = T extends boolean ? boolean : T extends number ? number : string;

function setting<
  K extends
    | "transfers.existing"
    | "transfers.filesAtOnce"
    | "transfers.requestsPerSecond"
    | "transfers.resumeAfterReload",
>(name: K): Plain<(typeof settings)[K]["default"]> {
  const { default: declared } = settings[name];
  const value: unknown = workspace.getConfiguration("offsite").get(name);
  // Whoever wrote the settings may have written anything: only the declared type counts.
  return (typeof value === typeof declared ? value : declared) as Plain<
    (typeof settings)[K]["default"]
  >;
}
