import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { backUp } from "../../src/engine/backup/backup.ts";
import { check } from "../../src/engine/upkeep/check.ts";
import { copySnapshot } from "../../src/engine/upkeep/copy.ts";
import { forget } from "../../src/engine/snapshots/forget.ts";
import { prune } from "../../src/engine/upkeep/prune.ts";
import { repairIndex } from "../../src/engine/upkeep/repairIndex.ts";
import { Repository } from "../../src/engine/repository/repository.ts";
import { restore } from "../../src/engine/restore/restore.ts";
import { planRestore } from "../../src/engine/restore/restorePlan.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Provider } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../src/storage/providers/webdav/webdav.ts";
import { startApache } from "../servers/apache.ts";
import { createBucket } from "../servers/buckets.ts";
import { found, orSkip, type Server } from "../servers/process.ts";
import { startRcloneDav } from "../servers/rcloneDav.ts";
import { debianRestic, type Restic, type ResticRepository } from "../servers/restic.ts";
import { sharedCeph } from "../servers/shared.ts";
import { describeTree, makeOddTree, settleTimes } from "./oddTree.ts";
import { assertHolds, writeState } from "../torture/sampleState.ts";
import { passphrase, withTemporaryFolder } from "./openRepository.ts";
import { madeRemotely, shared } from "./peer.ts";

interface Place {
  readonly provider: Provider;
  start(): Promise<Server>;
  /** How restic names the repository in `folder` of the server. */
  peer(server: Server, folder: string): Omit<ResticRepository, "passphrase">;
}

const webdavPeer: Place["peer"] = ({ answers }, folder) => ({
  location: `rclone:offsite:${folder}`,
  env: {
    RCLONE_CONFIG_OFFSITE_TYPE: "webdav",
    RCLONE_CONFIG_OFFSITE_VENDOR: "other",
    RCLONE_CONFIG_OFFSITE_URL: String(answers["url"]),
    RCLONE_CONFIG_OFFSITE_USER: String(answers["user"]),
    // rclone wants it in a form of its own.
    RCLONE_CONFIG_OFFSITE_PASS: execFileSync(found("rclone", "rclone"), ["obscure", "-"], {
      input: String(answers["password"]),
      encoding: "utf8",
    }).trim(),
    // Where it is set, rclone insists on reading it.
    AWS_CA_BUNDLE: "",
  },
});

const bucket = "engine";
const places: Readonly<Record<string, Place>> = {
  "S3 on Ceph": {
    provider: s3,
    start: async () => {
      const { answers } = await sharedCeph();
      // The server is every suite's, so the bucket may be there already.
      await createBucket(answers, bucket).catch(() => undefined);
      return { answers: { ...answers, bucket }, stop: async () => {} };
    },
    peer: ({ answers }, folder) => ({
      location: `s3:${String(answers["endpoint"])}/${bucket}/${folder}`,
      env: {
        AWS_ACCESS_KEY_ID: String(answers["accessKeyId"]),
        AWS_SECRET_ACCESS_KEY: String(answers["secretAccessKey"]),
      },
    }),
  },
  "WebDAV on Apache": {
    provider: webdav,
    start: async () => await startApache(),
    peer: webdavPeer,
  },
  "WebDAV on rclone": {
    provider: webdav,
    start: async () => await startRcloneDav(),
    peer: webdavPeer,
  },
};

for (const [name, { provider, start, peer }] of Object.entries(places))
  describe(`a repository in ${name}`, function () {
    this.timeout(180_000);
    let restic: Restic;
    let server: Server;

    before(async function () {
      restic = await orSkip(this, debianRestic);
      server = await orSkip(this, start);
    });
    after(async () => {
      await server?.stop();
    });

    const storageAt = async (folder: string) =>
      (await openStorage({ provider, answers: server.answers }, () => {})).within(`${folder}/`);

    const madeHere = async (folder: string) => {
      const place = shared(await storageAt(folder), peer(server, folder), restic);
      return { ...place, repository: await Repository.init(place.options, passphrase) };
    };

    it("by restic is read and restored by us", async () => {
      await withTemporaryFolder(async (path) => {
        const work = await realpath(path);
        const source = join(work, "source");
        await makeOddTree(source);
        const place = peer(server, "theirs");
        const storage = await storageAt("theirs");
        const { open, theirs } = await madeRemotely(storage, place, restic);
        await theirs("backup", source);
        const repository = await open();
        const [snapshot] = await repository.snapshots();
        assert.ok(snapshot);
        const target = join(work, "target");
        const base = source.split("/").slice(1);
        const plan = await planRestore(repository, { snapshot, select: [], target, base });
        const { failed } = await restore(repository, plan, join(work, "safety"));
        assert.deepEqual(failed, []);
        assert.deepEqual(await describeTree(target), await describeTree(source));
      });
    });

    it("by us is checked, restored and added to by restic", async () => {
      await withTemporaryFolder(async (path) => {
        const work = await realpath(path);
        const source = join(work, "source");
        await makeOddTree(source);
        const { repository, theirs } = await madeHere("nested/ours");
        await backUp(repository, { roots: [source] });
        await theirs("check", "--read-data");
        const target = join(work, "target");
        await theirs("restore", "latest", "--target", target);
        assert.deepEqual(await describeTree(join(target, source)), await describeTree(source));
        const printed = await theirs("backup", "--force", "--json", source);
        const summary: unknown = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
        assert.equal((summary as { data_blobs: number }).data_blobs, 0, "the same cuts");
        assert.equal((await repository.snapshots()).length, 2);
      });
    });

    it("by us is forgotten, pruned, repaired, copied and restored, and restic finds it whole", async () => {
      await withTemporaryFolder(async (path) => {
        const work = await realpath(path);
        const files = join(work, "files");
        const { repository, theirs } = await madeHere("verbs");
        for (const state of [1, 2, 3]) {
          await writeState(files, state);
          await settleTimes(Buffer.from(files));
          await backUp(repository, { roots: [files] });
        }
        const isWhole = async (one: Repository) => {
          await theirs("check", "--read-data");
          const { findings } = await check(one, { readData: { type: "all" } });
          assert.deepEqual(findings, []);
        };

        const what = { type: "policy", policy: { counts: { last: 1 } } } as const;
        const { removed } = await forget(repository, { what, now: new Date() });
        assert.equal(removed.length, 2);
        const { packs, bytes } = await prune(repository, { maxUnusedPercent: 0 });
        assert.ok(packs.repacked > 0 && bytes.freed > 500_000, JSON.stringify({ packs, bytes }));
        await isWhole(repository);

        const { storage } = repository.options;
        for await (const { key } of storage.list("index/")) await storage.delete([key]);
        const reopened = await Repository.open(repository.options, passphrase);
        const { added } = await repairIndex(reopened);
        assert.ok(added.length >= 2);
        await isWhole(reopened);

        const [snapshot] = await reopened.snapshots();
        const copy = await madeHere("copy");
        await copySnapshot({ from: reopened, to: copy.repository, snapshot: snapshot! });
        await copy.theirs("check", "--read-data");
        const [copied] = await copy.repository.snapshots();
        await assertHolds(copy.repository, copied!, 3);

        const target = join(work, "target");
        const base = files.split("/").slice(1);
        const request = { snapshot: copied!, select: [], target, base, verify: true };
        const plan = await planRestore(copy.repository, request);
        const { failed } = await restore(copy.repository, plan, join(work, "safety"));
        assert.deepEqual(failed, []);
        assert.deepEqual(await describeTree(target), await describeTree(files));
      });
    });
  });
