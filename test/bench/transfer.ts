/** Uploads and downloads beside rclone: the same files, the same server, turn by turn. */
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pseudoRandom } from "../engine/oddTree.ts";
import { createBucket } from "../servers/buckets.ts";
import { type Ceph, startCeph } from "../servers/ceph.ts";
import type { BenchOptions } from "./bench.ts";
import { bundled, resultOf } from "./bundle.ts";
import { newestRclone, type PeerRun, type Rclone } from "./peer.ts";
import { builtDist } from "./places.ts";
import { makeRandomFile } from "./sources.ts";
import { bounded, compared, type Row } from "./table.ts";
import type { TransferFigures, TransferTask } from "./transferRun.ts";

/** Files under way at once, for either. */
const filesAtOnce = 8;
/** Parts of one file under way at once, for either. */
const partsAtOnce = 4;
const bucket = "bench";
const tasks = ["small up", "small down", "large up", "large down"] as const;
type Task = (typeof tasks)[number];
type Round<T> = Readonly<Record<Task, T>>;
interface OurRound extends Round<TransferFigures> {
  /** "small down" in a process that has done it before. */
  readonly again: TransferFigures;
  /** The same in one that has done nothing before, not even looked at the folder, as the peer's. */
  readonly cold: TransferFigures;
}

export async function benchTransfer({ rounds, small }: BenchOptions): Promise<Row[]> {
  const base = await stat("/dev/shm").then(
    () => "/dev/shm",
    () => tmpdir(),
  );
  const work = await mkdtemp(join(base, "offsite-bench-"));
  const ceph = await startCeph();
  try {
    const rclone = await newestRclone();
    await createBucket(ceph.answers, bucket);
    await makeSmallFiles(join(work, "small"), small ? 200 : 2000);
    await mkdir(join(work, "large"));
    await makeRandomFile(join(work, "large", "random"), small ? 100e6 : 2 ** 30);
    const carry = await carrier(work);
    const ours: OurRound[] = [];
    const peer: Round<PeerRun>[] = [];
    for (let round = 0; round < rounds; round++) {
      console.log(`round ${round + 1} of ${rounds}`);
      peer.push(await peerRound(rclone, ceph, work));
      ours.push(await ourRound(carry, ceph, work));
    }
    return rowsOf(ours, peer);
  } finally {
    await ceph.stop();
    await rm(work, { recursive: true, force: true });
  }
}

function rowsOf(ours: readonly OurRound[], peer: readonly Round<PeerRun>[]): Row[] {
  const words: Readonly<Record<Task, string>> = {
    "small up": "2,000 files of 4 KiB up",
    "small down": "2,000 files of 4 KiB down",
    "large up": "1 file of 1 GiB up",
    "large down": "1 file of 1 GiB down",
  };
  const seconds = tasks.map((task) =>
    compared(
      `${words[task]}: seconds`,
      ours.map((round) => round[task].wall),
      peer.map((round) => round[task].wall),
      1,
    ),
  );
  const special = (name: string, figures: "again" | "cold", limit: number) =>
    compared(
      `${words["small down"]}, ${name}: seconds`,
      ours.map((round) => round[figures].wall),
      peer.map((round) => round["small down"].wall),
      limit,
    );
  const specials = [
    special("once more", "again", 1),
    // Of no window. It shows what V8 pays for code that it meets for the first time.
    special("in a process that has done nothing yet", "cold", 1.25),
  ];
  const others = tasks.flatMap((task) => [
    // The server shares our processors: this is what is left of a race that it slows for both.
    compared(
      `${words[task]}: CPU seconds`,
      ours.map((round) => round[task].cpu),
      peer.map((round) => round[task].cpu),
      2,
    ),
    bounded(
      `${words[task]}: MB above an idle host`,
      ours.map((round) => round[task].peakMb),
      250,
    ),
  ]);
  return [...seconds, ...specials, ...others];
}

/** Carries a transfer of ours, in a process of its own whose program lies in the folder `work`. */
export type Carry = (task: Omit<TransferTask, "dist">) => Promise<TransferFigures>;

export async function carrier(work: string): Promise<Carry> {
  const dist = await builtDist();
  const program = await bundled(work, "transferRun");
  return async (task) => {
    const whole: TransferTask = { ...task, dist };
    return await resultOf<TransferFigures>(program, JSON.stringify(whole));
  };
}

async function ourRound(carry: Carry, ceph: Ceph, work: string): Promise<OurRound> {
  const figures: Partial<Record<keyof OurRound, TransferFigures>> = {};
  const common = { answers: { ...ceph.answers, bucket }, atOnce: filesAtOnce };
  const up = async (size: string) =>
    await carry({ ...common, way: "up", folder: join(work, size), prefix: `ours/${size}/` });
  const down = async (size: string, before?: TransferTask["before"]) => {
    const folder = await mkdtemp(join(work, "ours-"));
    const more = before === undefined ? {} : { before };
    const task = { ...common, way: "down", folder, prefix: `ours/${size}/`, ...more } as const;
    const result = await carry(task);
    await rm(folder, { recursive: true });
    return result;
  };
  figures["small up"] = await up("small");
  figures["small down"] = await down("small");
  figures.cold = await down("small", "nothing");
  const folder = await mkdtemp(join(work, "before-"));
  figures.again = await down("small", { folder });
  await rm(folder, { recursive: true });
  figures["large up"] = await up("large");
  figures["large down"] = await down("large");
  await clean(ceph, carry, "ours/");
  // Each has just been given its figures.
  return figures as OurRound;
}

async function peerRound(rclone: Rclone, ceph: Ceph, work: string): Promise<Round<PeerRun>> {
  const target = join(work, "peers");
  const copy = async (from: string, to: string) =>
    await rclone.run(
      ceph.answers,
      "copy",
      from,
      to,
      `--transfers=${filesAtOnce}`,
      `--checkers=${filesAtOnce}`,
      `--s3-upload-concurrency=${partsAtOnce}`,
      `--multi-thread-streams=${partsAtOnce}`,
    );
  const pair = async (size: string) => {
    const remote = `s3:${bucket}/peers/${size}`;
    const up = await copy(join(work, size), remote);
    const down = await copy(remote, join(target, size));
    await rm(target, { recursive: true });
    return [up, down] as const;
  };
  const [smallUp, smallDown] = await pair("small");
  const [largeUp, largeDown] = await pair("large");
  await rclone.run(ceph.answers, "delete", `s3:${bucket}/peers`);
  await ceph.collectGarbage();
  return {
    "small up": smallUp,
    "small down": smallDown,
    "large up": largeUp,
    "large down": largeDown,
  };
}

async function clean(ceph: Ceph, carry: Carry, prefix: string): Promise<void> {
  await carry({
    answers: { ...ceph.answers, bucket },
    way: "away",
    atOnce: filesAtOnce,
    folder: "",
    prefix,
  });
  await ceph.collectGarbage();
}

async function makeSmallFiles(folder: string, count: number): Promise<void> {
  const bytes = pseudoRandom(4096 + count);
  for (let i = 0; i < count; i++) {
    const path = join(folder, `folder${i % 20}`);
    if (i < 20) await mkdir(path, { recursive: true });
    await writeFile(join(path, `file${i}`), bytes.subarray(i, i + 4096));
  }
}
