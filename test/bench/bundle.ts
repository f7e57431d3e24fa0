import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);

/** The project's folder. Ends in `/`. */
export const projectFolder = new URL("../..", import.meta.url).pathname;

/**
 * `test/bench/NAME.ts` as our side is shipped, in one file in the folder `work`: a peer does not
 * compile itself at its start either.
 */
export async function bundled(work: string, name: string): Promise<string> {
  const outfile = join(work, `${name}.mjs`);
  await build({
    entryPoints: [join(projectFolder, "test", "bench", `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire("${outfile}");`,
    },
  });
  return outfile;
}

/** Runs such a program in a process of its own; gives the object that it printed as its last line. */
export async function resultOf<T>(program: string, ...args: readonly string[]): Promise<T> {
  const { stdout } = await run(process.execPath, ["--expose-gc", program, ...args], {
    maxBuffer: 2 ** 24,
  });
  // Our own program printed it.
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n{") + 1)) as T;
}
