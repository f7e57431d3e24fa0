/** A large bucket as the tree shows it, beside rclone: time, memory, and requests, which cost money. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forEachPooled } from "../../src/base/pool.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { createBucket } from "../servers/buckets.ts";
import { startCeph } from "../servers/ceph.ts";
import { type Faults, startFaults } from "../servers/faults.ts";
import { startManyKeys } from "../servers/manyKeys.ts";
import type { BenchOptions } from "./bench.ts";
import type { BrowseFigures, BrowseTask } from "./browseRun.ts";
import { bundled, resultOf } from "./bundle.ts";
import { newestRclone, type PeerRun, type Rclone } from "./peer.ts";
import { bounded, compared, type Row } from "./table.ts";
import { carrier } from "./transfer.ts";

const firstPage = { look: { type: "first" }, expected: 1000 } as const;
/** As many as a patient user might click for. */
const shown = 5000;

interface Round {
  readonly first: BrowseFigures;
  readonly all: BrowseFigures;
  readonly shown: BrowseFigures;
  /** Of a million, of which only the first page is shown. */
  readonly million: BrowseFigures;
  readonly peer: PeerRun;
}

export async function benchBrowse({ rounds, small }: BenchOptions): Promise<Row[]> {
  const objects = small ? 5000 : 100_000;
  const work = await mkdtemp(join(tmpdir(), "offsite-bench-"));
  const [ceph, million] = [await startCeph(), await startManyKeys(1_000_000)];
  const faults = await startFaults(String(ceph.answers["endpoint"]));
  try {
    const rclone = await newestRclone();
    const answers = { ...ceph.answers, bucket: "big" };
    await fill(answers, objects);
    const program = await bundled(work, "browseRun");
    const look = async (task: BrowseTask) =>
      await resultOf<BrowseFigures>(program, JSON.stringify(task));
    const done: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      console.log(`round ${round + 1} of ${rounds}`);
      done.push({
        peer: await rclone.run(answers, "lsf", "--format=pst", "--use-server-modtime", "s3:big"),
        first: await look({ answers, ...firstPage }),
        all: await look({ answers, look: { type: "all" }, expected: objects }),
        shown: await look({ answers, look: { type: "show", rows: shown }, expected: shown }),
        million: await look({ answers: million.answers, ...firstPage }),
      });
    }
    const counted = await requestRows(faults, rclone, work, answers, objects, look);
    return [...timeRows(done, objects), ...counted];
  } finally {
    await faults.stop();
    await million.stop();
    await ceph.stop();
    await rm(work, { recursive: true, force: true });
  }
}

async function fill(answers: Answers, objects: number): Promise<void> {
  await createBucket(answers, String(answers["bucket"]));
  const concurrent = { ...answers, concurrency: 32 };
  const storage = await openStorage(
    { provider: s3, preset: "ceph", answers: concurrent },
    () => {},
  );
  const numbers = Array.from({ length: objects }, (_, i) => i);
  await forEachPooled(numbers, 32, async (i) => {
    await storage.write(`object-${String(i).padStart(7, "0")}.jpg`, new Uint8Array());
  });
}

function timeRows(rounds: readonly Round[], objects: number): Row[] {
  const all = `all ${objects.toLocaleString("en")} objects`;
  const ours = (pick: (round: Round) => number) => rounds.map(pick);
  const peer = (pick: (run: PeerRun) => number) => rounds.map((round) => pick(round.peer));
  return [
    compared(
      `first rows, beside a whole list: seconds`,
      ours((round) => round.first.wall),
      peer((run) => run.wall),
      0.5,
    ),
    bounded(
      "first rows of a million: seconds",
      ours((round) => round.million.wall),
      1,
    ),
    bounded(
      "first rows of a million: MB above an idle host",
      ours((round) => round.million.peakMb),
      80,
    ),
    compared(
      `${all}: seconds`,
      ours((round) => round.all.wall),
      peer((run) => run.wall),
      1,
    ),
    compared(
      `${all}: CPU seconds`,
      ours((round) => round.all.cpu),
      peer((run) => run.cpu),
      1.5,
    ),
    compared(
      `${all}: MB`,
      ours((round) => round.all.peakMb),
      peer((run) => run.peakMb),
      1,
    ),
    bounded(
      "5,000 rows shown, click by click: seconds",
      ours((round) => round.shown.wall),
      2,
    ),
    bounded(
      "5,000 rows shown: MB above an idle host",
      ours((round) => round.shown.peakMb),
      80,
    ),
    bounded(
      "5,000 rows shown: longest stall, ms",
      ours((round) => round.shown.stallMs),
      50,
    ),
  ];
}

/** What single actions ask of the server, counted on their way to it. */
async function requestRows(
  faults: Faults,
  rclone: Rclone,
  work: string,
  direct: Answers,
  objects: number,
  look: (task: BrowseTask) => Promise<BrowseFigures>,
): Promise<Row[]> {
  const answers = { ...direct, endpoint: faults.origin };
  const requests = async (action: () => Promise<unknown>) => {
    faults.rule(() => undefined);
    await action();
    return [faults.passed.length];
  };
  const files = join(work, "files");
  await mkdir(files);
  for (let i = 0; i < 20; i++) await writeFile(join(files, `file${i}`), `the content of ${i}`);
  const carryOurs = await carrier(work);
  const carry = async (way: "up" | "down", folder: string) =>
    await carryOurs({ answers, way, atOnce: 8, folder, prefix: "carried/", before: "nothing" });
  const copy = async (from: string, to: string) => await rclone.run(answers, "copy", from, to);
  const target = join(work, "down");
  await mkdir(target);
  return [
    bounded(
      "requests, first rows",
      await requests(async () => await look({ answers, ...firstPage })),
      1,
    ),
    compared(
      "requests, all objects",
      await requests(async () => await look({ answers, look: { type: "all" }, expected: objects })),
      await requests(async () => await rclone.run(answers, "lsf", "s3:big")),
      1,
    ),
    compared(
      "requests, 20 files up",
      await requests(async () => await carry("up", files)),
      await requests(async () => await copy(files, "s3:big/copied/files")),
      1,
    ),
    compared(
      "requests, 20 files down",
      await requests(async () => await carry("down", target)),
      await requests(async () => await copy("s3:big/copied", join(target, "peer"))),
      1,
    ),
  ];
}
