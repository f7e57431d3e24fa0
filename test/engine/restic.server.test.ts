import assert from "node:assert/strict";
import { chmod, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { backUp } from "../../src/engine/backup/backup.ts";
import { addKey, changePassphrase, listKeys } from "../../src/engine/repository/keyring.ts";
import { Repository } from "../../src/engine/repository/repository.ts";
import { restore } from "../../src/engine/restore/restore.ts";
import { planRestore } from "../../src/engine/restore/restorePlan.ts";
import { orSkip } from "../servers/process.ts";
import { debianRestic, newestRestic, type Restic } from "../servers/restic.ts";
import { describeTree, makeOddTree } from "./oddTree.ts";
import { withTemporaryFolder } from "./openRepository.ts";
import { madeByRestic } from "./peer.ts";

const versions = { "Debian's restic": debianRestic, "the newest restic": newestRestic };

for (const [name, get] of Object.entries(versions))
  for (const version of ["1", "2"])
    describe(`a repository of format ${version} by ${name}`, function () {
      this.timeout(120_000);
      let restic: Restic;

      before(async function () {
        restic = await orSkip(this, get);
      });

      it("is listed, read and restored byte for byte", async () => {
        await withTemporaryFolder(async (folder) => {
          const work = await realpath(folder);
          const source = join(work, "source");
          await makeOddTree(source);
          const { theirs, open } = await madeByRestic(join(work, "repository"), restic, version);
          await theirs("backup", "--tag", "odd", "--host", "desk", source);

          const repository = await open();
          const [snapshot, ...more] = await repository.snapshots();
          assert.ok(snapshot);
          assert.equal(more.length, 0);
          assert.deepEqual(snapshot.paths, [source]);
          assert.deepEqual(snapshot.tags, ["odd"]);
          assert.equal(snapshot.hostname, "desk");

          const target = join(work, "target");
          const base = source.split("/").slice(1);
          const plan = await planRestore(repository, { snapshot, select: [], target, base });
          const report = await restore(repository, plan, join(work, "safety"));
          assert.deepEqual(report.failed, []);
          assert.deepEqual(await describeTree(target), await describeTree(source));
          const again = await planRestore(repository, { snapshot, select: [], target, base });
          assert.equal(again.counts.same, again.items.length, "all of it is the same now");
          await removeTree(work);
        });
      });

      it("takes our snapshot beside its own, and both check it", async () => {
        await withTemporaryFolder(async (folder) => {
          const work = await realpath(folder);
          const source = join(work, "source");
          await makeOddTree(source);
          const { theirs, open } = await madeByRestic(join(work, "repository"), restic, version);
          await theirs("backup", "--host", "desk", source);
          await writeFile(join(source, "new"), "a file that only we have seen");

          const repository = await open();
          const { snapshot, summary } = await backUp(repository, { roots: [source] });
          assert.ok(snapshot);
          assert.equal(summary.data_blobs, 1, "all other content was there already");
          await theirs("check", "--read-data");
          // What is of the old format stays readable for programs that know no other.
          const config = JSON.parse(await theirs("cat", "config")) as { version: number };
          assert.equal(config.version, Number(version));
          const target = join(work, "target");
          await theirs("restore", snapshot.id, "--target", target);
          assert.deepEqual(await describeTree(join(target, source)), await describeTree(source));
          await removeTree(work);
        });
      });

      it("is held by either so that the other respects it", async () => {
        await withTemporaryFolder(async (work) => {
          const { theirs, open } = await madeByRestic(join(work, "repository"), restic, version);
          const repository = await open();
          await mkdir(join(work, "source"));
          await repository.withLock("exclusive", async () => {
            await assert.rejects(theirs("backup", join(work, "source")), /already locked/);
          });
          await repository.withLock("shared", async () => {
            await theirs("backup", join(work, "source"));
            await assert.rejects(theirs("prune"), /already locked/);
          });
          await theirs("prune");
        });
      });

      it("opens with keys that the other has made, and not with those it has removed", async () => {
        await withTemporaryFolder(async (work) => {
          const location = join(work, "repository");
          const { options, open } = await madeByRestic(location, restic, version);
          const repository = await open();
          await addKey(repository, "second");
          const second = { location, passphrase: "second" };
          assert.equal((await restic.run(second, "cat", "config")).includes(repository.id), true);
          const words = join(work, "third");
          await writeFile(words, "third");
          await restic.run(second, "key", "passwd", "--new-password-file", words);
          const third = await Repository.open(options, "third");
          await assert.rejects(Repository.open(options, "second"), { kind: "wrong-passphrase" });
          await changePassphrase(third, "fourth");
          await restic.run({ location, passphrase: "fourth" }, "cat", "config");
          await assert.rejects(restic.run({ location, passphrase: "third" }, "cat", "config"));
          assert.equal((await listKeys(third)).length, 2);
        });
      });
    });

/** Folders without write permission stop even their owner from emptying them. */
async function removeTree(work: string): Promise<void> {
  for (const [path, { type }] of await describeTree(work))
    if (type === "folder") await chmod(Buffer.from(work + path, "latin1"), 0o700);
  await rm(work, { recursive: true, force: true });
}
