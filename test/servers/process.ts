import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Answers } from "../../src/storage/provider.ts";

/** A real server on 127.0.0.1, and the answers that connect to it. */
export interface Server {
  readonly answers: Answers;
  /** Ends every process of the server and removes what it kept; may be called twice. */
  stop(): Promise<void>;
}

/** A server of the files in a folder of this machine. */
export interface FolderServer extends Server {
  readonly url: string;
  /** The directory in which the files really lie. */
  readonly folder: string;
}

/**
 * Starts a server that keeps what it needs in a directory of its own, which is gone once the server
 * is stopped or could not be started.
 */
export async function inItsHome<T extends Server>(
  name: string,
  start: (home: string) => Promise<T>,
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), `offsite-${name}-`));
  const remove = async () => await rm(home, { recursive: true, force: true });
  try {
    const server = await start(home);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Says why a server cannot be had on this machine. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

/**
 * Starts a server for a suite, in a `before` hook. Where the server cannot be had, the suite is
 * skipped with a printed reason; with `REQUIRE_SERVERS=1` it fails.
 */
export async function orSkip<T>(context: Mocha.Context, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Unavailable) || process.env["REQUIRE_SERVERS"] === "1") throw error;
    console.log(`      skipped: ${error.message}`);
    context.skip();
  }
}

/** The path of `program`; fails with `Unavailable`, naming the Debian package that has it. */
export function found(program: string, debianPackage: string): string {
  // Servers live in directories that an ordinary user's PATH lacks.
  const directories = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  const { stdout } = spawnSync("/bin/sh", ["-c", `command -v "$1"`, "sh", program], {
    env: { PATH: directories },
    encoding: "utf8",
  });
  const path = stdout?.trim() ?? "";
  if (path === "")
    throw new Unavailable(`${program} is not installed (apt-get install ${debianPackage})`);
  return path;
}

/** A port nobody listens on, and that no outgoing connection takes before a server does. */
export async function freePort(): Promise<number> {
  return await freePorts(1);
}

/** The first of `count` ports in a row that nobody listens on. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    // Below the range that systems take ports for outgoing connections from.
    const first = 10_000 + Math.floor(Math.random() * 20_000);
    const ports = Array.from({ length: count }, (_, i) => first + i);
    const free = await Promise.all(ports.map((port) => isFree(port)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/**
 * Runs `program` until the returned function is called. Resolves once `isReady` does; fails, with
 * what the program printed, if it ends or is not ready in time.
 */
export async function running(
  program: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
  { timeoutMs = 15_000, env = process.env }: { timeoutMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<() => Promise<void>> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (printed = (printed + text.toString()).slice(-4000)));
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      printed += String(error);
      resolve();
    });
  });
  const kill = () => void child.kill();
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    if (child.exitCode === null && child.signalCode === null) child.kill();
    const late = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(late);
  };

  let isOver = false;
  void ended.then(() => (isOver = true));
  const deadline = Date.now() + timeoutMs;
  while (!isOver && Date.now() < deadline) {
    if (await isReady()) return stop;
    await pause(30);
  }
  await stop();
  throw new Error(`${program} ${isOver ? "ended" : "was not ready in time"}:\n${printed}`);
}

/** Whether anything answers HTTP at `url`, whatever it says. */
export async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2000) })).body?.cancel();
    return true;
  } catch {
    return false;
  }
}
