/** One transfer of our side, in a process of its own so that its time and memory can be told. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { never } from "../../src/base/abort.ts";
import { download, uploadFiles, uploadFolder } from "../../src/app/transfers.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3.ts";
import type { Storage } from "../../src/storage/storage.ts";

export interface TransferTask {
  readonly answers: Answers;
  readonly way: "up" | "down" | "away";
  readonly folder: string;
  /** Ends in `/`. */
  readonly prefix: string;
}

export interface TransferFigures {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly requests: number;
  readonly peakMb: number;
  readonly stallMs: number;
}

const task = JSON.parse(process.argv[2] ?? "") as TransferTask; // As `transfer.ts` has just written it.
let requests = 0;
const idleMb = process.memoryUsage().rss / 1e6;
const stall = monitorEventLoopDelay({ resolution: 1 });
stall.enable();
const cpu = process.cpuUsage();
const start = performance.now();
const storage = await openStorage({ provider: s3, preset: "ceph", answers: task.answers }, () => {
  requests++;
});
await carryOut(task, storage);
const wall = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
const figures: TransferFigures = {
  wall,
  cpu: (user + system) / 1e6,
  requests,
  peakMb: process.resourceUsage().maxRSS / 1024 - idleMb,
  stallMs: stall.max / 1e6,
};
console.log(`\n${JSON.stringify(figures)}`);
process.exit();

async function carryOut({ way, folder, prefix }: TransferTask, from: Storage): Promise<void> {
  const options = {
    signal: never,
    onProgress: () => {},
    onExisting: async () => "overwrite" as const,
  };
  if (way === "away") {
    const keys = await Array.fromAsync(from.list(prefix), ({ key }) => key);
    await from.delete(keys);
    return;
  }
  const { failed } =
    way === "down"
      ? await download([{ storage: from, key: prefix, name: "down" }], folder, options)
      : await upload(from, prefix, folder, options);
  if (failed.length > 0) throw new Error(`${failed.length} failed: ${String(failed[0]?.error)}`);
}

async function upload(
  to: Storage,
  prefix: string,
  folder: string,
  options: Parameters<typeof uploadFiles>[3],
) {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isDirectory()))
    return await uploadFolder(to, prefix, folder, options);
  const paths = entries.map(({ name }) => join(folder, name));
  return await uploadFiles(to, prefix, paths, options);
}
