import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { orSkip } from "../../servers/process.ts";
import { newestRestic, type Restic } from "../../servers/restic.ts";
import { writeState } from "../../torture/sampleState.ts";
import { settleTimes, describeTree } from "../oddTree.ts";
import { passphrase, withTemporaryFolder } from "../openRepository.ts";
import { madeByUs } from "../peer.ts";

const driver = fileURLToPath(new URL("../../drive/drive.ts", import.meta.url));
const preload = pathToFileURL(fileURLToPath(new URL("lesserHost.ts", import.meta.url))).href;

describe("a host without", function () {
  this.timeout(120_000);
  let restic: Restic;

  before(async function () {
    restic = await orSkip(this, newestRestic);
  });

  for (const lack of ["zstd", "the undocumented parts of zstd", "WebAssembly"])
    it(`${lack} backs up what restic finds whole, and gives it back`, async () => {
      await withTemporaryFolder(async (folder) => {
        const work = await realpath(folder);
        const files = join(work, "files");
        await writeState(files, 1);
        await settleTimes(Buffer.from(files));
        const location = join(work, "repository");
        await mkdir(location);
        const connection = join(work, "connection.json");
        const answers = { path: location };
        await writeFile(connection, JSON.stringify({ provider: "folder", answers }));
        const drive = async (...args: readonly string[]) => {
          const env = { ...process.env, LESSER_HOST: lack, OFFSITE_PASSPHRASE: passphrase };
          const all = ["--import", preload, driver, "--connection", connection, "--no-cache"];
          return await promisify(execFile)(process.execPath, [...all, ...args], { env });
        };
        // A repository that others with all their powers have written to, unless it cannot be read.
        if (lack === "zstd") await drive("init");
        else await madeByUs(location, restic);
        await drive("backup", files);
        const { stdout } = await drive("check", "--read-data");
        assert.match(stdout, /no errors were found/);
        const target = join(work, "target");
        await drive("restore", `latest:${files}`, "--target", target);
        assert.deepEqual(await describeTree(target), await describeTree(files));
        const place = { location, passphrase };
        await restic.run(place, "check", "--read-data");
        await restic.run(place, "restore", "latest", "--target", join(work, "theirs"));
        assert.deepEqual(
          await describeTree(join(work, "theirs", files)),
          await describeTree(files),
        );
      });
    });
});
