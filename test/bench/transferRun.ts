/** One transfer of our side, in a process of its own so that its time and memory can be told. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { TransferPlan } from "../../src/app/transfers/plan.ts";
import type { Transfer } from "../../src/app/transfers/state.ts";
import { Transfers } from "../../src/app/transfers/transfers.ts";
import { Kernels } from "../../src/engine/threads/kernels.ts";
import { PlacingQueue } from "../../src/engine/threads/placingQueue.ts";
import { TransferFiles } from "../../src/engine/disk/transferFiles.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";

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
  /**
   * What this process has done before. If absent, what a window does: the folder was seen in the tree,
   * and the user was asked where a download is to go. Else nothing at all, or the same transfer, into
   * another folder.
   */
  readonly before?: "nothing" | { readonly folder: string };
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
const placing = new PlacingQueue(kernels);
let requests = 0;
const target = { provider: s3, preset: "ceph", answers: task.answers };
const beforeRequest = () => void requests++;
const storage = await openStorage(target, () => {}, { beforeRequest });
if (task.before === undefined) await ask(task);
else if (task.before !== "nothing") await carryOut({ ...task, ...task.before });
requests = 0;
const idleMb = process.memoryUsage().rss / 1e6;
const stall = monitorEventLoopDelay({ resolution: 1 });
stall.enable();
const cpu = process.cpuUsage();
const start = performance.now();
await carryOut(task);
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

async function ask({ way, prefix }: TransferTask): Promise<void> {
  await storage.page(prefix, { shallow: true });
  if (way !== "down") return;
  placing.prepare();
  // Nobody finds a folder sooner.
  await pause(1000);
}

async function carryOut({ way, folder, prefix }: TransferTask): Promise<void> {
  if (way === "away") {
    const keys = await Array.fromAsync(storage.list(prefix), ({ key }) => key);
    await storage.delete(keys);
    return;
  }
  const at = { connection: "bench", key: prefix };
  const plan: TransferPlan =
    way === "down"
      ? { kind: "download", existing: "ask", sources: [{ at, name: "down" }], target: folder }
      : { kind: "upload", existing: "ask", sources: [{ path: folder }], target: at };
  const state = await mkdtemp(join(tmpdir(), "offsite-bench-"));
  try {
    const { status, counts, failures, error } = await ended(plan, state);
    if (status !== "done" || counts.done === 0)
      throw new Error(`it ${status}: ${String(error ?? failures[0]?.error)}`);
  } finally {
    await rm(state, { recursive: true });
  }
}

/** A transfer as the queue carries it, from its beginning to its end. */
async function ended(plan: TransferPlan, state: string): Promise<Transfer> {
  return await new Promise((resolve) => {
    const transfers = new Transfers({
      open: async () => storage,
      store: new TransferFiles(state),
      placing,
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
