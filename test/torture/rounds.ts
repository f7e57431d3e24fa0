import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { forget } from "../../src/engine/snapshots/forget.ts";
import { usualLockTimes } from "../../src/engine/repository/lockFiles.ts";
import { Repository } from "../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../src/engine/format/snapshot.ts";
import {
  folderStorage,
  passphrase,
  testOptions,
  withTemporaryFolder,
} from "../engine/openRepository.ts";
import { randomFrom, type Random } from "../engine/random.ts";
import type { Restic } from "../servers/restic.ts";
import { run, type Job } from "./job.ts";
import { assertHolds, writeState } from "./sampleState.ts";
import { Victim } from "./victims.ts";

export interface Torture {
  readonly rounds: number;
  /** Rounds that go on at a time, each lane with a repository of its own. */
  readonly lanes?: number;
  /** Decides jobs and moments; the machine's mood has its say as well. */
  readonly seed: number;
  /** The judge. */
  readonly restic: Restic;
  readonly log?: (line: string) => void;
}

/** How often each job was begun, and how often it was killed before it was done. */
export type Tally = Readonly<Record<Job["type"], { begun: number; killed: number }>>;

/** Victims kept ready, so that a round does not wait for a process to start. */
const ready = 2;

/** How many snapshots a forget leaves, so that rounds stay short. */
const keepLast = 4;

/**
 * Kills processes that work on a repository, again and again. After each kill restic finds nothing
 * wrong with any byte, every snapshot that was reported done is whole, and the same job then runs to
 * its end. Throws at the first round where any of this fails.
 */
export async function torture({ lanes = 1, rounds, seed, ...rest }: Torture): Promise<Tally> {
  const tallies = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const share = Math.floor((rounds + lane) / lanes);
      return await tortureOne({ ...rest, rounds: share, seed: seed + lane });
    }),
  );
  return tallies.reduce(sumOf);
}

async function tortureOne({ rounds, seed, restic, log }: Torture): Promise<Tally> {
  const victims = Array.from({ length: ready }, () => new Victim());
  try {
    return await withTemporaryFolder(async (folder) => {
      const location = join(folder, "repository");
      await mkdir(location);
      const options = testOptions(await folderStorage(location), {
        lockTimes: usualLockTimes,
      });
      await Repository.init(options, passphrase);
      const cellar = new Cellar({ folder, location, restic, random: randomFrom(seed) });
      for (let round = 1; round <= rounds; round++) {
        const victim = victims.shift() ?? new Victim();
        if (rounds - round >= ready) victims.push(new Victim());
        // A window that opens it anew, as after the crash.
        const line = await cellar.round(victim, await Repository.open(options, passphrase));
        log?.(`seed ${seed}, round ${round}: ${line}`);
      }
      return cellar.tally;
    });
  } finally {
    await Promise.all(victims.map(async (victim) => await victim.end()));
  }
}

function sumOf(one: Tally, other: Tally): Tally {
  const sum = (job: Job["type"]) => ({
    begun: one[job].begun + other[job].begun,
    killed: one[job].killed + other[job].killed,
  });
  return { backup: sum("backup"), forget: sum("forget"), prune: sum("prune") };
}

interface CellarOptions {
  readonly folder: string;
  readonly location: string;
  readonly restic: Restic;
  readonly random: Random;
}

/** The repository, and what must be in it. */
class Cellar {
  readonly tally: Record<Job["type"], { begun: number; killed: number }> = {
    backup: { begun: 0, killed: 0 },
    forget: { begun: 0, killed: 0 },
    prune: { begun: 0, killed: 0 },
  };
  readonly #options: CellarOptions;
  /** How long each job takes when nobody kills it, as far as we know. */
  readonly #usualMs: Record<Job["type"], number> = { backup: 300, forget: 300, prune: 400 };
  /** The state of each snapshot that was reported done and not yet forgotten. */
  readonly #reported = new Map<string, number>();
  #state = 0;

  constructor(options: CellarOptions) {
    this.#options = options;
  }

  async round(victim: Victim, repository: Repository): Promise<string> {
    const { location, random, restic } = this.#options;
    const job = await this.#nextJob();
    const afterMs = (random.below(1000) / 1000) * this.#usualMs[job.type] * 1.1;
    const doomed = job.type === "forget" ? await snapshotsToGo(repository, job) : [];
    const end = await victim.obey({ location, job }, afterMs);
    this.#count(job, end, afterMs);
    await restic.run({ location, passphrase }, "check", "--read-data", "--no-lock");
    // A forget that was cut off may have taken any of those it was to take, and no other.
    const present = await this.#assertThere(repository, end.type === "done" ? doomed : [], doomed);
    for (const [snapshot, state] of present) await assertHolds(repository, snapshot, state);
    if (end.type === "killed") this.#report(await run(repository, job));
    for (const id of doomed) this.#reported.delete(id);
    // That they are whole as well is what the next round sees.
    await this.#assertThere(repository, doomed, []);
    return `${job.type} ${end.type} after ${Math.round(afterMs)} ms`;
  }

  async #nextJob(): Promise<Job> {
    const { folder, random } = this.#options;
    const dice = random.below(10);
    if (this.#reported.size > 2 * keepLast || (dice < 2 && this.#reported.size > keepLast))
      return { type: "forget", keepLast };
    if (dice < 5 && this.#reported.size > 0)
      return { type: "prune", maxUnusedPercent: random.below(2) * 5 };
    const files = join(folder, "files");
    await writeState(files, ++this.#state);
    return { type: "backup", files };
  }

  #count({ type }: Job, end: Awaited<ReturnType<Victim["obey"]>>, afterMs: number): void {
    this.tally[type].begun += 1;
    if (end.type === "killed") {
      this.tally[type].killed += 1;
      // On a machine that has become slower, kills would come too early ever after.
      if (afterMs > 0.9 * this.#usualMs[type]) this.#usualMs[type] *= 1.3;
      return;
    }
    this.#usualMs[type] = 0.7 * this.#usualMs[type] + 0.3 * end.tookMs;
    this.#report(end.snapshot);
  }

  #report(snapshot: string | undefined): void {
    if (snapshot !== undefined) this.#reported.set(snapshot, this.#state);
  }

  /**
   * Every reported snapshot is there, but for those in `gone` and perhaps in `going`. Returns those
   * that are, with their states.
   */
  async #assertThere(
    repository: Repository,
    gone: readonly string[],
    going: readonly string[],
  ): Promise<ReadonlyMap<Snapshot, number>> {
    const snapshots = new Map(
      (await repository.snapshots()).map((snapshot): [string, Snapshot] => [snapshot.id, snapshot]),
    );
    const present = new Map<Snapshot, number>();
    for (const [id, state] of this.#reported) {
      const snapshot = snapshots.get(id);
      if (snapshot) present.set(snapshot, state);
      else if (!gone.includes(id) && !going.includes(id)) throw new Error(`snapshot ${id} is gone`);
    }
    for (const id of gone)
      if (snapshots.has(id)) throw new Error(`snapshot ${id} was not forgotten`);
    return present;
  }
}

/** What a forget will take; among it perhaps snapshots of processes that were killed before they said so. */
async function snapshotsToGo(
  repository: Repository,
  { keepLast: last }: Extract<Job, { type: "forget" }>,
): Promise<readonly string[]> {
  const what = { type: "policy", policy: { counts: { last } } } as const;
  const { removed } = await forget(repository, { what, dryRun: true, now: new Date() });
  return removed.map(({ id }) => id);
}
