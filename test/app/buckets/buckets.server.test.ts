import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { addressesAt } from "../../../src/app/browsing/addresses.ts";
import { bucketContents, emptyBucket, isEmpty } from "../../../src/app/buckets/contents.ts";
import type { Connections } from "../../../src/app/connections/connections.ts";
import { never } from "../../../src/base/abort.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { orSkip } from "../../servers/process.ts";
import { sharedCeph } from "../../servers/shared.ts";
import { newProfile } from "../connectionPorts.ts";

describe("buckets on a real server", function () {
  this.timeout(60_000);
  let connections: Connections;
  let id: string;
  let secrets: NodeJS.ProcessEnv;
  const name = `made-${randomUUID()}`;

  before(async function () {
    const { answers } = await orSkip(this, sharedCeph);
    ({ connections } = newProfile(s3).open());
    const draft = { name: "Home", provider: "s3", preset: "ceph", answers };
    ({ id } = await connections.save(draft));
    secrets = {
      AWS_ACCESS_KEY_ID: String(answers["accessKeyId"]),
      AWS_SECRET_ACCESS_KEY: String(answers["secretAccessKey"]),
    };
  });

  it("are made, and listed then", async () => {
    await connections.createContainer(id, { name }, never);
    assert.ok((await connections.containers(id, never)).includes(name));
  });

  it("are read by the commands of other programs, as they are copied", async () => {
    const storage = await connections.open(id, name);
    await storage.write("a folder/it's.txt", new Blob(["found"]));
    const at = { connection: id, container: name, key: "a folder/" };
    const { rcloneCommand = "" } = addressesAt(connections, at);
    const cwd = mkdtempSync(join(tmpdir(), "offsite-rclone-"));
    try {
      const env = { ...process.env, ...secrets, RCLONE_CONFIG: join(cwd, "none.conf") };
      await promisify(execFile)("sh", ["-c", rcloneCommand], { cwd, env });
      assert.equal(readFileSync(join(cwd, "a folder", "it's.txt"), "utf8"), "found");
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });

  it("are emptied of versions, deletions and unfinished uploads, and deleted then", async () => {
    const storage = await connections.open(id, name);
    const { rules, uploads } = storage.extras;
    await rules?.setVersioning({ on: true, signal: never });
    for (const text of ["one", "two"]) await storage.write("kept", new Blob([text]));
    await storage.delete(["kept"]);
    await uploads?.begin({ key: "half", size: 10_000_000, signal: never });
    const contents = await bucketContents(storage);
    assert.equal(contents.objects, 1);
    assert.equal(contents.earlier, 3);
    assert.equal(contents.uploads.length, 1);
    await emptyBucket(storage, contents);
    assert.ok(isEmpty(await bucketContents(storage)));
    await connections.deleteContainer(id, name, never);
    assert.ok(!(await connections.containers(id, never)).includes(name));
  });
});
