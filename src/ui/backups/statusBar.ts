/** The one item in the status bar: what to show is a pure function of the state. */
import { fraction, type Job, type JobRecord } from "../../app/backups/jobs.ts";
import { progressText } from "./jobWords.ts";
import {
  ago,
  capitalised,
  duration,
  files,
  grouped,
  moment,
  size,
  type Translate,
} from "../words.ts";

/** Everything the item depends on. */
export interface StatusState {
  /** What is open, and whether it may be backed up. */
  readonly workspace: "none" | "folders" | "virtual" | "untrusted";
  /** The name of the place this workspace is backed up to; absent: nothing is set up. */
  readonly target?: string;
  readonly running?: Job;
  /** Files changed since the last snapshot; absent while that is not known. */
  readonly changed?: number;
  readonly lastSuccess?: JobRecord;
  /** Why the last backup failed, unless one has succeeded since. */
  readonly failure?: string;
  /** Days since the last success, once there are too many. */
  readonly overdueDays?: number;
  readonly now: Date;
}

export interface StatusItem {
  readonly text: string;
  /** Markdown with command links. */
  readonly tooltip: string;
  readonly command: string;
  readonly severity: "normal" | "warning";
  /** The same as one sentence, for a screen reader. */
  readonly spoken: string;
}

/** What to show; undefined hides the item. */
export function render(state: StatusState, t: Translate): StatusItem | undefined {
  if (state.workspace === "none") return undefined;
  const face = faceOf(state, t);
  return { ...face, tooltip: tooltip(state, face.spoken, t) };
}

type Face = Omit<StatusItem, "tooltip">;

function faceOf(state: StatusState, t: Translate): Face {
  if (state.workspace === "virtual" || state.workspace === "untrusted")
    return blocked(state.workspace, t);
  if (state.running) return busy(state.running, t);
  if (state.target === undefined)
    return {
      text: "$(cloud) Offsite",
      command: "offsite.backUp",
      severity: "normal",
      spoken: t("Offsite: this workspace is not backed up yet"),
    };
  if (state.failure !== undefined)
    return {
      text: `$(warning) ${t("Backup failed")}`,
      command: "offsite.explainBackup",
      severity: "warning",
      spoken: t("Offsite: the last backup failed. {0}", state.failure),
    };
  if (state.overdueDays !== undefined) return overdue(state.overdueDays, t);
  return resting(state, t);
}

function resting({ changed, lastSuccess, now }: StatusState, t: Translate): Face {
  const click = { command: "offsite.backUp", severity: "normal" } as const;
  if (changed === undefined)
    return {
      ...click,
      text: "$(cloud) Offsite",
      spoken: lastSuccess
        ? t("Offsite: last backed up {0}", ago(t, new Date(lastSuccess.endedAt), now))
        : t("Offsite: no backup from this computer yet"),
    };
  if (changed === 0)
    return {
      ...click,
      text: `$(cloud) ${t("Backed up")}`,
      spoken: t("Offsite: nothing has changed since the last snapshot"),
    };
  return {
    ...click,
    text: `$(cloud-upload) ${grouped(changed)}`,
    spoken: t("Offsite: {0} changed since the last snapshot", files(t, changed)),
  };
}

function overdue(days: number, t: Translate): Face {
  const text = days === 1 ? t("1 day") : t("{0} days", days);
  return {
    text: `$(warning) ${text}`,
    command: "offsite.explainBackup",
    severity: "warning",
    spoken: t("Offsite: the last backup is {0} old", text),
  };
}

function busy(job: Job, t: Translate): Face {
  const done = fraction(job.progress);
  const percent = done === undefined ? undefined : Math.floor(done * 100);
  const verb = job.kind === "backup" ? t("backing up") : t("restoring");
  return {
    text: percent === undefined ? "$(sync~spin)" : `$(sync~spin) ${percent}%`,
    command: "offsite.showProgress",
    severity: "normal",
    spoken:
      percent === undefined
        ? t("Offsite: {0}", verb)
        : t("Offsite: {0}, {1} percent done", verb, percent),
  };
}

function blocked(workspace: "virtual" | "untrusted", t: Translate): Face {
  return {
    text: "$(cloud) Offsite",
    command: "offsite.backUp",
    severity: "normal",
    spoken:
      workspace === "virtual"
        ? t("Offsite: a virtual workspace cannot be backed up")
        : t("Offsite: a workspace must be trusted before it is backed up"),
  };
}

function tooltip(state: StatusState, spoken: string, t: Translate): string {
  const { lastSuccess, target, running, now } = state;
  const paragraphs = ["**Offsite**", sentence(spoken, t)];
  if (running) paragraphs.push(progressText(running.progress, t));
  if (lastSuccess) paragraphs.push(successLine(lastSuccess, now, t));
  if (target !== undefined) paragraphs.push(t("Target: {0}", escaped(target)));
  paragraphs.push(links(state.workspace === "folders", target !== undefined, t));
  return paragraphs.filter((text) => text !== "").join("\n\n");
}

/** The spoken sentence without the product's name, which stands above it already. */
function sentence(spoken: string, t: Translate): string {
  const text = spoken.replace(/^Offsite(: |：)/, "");
  const ended = /[.!?。！？]$/.test(text) ? text : t("{0}.", text);
  return escaped(capitalised(ended));
}

function successLine({ startedAt, endedAt, facts }: JobRecord, now: Date, t: Translate): string {
  const ended = new Date(endedAt);
  const { host, added, requests } = facts;
  const parts = [
    t("Last backup {0} ({1})", ago(t, ended, now), moment(ended)),
    typeof host === "string" && host !== "" && escaped(host),
    typeof added === "number" && t("{0} added", size(t, added)),
    t("took {0}", duration(t, ended.getTime() - new Date(startedAt).getTime())),
    typeof requests === "number" && requests > 0 && t("{0} requests", grouped(requests)),
  ];
  return parts.filter((part) => part !== false).join(" · ");
}

function links(canBackUp: boolean, hasTarget: boolean, t: Translate): string {
  const link = (title: string, command: string) => `[${title}](command:${command})`;
  return [
    canBackUp && link(t("Back Up Now"), "offsite.backUp"),
    hasTarget && link(t("Restore…"), "offsite.restoreWorkspace"),
    link(t("Show Backups"), "offsite.backups.focus"),
    link(t("Log"), "offsite.showLog"),
  ]
    .filter((part) => part !== false)
    .join(" · ");
}

/** `text` as Markdown shows it literally: names come from people and servers. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~$]/g, "\\$&");
}
