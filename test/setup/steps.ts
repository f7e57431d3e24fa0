import { availableParallelism } from "node:os";
import { run, runTool, type RunOptions } from "./processes.ts";

/** One thing that can pass or fail: a suite of tests, or a check as a whole. */
export interface Step {
  readonly title: string;
  /** A tool's program under `node_modules`, or a script of ours. */
  readonly tool?: string;
  readonly script?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * What to add to `args`, one after the other, for a process each: as many run side by side as the
   * machine has cores, and each prints in one piece when it has ended.
   */
  readonly each?: readonly string[];
}

export interface Result {
  readonly title: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs the steps one after the other under a heading each; a failing one does not stop the next. */
export async function runSteps(steps: readonly Step[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const step of steps) results.push(await runStep(step));
  return results;
}

/** A step that failed before it could run. */
export function failure(title: string): Result {
  return { title, seconds: 0, passed: 0, failed: 1, skipped: 0 };
}

async function runStep(step: Step): Promise<Result> {
  const { title, args = [], each } = step;
  console.log(`\n── ${title} ${"─".repeat(Math.max(0, 76 - title.length))}`);
  const start = performance.now();
  const counts: Counts[] = [];
  if (each) {
    const waiting = [...each];
    const lane = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        counts.push(await runProcess(step, [...args, next], { held: true }));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, lane));
  } else counts.push(await runProcess(step, args, {}));
  const seconds = (performance.now() - start) / 1000;
  const total = (count: keyof Counts) => counts.reduce((sum, each) => sum + each[count], 0);
  const [passed, failed, skipped] = [total("passed"), total("failed"), total("skipped")];
  console.log(`${failed > 0 ? "✗" : "✓"} ${title} in ${seconds.toFixed(1)} s`);
  return { title, seconds, passed, failed, skipped };
}

type Counts = Pick<Result, "passed" | "failed" | "skipped">;

async function runProcess(
  { tool, script, env }: Step,
  args: readonly string[],
  { held }: RunOptions,
): Promise<Counts> {
  let output = "";
  const options: RunOptions = {
    env: { ...process.env, ...env },
    held,
    read: (text) => (output = text),
  };
  const code = tool
    ? await runTool(tool, args, options)
    : await run(process.execPath, [script ?? "", ...args], options);
  const counts = counted(output);
  // A suite that dies before or beside its tests has failed too.
  const isWhole = code === 0 && (tool !== mocha || / (?:passing|pending)\b/.test(output));
  if (!isWhole) console.log(`✗ ${args.at(-1) ?? tool ?? script} ended with ${code}`);
  return isWhole ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

/** Runs suites of tests; its summary is what counts them. */
export const mocha = "mocha/bin/mocha.js";

/** Adds up mocha's summaries in the output. */
function counted(output: string): Counts {
  const sum = (word: string) =>
    [...output.matchAll(new RegExp(`^ +(\\d+) ${word}\\b`, "gm"))].reduce(
      (total, [, count]) => total + Number(count),
      0,
    );
  return { passed: sum("passing"), failed: sum("failing"), skipped: sum("pending") };
}

/** Prints one line per step and the totals; returns the exit code. */
export function summarize(results: readonly Result[]): number {
  console.log(`\n── Summary ${"─".repeat(69)}`);
  for (const { title, seconds, passed, failed, skipped } of results) {
    const counts = [
      passed > 0 ? `${passed} passed` : "",
      failed > 0 ? `${failed} failed` : "",
      skipped > 0 ? `${skipped} skipped` : "",
    ].filter(Boolean);
    const time = `${seconds.toFixed(1)} s`.padStart(8);
    const line = `${failed > 0 ? "✗" : "✓"} ${title.padEnd(40)} ${time}   ${counts.join(", ")}`;
    console.log(line.trimEnd());
  }
  const total = (count: (result: Result) => number) =>
    results.reduce((sum, result) => sum + count(result), 0);
  const failed = total((result) => result.failed);
  console.log(`${total((result) => result.passed)} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
