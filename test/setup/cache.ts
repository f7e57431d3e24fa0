import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Where development tools that are too large for `node_modules` are kept, shared by all checkouts. */
const cacheDirectory = process.env["OFFSITE_CACHE"] ?? join(homedir(), ".cache", "offsite-dev");

/**
 * The directory `name` of the cache, filled by `build` when it is not there yet. It appears in one
 * step, so a directory that exists is complete, and only one process builds it at a time.
 */
export async function cached(
  name: string,
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = join(cacheDirectory, name);
  if (existsSync(directory)) return directory;

  const release = await lock(`${directory}.lock`);
  try {
    if (existsSync(directory)) return directory;
    const partial = `${directory}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await build(partial);
    renameSync(partial, directory);
    return directory;
  } finally {
    release();
  }
}

/** Waits until no living process holds the lock, then holds it until the returned function is called. */
export async function lock(path: string): Promise<() => void> {
  const owner = join(path, "pid");
  mkdirSync(cacheDirectory, { recursive: true });
  for (;;) {
    try {
      mkdirSync(path);
      writeFileSync(owner, String(process.pid));
      return () => rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    await delay(250);
    if (abandoned(owner)) rmSync(path, { recursive: true, force: true });
  }
}

function abandoned(owner: string): boolean {
  try {
    process.kill(Number(readFileSync(owner, "utf8")), 0);
    return false;
  } catch (error) {
    // EPERM means that the process lives and is another user's.
    return !(error instanceof Error && "code" in error && error.code === "EPERM");
  }
}
