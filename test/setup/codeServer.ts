import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import {
  type Dirent,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cached } from "./cache.ts";

const version = "4.139.1";

/**
 * The path of code-server's entry point, a real VS Code workbench served to a browser, installed
 * from npm if it is not in the cache yet. Nothing is compiled: what would need a compiler is not
 * needed for our tests and left out.
 */
export async function codeServerEntry(): Promise<string> {
  // Another way to install it makes another directory.
  const recipe = hash("sha256", readFileSync(import.meta.filename)).slice(0, 8);
  const directory = await cached(`code-server-${version}-${recipe}`, install);
  return join(directory, "node_modules", "code-server", "out", "node", "entry.js");
}

async function install(directory: string): Promise<void> {
  console.log(`Installing code-server ${version} from npm.`);
  await installPackages(directory, { "code-server": version });
  const vscode = join(directory, "node_modules", "code-server", "lib", "vscode");
  await installNeededPackages(vscode);
  writeLogger(join(vscode, "node_modules", "@vscode", "spdlog"));
  removeBuiltInExtensions(join(vscode, "extensions"));
}

async function installPackages(
  directory: string,
  dependencies: Record<string, string>,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const manifest = { name: "offsite-tools", private: true, dependencies };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  const flags = ["--ignore-scripts", "--omit=dev", "--omit=optional", "--no-audit", "--no-fund"];
  await promisify(execFile)("npm", ["install", ...flags, "--loglevel=error"], { cwd: directory });
}

/** What VS Code's server really loads of the 100 packages it names. The others need a compiler. */
const needed = [
  "@microsoft/1ds-core-js",
  "@microsoft/1ds-post-js",
  "@parcel/watcher",
  // Without the part that is made for this machine no folder is watched below its first level.
  `@parcel/watcher-${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`,
  "@vscode/iconv-lite-umd",
  "@vscode/proxy-agent",
  "@vscode/ripgrep-universal",
  "@vscode/tree-sitter-wasm",
  "@vscode/vscode-languagedetection",
  "@xterm/addon-serialize",
  "@xterm/addon-unicode11",
  "@xterm/headless",
  "@xterm/xterm",
  "cookie",
  "http-proxy-agent",
  "https-proxy-agent",
  "jschardet",
  "katex",
  "minimist",
  "undici",
  "vscode-oniguruma",
  "vscode-regexpp",
  "vscode-textmate",
  "ws",
  "yauzl",
  "yazl",
];

async function installNeededPackages(vscode: string): Promise<void> {
  const lock: unknown = JSON.parse(readFileSync(join(vscode, "npm-shrinkwrap.json"), "utf8"));
  const aside = join(vscode, ".needed");
  const dependencies = Object.fromEntries(needed.map((name) => [name, lockedVersion(lock, name)]));
  await installPackages(aside, dependencies);
  rmSync(join(vscode, "node_modules"), { recursive: true, force: true });
  renameSync(join(aside, "node_modules"), join(vscode, "node_modules"));
  rmSync(aside, { recursive: true });
}

function lockedVersion(lock: unknown, name: string): string {
  // The shrinkwrap file is npm's own format; a missing entry fails right here, with a name.
  const { packages } = lock as { packages: Record<string, { version?: string } | undefined> };
  const found = packages[`node_modules/${name}`]?.version;
  if (!found) throw new Error(`code-server ${version} no longer names ${name}`);
  return found;
}

/** VS Code's logger is a native module; log output channels need one that writes lines to files. */
function writeLogger(directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, "package.json"),
    '{ "name": "@vscode/spdlog", "version": "0.0.0", "main": "index.js" }',
  );
  writeFileSync(join(directory, "index.js"), loggerSource);
}

const loggerSource = `
const { appendFileSync, mkdirSync } = require("node:fs");
const { dirname } = require("node:path");
const levels = ["trace", "debug", "info", "warn", "error", "critical"];

class Logger {
  constructor(path) { this.path = path; this.level = 2; this.plain = false; }
  setLevel(level) { this.level = level; }
  getLevel() { return this.level; }
  clearFormatters() { this.plain = true; }
  setPattern() {}
  flush() {}
  drop() {}
  write(level, message) {
    if (level < this.level) return;
    const line = this.plain ? message : new Date().toISOString() + " [" + levels[level] + "] " + message + "\\n";
    try { appendFileSync(this.path, line); } catch {}
  }
}
levels.forEach((name, level) => { Logger.prototype[name] = function (message) { this.write(level, message); }; });

async function createLogger(_name, path) {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, "");
  return new Logger(path);
}
// VS Code imports these by name, and Node finds only names that are assigned one by one.
exports.version = 0;
exports.Logger = Logger;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.shutdown = () => {};
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
`;

/** Their programs want TypeScript itself, which is not installed, and would say so again and again. */
const needTypeScript = ["html-language-features", "typescript-language-features"];

/**
 * Built-in extensions that cannot run in a browser need native modules or go to the network. The
 * page knows the others by name and complains about each that is missing: of those that would not
 * work, empty ones stay.
 */
function removeBuiltInExtensions(directory: string): void {
  for (const { name } of readdirSync(directory, { withFileTypes: true }).filter(isFolder)) {
    const extension = join(directory, name);
    // Only these two matter.
    const { main, browser } = JSON.parse(readFileSync(join(extension, "package.json"), "utf8")) as {
      main?: string;
      browser?: unknown;
    };
    if (main === undefined) continue;
    if (browser === undefined) rmSync(extension, { recursive: true });
    else if (needTypeScript.includes(name))
      writeFileSync(join(extension, main.replace(/(\.js)?$/, ".js")), "");
  }
}

function isFolder(entry: Dirent): boolean {
  return entry.isDirectory();
}
