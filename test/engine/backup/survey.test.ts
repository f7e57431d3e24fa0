import assert from "node:assert/strict";
import { mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { never } from "../../../src/base/abort.ts";
import { snapshotPath } from "../../../src/app/backups/snapshots.ts";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { cacheTag, type ExcludeRules } from "../../../src/engine/disk/ignore.ts";
import { differing, survey } from "../../../src/engine/backup/survey.ts";
import { initRepository, memoryStorage, withTemporaryFolder } from "../openRepository.ts";

const rules: ExcludeRules = {
  patterns: ["node_modules/"],
  gitignore: true,
  never: [],
  maxFileBytes: 1000,
};

const files: Readonly<Record<string, string>> = {
  "README.md": "hello",
  ".env": "SECRET=1",
  "src/a.ts": "a",
  "src/deep/b.ts": "bb",
  "src/dist/out.js": "ignored by a nested file",
  "src/.gitignore": "dist/\n",
  "node_modules/x/index.js": "left out",
  "big.bin": "x".repeat(1001),
  "cache/CACHEDIR.TAG": cacheTag,
  "cache/data": "can be made again",
};

describe("a survey of the local side", () => {
  it("counts what a backup would take, and what it leaves out", async () => {
    await withSample(async (root) => {
      const found = await survey([root], rules, never);
      assert.equal(found.files, 5);
      assert.equal(found.bytes, 5 + 8 + 1 + 2 + 6);
      assert.deepEqual([...found.excludedExamples].sort(), [
        join(root, "big.bin"),
        join(root, "cache"),
        join(root, "node_modules"),
        join(root, "src/dist"),
      ]);
      assert.deepEqual(found.secrets, [join(root, ".env")]);
    });
  });

  it("leaves out what is never to count", async () => {
    await withSample(async (root) => {
      const found = await survey([root], { ...rules, never: [join(root, "src")] }, never);
      assert.equal(found.files, 2);
    });
  });

  it("stops when told to", async () => {
    await withSample(async (root) => {
      const stopped = AbortSignal.abort(new Error("enough"));
      await assert.rejects(survey([root], rules, stopped), /enough/);
    });
  });

  it("counts nothing of a folder that is gone", async () => {
    assert.equal((await survey(["/no/such/folder"], rules, never)).files, 0);
  });

  it("lets others have their turn, with 5,000 files in one folder", async () => {
    await withTemporaryFolder(async (root) => {
      for (let file = 0; file < 5000; file += 1000)
        await Promise.all(
          Array.from({ length: 1000 }, (_, i) => writeFile(join(root, `file ${file + i}.txt`), "")),
        );
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      assert.equal((await survey([root], rules, never)).files, 5000);
      clearInterval(timer);
      assert.ok(turns > 1, `${turns} turns`);
    });
  });
});

describe("what differs from a snapshot", () => {
  it("is nothing right after a backup", async () => {
    await withBackup(async (_, changed) => {
      assert.deepEqual(await changed(), []);
    });
  });

  it("is what was made, changed, replaced or deleted since", async () => {
    await withBackup(async (root, changed) => {
      await writeFile(join(root, "new.txt"), "new");
      await writeFile(join(root, "src/a.ts"), "longer");
      await utimes(join(root, "README.md"), 1, 1);
      await rm(join(root, "src/deep"), { recursive: true });
      await rm(join(root, ".env"));
      await symlink("README.md", join(root, ".env"));
      await writeFile(join(root, "node_modules/x/index.js"), "changed, but left out");
      const expected = ["README.md", ".env", "new.txt", "src/a.ts", "src/deep"];
      assert.deepEqual(
        (await changed()).toSorted(),
        expected.map((path) => join(root, path)).toSorted(),
      );
    });
  });

  async function withBackup(
    use: (root: string, changed: () => Promise<readonly string[]>) => Promise<void>,
  ) {
    await withSample(async (root) => {
      const repository = await initRepository(await memoryStorage());
      const { snapshot = assert.fail() } = await backUp(repository, {
        roots: [root],
        excludes: rules,
      });
      const roots = [{ local: root, path: snapshotPath(root) }];
      await use(root, async () => await differing(repository, snapshot, roots, rules, never));
    });
  }
});

async function withSample(use: (root: string) => Promise<void>) {
  await withTemporaryFolder(async (root) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    await use(root);
  });
}
