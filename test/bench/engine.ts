/** The engine beside restic: the same work on the same files, turn by turn, on a folder in memory. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { newestRestic } from "../servers/restic.ts";
import type { BenchOptions } from "./bench.ts";
import type { EngineFigures } from "./engineRun.ts";
import { changeTen, makeRandomFile, makeSources } from "./sources.ts";
import { bounded, compared, type Row } from "./table.ts";

const run = promisify(execFile);

/** What one command of the peer took, in seconds. */
interface PeerFigures {
  readonly wall: number;
  readonly cpu: number;
}

export async function benchEngine({ rounds, small }: BenchOptions): Promise<Row[]> {
  const base = await stat("/dev/shm").then(
    () => "/dev/shm",
    () => tmpdir(),
  );
  const work = await mkdtemp(join(base, "offsite-bench-"));
  try {
    await run(process.execPath, ["esbuild.mjs"], { cwd: projectFolder });
    // A folder above of their own, which nothing else changes.
    const sources = join(work, "files", "sources");
    await makeSources(sources, small ? 0.1 : 1);
    const large = join(work, "large");
    await mkdir(large);
    await makeRandomFile(join(large, "random"), small ? 100e6 : 2 ** 30);
    const { program: restic } = await newestRestic();
    const program = await bundled(work);
    const ours: EngineFigures[] = [];
    const peer: Peer[] = [];
    for (let round = 0; round < rounds; round++) {
      console.log(`round ${round + 1} of ${rounds}`);
      peer.push(await peerRound(restic, work, sources, large, round));
      ours.push(await ourRound(program, work, sources, large));
    }
    return rowsOf(ours, peer);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function rowsOf(ours: readonly EngineFigures[], peer: readonly Peer[]): Row[] {
  const our = (pick: (figures: EngineFigures) => number) => ours.map(pick);
  const their = (pick: (figures: Peer) => number) => peer.map(pick);
  return [
    compared(
      "first backup, sources: seconds",
      our((o) => o.first.wall),
      their((p) => p.first.wall),
      0.5,
    ),
    compared(
      "first backup, sources: CPU seconds",
      our((o) => o.first.cpu),
      their((p) => p.first.cpu),
      0.65,
    ),
    compared(
      "first backup, large random file: seconds",
      our((o) => o.large.wall),
      their((p) => p.large.wall),
      0.5,
    ),
    compared(
      "first backup, large random file: CPU seconds",
      our((o) => o.large.cpu),
      their((p) => p.large.cpu),
      0.6,
    ),
    compared(
      "nothing changed, resident, full walk: seconds",
      our((o) => o.unchanged.wall),
      their((p) => p.unchanged.wall),
      0.15,
    ),
    compared(
      "10 files changed, paths known: seconds",
      our((o) => o.changed.wall),
      their((p) => p.changed.wall),
      0.03,
    ),
    compared(
      "restore of the sources: seconds",
      our((o) => o.restore.wall),
      their((p) => p.restore.wall),
      0.7,
    ),
    compared(
      "check, all data read: seconds",
      our((o) => o.check.wall),
      their((p) => p.check.wall),
      1,
    ),
    compared(
      "first backup, cold: seconds",
      our((o) => o.cold.first),
      their((p) => p.first.wall),
      1,
    ),
    compared(
      "nothing changed, cold: seconds",
      our((o) => o.cold.unchanged),
      their((p) => p.unchanged.wall),
      1,
    ),
    bounded(
      "peak memory above an idle host: MB",
      our((o) => o.peakMb),
      150,
    ),
    bounded(
      "longest stall of the main thread: ms",
      our((o) => o.stallMs),
      50,
    ),
    bounded(
      "requests, nothing changed",
      our((o) => o.unchanged.requests),
      4,
    ),
    bounded(
      "requests, 10 files changed",
      our((o) => o.changed.requests),
      8,
    ),
    bounded(
      "requests, first backup",
      our((o) => o.first.requests),
      17,
    ),
  ];
}

interface Peer {
  readonly first: PeerFigures;
  readonly large: PeerFigures;
  readonly unchanged: PeerFigures;
  readonly changed: PeerFigures;
  readonly restore: PeerFigures;
  readonly check: PeerFigures;
}

async function peerRound(
  restic: string,
  work: string,
  sources: string,
  large: string,
  round: number,
): Promise<Peer> {
  const repository = join(work, "theirs");
  const cache = join(work, "cache");
  const peer = async (...args: readonly string[]) =>
    await timed(restic, ["--repo", repository, "--cache-dir", cache, "--quiet", ...args]);
  await peer("init");
  const first = await peer("backup", sources);
  const unchanged = await peer("backup", sources);
  await changeTen(sources, round);
  const changed = await peer("backup", sources);
  const restore = await peer("restore", "latest", "--target", join(work, "target"));
  await rm(join(work, "target"), { recursive: true });
  const check = await peer("check", "--read-data");
  await rm(repository, { recursive: true });
  await peer("init");
  const largeFigures = await peer("backup", large);
  await rm(repository, { recursive: true });
  await rm(cache, { recursive: true });
  return { first, large: largeFigures, unchanged, changed, restore, check };
}

/** Our side as it is shipped, in one file: a peer does not compile itself at its start either. */
async function bundled(work: string): Promise<string> {
  const outfile = join(work, "engineRun.mjs");
  await build({
    entryPoints: [join(projectFolder, "test", "bench", "engineRun.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire("${outfile}");`,
    },
  });
  return outfile;
}

async function ourRound(
  program: string,
  work: string,
  sources: string,
  large: string,
): Promise<EngineFigures> {
  const dist = join(projectFolder, "dist");
  const { stdout } = await run(process.execPath, [program, work, sources, large, dist], {
    maxBuffer: 2 ** 24,
  });
  // Our own program printed it.
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n{") + 1)) as EngineFigures;
}

/** Runs a program through the shell, which is what tells a child's processor time. */
async function timed(program: string, args: readonly string[]): Promise<PeerFigures> {
  const script = `TIMEFORMAT="%R %U %S"; time "$0" "$@"`;
  const { stderr } = await run("/bin/bash", ["-c", script, program, ...args], {
    env: { ...process.env, RESTIC_PASSWORD: "benchmark" },
    maxBuffer: 2 ** 24,
  });
  const [wall = 0, user = 0, system = 0] = (stderr.trim().split("\n").at(-1) ?? "")
    .split(" ")
    .map(Number);
  return { wall, cpu: user + system };
}

const projectFolder = new URL("../..", import.meta.url).pathname;
