import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { never } from "../../../src/base/abort.ts";
import { forEachPooled } from "../../../src/base/pool.ts";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { forget } from "../../../src/engine/snapshots/forget.ts";
import { fileKey, listFiles } from "../../../src/engine/format/layout.ts";
import { prune, type PruneProgress } from "../../../src/engine/upkeep/prune.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { retry, withLayers, type Layer } from "../../../src/storage/layers.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { assertHolds, writeState } from "../../torture/sampleState.ts";
import { faultRounds } from "./rounds.ts";
import { chaos, copyOf, singleDriver, type Fault } from "./chaos.ts";
import { initRepository, ownKernels, openRepository } from "../openRepository.ts";
import { randomFrom } from "../random.ts";

const everything: readonly Fault[] = [
  "refused",
  "answer lost",
  "cut",
  "turned",
  "sent twice",
  "late",
  "not found",
];

/** Runs of each job. */
const rounds = faultRounds(6);

describe("over a storage that", () => {
  let folder: string;
  let driver: Driver;
  /** Snapshots of the states 1 and 2. */
  let history: readonly Snapshot[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "offsite-test-"));
    driver = singleDriver();
    const repository = await initRepository(new Storage(driver));
    const saved: (Snapshot | undefined)[] = [];
    for (const state of [1, 2]) {
      await writeState(join(folder, "files"), state);
      saved.push((await backUp(repository, { roots: [join(folder, "files")] })).snapshot);
    }
    history = saved.flatMap((snapshot) => snapshot ?? []);
    await writeState(join(folder, "files"), 3);
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** Nothing but hints is found in `at`, and its snapshots hold the states they were made of. */
  const isSound = async (at: Driver, states: ReadonlyMap<string, number>) => {
    const storage = new Storage(at);
    const locks = await listFiles(storage, "locks", never);
    await storage.delete([...locks.keys()].map((id) => fileKey("locks", id)));
    const repository = await openRepository(storage);
    const { sound, findings } = await check(repository, { readData: { type: "all" } });
    assert.ok(sound, JSON.stringify(findings));
    for (const snapshot of await repository.snapshots()) {
      const state = states.get(snapshot.id);
      if (state !== undefined) await assertHolds(repository, snapshot, state);
    }
    return repository;
  };

  const jobs: Readonly<Record<string, (repository: Repository) => Promise<readonly Snapshot[]>>> = {
    "backing up": async (repository) => {
      const { snapshot } = await backUp(repository, { roots: [join(folder, "files")] });
      return snapshot ? [snapshot] : [];
    },
    forgetting: async (repository) => {
      const what = { type: "ids", ids: [history[0]!.id] } as const;
      await forget(repository, { what, now: new Date() });
      return [];
    },
    "forgetting and pruning": async (repository) => {
      const what = { type: "ids", ids: [history[0]!.id] } as const;
      await forget(repository, { what, now: new Date() });
      await prune(repository, { maxUnusedPercent: 0 });
      return [];
    },
    reading: async (repository) => {
      for (const [i, snapshot] of history.entries()) await assertHolds(repository, snapshot, i + 1);
      return [];
    },
  };

  for (const [title, job] of Object.entries(jobs))
    for (const [how, layers] of [
      ["fails once in a while", []],
      ["fails once in a while, and is asked again", [retry({ attempts: 6, baseMs: 1 })]],
    ] as const)
      it(`${how}: ${title} tells no lie and does no damage`, async () => {
        let succeeded = 0;
        const lives = Array.from({ length: rounds }, (_, i) => i);
        const live = async (seed: number) => {
          const copy = await copyOf(driver);
          const random = randomFrom(1000 * (layers.length + 1) + seed);
          const harmed = new Storage(
            withLayers(copy, chaos(random, 6 + (seed % 4) * 12, everything), ...layers),
          );
          const states = new Map(history.map(({ id }, i) => [id, i + 1]));
          try {
            for (const { id } of await job(await openRepository(harmed))) states.set(id, 3);
            succeeded += 1;
          } catch (error) {
            const isOurs = isStorageError(error) || isRepositoryError(error);
            assert.ok(isOurs, error instanceof Error ? error.stack : String(error));
          }
          const after = await isSound(copy, states);
          // And then it goes on as if nothing had been.
          for (const { id } of title === "reading" ? [] : await job(after)) states.set(id, 3);
          await isSound(copy, states);
        };
        // Side by side, since most of the time is spent waiting for locks to settle.
        await forEachPooled(lives, 6, live);
        assert.ok(succeeded > 0, "nothing came through");
        if (layers.length === 0) assert.ok(succeeded < rounds, "nothing went wrong");
      }).timeout(60_000);

  it("refuses for good is not asked again and again", async () => {
    const copy = await copyOf(driver);
    let refusals = 0;
    const refuse: Layer = async ({ operation, send }) => {
      if (operation !== "write") return await send();
      refusals += 1;
      throw new StorageError("invalid", "the bucket's name is malformed");
    };
    const repository = await openRepository(new Storage(withLayers(copy, refuse, retry())));
    await assert.rejects(backUp(repository, { roots: [folder] }), { kind: "invalid" });
    assert.equal(refusals, 1);
  });

  it("lists an index that it never gives out is not asked for ever", async () => {
    const copy = await copyOf(driver);
    let asked = 0;
    const hide: Layer = async ({ operation, request, send }) => {
      const isIndex = operation === "read" && request.key.startsWith("index/");
      if (!isIndex) return await send();
      asked += 1;
      throw new StorageError("not-found", "no such object");
    };
    const repository = await openRepository(new Storage(withLayers(copy, hide)));
    await assert.rejects(repository.loadIndex(), { kind: "damaged" });
    assert.ok(asked < 50);
  });

  describe("is pruned by someone after our backup", () => {
    const table = [
      { title: "a backup of all", more: {} },
      { title: "a backup of what a watcher names", more: { changed: [] } },
      { title: "a backup of nothing new", more: { skipIfUnchanged: true } },
    ] as const;
    for (const { title, more } of table)
      it(`${title} saves again what is gone`, async () => {
        const copy = await copyOf(driver);
        const roots = [join(folder, "files")];
        const ours = await openRepository(new Storage(copy));
        const { snapshot } = await backUp(ours, { roots });
        assert.ok(snapshot);
        const theirs = await openRepository(new Storage(copy));
        const ids = [...history.map(({ id }) => id), snapshot.id];
        await forget(theirs, { what: { type: "ids", ids }, now: new Date() });
        await prune(theirs);
        const { snapshot: again } = await backUp(ours, { roots, ...more });
        assert.ok(again);
        const after = await isSound(copy, new Map([[again.id, 3]]));
        assert.deepEqual(
          (await after.snapshots()).map(({ id }) => id),
          [again.id],
        );
      });
  });

  describe("two use at once:", () => {
    it("two backups both succeed", async () => {
      const copy = await copyOf(driver);
      const others = ownKernels();
      try {
        const one = await openRepository(new Storage(copy));
        const other = await openRepository(new Storage(copy), { kernels: others });
        const roots = [join(folder, "files")];
        const reports = await Promise.all([
          backUp(one, { roots, force: true }),
          backUp(other, { roots, force: true }),
        ]);
        const states = new Map(reports.map(({ snapshot }) => [snapshot?.id ?? "", 3]));
        assert.equal(states.size, 2);
        await isSound(copy, states);
      } finally {
        await others.dispose();
      }
    });

    it("a prune and a backup exclude each other, whoever is first", async () => {
      const random = randomFrom(5);
      for (let round = 0; round < 12; round++) {
        const copy = await copyOf(driver);
        const states = new Map([[history[1]!.id, 2]]);
        const first = await openRepository(new Storage(copy));
        await forget(first, { what: { type: "ids", ids: [history[0]!.id] }, now: new Date() });
        const second = await openRepository(new Storage(copy));
        const late = random.below(60);
        // Now the one comes first, now the other.
        const [pruneLate, saveLate] = round % 2 === 0 ? [0, late] : [late, 0];
        const [pruned, saved] = await Promise.allSettled([
          setTimeout(pruneLate).then(async () => await prune(first, { maxUnusedPercent: 0 })),
          setTimeout(saveLate).then(
            async () => await backUp(second, { roots: [join(folder, "files")] }),
          ),
        ]);
        for (const one of [pruned, saved])
          if (one.status === "rejected")
            assert.equal(one.reason.kind, "locked", String(one.reason));
        if (saved.status === "fulfilled") states.set(saved.value.snapshot?.id ?? "", 3);
        await isSound(copy, states);
      }
    }).timeout(60_000);
  });

  describe("is locked while", () => {
    const hour = 3_600_000;
    const table = [
      { title: "the computer sleeps for hours", shiftMs: 8 * hour, ends: "lost-lock" },
      { title: "the clock is set back", shiftMs: -8 * hour, ends: undefined },
      { title: "the clock is set on by minutes", shiftMs: hour / 6, ends: undefined },
    ] as const;
    for (const { title, shiftMs, ends } of table)
      it(`${title}, a prune ${ends ? "stops" : "goes on"} and nothing is lost`, async () => {
        const copy = await copyOf(driver);
        let shift = 0;
        const now = () => new Date(Date.now() + shift);
        const repository = await openRepository(new Storage(copy), { now });
        const what = { type: "ids", ids: [history[0]!.id] } as const;
        await forget(repository, { what, now: now() });
        const before = (await listFiles(new Storage(copy), "data", never)).size;
        const onProgress = ({ phase }: PruneProgress) => {
          if (phase === "copying") shift = shiftMs;
        };
        const run = prune(repository, { maxUnusedPercent: 0, onProgress });
        if (ends) await assert.rejects(run, { kind: ends });
        else await run;
        const after = (await listFiles(new Storage(copy), "data", never)).size;
        if (ends) assert.ok(after >= before);
        await isSound(copy, new Map([[history[1]!.id, 2]]));
      });

    it("the computer sleeps for hours, a forget deletes nothing", async () => {
      const copy = await copyOf(driver);
      let shift = 0;
      const now = () => new Date(Date.now() + shift);
      const repository = await openRepository(new Storage(copy), { now });
      const only = () => {
        shift = 8 * hour;
        return true;
      };
      const what = { type: "policy", policy: { counts: { last: 1 } }, only } as const;
      await assert.rejects(forget(repository, { what, now: now() }), { kind: "lost-lock" });
      const after = await isSound(copy, new Map(history.map(({ id }, i) => [id, i + 1])));
      assert.equal((await after.snapshots()).length, history.length);
    });

    // By then somebody may have called our lock stale, and deleted what the snapshot would need.
    for (const phase of ["saving", "finishing"] as const)
      it(`the computer sleeps for hours, a backup that is ${phase} writes no snapshot`, async () => {
        const copy = await copyOf(driver);
        let shift = 0;
        const now = () => new Date(Date.now() + shift);
        const repository = await openRepository(new Storage(copy), { now });
        const run = backUp(repository, {
          roots: [join(folder, "files")],
          force: true,
          onProgress: (progress) => {
            if (progress.phase === phase) shift = 8 * hour;
          },
        });
        await assert.rejects(run, { kind: "lost-lock" });
        const after = await isSound(copy, new Map(history.map(({ id }, i) => [id, i + 1])));
        assert.equal((await after.snapshots()).length, history.length);
      });
  });
});
