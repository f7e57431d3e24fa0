import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { backUp } from "../../../src/app/backups/tasks.ts";
import { never } from "../../../src/base/abort.ts";
import type { Answers, Provider } from "../../../src/storage/provider.ts";
import { folder } from "../../../src/storage/providers/folder/folder.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../../src/storage/providers/webdav/webdav.ts";
import { recoverySheet } from "../../../src/ui/backups/recoverySheet.ts";
import { withTemporaryFolder } from "../../engine/openRepository.ts";
import { createBucket } from "../../servers/buckets.ts";
import { startCeph } from "../../servers/ceph.ts";
import { found, orSkip } from "../../servers/process.ts";
import { startRcloneDav } from "../../servers/rcloneDav.ts";
import { plain } from "../../ui/translate.ts";
import { startMachine } from "../machine.ts";

const run = promisify(execFile);
const passphrase = "open sesame";

describe("whoever has the recovery sheet, restic and no Offsite", function () {
  this.timeout(120_000);

  before(async function () {
    await orSkip(this, async () => found("restic", "restic"));
  });

  it("restores from a folder by its commands, as they are written", async () => {
    await withTemporaryFolder(async (root) => {
      await mkdir(join(root, "my disk"));
      await follow(root, folder, { path: join(root, "my disk") });
    });
  });

  it("restores from WebDAV", async function () {
    const server = await orSkip(this, async () => await startRcloneDav());
    try {
      await withTemporaryFolder(async (root) => {
        await follow(root, webdav, server.answers, String(server.answers["password"]));
      });
    } finally {
      await server.stop();
    }
  });

  it("restores from S3, also where the connection begins at a folder", async function () {
    const server = await orSkip(this, startCeph);
    try {
      await createBucket(server.answers, "backups");
      for (const begins of ["", "my computers/one"])
        await withTemporaryFolder(async (root) => {
          const answers = { ...server.answers, bucket: "backups", folder: begins };
          await follow(root, s3, answers, String(server.answers["secretAccessKey"]));
        });
    } finally {
      await server.stop();
    }
  });

  /** Backs a folder up, and restores it with nothing but what the sheet says. */
  async function follow(root: string, provider: Provider, answers: Answers, secret = "") {
    const site = join(root, "site");
    await mkdir(site);
    await writeFile(join(site, "letter.txt"), "Dear reader");
    const { connections, repositories, connect } = startMachine({ provider });
    const { id } = await connect(answers);
    const place = { connection: id, folder: "offsite/my site" };
    const { repository } = await repositories.create(place, passphrase);
    const request = { repositories, repository, folders: [site] };
    const excludes = { patterns: [], gitignore: true, never: [] };
    const idle = { signal: never, progress: () => {}, record: () => {} };
    await backUp({ ...request, excludes }, idle);

    const connection = connections.get(id) ?? assert.fail();
    const restic = provider.restic?.(connection.answers, place.folder) ?? assert.fail();
    const sheet = recoverySheet(
      { location: "here", storage: "there", repositoryId: repository.id, passphrase, restic },
      plain,
    );
    const commands = sheet.split("\n").filter((line) => line.startsWith("    "));
    const script = commands.join("\n").replaceAll("…", `'${secret}'`);
    const env = { ...process.env, HOME: root, RESTIC_PASSWORD: passphrase };
    // rclone would take it for the only authority there is.
    delete (env as NodeJS.ProcessEnv)["AWS_CA_BUNDLE"];
    await run("bash", ["-e", "-c", script], { cwd: root, env });
    const restored = await readFile(join(root, "restored", site, "letter.txt"), "utf8");
    assert.equal(restored, "Dear reader");
  }
});
