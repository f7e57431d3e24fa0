/** What the extension adds to VS Code for transfers; `contributions.ts` has the rest and all types. */

export const transferCommandDeclarations = {
  copy: { title: "Copy", palette: false },
  cut: { title: "Cut", palette: false },
  paste: { title: "Paste", palette: false },

  pauseTransfer: { title: "Pause", icon: "debug-pause", palette: false },
  resumeTransfer: { title: "Resume", icon: "debug-continue", palette: false },
  retryTransfer: { title: "Retry", icon: "refresh", palette: false },
  cancelTransfer: { title: "Cancel", icon: "close", palette: false },
  clearTransfer: { title: "Remove from List", icon: "close", palette: false },
  removeTransfers: { title: "Remove or Cancel Transfers", palette: false },
  pauseTransfers: {
    title: "Pause All Transfers",
    icon: "debug-pause",
    palette: "offsite.hasRunningTransfers",
  },
  resumeTransfers: {
    title: "Resume All Transfers",
    icon: "debug-continue",
    palette: "offsite.hasPausedTransfers",
  },
  clearTransfers: {
    title: "Clear Finished Transfers",
    icon: "clear-all",
    palette: "offsite.hasFinishedTransfers",
  },
  showTransferResult: { title: "Show Result", palette: false },
  showTransferReason: { title: "Show Reason", palette: false },
  showTransfers: { title: "Show Transfers", palette: "offsite.hasTransfers" },
} as const;

const inTransfers = "view == offsite.transfers";

function transferRow(...alternatives: readonly string[]): string {
  return `${inTransfers} && viewItem =~ /^transfer (${alternatives.join("|")})$/`;
}

const hasReason = `${inTransfers} && viewItem =~ /^(transfer failed|failure)$/`;
const isRunning = `${inTransfers} && offsite.hasRunningTransfers`;
const isPaused = `${inTransfers} && !offsite.hasRunningTransfers && offsite.hasPausedTransfers`;
const isFinished = `${inTransfers} && offsite.hasFinishedTransfers`;

export const transferTitleMenu = [
  { command: "pauseTransfers", when: isRunning, group: "navigation@1" },
  { command: "resumeTransfers", when: isPaused, group: "navigation@1" },
  { command: "clearTransfers", when: isFinished, group: "navigation@2" },
  { command: "showLog", when: inTransfers, group: "9_log" },
] as const;

export const transferRowMenu = [
  { command: "pauseTransfer", when: transferRow("running", "queued"), group: "inline@1" },
  { command: "resumeTransfer", when: transferRow("paused"), group: "inline@1" },
  { command: "retryTransfer", when: transferRow("failed"), group: "inline@1" },
  {
    command: "cancelTransfer",
    when: transferRow("running", "queued", "paused"),
    group: "inline@2",
  },
  {
    command: "clearTransfer",
    when: transferRow("done", "failed", "cancelled"),
    group: "inline@2",
  },
  { command: "showTransferResult", when: transferRow("done"), group: "navigation@1" },
  { command: "showTransferReason", when: hasReason, group: "navigation@1" },
  { command: "pauseTransfer", when: transferRow("running", "queued"), group: "navigation@1" },
  { command: "resumeTransfer", when: transferRow("paused"), group: "navigation@1" },
  { command: "retryTransfer", when: transferRow("failed"), group: "navigation@2" },
  {
    command: "cancelTransfer",
    when: transferRow("running", "queued", "paused"),
    group: "navigation@2",
  },
  {
    command: "clearTransfer",
    when: transferRow("done", "failed", "cancelled"),
    group: "navigation@2",
  },
] as const;

const inConnections = "view == offsite.connections";
const stored = `${inConnections} && viewItem =~ /\\b(folder|object)\\b/`;
const writable = "viewItem =~ /\\bwritable\\b/";
const canPaste = `${inConnections} && offsite.canPaste && viewItem =~ /\\b(root|container|folder|object)\\b/`;

export const clipboardMenu = [
  { command: "cut", when: `${stored} && ${writable}`, group: "4_cutcopypaste@1" },
  { command: "copy", when: stored, group: "4_cutcopypaste@2" },
  { command: "paste", when: `${canPaste} && ${writable}`, group: "4_cutcopypaste@3" },
] as const;

/** Which rows a key works on is not known here, so its command checks what is selected. */
export function transferKeys(when: string) {
  return [
    { command: "copy", key: "ctrl+c", mac: "cmd+c", when },
    { command: "cut", key: "ctrl+x", mac: "cmd+x", when },
    { command: "paste", key: "ctrl+v", mac: "cmd+v", when },
  ] as const;
}
