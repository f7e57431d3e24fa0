import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { found, running, Unavailable } from "./process.ts";

/** A disk to which names are one that differ in case only, as on Windows. */
export interface CaselessDisk {
  readonly path: string;
  remove(): Promise<void>;
}

/** By rclone, which lays it over a folder. It needs FUSE, which not every machine allows. */
export async function caselessDisk(): Promise<CaselessDisk> {
  const rclone = found("rclone", "rclone");
  found("fusermount", "fuse");
  const root = await mkdtemp(join(tmpdir(), "offsite-caseless-"));
  const [below, path, cache] = ["below", "disk", "cache"].map((name) => join(root, name));
  if (!below || !path || !cache) throw new Error("three names make three paths");
  const gone = async () => await rm(root, { recursive: true, force: true });
  for (const folder of [below, path]) await mkdir(folder);
  await writeFile(join(below, "there"), "");
  const args = ["--vfs-case-insensitive", "--vfs-cache-mode", "writes", "--cache-dir", cache];
  try {
    const isReady = async () => existsSync(join(path, "THERE"));
    const stop = await running(rclone, ["mount", below, path, ...args], isReady);
    await rm(join(path, "there"));
    return {
      path,
      remove: async () => {
        await stop();
        await gone();
      },
    };
  } catch (error) {
    await gone();
    throw new Unavailable(`rclone mounts nothing: ${String(error).slice(0, 200)}`);
  }
}
