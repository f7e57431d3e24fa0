import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import { planRestore } from "../../../src/engine/restore/restorePlan.ts";
import { orSkip, Unavailable } from "../../servers/process.ts";
import { pseudoRandom } from "../oddTree.ts";
import {
  initRepository,
  folderStorage,
  memoryStorage,
  withTemporaryFolder,
} from "../openRepository.ts";

describe("restoring to a disk", function () {
  this.timeout(180_000);

  const prepared = async (work: string) => {
    const source = join(work, "source");
    await mkdir(source);
    await writeFile(join(source, "a small"), "from the snapshot");
    await writeFile(join(source, "large"), pseudoRandom(9_000_000));
    for (let i = 0; i < 50; i++)
      await writeFile(join(source, `some ${i}`), pseudoRandom(100_000, `${i}`));
    const repository = await initRepository(await memoryStorage());
    const { snapshot } = await backUp(repository, { roots: [source] });
    assert.ok(snapshot);
    return { repository, snapshot, base: source.split("/").slice(1), select: [] };
  };

  it("that is full fails, and leaves everything as it was", async function () {
    await withTemporaryFolder(async (work) => {
      const { repository, ...what } = await prepared(work);
      await orSkip(this, async () => {
        await onDiskOf(6, join(work, "disk"), async (disk) => {
          const target = join(disk, "target");
          await mkdir(target);
          await writeFile(join(target, "a small"), "mine");
          const plan = await planRestore(repository, { ...what, target });
          await assert.rejects(restore(repository, plan, join(disk, "safety")), {
            kind: "full",
            details: { reason: "disk-full" },
          });
          assert.deepEqual(await readdir(target), ["a small"]);
          assert.equal(await readFile(join(target, "a small"), "utf8"), "mine");
        });
      });
    });
  });

  it("that is read-only fails at once, with nothing changed", async function () {
    await withTemporaryFolder(async (work) => {
      const { repository, ...what } = await prepared(work);
      await orSkip(this, async () => {
        await onDiskOf(20, join(work, "disk"), async (disk) => {
          const target = join(disk, "target");
          await mkdir(target);
          const plan = await planRestore(repository, { ...what, target });
          execFileSync("mount", ["-o", "remount,ro", disk]);
          await assert.rejects(restore(repository, plan, join(work, "safety")), {
            kind: "denied",
            details: { reason: "read-only-disk" },
          });
          assert.deepEqual(await readdir(target), []);
        });
      });
    });
  });

  it("keeps what it overwrites on another one", async function () {
    await withTemporaryFolder(async (work) => {
      const { repository, ...what } = await prepared(work);
      await orSkip(this, async () => {
        await onDiskOf(40, join(work, "disk"), async (disk) => {
          const target = join(disk, "target");
          await mkdir(join(target, "large", "deep"), { recursive: true });
          await writeFile(join(target, "large", "deep", "file"), "in a folder");
          await writeFile(join(target, "a small"), "mine");
          const plan = await planRestore(repository, { ...what, target });
          const { undo, failed } = await restore(repository, plan, join(work, "safety"));
          assert.deepEqual(failed, []);
          assert.equal(await readFile(join(target, "a small"), "utf8"), "from the snapshot");
          const { undoRestore } = await import("../../../src/engine/restore/restoreUndo.ts");
          assert.deepEqual((await undoRestore(undo)).left, []);
          assert.equal(await readFile(join(target, "a small"), "utf8"), "mine");
          const deep = join(target, "large", "deep", "file");
          assert.equal(await readFile(deep, "utf8"), "in a folder");
        });
      });
    });
  });

  it("writes a file of 5 GiB in flat memory, and no more than it holds", async () => {
    await withTemporaryFolder(async (work) => {
      const source = join(work, "source");
      await mkdir(source);
      const file = join(source, "disk image");
      await using handle = await open(file, "w");
      // Some data at the start, in the middle and near the end; holes between.
      const data = pseudoRandom(1_000_000);
      for (const at of [0, 2_500_000_000, 5_000_000_000])
        await handle.write(data, 0, data.length, at);
      await truncate(file, 5 * 2 ** 30);
      const storage = join(work, "repository");
      await mkdir(storage);
      const repository = await initRepository(await folderStorage(storage));
      const { snapshot } = await backUp(repository, { roots: [source] });
      assert.ok(snapshot);
      const target = join(work, "target");
      const request = { snapshot, target, base: source.split("/").slice(1), select: [] };
      const before = process.memoryUsage().rss;
      let most = 0;
      const onProgress = () => (most = Math.max(most, process.memoryUsage().rss - before));
      const plan = await planRestore(repository, { ...request, onProgress });
      const { failed } = await restore(repository, plan, join(work, "safety"));
      assert.deepEqual(failed, []);
      const made = await stat(join(target, "disk image"));
      assert.equal(made.size, 5 * 2 ** 30);
      assert.ok(made.blocks * 512 < 64 * 2 ** 20, `${made.blocks * 512} bytes on the disk`);
      assert.ok(most < 300 * 2 ** 20, `${most} bytes more memory`);
      await using back = await open(join(target, "disk image"));
      for (const at of [0, 2_500_000_000, 5_000_000_000]) {
        const bytes = Buffer.alloc(data.length);
        await back.read(bytes, 0, bytes.length, at);
        assert.ok(bytes.equals(data), `the data at ${at}`);
      }
    });
  });
});

/** Gives `use` a disk of so many MiB, which only root can make. */
async function onDiskOf(
  mebibytes: number,
  path: string,
  use: (disk: string) => Promise<void>,
): Promise<void> {
  await mkdir(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", path], {
      stdio: "pipe",
    });
  } catch {
    throw new Unavailable("only root may mount a small disk to fill");
  }
  try {
    await use(path);
  } finally {
    execFileSync("umount", ["--lazy", path]);
  }
}
