import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Answers } from "../../src/storage/provider.ts";
import { newestProgram } from "../servers/debian.ts";

/** What one run of a program took, from its start to its end. */
export interface PeerRun {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly peakMb: number;
}

/** The newest rclone, and how to run it on an S3 server. */
export interface Rclone {
  /** Runs it on the server that `answers` name, which it knows as `s3:`; what it prints is dropped. */
  run(answers: Answers, ...args: readonly string[]): Promise<PeerRun>;
}

export async function newestRclone(): Promise<Rclone> {
  const program = await newestProgram("rclone");
  return {
    run: async (answers, ...args) =>
      await measuredRun(program, ["--config", "/dev/null", ...args], {
        RCLONE_CONFIG_S3_TYPE: "s3",
        RCLONE_CONFIG_S3_PROVIDER: "Ceph",
        RCLONE_CONFIG_S3_ENDPOINT: String(answers["endpoint"]),
        RCLONE_CONFIG_S3_ACCESS_KEY_ID: String(answers["accessKeyId"]),
        RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: String(answers["secretAccessKey"]),
        // The bucket is there: it need neither look nor try to make it.
        RCLONE_CONFIG_S3_NO_CHECK_BUCKET: "true",
      }),
  };
}

async function measuredRun(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<PeerRun> {
  const start = performance.now();
  const child = spawn(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  let complaints = "";
  child.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
  let isOver = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", (code) => {
      isOver = true;
      resolve(code);
    });
  });
  // Only the kernel knows, and only while the program lives; its clock ticks each 10 ms.
  let last = { cpu: 0, peakMb: 0 };
  while (!isOver) {
    last = (await usage(child.pid ?? 0)) ?? last;
    await Promise.race([ended, pause(10)]);
  }
  const code = await ended;
  const wall = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${complaints}`);
  return { wall, ...last };
}

async function usage(pid: number): Promise<{ cpu: number; peakMb: number } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const peak = /VmHWM:\s*(\d+)/.exec(await readFile(`/proc/${pid}/status`, "latin1"))?.[1];
    if (peak === undefined) return undefined;
    return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, peakMb: Number(peak) / 1000 };
  } catch {
    return undefined;
  }
}
