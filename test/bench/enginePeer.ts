/** The peer's side of the engine's benchmark: the restic program, run as a person would. */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { EngineCase, EngineOrder } from "./engineCases.ts";
import type { Place } from "./places.ts";
import { changeTen } from "./sources.ts";

const run = promisify(execFile);

/** What one command of the peer took, in seconds. */
export interface PeerFigures {
  readonly wall: number;
  readonly cpu: number;
}

export type PeerRound = Readonly<Record<Exclude<EngineCase, "cold">, PeerFigures | undefined>>;

/** Measures every case of `order` with the program `restic`. */
export async function peerRound(
  restic: string,
  place: Place,
  { work, sources, large, cases }: EngineOrder,
  seed: number,
): Promise<PeerRound> {
  const cache = join(work, "peer-cache");
  const target = join(work, "peer-target");
  const peer = async (folder: string, ...args: readonly string[]) => {
    const { location, env } = place.peer(folder);
    const common = ["--repo", location, "--cache-dir", cache, "--quiet"];
    return await timed(restic, [...common, ...args], env);
  };
  const on = async (name: EngineCase, work: () => Promise<PeerFigures>) =>
    cases.includes(name) ? await work() : undefined;
  await peer("peer", "init");
  const first = await peer("peer", "backup", sources);
  const unchanged = await peer("peer", "backup", sources);
  await changeTen(sources, seed);
  const changed = await on("changed", async () => await peer("peer", "backup", sources));
  const restore = await on(
    "restore",
    async () => await peer("peer", "restore", "latest", "--target", target),
  );
  await rm(target, { recursive: true, force: true });
  const check = await on("check", async () => await peer("peer", "check", "--read-data"));
  await place.clear("peer");
  const largeFigures = await on("large", async () => {
    await peer("peer-large", "init");
    return await peer("peer-large", "backup", large);
  });
  await place.clear("peer-large");
  await rm(cache, { recursive: true });
  return { first, unchanged, changed, restore, check, large: largeFigures };
}

/** Runs a program through the shell, which is what tells a child's processor time. */
async function timed(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<PeerFigures> {
  const script = `TIMEFORMAT="%R %U %S"; time "$0" "$@"`;
  const { stderr } = await run("/bin/bash", ["-c", script, program, ...args], {
    env: { ...process.env, ...env, RESTIC_PASSWORD: "benchmark" },
    maxBuffer: 2 ** 24,
  });
  const [wall = 0, user = 0, system = 0] = (stderr.trim().split("\n").at(-1) ?? "")
    .split(" ")
    .map(Number);
  return { wall, cpu: user + system };
}
