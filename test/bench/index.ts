/** The index of a large repository: a million blobs, as a terabyte of ordinary files has. No peer. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BenchOptions } from "./bench.ts";
import type { IndexFigures, IndexOrder } from "./indexRun.ts";
import { builtDist, memoryFolder } from "./places.ts";
import { bounded, type Row } from "./table.ts";

const run = promisify(execFile);
const blobs = 1_000_000;

export async function benchIndex({ rounds, small }: BenchOptions): Promise<Row[]> {
  const home = await mkdtemp(join(await memoryFolder(), "offsite-bench-"));
  try {
    const dist = await builtDist();
    const order: IndexOrder = { path: home, dist, blobs: small ? blobs / 10 : blobs };
    await runOnce({ ...order, makes: true });
    const figures: IndexFigures[] = [];
    for (let round = 0; round < rounds; round++) figures.push(await runOnce(order));
    const all = (pick: (one: IndexFigures) => number) => figures.map(pick);
    return [
      bounded(
        `index of ${order.blobs} blobs, read and decoded: seconds`,
        all((one) => one.seconds),
        2,
      ),
      bounded(
        `memory it takes the process: MB`,
        all((one) => one.megabytes),
        200,
      ),
      bounded(
        `longest stall of the main thread: ms`,
        all((one) => one.stallMs),
        50,
      ),
    ];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** In a process of its own, so that its memory can be told. */
async function runOnce(order: IndexOrder): Promise<IndexFigures> {
  const program = new URL("./indexRun.ts", import.meta.url).pathname;
  const { stdout } = await run(process.execPath, [program, JSON.stringify(order)]);
  // Our own program printed it.
  return JSON.parse(stdout) as IndexFigures;
}
