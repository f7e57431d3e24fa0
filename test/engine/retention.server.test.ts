import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectLockConfigurationCommand } from "@aws-sdk/client-s3";
import { backUp } from "../../src/engine/backup/backup.ts";
import { changePassphrase } from "../../src/engine/repository/keyring.ts";
import { Repository } from "../../src/engine/repository/repository.ts";
import { restore } from "../../src/engine/restore/restore.ts";
import { planRestore } from "../../src/engine/restore/restorePlan.ts";
import { forget } from "../../src/engine/snapshots/forget.ts";
import { check } from "../../src/engine/upkeep/check.ts";
import { prune } from "../../src/engine/upkeep/prune.ts";
import { openStorage } from "../../src/storage/open.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { stockClient } from "../servers/buckets.ts";
import { type Ceph, startCeph } from "../servers/ceph.ts";
import { orSkip } from "../servers/process.ts";
import { initRepository, passphrase, testOptions, withTemporaryFolder } from "./openRepository.ts";

/** What comes in can be neither changed nor deleted for a time: deleting puts a mark above it. */
describe("a repository in a bucket with a time of retention", function () {
  this.timeout(60_000);
  let ceph: Ceph;
  let storage: Storage;

  before(async function () {
    ceph = await orSkip(this, startCeph);
    const { answers } = ceph;
    const client = stockClient(answers);
    const bucket = { Bucket: "locked" };
    await client.send(new CreateBucketCommand({ ...bucket, ObjectLockEnabledForBucket: true }));
    await client.send(
      new PutObjectLockConfigurationCommand({
        ...bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: "Enabled",
          Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 1 } },
        },
      }),
    );
    client.destroy();
    storage = await openStorage(
      { provider: s3, answers: { ...answers, bucket: "locked" } },
      () => {},
    );
  });
  after(async () => await ceph?.stop());

  it("is backed up to, tidied up and restored as any other, and keeps what was deleted", async () => {
    await withTemporaryFolder(async (work) => {
      const source = join(work, "source");
      await mkdir(source);
      await writeFile(join(source, "a.txt"), "first");
      const repository = await initRepository(storage);
      const { snapshot: first = assert.fail() } = await backUp(repository, { roots: [source] });
      await writeFile(join(source, "a.txt"), "second, and longer");
      const { snapshot: second = assert.fail() } = await backUp(repository, { roots: [source] });
      await forget(repository, { what: { type: "ids", ids: [first.id] }, now: new Date() });
      await prune(repository, { graceMs: 0, maxUnusedPercent: 0 });
      await changePassphrase(repository, "another");
      const again = await Repository.open(testOptions(storage), "another");
      await assert.rejects(Repository.open(testOptions(storage), passphrase), {
        kind: "wrong-passphrase",
      });
      assert.deepEqual(
        (await again.snapshots()).map(({ id }) => id),
        [second.id],
      );
      const { findings } = await check(again, { readData: { type: "all" } });
      assert.deepEqual(findings, []);
      const target = join(work, "target");
      const plan = await planRestore(again, {
        snapshot: second,
        base: [],
        select: [],
        target,
      });
      assert.deepEqual((await restore(again, plan, join(work, "safety"))).failed, []);
      const locks = await Array.fromAsync(storage.list("locks/"));
      assert.deepEqual(locks, []);
      await rm(target, { recursive: true });
    });
  });
});
