/** `npm run bench -- NAME [--rounds N] [--json FILE]`: measures beside a real peer, and prints a table. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { benchEngine } from "./engine.ts";
import { printTable, type Row } from "./table.ts";

/** How a benchmark is run. */
export interface BenchOptions {
  readonly rounds: number;
  /** A tenth of everything: to see that the benchmark itself works. */
  readonly small: boolean;
}

const benchmarks: Readonly<Record<string, (options: BenchOptions) => Promise<readonly Row[]>>> = {
  engine: benchEngine,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    small: { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const benchmark = benchmarks[positionals[0] ?? ""];
if (values.help || !benchmark) {
  console.log(
    `npm run bench -- ${Object.keys(benchmarks).join("|")} [--rounds N] [--small] [--json FILE]`,
  );
  process.exit(values.help ? 0 : 2);
}
const rows = await benchmark({ rounds: Number(values.rounds), small: values.small });
printTable(rows);
if (values.json !== undefined) await writeFile(values.json, JSON.stringify({ rows }, null, 2));
