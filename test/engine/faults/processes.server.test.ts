import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { check } from "../../../src/engine/upkeep/check.ts";
import { usualLockTimes } from "../../../src/engine/repository/lockFiles.ts";
import { orSkip } from "../../servers/process.ts";
import { debianRestic, newestRestic, type Restic } from "../../servers/restic.ts";
import { run, type Job } from "../../torture/job.ts";
import { assertHolds, writeState } from "../../torture/sampleState.ts";
import { Victim } from "../../torture/victims.ts";
import { faultRounds } from "./rounds.ts";
import {
  initRepository,
  folderStorage,
  passphrase,
  withTemporaryFolder,
} from "../openRepository.ts";
import { randomFrom } from "../random.ts";

/** Times that each pair is let loose. */
const rounds = faultRounds(3);

/** Longer than any job takes: nobody is killed here. */
const patienceMs = 120_000;

describe("two processes on one repository", function () {
  this.timeout(60_000 + rounds * 20_000);
  let judges: readonly Restic[];

  before(async function () {
    judges = await orSkip(this, async () => [await newestRestic(), await debianRestic()]);
  });

  const backup = (files: string): Job => ({ type: "backup", files });
  const prune: Job = { type: "prune", maxUnusedPercent: 0 };
  const forget: Job = { type: "forget", keepLast: 1 };
  const pairs: readonly [title: string, jobs: (files: string) => readonly [Job, Job]][] = [
    ["that both back up", (files) => [backup(files), backup(files)]],
    ["of which one prunes", (files) => [prune, backup(files)]],
    ["of which one forgets", (files) => [backup(files), forget]],
    ["that both prune", () => [prune, prune]],
  ];

  for (const [number, [title, jobs]] of pairs.entries())
    it(`${title} do no harm, and both are done`, async () => {
      const random = randomFrom(number);
      await withTemporaryFolder(async (folder) => {
        const [location, files] = [join(folder, "repository"), join(folder, "files")];
        await mkdir(location);
        const repository = await initRepository(await folderStorage(location), {
          lockTimes: usualLockTimes,
        });
        const states = new Map<string, number>();
        const note = async (state: number) => {
          for (const { id } of await repository.snapshots())
            if (!states.has(id)) states.set(id, state);
        };
        for (let round = 1; round <= rounds; round++) {
          // Something to keep, and something to clear away.
          await writeState(files, 2 * round);
          for (const job of [backup(files), forget]) await run(repository, job);
          await note(2 * round);
          await writeState(files, 2 * round + 1);
          const pair = jobs(files);
          await together(location, pair, random.below(400));
          await note(2 * round + 1);
        }
        for (const restic of judges)
          await restic.run({ location, passphrase }, "check", "--read-data");
        assert.equal((await check(repository, { readData: { type: "all" } })).sound, true);
        for (const snapshot of await repository.snapshots())
          await assertHolds(repository, snapshot, states.get(snapshot.id) ?? -1);
      });
    });
});

/** Has two processes do `jobs`, the second a little later. Whoever is locked out waits. */
async function together(
  location: string,
  jobs: readonly [Job, Job],
  lateMs: number,
): Promise<void> {
  await Promise.all(
    jobs.map(async (job, i) => {
      const victim = new Victim();
      await pause(i * lateMs);
      assert.equal((await victim.obey({ location, job }, patienceMs)).type, "done");
    }),
  );
}
