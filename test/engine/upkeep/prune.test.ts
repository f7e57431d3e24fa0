import assert from "node:assert/strict";
import { never } from "../../../src/base/abort.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { forEachPooled } from "../../../src/base/pool.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { sha256Hex } from "../../../src/engine/format/crypto.ts";
import { forget } from "../../../src/engine/snapshots/forget.ts";
import { fileKey, listFiles, type FileType } from "../../../src/engine/format/layout.ts";
import { prune, type PruneProgress } from "../../../src/engine/upkeep/prune.ts";
import { Repository } from "../../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { copyOf, dyingStorage, forgetful, singleDriver } from "../faults/chaos.ts";
import { initRepository, openRepository, passphrase, testOptions } from "../openRepository.ts";
import { filesOf, saveTree, type SampleFolder } from "../sampleSnapshot.ts";

const now = new Date("2026-02-01T00:00:00Z");

/** So many files of a kilobyte each once compressed, told apart by `seed`. */
function files(seed: string, count: number): SampleFolder {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${seed}${i}`, noise(`${seed}${i}`)]),
  );
}

/** Two kilobytes of hex digits, which compress to half. */
function noise(seed: string): string {
  return Array.from({ length: 32 }, (_, i) => sha256Hex(utf8(seed + i))).join("");
}

describe("prune", () => {
  let driver: Driver;
  let storage: Storage;
  let repository: Repository;
  /** What each snapshot holds. */
  const states: readonly SampleFolder[] = [
    { ...files("old", 8), ...files("all", 4), sub: files("mid", 2) },
    { ...files("mid", 6), ...files("all", 4), sub: files("mid", 2) },
    { ...files("new", 2), ...files("all", 4), sub: { deep: files("new", 2) } },
  ];
  let history: readonly Snapshot[];

  beforeEach(async () => {
    driver = singleDriver();
    storage = new Storage(driver);
    repository = await initRepository(storage);
    const saved: Snapshot[] = [];
    for (const [day, state] of states.entries())
      saved.push(await saveTree(repository, state, `2026-01-0${day + 1}T00:00:00Z`));
    history = saved;
  });

  const open = async (at: Storage = storage) => await openRepository(at);
  const forgetOldest = async () => {
    await forget(repository, { what: { type: "ids", ids: [history[0]!.id] }, now });
  };
  const list = async (type: FileType, at: Storage = storage) => [
    ...(await listFiles(at, type, never)).keys(),
  ];
  /** Opens what lies at `at` and finds everything as it should be. */
  const isSound = async (at: Storage, kept: readonly Snapshot[], strict = true) => {
    const opened = await open(at);
    const { findings, sound } = await check(opened, { readData: { type: "all" } });
    assert.deepEqual(strict ? findings : [], []);
    assert.ok(sound, JSON.stringify(findings));
    assert.deepEqual(
      (await opened.snapshots()).map(({ id }) => id),
      kept.map(({ id }) => id),
    );
    for (const snapshot of kept)
      assert.deepEqual(await filesOf(opened, snapshot), states[history.indexOf(snapshot)]);
  };

  it("does nothing where all is needed", async () => {
    const before = await list("data");
    const { packs, bytes } = await prune(repository);
    assert.deepEqual(packs, { kept: 6, repacked: 0, removed: 0, unindexed: 0, young: 0 });
    assert.equal(bytes.freed, 0);
    assert.deepEqual(await list("data"), before);
    await isSound(storage, history);
  });

  it("frees what no snapshot needs, copies what is needed, and leaves the rest", async () => {
    await forgetOldest();
    const progress: PruneProgress[] = [];
    const report = await prune(repository, { onProgress: (step) => void progress.push(step) });
    assert.ok(report.bytes.freed > 7000, JSON.stringify(report));
    assert.ok(report.bytes.copied > 4000, JSON.stringify(report));
    assert.equal(report.bytes.unusedAfter, 0);
    await isSound(storage, history.slice(1));
    await isSound(storage, history.slice(1));
    const phases = new Set(progress.map(({ phase }) => phase));
    assert.deepEqual([...phases], ["searching", "copying", "deleting"]);
    // The repository that did it knows where things are now.
    assert.deepEqual(await filesOf(repository, history[1]!), states[1]);
  });

  it("does not confuse another window that has the repository open", async () => {
    const other = await open();
    assert.deepEqual(await filesOf(other, history[2]!), states[2]);
    await forgetOldest();
    await prune(repository, { maxUnusedPercent: 0 });
    for (const day of [1, 2]) assert.deepEqual(await filesOf(other, history[day]!), states[day]);
  });

  it("says beforehand what it will do", async () => {
    await forgetOldest();
    const before = { data: await list("data"), index: await list("index") };
    const foreseen = await prune(repository, { dryRun: true });
    assert.deepEqual({ data: await list("data"), index: await list("index") }, before);
    assert.deepEqual(await prune(repository), foreseen);
  });

  it("frees everything once all snapshots are forgotten", async () => {
    const ids = history.map(({ id }) => id);
    await forget(repository, { what: { type: "ids", ids }, now });
    const { bytes } = await prune(repository);
    assert.equal(bytes.freed, bytes.before);
    assert.deepEqual(await list("data"), []);
    await isSound(storage, []);
  });

  it("takes away packs that a run left behind, and copies of blobs", async () => {
    await storage.write(fileKey("data", "ab".repeat(32)), new Uint8Array(500));
    await saveTree(repository, states[2]!, "2026-01-04T00:00:00Z", { again: true });
    const again = (await repository.snapshots()).at(-1)!;
    await forget(repository, { what: { type: "ids", ids: [again.id] }, now });
    const { packs } = await prune(repository, { maxUnusedPercent: 0 });
    assert.deepEqual([packs.unindexed, packs.young], [0, 1], "somebody may be about to enter it");
    const hours = 3_600_000;
    const options = { ...testOptions(storage), now: () => new Date(Date.now() + hours) };
    const later = await Repository.open(options, passphrase);
    assert.equal((await prune(later, { maxUnusedPercent: 0 })).packs.unindexed, 1);
    await isSound(storage, history);
  });

  it("forgets packs that are gone and not needed", async () => {
    await forgetOldest();
    const needed = new Set((await neededPacks(repository)).keys());
    for (const id of await list("data"))
      if (!needed.has(id)) await storage.delete([fileKey("data", id)]);
    await prune(await open());
    await isSound(storage, history.slice(1));
  });

  it("makes few index files of many", async () => {
    for (let i = 0; i < 25; i++)
      await saveTree(repository, { [`file${i}`]: `${i}` }, `2026-01-05T00:00:${10 + i}Z`);
    await prune(repository);
    assert.equal((await list("index")).length, 1);
  });

  const dangers: readonly (readonly [string, () => Promise<void>])[] = [
    ["a snapshot is damaged", async () => await spoil("snapshots", history[2]!.id)],
    ["an index is damaged", async () => await spoil("index", (await list("index"))[0]!)],
    [
      "a needed pack is missing",
      async () => {
        const [needed] = (await neededPacks(repository)).keys();
        await storage.delete([fileKey("data", needed!)]);
      },
    ],
    [
      "a needed pack is cut",
      async () => {
        const [needed] = (await neededPacks(repository)).keys();
        const key = fileKey("data", needed!);
        await storage.write(key, (await storage.bytes(key)).slice(1));
      },
    ],
    [
      "a folder cannot be read",
      async () => {
        const pack = [...repository.index.contents()].findLast(
          ({ blobs }) => blobs[0]?.kind === "tree",
        );
        await spoil("data", pack!.id);
      },
    ],
    [
      "an index file is missing",
      async () => await storage.delete([fileKey("index", (await list("index"))[0]!)]),
    ],
  ];
  for (const [title, harm] of dangers)
    it(`deletes nothing where ${title}`, async () => {
      await forgetOldest();
      await repository.loadIndex();
      await harm();
      const before = { data: await list("data"), index: await list("index") };
      await assert.rejects(prune(await open()), { kind: "damaged" });
      assert.deepEqual({ data: await list("data"), index: await list("index") }, before);
    });

  const spoil = async (type: FileType, id: string) => {
    const bytes = await storage.bytes(fileKey(type, id));
    bytes[30]! ^= 1;
    await storage.write(fileKey(type, id), bytes);
  };

  it("keeps out, and is kept out by, a backup under way", async () => {
    const other = await open();
    await other.withLock("shared", async () => {
      await assert.rejects(prune(repository), { kind: "locked" });
    });
  });

  it("ends when it is cancelled, and leaves the repository whole", async () => {
    await forgetOldest();
    const cancel = new AbortController();
    const onProgress = ({ phase }: PruneProgress) => {
      if (phase === "copying") cancel.abort(new Error("cancelled"));
    };
    await assert.rejects(prune(repository, { signal: cancel.signal, onProgress }), /cancelled/);
    assert.deepEqual(await list("locks"), []);
    await isSound(storage, history.slice(1), false);
    await prune(await open(), { graceMs: 0 });
    await isSound(storage, history.slice(1));
  });

  describe("over a storage whose listings leave out", () => {
    /** A repository whose storage hides what `hides` says, for so many listings of it. */
    const openForgetful = async (hides: (key: string) => boolean, listings: number) => {
      let left = listings;
      const counted = (key: string) => left > 0 && hides(key);
      const hiding = forgetful(driver, counted);
      const driverWithEnd: Driver = {
        ...hiding,
        list: async (request) => {
          const page = await hiding.list(request);
          const { entries } = await driver.list(request);
          if (entries.length > page.entries.length) left -= 1;
          return page;
        },
      };
      return await open(new Storage(driverWithEnd));
    };
    const isUntouched = async (work: () => Promise<void>) => {
      const before = await list("data");
      await work();
      const after = new Set(await list("data"));
      assert.ok(
        before.every((id) => after.has(id)),
        "no pack is gone",
      );
      await isSound(storage, await repository.snapshots(), false);
    };

    it("a snapshot that shows later, nothing is deleted", async () => {
      await forgetOldest();
      const last = fileKey("snapshots", history[2]!.id);
      await isUntouched(async () => {
        const opened = await openForgetful((key) => key === last, 1);
        await assert.rejects(prune(opened, { maxUnusedPercent: 0 }), { kind: "unsettled" });
      });
    });

    it("a snapshot for good that this computer knows of, nothing is deleted", async () => {
      await forgetOldest();
      const last = fileKey("snapshots", history[2]!.id);
      let isHidden = false;
      await isUntouched(async () => {
        const opened = await open(
          new Storage(forgetful(driver, (key) => isHidden && key === last)),
        );
        await opened.snapshots();
        isHidden = true;
        await assert.rejects(prune(opened, { maxUnusedPercent: 0 }), { kind: "unsettled" });
      });
    });

    it("an index file that shows later, nothing is deleted", async () => {
      await forgetOldest();
      const known = new Set(await list("index"));
      const again = { again: true };
      const { id } = await saveTree(repository, states[2]!, "2026-01-05T00:00:00Z", again);
      await forget(repository, { what: { type: "ids", ids: [id] }, now });
      const hides = (key: string) => key.startsWith("index/") && !known.has(key.slice(-64));
      await isUntouched(async () => {
        const opened = await openForgetful(hides, 3);
        await assert.rejects(prune(opened, { maxUnusedPercent: 0, graceMs: 0 }), {
          kind: "unsettled",
        });
      });
    });

    it("what it has written itself, it waits for that to show", async () => {
      await forgetOldest();
      const known = new Set(await list("index"));
      const hides = (key: string) => key.startsWith("index/") && !known.has(key.slice(-64));
      await prune(await openForgetful(hides, 2), { maxUnusedPercent: 0 });
      await isSound(storage, history.slice(1));
    });

    it("the lock of a backup under way that shows later, nothing is deleted", async () => {
      await forgetOldest();
      const other = await open();
      await isUntouched(async () => {
        await other.withLock("shared", async () => {
          const [theirs = ""] = await list("locks");
          const opened = await openForgetful((key) => key.endsWith(theirs), 1);
          await assert.rejects(prune(opened), { kind: "locked" });
        });
      });
    });

    it("the lock of a backup under way for good, what that has written stays", async () => {
      const other = await open();
      await isUntouched(async () => {
        await other.withLock("shared", async () => {
          const [theirs = ""] = await list("locks");
          await storage.write(fileKey("data", "cd".repeat(32)), new Uint8Array(500));
          await prune(await openForgetful((key) => key.endsWith(theirs), Infinity));
        });
        assert.ok((await list("data")).includes("cd".repeat(32)));
      });
    });
  });

  for (const effective of [false, true])
    it(`may be killed ${effective ? "right after" : "before"} any request is carried out`, async () => {
      await forgetOldest();
      const kept = history.slice(1);
      const live = async (life: number) => {
        const copy = await copyOf(driver);
        const dying = dyingStorage(copy, life, effective);
        const run = open(dying.storage).then(async (opened) => await prune(opened));
        if (life === Infinity) await run;
        else await assert.rejects(run, { kind: "unreachable" });
        const after = new Storage(copy);
        await after.delete((await list("locks", after)).map((id) => fileKey("locks", id)));
        return { dying, after };
      };
      const whole = await live(Infinity);
      await isSound(whole.after, kept);
      assert.ok(whole.dying.requests() > 20, `only ${whole.dying.requests()} requests`);
      // The last request takes the lock away; that its answer is lost fails nothing.
      const lives = Array.from({ length: whole.dying.requests() - 1 }, (_, i) => i + 1);
      // Side by side, since each waits a while for its lock.
      await forEachPooled(lives, 16, async (life) => {
        const { after } = await live(life);
        await isSound(after, kept, false);
        await prune(await open(after), { graceMs: 0 });
        await isSound(after, kept);
      });
    });
});

/** Packs with anything that a snapshot needs, found the plain way. */
async function neededPacks(repository: Repository): Promise<Map<string, true>> {
  const packs = new Map<string, true>();
  const visit = async (tree: string): Promise<void> => {
    for (const place of repository.index.findAll("tree", tree)) packs.set(place.pack, true);
    for (const { subtree, content = [] } of await repository.tree(tree)) {
      if (subtree !== undefined) await visit(subtree);
      for (const id of content)
        for (const place of repository.index.findAll("data", id)) packs.set(place.pack, true);
    }
  };
  for (const { tree } of await repository.snapshots()) await visit(tree);
  return packs;
}
