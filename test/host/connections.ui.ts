import assert from "node:assert/strict";
import { createBucket } from "../servers/buckets.ts";
import { startCeph, type Ceph } from "../servers/ceph.ts";
import { orSkip } from "../servers/process.ts";
import { ConnectionForm, newConnection } from "./form.ts";
import { newMachine, picturesOfFailures, type Machine } from "./machine.ts";

describe("somebody with an S3 server and a fresh Offsite", function () {
  this.timeout(120_000);
  let ceph: Ceph | undefined;
  let machine: Machine;
  picturesOfFailures(() => [machine]);

  before(async function () {
    ceph = await orSkip(this, startCeph);
    await createBucket(ceph.answers, "photos");
    machine = await newMachine("connections");
  });
  after(async () => {
    await machine?.scrap();
    await ceph?.stop();
  });

  it("finds the next step in both empty views", async () => {
    const { workbench } = machine;
    await workbench.openOffsite();
    await workbench.view("Connections").getByText("Add Connection").waitFor();
    await workbench.picture("empty");
  });

  it("is told that the secret is wrong, and where to change it", async () => {
    const { workbench } = machine;
    const { endpoint, accessKeyId } = ceph?.answers ?? {};
    const form = await newConnection(workbench);
    await workbench.picture("form-services");
    await form.choose("Ceph");
    await form.fillAll({
      endpoint: String(endpoint),
      accessKeyId: String(accessKeyId),
      secretAccessKey: "wrong",
    });
    const { ok, text } = await form.verify();
    await workbench.picture("form-wrong-secret");
    assert.equal(ok, false, text);
    assert.match(await form.problem("secretAccessKey").innerText(), /secret/i);
  });

  it("verifies with the right secret, and saves", async () => {
    const { workbench } = machine;
    const form = new ConnectionForm(workbench);
    await form.fill("secretAccessKey", String(ceph?.answers["secretAccessKey"]));
    await form.fill("name", "Home server");
    const { ok, text } = await form.verify();
    await workbench.picture("form-verified");
    assert.equal(ok, true, text);
    await form.save();
    await workbench.row("Connections", "Home server").waitFor();
  });
});
