import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { never } from "../../../src/base/abort.ts";
import { forEachPooled } from "../../../src/base/pool.ts";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { sha256Hex } from "../../../src/engine/format/crypto.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { forget } from "../../../src/engine/snapshots/forget.ts";
import { fileKey, listFiles } from "../../../src/engine/format/layout.ts";
import { prune } from "../../../src/engine/upkeep/prune.ts";
import { repairIndex } from "../../../src/engine/upkeep/repairIndex.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import { planRestore } from "../../../src/engine/restore/restorePlan.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import { retry, withLayers } from "../../../src/storage/layers.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { assertHolds, filesOf, writeState } from "../../torture/sampleState.ts";
import { faultRounds } from "./rounds.ts";
import { breakingOff, chaos, copyOf, forgetful, singleDriver } from "./chaos.ts";
import { openRepository, initRepository, withTemporaryFolder } from "../openRepository.ts";
import { randomFrom } from "../random.ts";

/** Runs of each job. */
const rounds = faultRounds(6);

const faults = ["refused", "cut", "turned", "late", "not found"] as const;

describe("over a storage whose answers are not to be relied on,", () => {
  let files: string;
  let driver: Driver;
  let first: Snapshot;
  let second: Snapshot;
  /** What the files of state 2 hash to. */
  const hashes = new Map<string, string>();

  before(async () => {
    files = await mkdtemp(join(tmpdir(), "offsite-test-"));
    driver = singleDriver();
    const repository = await initRepository(new Storage(driver));
    const saved: (Snapshot | undefined)[] = [];
    for (const state of [1, 2]) {
      await writeState(files, state);
      saved.push((await backUp(repository, { roots: [files] })).snapshot);
    }
    first = saved[0] ?? assert.fail();
    second = saved[1] ?? assert.fail();
    for (const path of filesOf(2).keys())
      hashes.set(path, sha256Hex(await readFile(join(files, path))));
  });
  after(async () => {
    await rm(files, { recursive: true, force: true });
  });

  const open = async (at: Driver) => await openRepository(new Storage(at));
  const seeds = () => Array.from({ length: rounds }, (_, seed) => seed);

  /** What a job does, or undefined if it fails as it may. */
  const tried = async <T>(job: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await job();
    } catch (error) {
      const isOurs = isStorageError(error) || isRepositoryError(error);
      assert.ok(isOurs, error instanceof Error ? error.stack : String(error));
      return undefined;
    }
  };

  for (const [how, layers] of [
    ["a restore", []],
    ["a restore that may ask again", [retry({ attempts: 6, baseMs: 1 })]],
  ] as const)
    it(`${how} brings back what was saved, names what it could not, or leaves nothing`, async () => {
      let whole = 0;
      await forEachPooled(seeds(), 3, async (seed) => {
        const layer = chaos(randomFrom(seed), 4 + (seed % 3) * 15, faults);
        const harmed = withLayers(await copyOf(driver), layer, ...layers);
        await withTemporaryFolder(async (work) => {
          const target = join(work, "target");
          const base = files.split("/").slice(1);
          const report = await tried(async () => {
            const request = { snapshot: second, select: [], base, target };
            const repository = await open(harmed);
            return await restore(
              repository,
              await planRestore(repository, request),
              join(work, "safety"),
            );
          });
          if (!report) return assert.deepEqual(await readdir(work), [], `seed ${seed}`);
          const failed = new Set(report.failed.map(({ path }) => path));
          whole += Number(failed.size === 0);
          for (const [path, hash] of hashes) {
            const place = join(target, path);
            if (!failed.has(place))
              assert.equal(sha256Hex(await readFile(place)), hash, `seed ${seed}: ${path}`);
          }
          const found = await readdir(target, { recursive: true, withFileTypes: true });
          const count = found.filter((entry) => entry.isFile()).length;
          assert.equal(count, hashes.size - failed.size, `seed ${seed}: no other file is there`);
        });
      });
      if (layers.length > 0) assert.ok(whole > 0, "nothing came through");
    }).timeout(60_000);

  it("a check never calls a damaged repository sound", async () => {
    await forEachPooled(seeds(), 3, async (seed) => {
      const random = randomFrom(seed);
      const copy = await copyOf(driver);
      const storage = new Storage(copy);
      const packs = [...(await listFiles(storage, "data", never)).keys()].toSorted();
      const key = fileKey("data", packs[random.below(packs.length)] ?? "");
      const bytes = await storage.bytes(key);
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      await storage.write(key, bytes);
      const harmed = withLayers(copy, chaos(random, 10 + (seed % 3) * 20, faults));
      const report = await tried(
        async () => await check(await open(harmed), { readData: { type: "all" } }),
      );
      assert.notEqual(report?.sound, true, `seed ${seed}`);
    });
  }).timeout(60_000);

  it("half a listing is no listing", async () => {
    const paged = memoryDriver({ pageSize: 1 });
    const [from, to] = [new Storage(driver), new Storage(paged)];
    for await (const { key } of from.list()) await to.write(key, await from.bytes(key));
    const repository = await open(breakingOff(paged));
    await assert.rejects(repository.snapshots(), { kind: "unreachable" });
    await assert.rejects(repository.loadIndex(), { kind: "unreachable" });
    await assert.rejects(listFiles(repository.options.storage, "data", never), {
      kind: "unreachable",
    });
  });

  const jobs: Readonly<Record<string, (repository: Repository) => Promise<unknown>>> = {
    "a backup": async (repository) => await backUp(repository, { roots: [files], force: true }),
    "forgetting and a prune": async (repository) => {
      await forget(repository, { what: { type: "ids", ids: [first.id] }, now: new Date() });
      await prune(repository, { maxUnusedPercent: 0 });
    },
    "repairing the index": async (repository) => await repairIndex(repository),
  };
  for (const [title, job] of Object.entries(jobs))
    for (const type of ["index", "data"] as const)
      it(`${title} loses nothing where listings leave out files of ${type}`, async () => {
        await forEachPooled(seeds(), 3, async (seed) => {
          const copy = await copyOf(driver);
          // One in four of them, others each time: names are as good as random numbers.
          const hides = (key: string) =>
            key.startsWith(`${type}/`) && (Number.parseInt(key.slice(-6), 16) >> seed) % 4 === 0;
          await tried(async () => await job(await open(forgetful(copy, hides))));
          const after = await open(copy);
          // Files that were out of sight may have to be found again.
          await repairIndex(after);
          const { sound, findings } = await check(after, { readData: { type: "all" } });
          assert.ok(sound, `seed ${seed}: ${JSON.stringify(findings)}`);
          const states = new Map([
            [first.id, 1],
            [second.id, 2],
          ]);
          const snapshots = await after.snapshots();
          assert.ok(snapshots.some(({ id }) => id === second.id));
          for (const snapshot of snapshots)
            await assertHolds(after, snapshot, states.get(snapshot.id) ?? 2);
        });
      }).timeout(60_000);
});
