/** One look at a bucket by our side, in a process of its own so that its time and memory can be told. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Answers } from "../../src/storage/provider.ts";
import { openStorage } from "../../src/storage/open.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { BigFolder } from "./bigFolder.ts";

export interface BrowseTask {
  readonly answers: Answers;
  /** Show the first page; or show so many; or list all, as adding up a folder's size does. */
  readonly look:
    | { readonly type: "first" | "all" }
    | { readonly type: "show"; readonly rows: number };
  /** How many there are to be seen so. */
  readonly expected: number;
}

export interface BrowseFigures {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly peakMb: number;
  readonly stallMs: number;
}

const task = JSON.parse(process.argv[2] ?? "") as BrowseTask; // As `browse.ts` has just written it.
const idleMb = process.memoryUsage().rss / 1e6;
const stall = monitorEventLoopDelay({ resolution: 1 });
stall.enable();
const cpu = process.cpuUsage();
const start = performance.now();
const seen = await lookedAt(task);
if (seen !== task.expected) throw new Error(`${seen} objects instead of ${task.expected}`);
const wall = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
const figures: BrowseFigures = {
  wall,
  cpu: (user + system) / 1e6,
  peakMb: process.resourceUsage().maxRSS / 1024 - idleMb,
  stallMs: stall.max / 1e6,
};
console.log(`\n${JSON.stringify(figures)}`);
process.exit();

async function lookedAt({ answers, look }: BrowseTask): Promise<number> {
  if (look.type === "all") {
    const storage = await openStorage({ provider: s3, preset: "ceph", answers }, () => {});
    let count = 0;
    for await (const { type } of storage.list()) if (type === "object") count++;
    return count;
  }
  const folder = await BigFolder.open(answers);
  if (look.type === "show") await folder.showMore(look.rows / 1000 - 1);
  return await folder.shown();
}
