import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { backUp } from "../../src/engine/backup.ts";
import type { Kernels } from "../../src/engine/kernels.ts";
import { Repository } from "../../src/engine/repository.ts";
import { restore } from "../../src/engine/restore.ts";
import { planRestore } from "../../src/engine/restorePlan.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Provider } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3.ts";
import { webdav } from "../../src/storage/providers/webdav.ts";
import { startApache } from "../servers/apache.ts";
import { createBucket } from "../servers/buckets.ts";
import { found, orSkip, type Server } from "../servers/process.ts";
import { startRcloneDav } from "../servers/rcloneDav.ts";
import { debianRestic, type Restic, type ResticRepository } from "../servers/restic.ts";
import { sharedCeph } from "../servers/shared.ts";
import { describeTree, makeOddTree } from "./oddTree.ts";
import { passphrase, testKernels, testOptions, withTemporaryFolder } from "./openRepository.ts";

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
    let kernels: Kernels;

    before(async function () {
      restic = await orSkip(this, debianRestic);
      server = await orSkip(this, start);
      kernels = await testKernels();
    });
    after(async () => {
      await kernels?.dispose();
      await server?.stop();
    });

    const optionsFor = async (folder: string) => {
      const storage = await openStorage({ provider, answers: server.answers }, () => {});
      return testOptions(storage.within(`${folder}/`), kernels);
    };

    it("by restic is read and restored by us", async () => {
      await withTemporaryFolder(async (path) => {
        const work = await realpath(path);
        const source = join(work, "source");
        await makeOddTree(source);
        const theirs = { ...peer(server, "theirs"), passphrase };
        await restic.run(theirs, "init");
        await restic.run(theirs, "backup", source);
        const repository = await Repository.open(await optionsFor("theirs"), passphrase);
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
        const repository = await Repository.init(await optionsFor("nested/ours"), passphrase);
        await backUp(repository, { roots: [source] });
        const ours = { ...peer(server, "nested/ours"), passphrase };
        await restic.run(ours, "check", "--read-data");
        const target = join(work, "target");
        await restic.run(ours, "restore", "latest", "--target", target);
        assert.deepEqual(await describeTree(join(target, source)), await describeTree(source));
        const printed = await restic.run(ours, "backup", "--force", "--json", source);
        const summary: unknown = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
        assert.equal((summary as { data_blobs: number }).data_blobs, 0, "the same cuts");
        assert.equal((await repository.snapshots()).length, 2);
      });
    });
  });
