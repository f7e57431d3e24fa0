import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import { retry, withLayers } from "../../../src/storage/layers.ts";
import { folder as folderProvider } from "../../../src/storage/providers/folder/folder.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { orSkip } from "../../servers/process.ts";
import { debianRestic, newestRestic, type Restic } from "../../servers/restic.ts";
import { run, type Job } from "../../torture/job.ts";
import { assertHolds, writeState } from "../../torture/sampleState.ts";
import { faultRounds } from "./rounds.ts";
import { chaos } from "./chaos.ts";
import {
  openRepository,
  initRepository,
  passphrase,
  withTemporaryFolder,
} from "../openRepository.ts";
import { randomFrom } from "../random.ts";

/** Jobs done over one folder. */
const rounds = faultRounds(12);

const faults = ["refused", "answer lost", "cut", "turned", "sent twice", "late"] as const;

describe("a folder that fails, cuts, turns and repeats", function () {
  this.timeout(60_000 + rounds * 5000);
  let judges: readonly Restic[];

  before(async function () {
    judges = await orSkip(this, async () => [await newestRestic(), await debianRestic()]);
  });

  it("leaves a repository in which restic finds nothing wrong", async () => {
    await withTemporaryFolder(async (work) => {
      const [path, files] = [join(work, "repository"), join(work, "files")];
      await mkdir(path);
      const driver = await folderProvider.open({ path });
      const plain = new Storage(driver);
      await initRepository(plain);
      const random = randomFrom(7);
      const states = new Map<string, number>();
      let done = 0;
      for (let round = 1; round <= rounds; round++) {
        await writeState(files, round);
        const layer = chaos(random, 8 + random.below(30), faults);
        const harmed = new Storage(withLayers(driver, layer, retry({ attempts: 3, baseMs: 1 })));
        try {
          const snapshot = await run(await openRepository(harmed), jobFor(round, files));
          if (snapshot !== undefined) states.set(snapshot, round);
          done += 1;
        } catch (error) {
          if (!isStorageError(error) && !isRepositoryError(error)) throw error;
        }
        // Locks of jobs that could not even take them back are ours, and of a process that lives.
        for (const restic of judges)
          await restic.run({ location: path, passphrase }, "check", "--read-data", "--no-lock");
        for await (const { key } of plain.list("locks/")) await plain.delete([key]);
      }
      assert.ok(done > rounds / 4, `only ${done} of ${rounds} were done`);
      const repository = await openRepository(plain);
      for (const snapshot of await repository.snapshots()) {
        const state = states.get(snapshot.id);
        if (state !== undefined) await assertHolds(repository, snapshot, state);
      }
    });
  });
});

function jobFor(round: number, files: string): Job {
  if (round % 4 === 3) return { type: "forget", keepLast: 2 };
  return round % 4 === 0 ? { type: "prune", maxUnusedPercent: 0 } : { type: "backup", files };
}
