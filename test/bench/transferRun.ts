/** One transfer of our side, in a process of its own so that its time and memory can be told. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TransferPlan } from "../../src/app/transfers/plan.ts";
import type { Transfer } from "../../src/app/transfers/state.ts";
import { Transfers } from "../../src/app/transfers/transfers.ts";
import { Kernels } from "../../src/engine/threads/kernels.ts";
import { PlacingQueue } from "../../src/engine/threads/placingQueue.ts";
import { TransferFiles } from "../../src/engine/disk/transferFiles.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../src/storage/storage.ts";

export interface TransferTask {
  /** Where the engine's worker is. */
  readonly dist: string;
  readonly answers: Answers;
  readonly way: "up" | "down" | "away";
  /** Files under way at once. */
  readonly atOnce: number;
  readonly folder: string;
  /** Ends in `/`. */
  readonly prefix: string;
  /** Another folder for the same once before, unmeasured: a window lives longer than one transfer. */
  readonly before?: string;
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
const kernels = new Kernels({
  files: { worker: join(task.dist, "worker.js"), wasm: join(task.dist, "kernels.wasm") },
});
let requests = 0;
const count = () => requests++;
const target = { provider: s3, preset: "ceph", answers: task.answers };
if (task.before !== undefined)
  await carryOut({ ...task, folder: task.before }, await openStorage(target, count));
requests = 0;
const idleMb = process.memoryUsage().rss / 1e6;
const stall = monitorEventLoopDelay({ resolution: 1 });
stall.enable();
const cpu = process.cpuUsage();
const start = performance.now();
await carryOut(task, await openStorage(target, count));
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
  if (way === "away") {
    const keys = await Array.fromAsync(from.list(prefix), ({ key }) => key);
    await from.delete(keys);
    return;
  }
  const at = { connection: "bench", key: prefix };
  const plan: TransferPlan =
    way === "down"
      ? { kind: "download", existing: "ask", sources: [{ at, name: "down" }], target: folder }
      : { kind: "upload", existing: "ask", sources: [{ path: folder }], target: at };
  const state = await mkdtemp(join(tmpdir(), "offsite-bench-"));
  try {
    const { status, counts, failures, error } = await ended(plan, from, state);
    if (status !== "done" || counts.done === 0)
      throw new Error(`it ${status}: ${String(error ?? failures[0]?.error)}`);
  } finally {
    await rm(state, { recursive: true });
  }
}

/** A transfer as the queue carries it, from its beginning to its end. */
async function ended(plan: TransferPlan, storage: Storage, state: string): Promise<Transfer> {
  return await new Promise((resolve) => {
    const transfers = new Transfers({
      open: async () => storage,
      store: new TransferFiles(state),
      placing: new PlacingQueue(kernels),
      clock: { now: () => new Date() },
      log: { trace: () => {}, info: () => {}, warn: console.error, error: console.error },
      newId: () => "1",
      ask: async () => undefined,
      filesAtOnce: task.atOnce,
      onEnd: resolve,
    });
    transfers.add(plan);
  });
}
