import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { copySnapshot } from "../../../src/engine/upkeep/copy.ts";
import { forget } from "../../../src/engine/snapshots/forget.ts";
import { prune } from "../../../src/engine/upkeep/prune.ts";
import { repairIndex } from "../../../src/engine/upkeep/repairIndex.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { orSkip } from "../../servers/process.ts";
import { debianRestic, newestRestic, type Restic } from "../../servers/restic.ts";
import { withTemporaryFolder } from "../openRepository.ts";
import { madeByRestic, madeByUs } from "../peer.ts";
import { randomFrom } from "../random.ts";

const now = new Date("2026-11-21T12:00:00Z");

for (const [title, find] of [
  ["the newest restic", newestRestic],
  ["Debian's restic", debianRestic],
] as const)
  describe(`a repository shared with ${title}`, function () {
    this.timeout(120_000);
    let restic: Restic;

    before(async function () {
      restic = await orSkip(this, find);
    });

    for (const version of [1, 2]) {
      it(`in format ${version} is whole after a prune by either`, async () => {
        await withTemporaryFolder(async (folder) => {
          const { location, files, theirs, open } = await resticRepository(folder, version);
          for (const state of [0, 1, 2]) {
            await writeState(files, state);
            await theirs("backup", files);
          }
          const repository = await open();
          await isSound(repository);
          await forgetAllBut(repository, 2);
          const { packs, bytes } = await prune(repository, { maxUnusedPercent: 0 });
          assert.ok(packs.repacked > 0 && bytes.freed > 500_000, JSON.stringify({ packs, bytes }));
          await theirs("check", "--read-data");
          await isSound(repository);

          await writeState(files, 3);
          await backUp(repository, { roots: [files] });
          await theirs("check", "--read-data");
          await theirs("forget", "--keep-last", "1", "--group-by", "");
          await theirs("prune", "--max-unused", "0");
          await isSound(repository);
          await theirs("restore", "latest", "--target", join(folder, "restored"));
          await isSame(files, join(folder, "restored", files));
          assert.equal((await prune(repository)).bytes.freed, 0, location);
        });
      });

      it(`in format ${version} is copied so that restic takes it for its own`, async () => {
        await withTemporaryFolder(async (folder) => {
          const { files, theirs, open } = await resticRepository(folder, version);
          await writeState(files, 0);
          await theirs("backup", files);
          const from = await open();
          const target = await madeByUs(join(folder, "copy"), restic);
          const to = await target.open();
          const [snapshot] = await from.snapshots();
          await copySnapshot({ from, to, snapshot: snapshot! });
          await isSound(to);
          await target.theirs("check", "--read-data");
          await target.theirs("restore", "latest", "--target", join(folder, "restored"));
          await isSame(files, join(folder, "restored", files));
        });
      });
    }

    it("gets an index from us that restic accepts, when all of it is lost", async () => {
      await withTemporaryFolder(async (folder) => {
        const { location, files, theirs, open } = await resticRepository(folder, 2);
        await writeState(files, 0);
        await theirs("backup", files);
        await rm(join(location, "index"), { recursive: true });
        await mkdir(join(location, "index"));
        const { added } = await repairIndex(await open());
        assert.ok(added.length >= 2);
        await theirs("check", "--read-data");
      });
    });

    it("is locked by restic for us, and by us for restic", async () => {
      await withTemporaryFolder(async (folder) => {
        const { files, theirs, open } = await resticRepository(folder, 2);
        await writeState(files, 0);
        await theirs("backup", files);
        const repository = await open();
        await repository.withLock("shared", async () => {
          await theirs("snapshots");
          await assert.rejects(theirs("prune"), /lock/);
        });
        await repository.withLock("exclusive", async () => {
          await assert.rejects(theirs("backup", files), /lock/);
        });
        await theirs("prune");
      });
    });

    const resticRepository = async (folder: string, version: number) => ({
      files: join(folder, "files"),
      ...(await madeByRestic(join(folder, "repository"), restic, version)),
    });

    const forgetAllBut = async (repository: Repository, last: number) => {
      const what = { type: "policy", policy: { counts: { last } } } as const;
      const { removed } = await forget(repository, { what, now });
      assert.equal(removed.length, 1);
    };

    const isSame = async (one: string, other: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      execFile("diff", ["-r", one, other], (error, stdout) =>
        error ? reject(new Error(stdout)) : resolve(),
      );
      await promise;
    };
  });

async function isSound(repository: Repository): Promise<void> {
  const { findings } = await check(repository, { readData: { type: "all" } });
  assert.deepEqual(findings, []);
}

/** Files of which each state shares half with the one before, with a few of several chunks. */
async function writeState(folder: string, state: number): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (let i = state * 20; i < state * 20 + 40; i++) {
    const random = randomFrom(i);
    const place = join(folder, `folder ${i % 7}`);
    await mkdir(place, { recursive: true });
    const length = i % 10 === 0 ? 2_500_000 : random.below(50_000);
    await writeFile(join(place, `file ${i}`), random.bytes(length));
  }
}
