import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { never as signal } from "../../../src/base/abort.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import type { Answers } from "../../../src/storage/provider.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { resolveBelowLocalhost } from "../../servers/localhost.ts";
import { orSkip } from "../../servers/process.ts";
import { sharedCeph } from "../../servers/shared.ts";
import { fails, failsWith } from "../../storage/failsWith.ts";
import { newProfile } from "../connectionPorts.ts";

resolveBelowLocalhost();

describe("containers", function () {
  this.timeout(60_000);

  before(async function () {
    await orSkip(this, sharedCeph);
  });

  const connect = async (readOnly = false, more: Answers = {}) => {
    const answers = { ...(await sharedCeph()).answers, ...more };
    const { connections } = newProfile(s3).open();
    const draft = { name: "Ceph", provider: "s3", preset: "ceph", answers, readOnly };
    return { connections, id: (await connections.save(draft)).id };
  };

  it("are made, and taken away while they are empty", async () => {
    const { connections, id } = await connect();
    const name = `made-${randomUUID()}`;
    await connections.createContainer(id, { name }, signal);
    assert.ok((await connections.containers(id, signal)).includes(name));
    const storage = await connections.open(id, name);
    await storage.write("one", utf8("1"));
    await fails("conflict", connections.deleteContainer(id, name, signal));
    await storage.delete(["one"]);
    await connections.addContainer(id, name);
    await connections.deleteContainer(id, name, signal);
    assert.ok(!(await connections.containers(id, signal)).includes(name));
    assert.deepEqual(connections.get(id)?.containers, []);
    const gone = { kind: "not-found", reason: "no-container", field: "bucket" } as const;
    await failsWith(gone, connections.deleteContainer(id, name, signal));
  });

  it("are made and taken away under the old signature, with the name in the host", async () => {
    const { connections, id } = await connect(false, { signature: "v2", addressing: "virtual" });
    const name = `made-${randomUUID()}`;
    await connections.createContainer(id, { name }, signal);
    await connections.deleteContainer(id, name, signal);
    assert.ok(!(await connections.containers(id, signal)).includes(name));
  });

  it("are not taken away with earlier versions in them", async () => {
    const { connections, id } = await connect();
    const name = `kept-${randomUUID()}`;
    await connections.createContainer(id, { name }, signal);
    const opened = await connections.open(id, name);
    const { extras } = opened;
    await extras.rules?.setVersioning({ on: true, signal });
    await opened.write("one", utf8("1"));
    await opened.delete(["one"]);
    await fails("conflict", connections.deleteContainer(id, name, signal));
    const page = await extras.versions?.list({ prefix: "", signal });
    for (const version of page?.versions ?? [])
      await extras.versions?.delete({ ...version, signal });
    await connections.deleteContainer(id, name, signal);
  });

  it("are refused names that no bucket can have, or that are taken", async () => {
    const { connections, id } = await connect();
    await failsWith(
      { kind: "invalid", reason: "invalid-name", field: "bucket" },
      connections.createContainer(id, { name: "No_Name!" }, signal),
    );
    const { guest } = await sharedCeph();
    const { answers } = await guest();
    const other = newProfile(s3).open().connections;
    const theirs = await other.save({ name: "Guest", provider: "s3", preset: "ceph", answers });
    const name = `taken-${randomUUID()}`;
    await connections.createContainer(id, { name }, signal);
    await fails("conflict", other.createContainer(theirs.id, { name }, signal));
    await fails("denied", other.deleteContainer(theirs.id, name, signal));
    // Ceph, like Amazon's first region, would say yes to its owner.
    await fails("conflict", connections.createContainer(id, { name }, signal));
    await connections.deleteContainer(id, name, signal);
  });

  it("are neither made nor taken away over a read-only connection", async () => {
    const { connections, id } = await connect(true);
    const refused = { kind: "denied", reason: "read-only" } as const;
    await failsWith(refused, connections.createContainer(id, { name: "never-made" }, signal));
    await failsWith(refused, connections.deleteContainer(id, "never-made", signal));
  });
});
