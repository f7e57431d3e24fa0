/** One look at a bucket by our side, in a process of its own so that its time and memory can be told. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Answers } from "../../src/storage/provider.ts";
import { BigFolder } from "./bigFolder.ts";

export interface BrowseTask {
  readonly answers: Answers;
  /** How many objects are to be shown at last; the first page, if that is all. */
  readonly objects: number | "first page";
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
const folder = await BigFolder.open(task.answers);
let shown = await folder.shown();
if (task.objects !== "first page") {
  await folder.showMore();
  shown = await folder.shown();
  if (shown !== task.objects) throw new Error(`${shown} objects instead of ${task.objects}`);
}
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
