/**
 * What the npm scripts do: `start`, `test`, `check`, `bench`, `drive`, `torture`, `package`. Each first sees to
 * what it needs of the machine, and to no more. Only Node itself can be imported here: the packages
 * may not be installed yet.
 */
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { codeServerEntry } from "./codeServer.ts";
import { desktopCode, installPrograms, nodeModules, programs } from "./machine.ts";
import { project, run as runProgram, runTool } from "./processes.ts";
import { failure, mocha, runSteps, summarize, type Step } from "./steps.ts";
import { vsixPath } from "./vsix.ts";

/** Runs the command named by the first argument with the others, and returns the exit code. */
export async function run([name = "", ...args]: readonly string[]): Promise<number> {
  const command = commands[name];
  if (command) return await command(args);
  console.error(`usage: npm run ${Object.keys(commands).join("|")} [-- arguments]`);
  return 2;
}

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  start,
  test,
  check,
  bench: async (args) => await delegate("test/bench/bench.ts", args),
  drive: async (args) => await delegate("test/drive/drive.ts", args),
  torture: async (args) => await delegate("test/torture/torture.ts", args),
  package: pack,
};

/** Opens a sample workspace beside running servers, until Ctrl-C. */
async function start(): Promise<number> {
  const code = desktopCode();
  await Promise.all([
    nodeModules(),
    installPrograms([programs.ceph, programs.apache]),
    code ? undefined : codeServerEntry(),
  ]);
  if ((await runProgram(process.execPath, ["esbuild.mjs"], { quiet: true })) !== 0) return 1;
  const { runDemo } = await import("../demo/demo.ts");
  return await runDemo(code);
}

/** Formatting, lint, types and the tests that need nothing but Node. */
async function check(): Promise<number> {
  await nodeModules();
  return summarize(await runSteps([...checks, unitTests]));
}

/** Everything, against real servers and in a real VS Code. Arguments choose steps by their titles. */
async function test(wanted: readonly string[]): Promise<number> {
  const { chromium, ...others } = programs;
  const hasPrograms = installPrograms(Object.values(others));
  const [, hasServers, hasBrowser, hasCode] = await Promise.all([
    nodeModules(),
    hasPrograms,
    hasPrograms.then(async () => await installPrograms([chromium])),
    hasCodeServer(),
  ]);
  const steps = [...checks, unitTests, serverTests];
  if (hasBrowser && hasCode) steps.push(...hostTests);
  const chosen = steps.filter(
    ({ title }) => wanted.length === 0 || wanted.some((word) => title.includes(word)),
  );
  const results = await runSteps(chosen);
  const isComplete = hasServers && hasBrowser && hasCode;
  if (!isComplete && process.env["REQUIRE_SERVERS"] === "1") {
    results.push(failure("everything the tests need"));
  }
  return summarize(results);
}

/** Writes `offsite-<version>.vsix`. */
async function pack(): Promise<number> {
  await nodeModules();
  const built = await runProgram(process.execPath, ["esbuild.mjs", "--package"]);
  if (built !== 0) return built;
  const path = vsixPath();
  // The pictures in README.md lie beside it until the project has a public address.
  const args = ["package", "--no-dependencies", "--no-rewrite-relative-links", "--out", path];
  const packed = await runTool("@vscode/vsce/vsce", args, { quiet: true });
  if (packed === 0) console.log(`${path} ${(statSync(path).size / 1e6).toFixed(2)} MB`);
  return packed;
}

async function delegate(script: string, args: readonly string[]): Promise<number> {
  await nodeModules();
  if (existsSync(join(project, script))) {
    return await runProgram(process.execPath, [script, ...args], { live: true });
  }
  console.error(`${script} is not there.`);
  return 1;
}

async function hasCodeServer(): Promise<boolean> {
  try {
    await codeServerEntry();
    return true;
  } catch (error) {
    console.log(`code-server could not be installed, so nothing runs in VS Code: ${String(error)}`);
    return false;
  }
}

const sources = ["src", "test", "media/*.ts", "*.mjs"];

const checks: readonly Step[] = [
  { title: "format", tool: "oxfmt/bin/oxfmt", args: ["--check", ...sources] },
  { title: "lint", tool: "oxlint/bin/oxlint", args: ["--deny-warnings"] },
  { title: "types", tool: "typescript/bin/tsc" },
];

const unitTests: Step = {
  title: "unit tests",
  tool: mocha,
  args: ["--ignore", "test/**/*.server.test.ts"],
  // Together all of them, the longest first.
  each: [
    "test/engine/{*,!(faults)/**/*}.test.ts",
    "test/engine/faults/*.test.ts",
    "test/!(engine|storage)/**/*.test.ts",
    "test/storage/**/*.test.ts",
    "test/*.test.ts",
  ],
};

const serverTests: Step = {
  title: "tests against real servers and restic",
  tool: mocha,
  each: longestFirst(globSync("test/**/*.server.test.ts", { cwd: project })),
};

/** So that nothing is left running alone at the end. */
function longestFirst(files: readonly string[]): readonly string[] {
  const isLong = (file: string) => Number(/faults\/kill|backup\.server|s3\.server/.test(file));
  return files.toSorted((a, b) => isLong(b) - isLong(a) || (a < b ? -1 : 1));
}

const hostTests: readonly Step[] = [
  { title: "packaging for VS Code", script: "test/setup/run.mjs", args: ["package"] },
  { title: "building for VS Code", script: "esbuild.mjs", args: ["--tests"] },
  { title: "tests inside VS Code", script: "test/host/run.ts" },
  { title: "tests by hand in VS Code", tool: mocha, args: ["test/host/**/*.ui.ts"] },
];
