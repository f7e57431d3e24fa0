import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { forget } from "../../../src/engine/snapshots/forget.ts";
import { prune } from "../../../src/engine/upkeep/prune.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { orSkip } from "../../servers/process.ts";
import { newestRestic, type Restic } from "../../servers/restic.ts";
import { assertHolds, writeState } from "../../torture/sampleState.ts";
import { faultRounds } from "./rounds.ts";
import { withTemporaryFolder } from "../openRepository.ts";
import { madeByUs } from "../peer.ts";
import { randomFrom } from "../random.ts";

/** Times that both are let loose. */
const rounds = faultRounds(5);

describe("restic at work on the same repository at the same time", function () {
  this.timeout(60_000 + rounds * 10_000);
  let restic: Restic;

  before(async function () {
    restic = await orSkip(this, newestRestic);
  });

  it("backs up beside our backup, and both are whole", async () => {
    await withRepository(async ({ files, theirs, repository, states }) => {
      for (let state = 1; state <= rounds; state++) {
        await writeState(files, state);
        const [{ snapshot }] = await Promise.all([
          backUp(repository, { roots: [files], force: true }),
          theirs("backup", files, "--force"),
        ]);
        for (const { id } of await repository.snapshots())
          if (!states.has(id)) states.set(id, state);
        assert.ok(snapshot);
      }
      assert.equal(states.size, 2 * rounds);
    });
  });

  it("and a prune of either keep out of each other's way", async () => {
    const random = randomFrom(3);
    await withRepository(async ({ files, theirs, repository, states }) => {
      for (let state = 1; state <= rounds; state++) {
        await writeState(files, state);
        const what = { type: "policy", policy: { counts: { last: 2 } } } as const;
        const { removed } = await forget(repository, { what, now: new Date() }).catch(() => ({
          removed: [],
        }));
        for (const { id } of removed) states.delete(id);
        const late = random.below(400);
        const isOurs = state % 2 === 0;
        const [pruned, saved] = await Promise.allSettled([
          isOurs
            ? prune(repository, { maxUnusedPercent: 0 })
            : theirs("prune", "--max-unused", "0"),
          pause(late).then(async () =>
            isOurs ? await theirs("backup", files) : await backUp(repository, { roots: [files] }),
          ),
        ]);
        for (const one of [pruned, saved])
          if (one.status === "rejected") assert.match(String(one.reason), /lock/);
        for (const { id } of await repository.snapshots())
          if (!states.has(id)) states.set(id, state);
      }
    });
  });

  /** A repository; afterwards each snapshot holds the state noted for it, and either program finds it whole. */
  const withRepository = async (
    use: (shared: {
      readonly files: string;
      readonly repository: Repository;
      readonly states: Map<string, number>;
      readonly theirs: (...args: readonly string[]) => Promise<string>;
    }) => Promise<void>,
  ) =>
    await withTemporaryFolder(async (folder) => {
      const { open, theirs } = await madeByUs(join(folder, "repository"), restic);
      const repository = await open();
      const states = new Map<string, number>();
      await use({ files: join(folder, "files"), repository, states, theirs });
      await theirs("check", "--read-data");
      assert.equal((await check(repository, { readData: { type: "all" } })).sound, true);
      const snapshots = await repository.snapshots();
      assert.ok(snapshots.length > 0);
      for (const snapshot of snapshots)
        await assertHolds(repository, snapshot, states.get(snapshot.id) ?? -1);
    });
});
