/** Keeps the status bar item up to date with the jobs, the changes and the settings. */
import {
  Disposable,
  l10n,
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
  workspace,
} from "vscode";
import { placeKey } from "../../app/backups/place.ts";
import { type BackupRoom, currentTarget, placeName } from "./backupRoom.ts";
import { backupSection, backupSettings } from "./backupSettings.ts";
import { setOffer } from "../offers.ts";
import { render, type StatusState } from "./statusBar.ts";
import { openWorkspace } from "../workspaceFolders.ts";

/** "5 min ago" grows old by itself. */
const redrawMs = 60_000;

/** Shows the item until disposed of. */
export function showStatus(room: BackupRoom): Disposable {
  const item = window.createStatusBarItem("offsite.status", StatusBarAlignment.Left, 0);
  item.name = "Offsite";
  const offerVersions = versionsOffer();
  const redraw = () => {
    const state = statusOf(room);
    draw(item, state);
    offerVersions(state);
  };
  const timer = setInterval(redraw, redrawMs);
  redraw();
  return Disposable.from(
    item,
    { dispose: () => clearInterval(timer) },
    room.jobs.onDidChange(redraw),
    room.changes.onDidChange(redraw),
    room.connections.onDidChange(redraw),
    room.repositories.onDidChange(redraw),
    workspace.onDidChangeWorkspaceFolders(redraw),
    workspace.onDidGrantWorkspaceTrust(redraw),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(backupSection)) redraw();
    }),
  );
}

function draw(item: StatusBarItem, state: StatusState): void {
  const face = render(state, l10n.t);
  if (!face) {
    item.hide();
    return;
  }
  const tooltip = new MarkdownString(face.tooltip);
  // Only our own commands: names from elsewhere stand in the text, escaped.
  tooltip.isTrusted = { enabledCommands: linked };
  item.text = face.text;
  item.tooltip = tooltip;
  item.command = face.command;
  item.backgroundColor =
    face.severity === "warning" ? new ThemeColor("statusBarItem.warningBackground") : undefined;
  item.accessibilityInformation = { label: face.spoken };
  item.show();
}

/** Earlier versions are offered where there may be some. */
function versionsOffer(): (state: StatusState) => void {
  let offered: boolean | undefined;
  return ({ workspace: open, target }) => {
    const isBackedUp = open === "folders" && target !== undefined;
    if (offered === isBackedUp) return;
    offered = isBackedUp;
    void setOffer("isBackedUp", isBackedUp);
  };
}

const linked = [
  "offsite.backUp",
  "offsite.restoreWorkspace",
  "offsite.backups.focus",
  "offsite.showLog",
];

function statusOf(room: BackupRoom): StatusState {
  const { type: open } = openWorkspace();
  const target = currentTarget(room);
  const { remindAfterDays } = backupSettings();
  const now = room.clock.now();
  if (!target) return { workspace: open, now };
  const key = placeKey(target);
  const running = room.jobs.running(key);
  const last = room.jobs.last(key, "backup");
  const lastSuccess = room.jobs.last(key, "backup", "done");
  const failure = last?.outcome === "failed" ? last.facts["failure"] : undefined;
  const changed = room.changes.count;
  const days = lastSuccess ? daysBetween(new Date(lastSuccess.endedAt), now) : 0;
  const overdue = remindAfterDays > 0 && days >= remindAfterDays && changed !== 0;
  return {
    workspace: open,
    target: placeName(room, target),
    now,
    ...(running && { running }),
    ...(changed !== undefined && { changed }),
    ...(lastSuccess && { lastSuccess }),
    ...(typeof failure === "string" && { failure }),
    ...(overdue && { overdueDays: days }),
  };
}

function daysBetween(then: Date, now: Date): number {
  return Math.floor((now.getTime() - then.getTime()) / (24 * 3600 * 1000));
}
