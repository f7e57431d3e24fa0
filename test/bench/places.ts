import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Answers } from "../../src/storage/provider.ts";
import { createBucket } from "../servers/buckets.ts";
import { startCeph } from "../servers/ceph.ts";
import { projectFolder } from "./bundle.ts";

/** Where repositories are kept while a round lasts. */
export interface Place {
  readonly on: PlaceName;
  /** Of the provider whose name is `on`: what we are told. */
  readonly answers: Answers;
  /** What the peer is told of the repository in `folder`. */
  peer(folder: string): {
    readonly location: string;
    readonly env: Readonly<Record<string, string>>;
  };
  /** Makes room again, where that is worth the time. */
  clear(folder: string): Promise<void>;
  stop(): Promise<void>;
}

export type PlaceName = keyof typeof places;

/** The places that a benchmark can be run on. */
export const places = { folder: folderPlace, s3: s3Place } as const satisfies Readonly<
  Record<string, (work: string) => Promise<Place>>
>;

async function folderPlace(work: string): Promise<Place> {
  const path = await mkdtemp(join(work, "repositories-"));
  return {
    on: "folder",
    answers: { path },
    peer: (folder) => ({ location: join(path, folder), env: {} }),
    clear: async (folder) => await rm(join(path, folder), { recursive: true, force: true }),
    stop: async () => await rm(path, { recursive: true }),
  };
}

/** A Ceph of its own: it keeps all in memory, and frees what is deleted hours later. */
async function s3Place(): Promise<Place> {
  const ceph = await startCeph();
  const bucket = "bench";
  await createBucket(ceph.answers, bucket);
  const { endpoint, accessKeyId, secretAccessKey } = ceph.answers;
  return {
    on: "s3",
    answers: { ...ceph.answers, bucket },
    peer: (folder) => ({
      location: `s3:${String(endpoint)}/${bucket}/${folder}`,
      env: {
        AWS_ACCESS_KEY_ID: String(accessKeyId),
        AWS_SECRET_ACCESS_KEY: String(secretAccessKey),
      },
    }),
    clear: async () => {},
    stop: async () => await ceph.stop(),
  };
}

/** Where files cost no disk, if the system has such a place. */
export async function memoryFolder(): Promise<string> {
  return await stat("/dev/shm").then(
    () => "/dev/shm",
    () => tmpdir(),
  );
}

/** Builds the extension; returns the folder with its worker and kernels. */
export async function builtDist(): Promise<string> {
  await promisify(execFile)(process.execPath, ["esbuild.mjs"], { cwd: projectFolder });
  return join(projectFolder, "dist");
}

/** A folder that is empty. */
export async function emptied(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}
