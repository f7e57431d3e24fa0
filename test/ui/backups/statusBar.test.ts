import assert from "node:assert/strict";
import type { Job, JobProgress, JobRecord } from "../../../src/app/backups/jobs.ts";
import { render, type StatusState } from "../../../src/ui/backups/statusBar.ts";
import { plain } from "../translate.ts";

const now = new Date("2026-03-01T14:02:00");
const set = { workspace: "folders", target: "studio › photos/offsite/site", now } as const;
const success: JobRecord = {
  kind: "backup",
  target: "t",
  startedAt: "2026-03-01T12:59:58",
  endedAt: "2026-03-01T13:00:00",
  outcome: "done",
  facts: { host: "studio-pc", added: 1_200_000, requests: 12 },
};

describe("the status bar item", () => {
  const table: readonly {
    readonly title: string;
    readonly state: StatusState;
    readonly text: string;
    readonly command: string;
    readonly severity?: "warning";
    readonly spoken: string;
  }[] = [
    {
      title: "offers to set up while nothing is",
      state: { workspace: "folders", now },
      text: "$(cloud) Offsite",
      command: "offsite.backUp",
      spoken: "Offsite: this workspace is not backed up yet",
    },
    {
      title: "says neither yes nor no before it has compared",
      state: { ...set, lastSuccess: success },
      text: "$(cloud) Offsite",
      command: "offsite.backUp",
      spoken: "Offsite: last backed up 1 h ago",
    },
    {
      title: "knows a target that this computer has not used yet",
      state: set,
      text: "$(cloud) Offsite",
      command: "offsite.backUp",
      spoken: "Offsite: no backup from this computer yet",
    },
    {
      title: "says that nothing has changed",
      state: { ...set, changed: 0, lastSuccess: success },
      text: "$(cloud) Backed up",
      command: "offsite.backUp",
      spoken: "Offsite: nothing has changed since the last snapshot",
    },
    {
      title: "counts one changed file",
      state: { ...set, changed: 1 },
      text: "$(cloud-upload) 1",
      command: "offsite.backUp",
      spoken: "Offsite: 1 file changed since the last snapshot",
    },
    {
      title: "counts many changed files",
      state: { ...set, changed: 1234 },
      text: "$(cloud-upload) 1,234",
      command: "offsite.backUp",
      spoken: "Offsite: 1,234 files changed since the last snapshot",
    },
    {
      title: "spins without a number while counting",
      state: { ...set, running: job({ phase: "counting", filesDone: 300 }) },
      text: "$(sync~spin)",
      command: "offsite.showProgress",
      spoken: "Offsite: backing up",
    },
    {
      title: "shows how much is saved",
      state: {
        ...set,
        running: job({ phase: "saving", bytesDone: 42, bytesTotal: 100, filesTotal: 9 }),
      },
      text: "$(sync~spin) 42%",
      command: "offsite.showProgress",
      spoken: "Offsite: backing up, 42 percent done",
    },
    {
      title: "shows a restore as well",
      state: {
        ...set,
        running: job(
          { phase: "restoring", bytesDone: 5, bytesTotal: 10, filesTotal: 2 },
          "restore",
        ),
      },
      text: "$(sync~spin) 50%",
      command: "offsite.showProgress",
      spoken: "Offsite: restoring, 50 percent done",
    },
    {
      title: "never reaches a hundred while it runs",
      state: {
        ...set,
        running: job({ phase: "finishing", bytesDone: 100, bytesTotal: 100, filesTotal: 9 }),
      },
      text: "$(sync~spin) 99%",
      command: "offsite.showProgress",
      spoken: "Offsite: backing up, 99 percent done",
    },
    {
      title: "warns of a failure, over the count of changes",
      state: { ...set, changed: 3, failure: "The bucket photos is full." },
      text: "$(warning) Backup failed",
      command: "offsite.explainBackup",
      severity: "warning",
      spoken: "Offsite: the last backup failed. The bucket photos is full.",
    },
    {
      title: "warns when the last backup is long ago",
      state: { ...set, changed: 3, overdueDays: 3 },
      text: "$(warning) 3 days",
      command: "offsite.explainBackup",
      severity: "warning",
      spoken: "Offsite: the last backup is 3 days old",
    },
    {
      title: "shows the run rather than the failure it may mend",
      state: { ...set, failure: "No.", running: job({ phase: "starting" }) },
      text: "$(sync~spin)",
      command: "offsite.showProgress",
      spoken: "Offsite: backing up",
    },
    {
      title: "starts nothing in a workspace that is not trusted",
      state: { ...set, workspace: "untrusted", changed: 3 },
      text: "$(cloud) Offsite",
      command: "offsite.backUp",
      spoken: "Offsite: a workspace must be trusted before it is backed up",
    },
    {
      title: "says that a virtual workspace cannot be backed up",
      state: { ...set, workspace: "virtual" },
      text: "$(cloud) Offsite",
      command: "offsite.backUp",
      spoken: "Offsite: a virtual workspace cannot be backed up",
    },
  ];
  for (const { title, state, text, command, severity = "normal", spoken } of table)
    it(title, () => {
      const item = render(state, plain);
      assert.ok(item);
      const { tooltip, ...face } = item;
      assert.deepEqual(face, { text, command, severity, spoken });
      assert.match(tooltip, /\[Show Backups\]\(command:offsite\.backups\.focus\)/);
    });

  it("hides without a workspace", () => {
    assert.equal(render({ workspace: "none", now }, plain), undefined);
  });

  it("tells the last success in its tooltip: when, host, size, duration, requests", () => {
    const item = render({ ...set, changed: 0, lastSuccess: success }, plain);
    assert.match(
      item?.tooltip ?? "",
      /Last backup 1 h ago \(2026-03-01 13:00:00\) · studio-pc · 1\.2 MB added · took 2 s · 12 requests/,
    );
  });

  it("lets no name become a link in its tooltip", () => {
    const item = render({ ...set, target: "[x](command:evil) <b>", changed: 0 }, plain);
    assert.ok(item?.tooltip.includes("\\[x\\]\\(command:evil\\) \\<b\\>"));
  });

  it("links to nothing that cannot be done", () => {
    const item = render({ workspace: "untrusted", now }, plain);
    assert.doesNotMatch(item?.tooltip ?? "", /Back Up Now|Restore/);
  });
});

function job(progress: Partial<JobProgress>, kind: Job["kind"] = "backup"): Job {
  return {
    id: 1,
    kind,
    target: "t",
    startedAt: now,
    progress: { phase: "saving", filesDone: 0, bytesDone: 0, ...progress },
    cancelling: false,
  };
}
