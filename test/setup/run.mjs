#!/usr/bin/env node
/**
 * The front door of every npm script: start, test, check, bench, drive, torture, package. Plain JavaScript
 * without dependencies, because it may meet an old Node and an empty checkout. All it does is see to
 * it that the rest, `commands.ts`, runs on the Node that VS Code's own host runs on.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const nodeVersion = "24.21.0";
const here = fileURLToPath(import.meta.url);
const cache = process.env.OFFSITE_CACHE ?? join(homedir(), ".cache", "offsite-dev");

// rclone's S3 backend refuses every request when this is set; nothing of ours needs it.
delete process.env.AWS_CA_BUNDLE;
process.env.OFFSITE_CACHE = cache;
process.env.NODE_NO_WARNINGS = "1";

if (process.versions.node.split(".")[0] === nodeVersion.split(".")[0]) {
  const { run } = await import("./commands.ts");
  process.exitCode = await run(process.argv.slice(2));
} else {
  process.exitCode = await runOn(installedNode());
}

/** The path of the right Node, installed from npm if it is not in the cache yet. */
function installedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const packageName = `node-${platform}-${process.arch}`;
  const program = process.platform === "win32" ? "node.exe" : "node";
  const directory = join(cache, `node-${nodeVersion}`);
  const path = join(directory, "node_modules", packageName, "bin", program);
  if (existsSync(path)) return path;

  console.log(`Installing Node ${nodeVersion} from npm (this is Node ${process.versions.node}).`);
  mkdirSync(cache, { recursive: true });
  const partial = mkdtempSync(join(cache, "node-"));
  writeFileSync(join(partial, "package.json"), '{ "private": true }');
  const npm = spawnSync(
    process.platform === "win32" ? "npm.cmd" : "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${packageName}@${nodeVersion}`],
    { cwd: partial, stdio: "inherit", shell: process.platform === "win32" },
  );
  if (npm.status !== 0) {
    console.error(`Node ${nodeVersion} could not be installed from npm; install Node 24 yourself.`);
    process.exit(1);
  }
  try {
    renameSync(partial, directory);
  } catch {
    // Someone else was faster: theirs is as good as ours.
    rmSync(partial, { recursive: true, force: true });
  }
  return path;
}

/** Runs this file again on the given Node, which also comes first on its children's PATH. */
function runOn(node) {
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH };
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: "inherit", env });
  // A terminal's Ctrl-C reaches the child by itself; it decides when all is over.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  // npm passes a signal to the shell between us and it, and the shell keeps it for itself.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500).unref();
  return new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
}
