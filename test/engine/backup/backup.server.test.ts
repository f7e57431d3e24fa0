import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, open, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { excludeNothing } from "../../../src/engine/disk/ignore.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import { orSkip } from "../../servers/process.ts";
import { debianRestic, newestRestic, type Restic } from "../../servers/restic.ts";
import { describeTree, makeOddTree, pseudoRandom } from "../oddTree.ts";
import { ownKernels, withTemporaryFolder } from "../openRepository.ts";
import { madeByRestic, madeByUs } from "../peer.ts";

/** How many threads of ours make no difference to which restic looks. */
const versions = [
  { name: "Debian's restic", get: debianRestic, threads: [2] },
  { name: "the newest restic", get: newestRestic, threads: [1, 2, 3] },
];

for (const { name, get, threads } of versions)
  for (const workers of threads)
    describe(`a backup on ${workers} threads, to ${name}`, function () {
      this.timeout(120_000);
      let restic: Restic;
      const kernels = ownKernels(workers);

      before(async function () {
        restic = await orSkip(this, get);
      });
      after(async () => {
        await kernels.dispose();
      });

      it("is sound, restores byte for byte, and leaves nothing to add", async () => {
        await inFolder(async (work) => {
          const source = join(work, "source");
          await makeOddTree(source);
          const odd = await addSpecialFiles(source, restic.version);
          const ours = await madeByUs(join(work, "repository"), restic);
          const repository = await ours.open({ kernels });
          try {
            const { snapshot, failed } = await backUp(repository, { roots: [source] });
            assert.ok(snapshot);
            assert.deepEqual(failed, []);
            await ours.theirs("check", "--read-data");

            const added = await ours.theirs("backup", "--force", "--host", "desk", source);
            assert.match(added, /snapshot \w+ saved/);
            const [, theirs] = await repository.snapshots();
            assert.ok(theirs);
            assert.deepEqual(snapshot.program_version, "Offsite test");
            // Older ones write no summary.
            if (theirs.summary) assert.deepEqual(told(snapshot), told(theirs));
            assert.equal(
              await treeOf(repository, snapshot, source),
              await treeOf(repository, theirs, source),
              "restic writes the very same trees",
            );

            for (const special of odd) await rm(join(source, special), { force: true });
            const target = join(work, "target");
            await ours.theirs("restore", snapshot.id, "--target", target, ...excluding(odd));
            const before = await describeTree(source);
            assert.deepEqual(await describeTree(join(target, source)), before);
          } finally {
            makeWritable(work);
          }
        });
      });

      it("goes on from restic's snapshot without reading what it has read", async () => {
        await inFolder(async (work) => {
          const source = join(work, "source");
          await makeOddTree(source);
          const location = join(work, "repository");
          const { open, theirs } = await madeByRestic(location, restic);
          try {
            await theirs("backup", "--host", "desk", source);
            const repository = await open({ kernels });
            const { snapshot, summary } = await backUp(repository, { roots: [source] });
            assert.equal(summary.files_changed + summary.files_new, 0);
            assert.equal(summary.data_blobs, 0);
            assert.equal((await repository.snapshots())[0]?.id, snapshot?.parent);
            await theirs("check", "--read-data");
          } finally {
            makeWritable(work);
          }
        });
      });
    });

describe("a backup of folders that lie apart", function () {
  this.timeout(120_000);

  it("gives the tree that restic gives", async function () {
    const restic = await orSkip(this, newestRestic);
    await inFolder(async (work) => {
      const roots = ["b/deep/one", "a", "b/two", "b/two.txt"].map((name) => join(work, name));
      for (const root of roots) {
        await mkdir(root, { recursive: true });
        await writeFile(join(root, "file"), `in ${root}`);
      }
      await writeFile(join(work, "b", "not asked for"), "");
      const ours = await madeByUs(join(work, "repository"), restic);
      const repository = await ours.open();
      const { snapshot } = await backUp(repository, { roots });
      await ours.theirs("backup", "--force", "--host", "desk", ...roots);
      const [, theirs] = await repository.snapshots();
      assert.ok(snapshot && theirs);
      for (const folder of ["b", "a", "b/deep"])
        assert.equal(
          await treeOf(repository, snapshot, join(work, folder)),
          await treeOf(repository, theirs, join(work, folder)),
        );
    });
  });

  it("leaves out what is excluded, and restic finds the repository sound", async function () {
    const restic = await orSkip(this, newestRestic);
    await inFolder(async (work) => {
      const source = join(work, "source");
      await mkdir(join(source, "node_modules"), { recursive: true });
      await writeFile(join(source, "node_modules", "x.js"), "x");
      await writeFile(join(source, ".gitignore"), "node_modules/\n");
      await writeFile(join(source, "kept"), pseudoRandom(20_000_000));
      const ours = await madeByUs(join(work, "repository"), restic);
      const repository = await ours.open();
      const excludes = { ...excludeNothing, gitignore: true };
      const report = await backUp(repository, { roots: [source], excludes });
      assert.equal(report.excluded, 1);
      await ours.theirs("check", "--read-data");
      const listed = await ours.theirs("ls", "latest");
      assert.match(listed, /kept/);
      assert.doesNotMatch(listed, /node_modules/);
    });
  });
});

/** What a summary says of the files themselves, whoever reads them. */
function told({ summary }: Snapshot) {
  const { files_new, files_changed, dirs_new, total_files_processed, total_bytes_processed } =
    summary ?? {};
  return { files_new, files_changed, dirs_new, total_files_processed, total_bytes_processed };
}

async function inFolder(use: (work: string) => Promise<void>): Promise<void> {
  await withTemporaryFolder(async (folder) => await use(await realpath(folder)));
}

/** The tree of a folder by its absolute path. */
async function treeOf(repository: Repository, snapshot: Snapshot, path: string): Promise<string> {
  const node = await repository.find(snapshot, path.split("/").slice(1));
  assert.ok(node?.subtree, `${path} is in the snapshot`);
  return node.subtree;
}

/** Adds what is no file, folder or good link; returns the names of what restic need not restore here. */
async function addSpecialFiles(source: string, version: string): Promise<string[]> {
  execFileSync("mkfifo", [join(source, "pipe")]);
  if (process.getuid?.() === 0) execFileSync("mknod", [join(source, "pipe device"), "c", "1", "3"]);
  // Where a link leads was written in full by restic 0.16 and newer alone.
  const odd = version.startsWith("0.14") ? "bad" : Buffer.from("b\xe4d", "latin1");
  await symlink(odd, join(source, "odd link"));
  const socket = createServer();
  await new Promise<void>((done) => socket.listen(join(source, "socket"), done));
  await new Promise((done) => socket.close(done));
  const sparse = await open(join(source, "sparse"), "w");
  await sparse.truncate(12_000_000);
  await sparse.close();
  return ["pipe", "pipe device", "odd link"];
}

function excluding(names: readonly string[]): string[] {
  return names.flatMap((name) => ["--exclude", name]);
}

/** Folders without write permission stop even their owner from emptying them. */
function makeWritable(work: string): void {
  execFileSync("chmod", ["-R", "u+rwX", work]);
}
