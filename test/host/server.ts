/**
 * A real VS Code, served to a browser: code-server, with the settings that make it hold still for
 * tests and demos, and optionally with extensions under development.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers, freePort, running } from "../servers/process.ts";
import { codeServerEntry } from "../setup/codeServer.ts";
import { startDevelopmentProxy, type Development } from "./developmentProxy.ts";

export interface ServerOptions {
  /** Keeps the user's settings, state and extensions; a fresh one is a fresh installation. */
  readonly root: string;
  /** `<root>/user` and `<root>/extensions` unless these say otherwise. */
  readonly userData?: string;
  readonly extensions?: string;
  /** The same port and root keep a browser's secrets; a free port is found if absent. */
  readonly port?: number;
  /** More user settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** A packaged extension to install before the start. */
  readonly vsix?: string;
  /** Extensions run from their source folders, in VS Code's development mode. */
  readonly development?: Development;
}

export interface Server {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The address that opens a folder or a `.code-workspace` file. */
  open(path?: string): string;
  stop(): Promise<void>;
}

/** Starts the server and resolves once it answers. The caller must stop it. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const entry = await codeServerEntry();
  const port = options.port ?? (await freePort());
  const innerPort = options.development ? await freePort() : port;
  const common = prepare(options);
  if (options.vsix) await install(entry, common, options.vsix);

  const bind = `--bind-addr=127.0.0.1:${innerPort}`;
  const stop = await running(
    process.execPath,
    [entry, ...common, bind, ...serverFlags.split(" ")],
    async () => await answers(`http://127.0.0.1:${innerPort}/healthz`),
    { timeoutMs: 60_000, env: environment(options.environment) },
  );
  const proxy = options.development
    ? await startDevelopmentProxy(port, innerPort, options.development)
    : undefined;

  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    open: (path) => (path ? `${url}/?${folderOrWorkspace(path)}=${encodeURI(path)}` : `${url}/?ew`),
    async stop() {
      await proxy?.stop();
      await stop();
    },
  };
}

const serverFlags =
  "--auth none --disable-telemetry --disable-update-check " +
  "--disable-getting-started-override --ignore-last-opened";

/** What makes pictures and clicks repeatable: nothing slides, pops up, updates or saves by itself. */
const quietSettings = {
  "chat.disableAIFeatures": true,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off",
  "git.enabled": false,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "update.showReleaseNotes": false,
  "workbench.colorTheme": "Dark Modern",
  "workbench.enableExperiments": false,
  "workbench.reduceMotion": "on",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

function prepare({ root, userData, extensions, settings }: ServerOptions): string[] {
  const user = userData ?? join(root, "user");
  const installed = extensions ?? join(root, "extensions");
  mkdirSync(join(user, "User"), { recursive: true });
  mkdirSync(installed, { recursive: true });
  const file = join(user, "User", "settings.json");
  if (settings || !existsSync(file)) {
    writeFileSync(file, JSON.stringify({ ...quietSettings, ...settings }, undefined, 2));
  }
  const config = join(root, "config.yaml");
  return ["--config", config, "--user-data-dir", user, "--extensions-dir", installed];
}

function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  // Without a gallery nothing is looked up in the network.
  const env: NodeJS.ProcessEnv = { ...process.env, EXTENSIONS_GALLERY: "{}", ...extra };
  // Set inside a VS Code terminal, these would lead to the developer's own window.
  for (const name of ["VSCODE_IPC_HOOK_CLI", "NODE_OPTIONS", "AWS_CA_BUNDLE"]) delete env[name];
  return env;
}

async function install(entry: string, common: readonly string[], vsix: string): Promise<void> {
  const child = spawn(process.execPath, [entry, ...common, "--install-extension", vsix], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(),
  });
  let output = "";
  child.stdout.on("data", (text) => (output += String(text)));
  child.stderr.on("data", (text) => (output += String(text)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${vsix} could not be installed:\n${output}`);
}

function folderOrWorkspace(path: string): string {
  return path.endsWith(".code-workspace") ? "workspace" : "folder";
}
