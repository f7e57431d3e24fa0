import { spawn } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Prints nothing unless the program fails. */
  readonly quiet?: boolean;
  /** Prints all of it once the program has ended, so that several can run side by side. */
  readonly held?: boolean | undefined;
  /** Leaves terminal and Ctrl-C to the program. */
  readonly live?: boolean;
  /** Is given the whole output when the program has ended. */
  readonly read?: (output: string) => void;
}

/** The root of the checkout. */
export const project = join(import.meta.dirname, "..", "..");

/** Runs a program in the checkout's root, with its output passed on, and returns its exit code. */
export async function run(
  program: string,
  args: readonly string[],
  { env = process.env, quiet = false, held = false, live = false, read }: RunOptions = {},
): Promise<number> {
  const child = spawn(program, args, {
    cwd: project,
    env: process.stdout.isTTY ? { FORCE_COLOR: "1", ...env } : env,
    stdio: live ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (!quiet && !held) process.stdout.write(chunk);
    });
  }
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => {
      output += `${String(error)}\n`;
      resolve(127);
    });
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  if (held || (quiet && code !== 0)) process.stdout.write(output);
  read?.(stripVTControlCharacters(output));
  return code;
}

/** Runs one of the checkout's installed tools, by the path of its program under `node_modules`. */
export async function runTool(
  path: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<number> {
  return await run(process.execPath, [join(project, "node_modules", path), ...args], options);
}
