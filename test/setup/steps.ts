import { run, runTool, type RunOptions } from "./processes.ts";

/** One thing that can pass or fail: a suite of tests, or a check as a whole. */
export interface Step {
  readonly title: string;
  /** A tool's program under `node_modules`, or a script of ours. */
  readonly tool?: string;
  readonly script?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
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

async function runStep({ title, tool, script, args = [], env }: Step): Promise<Result> {
  console.log(`\n── ${title} ${"─".repeat(Math.max(0, 76 - title.length))}`);
  const start = performance.now();
  let output = "";
  const options: RunOptions = {
    env: { ...process.env, ...env },
    read: (text) => (output = text),
  };
  const code = tool
    ? await runTool(tool, args, options)
    : await run(process.execPath, [script ?? "", ...args], options);
  const seconds = (performance.now() - start) / 1000;
  const counts = counted(output);
  // A suite that dies before or beside its tests has failed too.
  const failed = code === 0 ? counts.failed : Math.max(counts.failed, 1);
  console.log(`${failed > 0 ? "✗" : "✓"} ${title} in ${seconds.toFixed(1)} s`);
  return { title, seconds, ...counts, failed };
}

/** Adds up mocha's summaries in the output. */
function counted(output: string): { passed: number; failed: number; skipped: number } {
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
