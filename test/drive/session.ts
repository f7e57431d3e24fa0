import { readFile } from "node:fs/promises";
import { homedir, hostname, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { jsonObject } from "../../src/base/json.ts";
import { buildKernels } from "../../src/engine/format/buildKernels.mjs";
import { Kernels } from "../../src/engine/threads/kernels.ts";
import { Repository, type RepositoryOptions } from "../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../src/engine/format/snapshot.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { providerOf } from "../../src/storage/registry.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { UsageError } from "./verb.ts";

/** The options every verb takes. */
export interface Settings {
  readonly connection?: string;
  readonly cache?: string;
  readonly noCache: boolean;
  readonly host?: string;
  readonly workers?: number;
  /** Print a line for each request. */
  readonly verbose: boolean;
  /** The engine as VS Code runs it, from `dist/`, instead of the sources. */
  readonly dist: boolean;
}

/** What a verb works on. Everything is opened when it is first asked for. */
export class Session {
  readonly settings: Settings;
  readonly signal: AbortSignal;
  #kernels: Kernels | undefined;

  constructor(settings: Settings, signal: AbortSignal) {
    this.settings = settings;
    this.signal = signal;
  }

  /** The connection's container, seen from the folder it names. */
  async storage(file = this.settings.connection): Promise<Storage> {
    if (file === undefined) throw new UsageError("--connection FILE is missing");
    const { provider, preset, answers, folder } = await readConnection(file);
    const log = this.settings.verbose ? (line: string) => console.error(line) : () => {};
    const target = { provider, answers, ...(preset !== undefined && { preset }) };
    return (await openStorage(target, log)).within(folder);
  }

  async options(file?: string): Promise<RepositoryOptions> {
    const { cache, noCache, host = hostname() } = this.settings;
    const cacheHome = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
    return {
      storage: await this.storage(file),
      kernels: await this.kernels(),
      writer: { hostname: host, username: userInfo().username, program: await programName() },
      ...(!noCache && { cacheFolder: resolve(cache ?? join(cacheHome, "offsite")) }),
      signal: this.signal,
    };
  }

  async repository(): Promise<Repository> {
    return await Repository.open(await this.options(), passphrase("OFFSITE_PASSPHRASE"));
  }

  async kernels(): Promise<Kernels> {
    if (this.#kernels) return this.#kernels;
    const { dist, workers } = this.settings;
    const built = new URL("../../dist/", import.meta.url);
    const wasm = new URL("kernels.wasm", built);
    if (!dist) await buildKernels(fileURLToPath(wasm));
    const worker = dist
      ? new URL("worker.js", built)
      : new URL("../../src/engine/threads/worker.ts", import.meta.url);
    this.#kernels = new Kernels({ files: { worker, wasm }, ...(workers && { workers }) });
    return this.#kernels;
  }

  async close(): Promise<void> {
    await this.#kernels?.dispose();
  }
}

/** A passphrase out of the environment: on the command line every other process could read it. */
export function passphrase(variable: string): string {
  const found = process.env[variable];
  if (found === undefined || found === "")
    throw new UsageError(`the passphrase is expected in the environment as ${variable}`);
  return found;
}

/** The snapshot called `name`: "latest", or the beginning of one id. */
export async function findSnapshot(
  repository: Repository,
  name: string,
  signal: AbortSignal,
  isWanted: (snapshot: Snapshot) => boolean = () => true,
): Promise<Snapshot> {
  const snapshots = (await repository.snapshots(signal)).filter(isWanted);
  const found =
    name === "latest" ? snapshots.slice(-1) : snapshots.filter(({ id }) => id.startsWith(name));
  if (found.length > 1) throw new UsageError(`several snapshots begin with ${name}`);
  if (!found[0]) throw new UsageError(`there is no snapshot ${name}`);
  return found[0];
}

async function readConnection(file: string) {
  const value = jsonObject(await readFile(file, "utf8"));
  if (!value) throw new UsageError(`${file} is not a JSON object`);
  const { provider: id, preset, answers, folder = "" } = value;
  const provider = typeof id === "string" ? providerOf(id) : undefined;
  if (!provider) throw new UsageError(`${file} names no provider this version has`);
  if (typeof answers !== "object" || answers === null)
    throw new UsageError(`${file} has no answers`);
  if (typeof folder !== "string") throw new UsageError(`${file} has a folder that is no text`);
  const isPlain = folder === "" || folder.endsWith("/");
  return {
    provider,
    answers: Object.fromEntries(Object.entries(answers).map(answer)),
    folder: isPlain ? folder : `${folder}/`,
    ...(typeof preset === "string" && { preset }),
  };
}

/** A secret may be given as `{"env": "NAME"}`, so that the file holds none. */
function answer([name, given]: [string, unknown]): [string, Answers[string]] {
  if (typeof given === "object" && given !== null && "env" in given)
    return [name, passphrase(String(given.env))];
  if (typeof given === "string" || typeof given === "number" || typeof given === "boolean")
    return [name, given];
  throw new UsageError(`the answer "${name}" is neither text, number, flag nor {"env": …}`);
}

async function programName(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return `Offsite ${String(jsonObject(text)?.["version"])}`;
}
