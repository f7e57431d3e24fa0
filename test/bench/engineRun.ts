/** One round of the engine's benchmark, in a process of its own so that its memory can be told. */
import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { backUp } from "../../src/engine/backup.ts";
import { check } from "../../src/engine/check.ts";
import { Kernels } from "../../src/engine/kernels.ts";
import { Repository, type RepositoryOptions } from "../../src/engine/repository.ts";
import { planRestore } from "../../src/engine/restorePlan.ts";
import { restore } from "../../src/engine/restore.ts";
import { openStorage } from "../../src/storage/open.ts";
import { folder } from "../../src/storage/providers/folder.ts";
import { changeTen } from "./sources.ts";

interface Figures {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly requests: number;
}

export interface EngineFigures {
  readonly first: Figures;
  readonly large: Figures;
  readonly unchanged: Figures;
  readonly changed: Figures;
  readonly restore: Figures;
  readonly check: Figures;
  /** Seconds of a process from its start to its end. */
  readonly cold: { readonly first: number; readonly unchanged: number };
  readonly peakMb: number;
  readonly stallMs: number;
}

const passphrase = "benchmark";
let requests = 0;

const [work = "", sources = "", large = "", dist = "", mode] = process.argv.slice(2);
if (mode === "cold") await coldRun(join(work, "ours"));
else console.log(`\n${JSON.stringify(await round())}`);
process.exit();

async function round(): Promise<EngineFigures> {
  const place = join(work, "ours");
  const cold = {
    first: await coldSeconds(place, true),
    unchanged: await coldSeconds(place, false),
  };
  await rm(place, { recursive: true });
  const kernels = newKernels();
  const repository = await Repository.init(await optionsFor(place, kernels), passphrase);
  const idleMb = process.memoryUsage().rss / 1e6;
  const stall = monitorEventLoopDelay({ resolution: 1 });
  stall.enable();
  const first = await measured(async () => await backUp(repository, { roots: [sources] }));
  const peakMb = process.resourceUsage().maxRSS / 1024 - idleMb;
  const unchanged = await measured(async () => await backUp(repository, { roots: [sources] }));
  const paths = await changeTen(sources, 100);
  const changed = await measured(
    async () => await backUp(repository, { roots: [sources], changed: paths }),
  );
  const target = join(work, "restored");
  const snapshot = (await repository.snapshots()).at(-1)!;
  const base = sources.split("/").slice(1);
  const restored = await measured(async () => {
    const plan = await planRestore(repository, { snapshot, select: [], target, base });
    await restore(repository, plan, join(work, "safety"));
  });
  await rm(target, { recursive: true });
  const checked = await measured(
    async () => await check(repository, { readData: { type: "all" } }),
  );
  await rm(place, { recursive: true });
  const other = await Repository.init(await optionsFor(place, kernels), passphrase);
  const largeFigures = await measured(async () => await backUp(other, { roots: [large] }));
  await rm(place, { recursive: true });
  await kernels.dispose();
  return {
    first,
    large: largeFigures,
    unchanged,
    changed,
    restore: restored,
    check: checked,
    cold,
    peakMb,
    stallMs: stall.max / 1e6,
  };
}

async function measured(work: () => Promise<unknown>): Promise<Figures> {
  requests = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1e6, requests };
}

async function coldSeconds(place: string, isFirst: boolean): Promise<number> {
  if (isFirst) {
    const kernels = newKernels();
    await Repository.init(await optionsFor(place, kernels), passphrase);
    await kernels.dispose();
  }
  const start = performance.now();
  const child = spawn(process.execPath, [process.argv[1]!, work, sources, "", dist, "cold"], {
    stdio: "inherit",
  });
  await new Promise<void>((resolve, reject) =>
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`it ended with ${code}`)),
    ),
  );
  return (performance.now() - start) / 1000;
}

async function coldRun(place: string): Promise<void> {
  const repository = await Repository.open(await optionsFor(place, newKernels()), passphrase);
  await backUp(repository, { roots: [sources] });
}

function newKernels(): Kernels {
  return new Kernels({
    files: { worker: join(dist, "worker.js"), wasm: join(dist, "kernels.wasm") },
  });
}

async function optionsFor(path: string, kernels: Kernels): Promise<RepositoryOptions> {
  await mkdir(path, { recursive: true });
  const storage = await openStorage({ provider: folder, answers: { path } }, () => {
    requests++;
  });
  const writer = { hostname: "bench", username: "bench", program: "Offsite bench" };
  return { storage, kernels, writer };
}
