/** Our side of one round of the engine's benchmark, in a process of its own so that its memory can be told. */
import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { backUp } from "../../src/engine/backup/backup.ts";
import { check } from "../../src/engine/upkeep/check.ts";
import { Kernels } from "../../src/engine/threads/kernels.ts";
import { Repository, type RepositoryOptions } from "../../src/engine/repository/repository.ts";
import { planRestore } from "../../src/engine/restore/restorePlan.ts";
import { restore } from "../../src/engine/restore/restore.ts";
import { openStorage } from "../../src/storage/open.ts";
import { folder } from "../../src/storage/providers/folder/folder.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import type { EngineCase, OurOrder } from "./engineCases.ts";
import { changeTen } from "./sources.ts";

export interface Figures {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly requests: number;
  /** The longest that the event loop was held up, in milliseconds. */
  readonly stallMs: number;
}

export interface OurRound extends Readonly<Partial<Record<Exclude<EngineCase, "cold">, Figures>>> {
  /** Seconds of a process from its start to its end. */
  readonly cold?: { readonly first: number; readonly unchanged: number };
  /** At the end of the first backup. */
  readonly peakMb: number;
}

const passphrase = "benchmark";
let requests = 0;

// `engine.ts` and `coldSeconds` below give exactly this.
const order = JSON.parse(process.argv[2] ?? "") as OurOrder;
const { work, sources, large, dist, on, answers, cases, coldIn } = order;
if (coldIn !== undefined) await coldRun(coldIn);
else console.log(`\n${JSON.stringify(await round())}`);
process.exit();

async function round(): Promise<OurRound> {
  const cold = await onlyIf("cold", async () => ({
    first: await coldSeconds("ours-cold", true),
    unchanged: await coldSeconds("ours-cold", false),
  }));
  const kernels = newKernels();
  const repository = await Repository.init(await optionsFor("ours", kernels), passphrase);
  const idleMb = process.memoryUsage().rss / 1e6;
  const roots = [sources];
  const first = await measured(async () => await backUp(repository, { roots }));
  const peakMb = process.resourceUsage().maxRSS / 1024 - idleMb;
  const unchanged = await onlyIf(
    "unchanged",
    async () => await measured(async () => await backUp(repository, { roots })),
  );
  const changed = await onlyIf("changed", async () => {
    // The median, since a collection of what the first backup has left takes as long as all of it.
    const runs: Figures[] = [];
    for (let run = 0; run < 5; run++) {
      const paths = await changeTen(sources, 100 + run);
      runs.push(await measured(async () => await backUp(repository, { roots, changed: paths })));
    }
    return runs.toSorted((a, b) => a.wall - b.wall)[2]!;
  });
  const restored = await onlyIf("restore", async () => await measuredRestore(repository));
  const checked = await onlyIf(
    "check",
    async () => await measured(async () => await check(repository, { readData: { type: "all" } })),
  );
  const largeFigures = await onlyIf("large", async () => {
    const other = await Repository.init(await optionsFor("ours-large", kernels), passphrase);
    return await measured(async () => await backUp(other, { roots: [large] }));
  });
  await kernels.dispose();
  return {
    first,
    ...unchanged,
    ...changed,
    ...restored,
    ...checked,
    ...largeFigures,
    ...cold,
    peakMb,
  };

  /** What `work` gives under the name of the case, if that is wanted. */
  async function onlyIf<N extends EngineCase, T>(
    name: N,
    work: () => Promise<T>,
  ): Promise<Partial<Record<N, T>>> {
    if (!cases.includes(name)) return {};
    // An object with the one key that its type has.
    return { [name]: await work() } as Partial<Record<N, T>>;
  }
}

async function measuredRestore(repository: Repository): Promise<Figures> {
  const target = join(work, "restored");
  const snapshot = (await repository.snapshots()).at(-1)!;
  const base = sources.split("/").slice(1);
  const figures = await measured(async () => {
    const plan = await planRestore(repository, { snapshot, select: [], target, base });
    await restore(repository, plan, join(work, "safety"));
  });
  await rm(target, { recursive: true });
  return figures;
}

async function measured(work: () => Promise<unknown>): Promise<Figures> {
  requests = 0;
  const stall = monitorEventLoopDelay({ resolution: 1 });
  stall.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  stall.disable();
  return { wall, cpu: (user + system) / 1e6, requests, stallMs: stall.max / 1e6 };
}

async function coldSeconds(place: string, isFirst: boolean): Promise<number> {
  if (isFirst) {
    const kernels = newKernels();
    await Repository.init(await optionsFor(place, kernels), passphrase);
    await kernels.dispose();
  }
  const start = performance.now();
  const coldOrder: OurOrder = { ...order, coldIn: place };
  const child = spawn(process.execPath, [process.argv[1]!, JSON.stringify(coldOrder)], {
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

/** As the extension opens it: with a cache. */
async function optionsFor(place: string, kernels: Kernels): Promise<RepositoryOptions> {
  const provider = { folder, s3 }[on];
  // What counts is what goes over the line, and on a folder what is asked of the driver.
  const log = () => {
    if (on === "folder") requests++;
  };
  const beforeRequest = () => void requests++;
  const opened = await openStorage({ provider, answers }, log, { beforeRequest });
  const storage = opened.within(`${place}/`);
  const cacheFolder = join(work, "our-cache");
  await mkdir(cacheFolder, { recursive: true });
  const writer = { hostname: "bench", username: "bench", program: "Offsite bench" };
  return { storage, kernels, writer, cacheFolder };
}
