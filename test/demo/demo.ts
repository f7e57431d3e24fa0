/**
 * The demo of `npm start`: a sample workspace in VS Code, beside running S3 and WebDAV servers with
 * something in them, their connections saved.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../host/server.ts";
import { writeSampleWorkspace } from "../host/sampleWorkspace.ts";
import { answers, freePort } from "../servers/process.ts";
import { project } from "../setup/processes.ts";
import { startStorages, type Storages } from "./storages.ts";

/**
 * Runs until Ctrl-C, or until the window of desktop VS Code is closed, when `code` names one; then
 * stops whatever it has started. Returns the exit code.
 */
export async function runDemo(code: string | undefined): Promise<number> {
  const interrupted = interruption();
  const home = join(project, ".cache", "demo");
  const workspace = join(home, "garden-planner");
  rmSync(workspace, { recursive: true, force: true });
  writeSampleWorkspace(workspace);
  const storages = await startStorages(home);
  const window = { home, workspace, storages };
  try {
    if (code) await Promise.race([openDesktop(code, window), interrupted]);
    else await serve(window, interrupted);
    return 0;
  } finally {
    await storages.stop();
    console.log("Stopped.");
  }
}

interface Window {
  /** Keeps VS Code's own state from run to run. */
  readonly home: string;
  readonly workspace: string;
  readonly storages: Storages;
}

const extensions = [project, join(import.meta.dirname, "seed")];

async function serve(
  { home, workspace, storages }: Window,
  interrupted: Promise<void>,
): Promise<void> {
  const server = await startServer({
    root: join(home, "code-server"),
    port: await usualPort(),
    settings: { "workbench.reduceMotion": "auto", "window.autoDetectColorScheme": true },
    environment: { OFFSITE_DEMO: JSON.stringify(storages.drafts) },
    development: { extensions },
  });
  console.log(
    `\nOpen this address and choose the cloud on the left:\n\n  ${server.open(workspace)}\n`,
  );
  console.log("Ctrl-C ends the demo.");
  await interrupted;
  await server.stop();
}

async function openDesktop(code: string, { home, workspace, storages }: Window): Promise<void> {
  const args = [
    ...extensions.map((path) => `--extensionDevelopmentPath=${path}`),
    `--user-data-dir=${join(home, "code")}`,
    `--extensions-dir=${join(home, "extensions")}`,
    "--disable-workspace-trust",
    "--wait",
    workspace,
  ];
  const env = { ...process.env, OFFSITE_DEMO: JSON.stringify(storages.drafts) };
  console.log(
    "\nVS Code opens; choose the cloud on the left. Close it, or Ctrl-C, to end the demo.",
  );
  const child = spawn(code, args, { stdio: "ignore", env });
  await new Promise((resolve) => child.once("exit", resolve));
}

/** A browser keeps VS Code's state by address, so the demo keeps its port where it can. */
async function usualPort(): Promise<number> {
  const port = 8484;
  return (await answers(`http://127.0.0.1:${port}/`)) ? await freePort() : port;
}

function interruption(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    // npm's shell may end without a word to us.
    setInterval(() => process.ppid === parent || resolve(), 500).unref();
    // A terminal and npm may both pass the same Ctrl-C on.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve());
  });
}
