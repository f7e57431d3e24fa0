import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { prune } from "../../../src/engine/upkeep/prune.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import { planRestore } from "../../../src/engine/restore/restorePlan.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { orSkip } from "../../servers/process.ts";
import { smallDisk, type SmallDisk } from "../../servers/smallDisk.ts";
import { assertHolds, writeState } from "../../torture/sampleState.ts";
import {
  initRepository,
  openRepository,
  folderStorage,
  memoryStorage,
  withTemporaryFolder,
} from "../openRepository.ts";

const mib = 1024 * 1024;

describe("a disk that", function () {
  this.timeout(60_000);
  let disk: SmallDisk;
  let storage: Storage;
  let snapshot: Snapshot;

  before(async () => {
    storage = await memoryStorage();
    const repository = await initRepository(storage);
    await withTemporaryFolder(async (folder) => {
      await writeState(folder, 1);
      const { snapshot: saved } = await backUp(repository, { roots: [folder] });
      assert.ok(saved);
      snapshot = saved;
    });
  });
  beforeEach(async function () {
    disk = await orSkip(this, async () => await smallDisk(1 * mib));
  });
  afterEach(async () => {
    await disk?.remove();
  });

  const open = async (cacheFolder?: string) =>
    await openRepository(storage, cacheFolder === undefined ? {} : { cacheFolder });
  const request = (target: string) => ({ snapshot, select: [], base: [], target }) as const;

  it("is full stops a restore, which takes back what it did", async () => {
    await writeFile(join(disk.path, "mine"), "untouched");
    const repository = await open();
    await withTemporaryFolder(async (safety) => {
      const plan = await planRestore(repository, request(join(disk.path, "target")));
      assert.ok(plan.bytes > 1.2 * mib);
      await assert.rejects(restore(repository, plan, safety), { kind: "full" });
    });
    assert.deepEqual(await readdir(disk.path, { recursive: true }), ["mine"]);
    assert.equal(await readFile(join(disk.path, "mine"), "utf8"), "untouched");
  });

  it("may only be read stops a restore, and says so", async () => {
    await disk.makeReadOnly();
    const repository = await open();
    await withTemporaryFolder(async (safety) => {
      const plan = await planRestore(repository, request(join(disk.path, "target")));
      await assert.rejects(restore(repository, plan, safety), (error: Error) => {
        assert.match(String(error), /read-only|EROFS|full/i);
        return true;
      });
    });
  });

  for (const [title, prepare] of [
    ["is full", async (path: string) => await fill(path)],
    ["may only be read", async () => await disk.makeReadOnly()],
  ] as const)
    it(`${title} keeps no cache, and nothing else changes`, async () => {
      await prepare(disk.path);
      const repository = await open(join(disk.path, "cache"));
      await assertHolds(repository, snapshot, 1);
      assert.equal((await check(repository, { readData: { type: "all" } })).sound, true);
    });

  it("is full stops a backup to it, and the repository there stays whole", async () => {
    const place = join(disk.path, "repository");
    await mkdir(place);
    const repository = await initRepository(await folderStorage(place));
    await withTemporaryFolder(async (folder) => {
      await writeFile(join(folder, "small"), "small");
      const first = await backUp(repository, { roots: [folder] });
      await writeState(folder, 1);
      await assert.rejects(backUp(repository, { roots: [folder] }), { kind: "full" });
      const again = await openRepository(await folderStorage(place));
      assert.equal((await check(again, { readData: { type: "all" } })).sound, true);
      assert.deepEqual(
        (await again.snapshots()).map(({ id }) => id),
        [first.snapshot?.id],
      );
      // What the backup left half done can be taken away, even on a disk that has hardly any room.
      await prune(again, { graceMs: 0 });
      const { findings } = await check(again, { readData: { type: "all" } });
      assert.deepEqual(findings, []);
    });
  });
});

/** Leaves not one byte free. */
async function fill(path: string): Promise<void> {
  for (const bytes of [mib / 2, 4096, 1])
    for (let i = 0; ; i++)
      try {
        await writeFile(join(path, `${bytes}-${i}`), new Uint8Array(bytes));
      } catch {
        break;
      }
}
