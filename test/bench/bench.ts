/** `npm run bench -- NAME [--on PLACE] [--only CASE]… [--rounds N] [--json FILE]`: measures beside a real peer, and prints a table. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { benchBrowse } from "./browse.ts";
import { benchEngine } from "./engine.ts";
import { benchIndex } from "./index.ts";
import { printTable, type Row } from "./table.ts";
import { benchTransfer } from "./transfer.ts";

/** How a benchmark is run. */
export interface BenchOptions {
  readonly rounds: number;
  /** A tenth of everything: to see that the benchmark itself works. */
  readonly small: boolean;
  /** Where repositories are kept: "folder" or "s3". */
  readonly on: string;
  /** Some cases by name; all if there are none. */
  readonly only: readonly string[];
}

const benchmarks: Readonly<Record<string, (options: BenchOptions) => Promise<readonly Row[]>>> = {
  browse: benchBrowse,
  engine: benchEngine,
  index: benchIndex,
  transfer: benchTransfer,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    small: { type: "boolean", default: false },
    on: { type: "string", default: "folder" },
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const benchmark = benchmarks[positionals[0] ?? ""];
if (values.help || !benchmark) {
  console.log(
    `npm run bench -- ${Object.keys(benchmarks).join("|")} [--on folder|s3] [--only CASE] [--rounds N] [--small] [--json FILE]`,
  );
  process.exit(values.help ? 0 : 2);
}
const { rounds, json, small, on, only } = values;
const rows = await benchmark({ rounds: Number(rounds), small, on, only });
printTable(rows);
if (json !== undefined) await writeFile(json, JSON.stringify({ rows }, null, 2));
