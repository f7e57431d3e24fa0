import { backUp } from "../../src/engine/backup/backup.ts";
import { forget } from "../../src/engine/snapshots/forget.ts";
import { prune } from "../../src/engine/upkeep/prune.ts";
import type { Repository } from "../../src/engine/repository/repository.ts";

/** Something that may be cut off at any moment. */
export type Job =
  | { readonly type: "backup"; readonly files: string }
  | { readonly type: "forget"; readonly keepLast: number }
  | { readonly type: "prune"; readonly maxUnusedPercent: number };

/** Does `job`; returns the id of the snapshot it made, if it made one. */
export async function run(repository: Repository, job: Job): Promise<string | undefined> {
  switch (job.type) {
    case "backup":
      return (await backUp(repository, { roots: [job.files] })).snapshot?.id;
    case "forget": {
      const policy = { counts: { last: job.keepLast } };
      await forget(repository, { what: { type: "policy", policy }, now: new Date() });
      return undefined;
    }
    case "prune":
      // Also what the process killed a moment ago has left behind.
      await prune(repository, { ...job, graceMs: 0 });
      return undefined;
  }
}
