import assert from "node:assert/strict";
import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import type { PolicyPurpose } from "../../../src/app/buckets/policyRequest.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { never } from "../../../src/base/abort.ts";
import { permissionsFor } from "../../../src/app/buckets/policy.ts";
import { diagnose } from "../../../src/app/connections/diagnose.ts";
import { type StepName, verify, type VerifyStep } from "../../../src/app/connections/verify.ts";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { openStorage } from "../../../src/storage/open.ts";
import type { Answers } from "../../../src/storage/provider.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { orSkip } from "../../servers/process.ts";
import { sharedCeph } from "../../servers/shared.ts";
import { initRepository, withTemporaryFolder } from "../../engine/openRepository.ts";
import { fails } from "../../storage/failsWith.ts";
import { stockClient, withBucket } from "../../servers/buckets.ts";
import { writeState } from "../../torture/sampleState.ts";

/** Whoever has the policy and nothing else, beside the bucket's owner. */
interface Guest {
  readonly answers: Answers;
  readonly storage: Storage;
  readonly owner: Storage;
}

describe("a policy, at Ceph's word,", function () {
  this.timeout(120_000);

  before(async function () {
    await orSkip(this, sharedCeph);
  });

  const open = async (answers: Answers) =>
    await openStorage({ provider: s3, preset: "ceph", answers }, () => {});

  /** Only the statements of those names; all, if none is named. */
  const guest = async (
    purpose: PolicyPurpose,
    prefix: string,
    ...names: readonly string[]
  ): Promise<Guest> => {
    const ceph = await sharedCeph();
    const owned = await withBucket(ceph.answers);
    const bucket = String(owned["bucket"]);
    const { answers, principal } = await ceph.guest();
    const request = { preset: "ceph", bucket, prefix, purpose, principal };
    const { policy = "" } = permissionsFor(request, (message) => message);
    const client = stockClient(ceph.answers);
    const whole: { Statement: readonly { Sid: string }[] } = JSON.parse(policy);
    const Statement = whole.Statement.filter(
      ({ Sid }) => names.length === 0 || names.includes(Sid),
    );
    const Policy = JSON.stringify({ ...whole, Statement });
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    client.destroy();
    const own = { ...answers, bucket };
    const owner = await open(owned);
    for (const key of ["a/b/old", "a/beside", "else", `${prefix}locks/stale`, `${prefix}data/old`])
      await owner.write(key, utf8(key));
    return { answers: own, storage: await open(own), owner };
  };

  const listed = async (storage: Storage, prefix: string, shallow = true) =>
    (await Array.fromAsync(storage.list(prefix, { shallow }))).map(({ key }) => key);

  const log = { trace() {}, info() {}, warn() {}, error() {} };

  /** What each check of a diagnosis finds. */
  const diagnosed = async (answers: Answers): Promise<ReadonlyMap<string, string>> => {
    const target = { provider: s3, preset: "ceph", answers };
    const trial = { signal: never, onFinding() {}, log, probe: "p", mayBeLarge: true };
    const { findings, left } = await diagnose(target, trial);
    assert.equal(left, undefined);
    return new Map(findings.map(({ check, outcome }) => [check, outcome]));
  };

  /** Where verifying fails, if it does. */
  const failedStep = async (answers: Answers): Promise<StepName | undefined> => {
    let failed: StepName | undefined;
    const candidate = { provider: s3, preset: "ceph", answers, readOnly: false, name: "guest" };
    const onStep = ({ step, state }: VerifyStep) => {
      if (state === "failed") failed = step;
    };
    await verify(candidate, { signal: never, onStep, log, probe: "p" });
    return failed;
  };

  it("for reading a folder reads it, finds the way to it, and nothing else", async () => {
    const { storage } = await guest("read", "a/b/");
    assert.deepEqual(await listed(storage, "a/b/", false), [
      "a/b/data/old",
      "a/b/locks/stale",
      "a/b/old",
    ]);
    assert.equal((await storage.bytes("a/b/old")).length, 7);
    assert.deepEqual(await listed(storage, ""), ["a/", "else"]);
    assert.deepEqual(await listed(storage, "a/"), ["a/b/", "a/beside"]);
    await fails("denied", listed(storage, "", false));
    await fails("denied", listed(storage, "e"));
    await fails("denied", storage.bytes("else"));
    await fails("denied", storage.write("a/b/new", utf8("x")));
    await fails("denied", storage.delete(["a/b/old"]));
  });

  it("for reading a bucket reads all of it", async () => {
    const { storage } = await guest("read", "");
    assert.equal((await listed(storage, "", false)).length, 5);
    assert.equal((await storage.bytes("else")).length, 4);
    await fails("denied", storage.write("new", utf8("x")));
    await fails("denied", storage.delete(["else"]));
  });

  it("for backups writes and adds, and deletes nothing but locks", async () => {
    const { storage } = await guest("append-only", "a/b/");
    await storage.write("a/b/data/new", utf8("x"));
    await storage.write("a/b/big", new Uint8Array(70_000_000));
    await storage.delete(["a/b/locks/stale"]);
    await fails("denied", storage.delete(["a/b/data/old"]));
    await fails("denied", storage.write("a/beside", utf8("x")));
    assert.equal(await storage.exists("a/b/locks/stale"), false);
  });

  it("for backups is enough for one, and for verifying the connection", async () => {
    const { storage, answers, owner } = await guest("append-only", "a/repo/");
    await owner.delete(["a/repo/locks/stale", "a/repo/data/old"]);
    await withTemporaryFolder(async (folder) => {
      const repository = await initRepository(storage.within("a/repo/"));
      for (const state of [1, 2]) {
        await writeState(folder, state);
        const { failed } = await backUp(repository, { roots: [folder] });
        assert.deepEqual(failed, []);
      }
      assert.equal((await repository.snapshots()).length, 2);
      assert.deepEqual(await listed(owner, "a/repo/locks/"), [], "locks are taken away");
    });
    assert.equal(await failedStep(answers), undefined);
  });

  it("for nothing but a folder is enough for a connection that begins there", async () => {
    const { answers, owner } = await guest("full", "a/b/", "Bucket", "List", "Objects");
    assert.equal(await failedStep(answers), "list", "the bucket itself may not be listed");
    const beginning = { ...answers, folder: "a/b" };
    assert.equal(await failedStep(beginning), undefined);
    const storage = await open(beginning);
    assert.deepEqual(await listed(storage, ""), ["data/", "locks/", "old"]);
    await storage.write("new", utf8("x"));
    assert.deepEqual(await listed(owner, "a/b/n"), ["a/b/new"]);

    const outcome = await diagnosed(beginning);
    for (const check of ["pathStyle", "listV2", "paging", "write", "ifAbsent", "cleanUp"])
      assert.equal(outcome.get(check), "yes", check);
  });

  it("for backups is enough to diagnose with, and for reading as far as reading goes", async () => {
    for (const folder of ["", "a/repo"]) {
      const { answers, owner } = await guest("append-only", "a/repo/");
      const outcome = await diagnosed({ ...answers, folder });
      for (const check of ["write", "read", "copy", "ifAbsent", "presign", "cleanUp"])
        assert.equal(outcome.get(check), "yes", `${check} in /${folder}`);
      const { versions = [] } =
        (await owner.extras.versions?.list({ prefix: "", signal: never })) ?? {};
      assert.deepEqual(
        versions.filter(({ key }) => key.includes("offsite-")),
        [],
      );
    }
    const { answers } = await guest("read", "");
    const outcome = await diagnosed(answers);
    const seen = ["list", "listV2", "write", "cleanUp"].map((check) => outcome.get(check));
    assert.deepEqual(seen, ["yes", "yes", "unknown", "yes"]);
  });

  it("for backups is enough to verify a connection that begins at their folder", async () => {
    const { answers, owner } = await guest("append-only", "a/repo/");
    assert.equal(await failedStep({ ...answers, folder: "a/repo" }), undefined);
    assert.deepEqual(await listed(owner, "a/repo/offsite"), [], "the probe is gone");
  });

  it("for everything in a folder does everything there", async () => {
    const { storage } = await guest("full", "a/b/");
    await storage.write("a/b/new", utf8("x"));
    // One by one: Ceph 16 asks the bucket, not the objects, whether many may be deleted at once.
    for (const key of ["a/b/old", "a/b/new"]) await storage.delete([key]);
    await fails("denied", storage.write("else", utf8("x")));
    await fails("denied", storage.delete(["else"]));
  });
});
