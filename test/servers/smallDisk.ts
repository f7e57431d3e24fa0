import { execFile } from "node:child_process";
import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Unavailable } from "./process.ts";

const run = promisify(execFile);

/** A disk of its own, made to be filled up. */
export interface SmallDisk {
  readonly path: string;
  /** Lets nobody write there any more. */
  makeReadOnly(): Promise<void>;
  remove(): Promise<void>;
}

/** A disk in memory of so many bytes. Only root on Linux can mount one. */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), "offsite-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path]);
  } catch (error) {
    await rmdir(path);
    throw new Unavailable(`a small disk cannot be mounted: ${String(error).slice(0, 200)}`);
  }
  return {
    path,
    makeReadOnly: async () => void (await run("mount", ["-o", "remount,ro", path])),
    remove: async () => {
      await run("umount", [path]);
      await rmdir(path);
    },
  };
}
