/** The engine beside restic: the same work on the same files, turn by turn. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Unavailable } from "../servers/process.ts";
import { newestRestic } from "../servers/restic.ts";
import type { BenchOptions } from "./bench.ts";
import { bundled, resultOf } from "./bundle.ts";
import { engineCases, type EngineCase, type OurOrder } from "./engineCases.ts";
import { peerRound, type PeerFigures, type PeerRound } from "./enginePeer.ts";
import type { Figures, OurRound } from "./engineRun.ts";
import { builtDist, emptied, memoryFolder, places, type Place, type PlaceName } from "./places.ts";
import { makeRandomFile, makeSources } from "./sources.ts";
import { bounded, compared, type Row } from "./table.ts";

export async function benchEngine({ rounds, small, on, only }: BenchOptions): Promise<Row[]> {
  const start = placeNamed(on);
  const cases = casesNamed(only);
  const home = await mkdtemp(join(await memoryFolder(), "offsite-bench-"));
  try {
    const dist = await builtDist();
    // A folder above of their own, which nothing else changes.
    const sources = join(home, "files", "sources");
    await makeSources(sources, small ? 0.1 : 1);
    const large = join(home, "large");
    await mkdir(large);
    if (cases.includes("large"))
      await makeRandomFile(join(large, "random"), small ? 100e6 : 2 ** 30);
    const { program: restic } = await newestRestic();
    const program = await bundled(home, "engineRun");
    const ours: OurRound[] = [];
    const peer: PeerRound[] = [];
    for (let round = 0; round < rounds; round++) {
      console.log(`round ${round + 1} of ${rounds}`);
      const work = await emptied(join(home, "work"));
      const order = { work, sources, large, cases };
      const place = await start(home);
      try {
        peer.push(await peerRound(restic, place, order, round));
        ours.push(await ourRound(program, place, { ...order, dist }));
      } finally {
        await place.stop();
      }
    }
    printStalls(ours);
    const counted = on === "s3" ? ours : await countedOnS3(program, home, { sources, large, dist });
    return [...(on === "s3" ? farRows : rows)(ours, peer), ...requestRows(counted)];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function placeNamed(name: string): (typeof places)[PlaceName] {
  if (name in places) return places[name as PlaceName]; // Just looked up.
  throw new RangeError(`there is no ${name} to measure on, only ${Object.keys(places).join()}`);
}

function casesNamed(names: readonly string[]): readonly EngineCase[] {
  return engineCases.filter((name) => names.length === 0 || names.includes(name));
}

/** On a folder, with the limits that are promised. */
function rows(ours: readonly OurRound[], peer: readonly PeerRound[]): Row[] {
  return [
    ...besides(ours, peer, "first", "first backup, sources", { wall: 0.5, cpu: 0.65 }),
    ...besides(ours, peer, "large", "first backup, large random file", { wall: 0.5, cpu: 0.6 }),
    ...besides(ours, peer, "unchanged", "nothing changed, resident, full walk", { wall: 0.15 }),
    ...besides(ours, peer, "changed", "10 files changed, paths known", { wall: 0.03 }),
    ...besides(ours, peer, "restore", "restore of the sources", { wall: 0.7 }),
    ...besides(ours, peer, "check", "check, all data read", { wall: 1 }),
    ...coldRows(ours, peer),
    ...ownRows(ours),
  ];
}

/** Far away it is enough to be ahead. */
function farRows(ours: readonly OurRound[], peer: readonly PeerRound[]): Row[] {
  return [
    ...besides(ours, peer, "first", "S3: first backup, sources", { wall: 1 }),
    ...besides(ours, peer, "large", "S3: first backup, large random file", { wall: 1 }),
    ...besides(ours, peer, "unchanged", "S3: nothing changed, resident, full walk", { wall: 1 }),
    ...besides(ours, peer, "changed", "S3: 10 files changed, paths known", { wall: 1 }),
    ...besides(ours, peer, "restore", "S3: restore of the sources", { wall: 1 }),
    ...besides(ours, peer, "check", "S3: check, all data read", { wall: 1 }),
    ...coldRows(ours, peer),
    ...ownRows(ours),
  ];
}

function besides(
  ours: readonly OurRound[],
  peer: readonly PeerRound[],
  name: Exclude<EngineCase, "cold">,
  title: string,
  limits: { readonly wall: number; readonly cpu?: number },
): Row[] {
  const our = ours.flatMap((round): Figures[] => (round[name] ? [round[name]] : []));
  const their = peer.flatMap((round): PeerFigures[] => (round[name] ? [round[name]] : []));
  if (our.length === 0) return [];
  const wall = compared(
    `${title}: seconds`,
    our.map((figures) => figures.wall),
    their.map((figures) => figures.wall),
    limits.wall,
  );
  if (limits.cpu === undefined) return [wall];
  const cpu = compared(
    `${title}: CPU seconds`,
    our.map((figures) => figures.cpu),
    their.map((figures) => figures.cpu),
    limits.cpu,
  );
  return [wall, cpu];
}

/** Whole processes on both sides. */
function coldRows(ours: readonly OurRound[], peer: readonly PeerRound[]): Row[] {
  const cold = ours.flatMap((round) => (round.cold ? [round.cold] : []));
  if (cold.length === 0) return [];
  return (["first", "unchanged"] as const).map((name) =>
    compared(
      `${name === "first" ? "first backup" : "nothing changed"}, cold: seconds`,
      cold.map((seconds) => seconds[name]),
      peer.map((figures) => figures[name]?.wall ?? Number.NaN),
      1,
    ),
  );
}

function ownRows(ours: readonly OurRound[]): Row[] {
  return [
    bounded(
      "peak memory above an idle host: MB",
      ours.map(({ peakMb }) => peakMb),
      150,
    ),
    bounded(
      "longest stall of the main thread: ms",
      ours.map((round) => Math.max(...stallsOf(round).map(({ ms }) => ms))),
      50,
    ),
  ];
}

function requestRows(ours: readonly OurRound[]): Row[] {
  const counts = { unchanged: 4, changed: 8, first: 17 } as const;
  const titles = {
    unchanged: "nothing changed",
    changed: "10 files changed",
    first: "first backup",
  } as const;
  return (["unchanged", "changed", "first"] as const).flatMap((name) => {
    const figures = ours.flatMap((round) => round[name]?.requests ?? []);
    if (figures.length === 0) return [];
    return [bounded(`requests on S3, ${titles[name]}`, figures, counts[name])];
  });
}

function stallsOf(round: OurRound): { readonly name: EngineCase; readonly ms: number }[] {
  return engineCases.flatMap((name) => {
    const ms = name === "cold" ? undefined : round[name]?.stallMs;
    return ms === undefined ? [] : [{ name, ms }];
  });
}

function printStalls(ours: readonly OurRound[]): void {
  for (const round of ours)
    console.log(
      `longest stalls, ms: ${stallsOf(round)
        .map(({ name, ms }) => `${name} ${ms.toFixed(0)}`)
        .join(", ")}`,
    );
}

/** Requests cost money where there is a bill for them, so they are counted on S3. */
async function countedOnS3(
  program: string,
  home: string,
  files: Pick<OurOrder, "sources" | "large" | "dist">,
): Promise<readonly OurRound[]> {
  const work = await emptied(join(home, "work"));
  try {
    const place = await places.s3();
    try {
      return [await ourRound(program, place, { work, ...files, cases: ["unchanged", "changed"] })];
    } finally {
      await place.stop();
    }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`requests are not counted: ${error.message}`);
    return [];
  }
}

async function ourRound(
  program: string,
  place: Place,
  order: Omit<OurOrder, "on" | "answers">,
): Promise<OurRound> {
  const { on, answers } = place;
  const ourOrder: OurOrder = { ...order, on, answers };
  const round = await resultOf<OurRound>(program, JSON.stringify(ourOrder));
  for (const folder of ["ours", "ours-cold", "ours-large"]) await place.clear(folder);
  return round;
}
