/**
 * A process to be killed. It says `ready`, is told on its input which repository and job, says
 * `begun`, and if it gets so far `done` with what came of it; each as a line of JSON.
 */
import { createInterface } from "node:readline";
import { usualLockTimes } from "../../src/engine/repository/lockFiles.ts";
import { openRepository, folderStorage } from "../engine/openRepository.ts";
import { run, type Job } from "./job.ts";

/** What a victim is told. */
export interface Order {
  readonly location: string;
  readonly job: Job;
}

/** What a victim says. */
export type Word =
  | { readonly type: "ready" | "begun" }
  | { readonly type: "done"; readonly snapshot?: string }
  | { readonly type: "failed"; readonly message: string };

function say(word: Word): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}

/** Whoever comes second waits for the first, and is done as well. */
const lockPatienceMs = 60_000;

say({ type: "ready" });
for await (const line of createInterface({ input: process.stdin })) {
  // Only `rounds.ts` writes to this input.
  const { location, job } = JSON.parse(line) as Order;
  try {
    say({ type: "begun" });
    const storage = await folderStorage(location);
    const repository = await openRepository(storage, { lockPatienceMs, lockTimes: usualLockTimes });
    const snapshot = await run(repository, job);
    say({ type: "done", ...(snapshot !== undefined && { snapshot }) });
  } catch (error) {
    say({ type: "failed", message: String(error) });
  }
  break;
}
