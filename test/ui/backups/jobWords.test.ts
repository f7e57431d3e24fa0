import assert from "node:assert/strict";
import type { JobProgress } from "../../../src/app/backups/jobs.ts";
import { progressText } from "../../../src/ui/backups/jobWords.ts";
import { plain } from "../translate.ts";

describe("the progress of a job", () => {
  const table: readonly [Partial<JobProgress>, string][] = [
    [{ phase: "starting" }, "opening the repository…"],
    [{ phase: "counting" }, "counting…"],
    [{ phase: "counting", filesDone: 1 }, "counting, 1 file so far…"],
    [{ phase: "planning" }, "comparing…"],
    [{ phase: "saving", filesDone: 3, bytesDone: 2000 }, "3 files, 2 KB"],
    [
      { filesDone: 1234, filesTotal: 18_000, bytesDone: 12e6, bytesTotal: 140e6 },
      "1,234 of 18,000 files, 12 MB of 140 MB",
    ],
    [
      { phase: "restoring", filesDone: 0, filesTotal: 1, bytesTotal: 0 },
      "0 of 1 file, 0 bytes of 0 bytes",
    ],
    [{ phase: "finishing" }, "finishing…"],
  ];
  for (const [progress, expected] of table)
    it(`reads "${expected}"`, () => {
      const whole: JobProgress = { phase: "saving", filesDone: 0, bytesDone: 0, ...progress };
      assert.equal(progressText(whole, plain), expected);
    });
});
