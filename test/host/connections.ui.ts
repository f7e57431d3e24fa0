import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createBucket } from "../servers/buckets.ts";
import { startCeph, type Ceph } from "../servers/ceph.ts";
import { orSkip } from "../servers/process.ts";
import { ConnectionForm, newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";

describe("somebody with an S3 server and a fresh Offsite", function () {
  let ceph: Ceph | undefined;
  let machine: Machine;
  oneStory(this, () => [machine]);

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

  it("uploads a file into a bucket", async () => {
    const { workbench, workspace } = machine;
    const bucket = await workbench.expand("Connections", "Home server", "photos");
    await workbench.menu(bucket, "Upload Files…");
    await workbench.choosePath(join(workspace, "README.md"));
    await workbench.row("Connections", "README.md").waitFor();
  });

  it("makes a folder and uploads another file into it", async () => {
    const { workbench, workspace } = machine;
    await workbench.menu(workbench.row("Connections", "photos"), "New Folder…");
    await workbench.answer("tables");
    await workbench.menu(workbench.row("Connections", "tables"), "Upload Files…");
    await workbench.choosePath(join(workspace, "data", "harvest.csv"));
    await workbench.expand("Connections", "tables");
    await workbench.row("Connections", "harvest.csv").waitFor();
    await workbench.picture("browse");
  });

  it("opens an object to read it, not to change it", async () => {
    const { workbench } = machine;
    await workbench.row("Connections", "harvest.csv").dblclick();
    await workbench.tab("harvest.csv").waitFor();
    assert.match(await workbench.editorText(), /2025,tomatoes,31/);
    await workbench.page.locator(".editor-group-container.active .view-line").first().click();
    await workbench.page.keyboard.type("x");
    // The editor says why it does not take what is typed.
    await workbench.page.locator(".monaco-editor-overlaymessage").waitFor();
  });

  it("downloads a folder", async () => {
    const { workbench, workspace } = machine;
    await workbench.menu(workbench.row("Connections", "tables"), "Download…");
    await workbench.choosePath(join(workspace, "drafts"));
    const copy = join(workspace, "drafts", "tables", "harvest.csv");
    await workbench.page.getByText(/Downloaded \d+ file/).waitFor();
    assert.equal(
      readFileSync(copy, "utf8"),
      readFileSync(join(workspace, "data", "harvest.csv"), "utf8"),
    );
  });

  it("deletes an object after being asked", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "harvest.csv"), "Delete…");
    await workbench.dialog.getByText("Delete “harvest.csv”?").waitFor();
    await workbench.picture("delete");
    await workbench.confirm("Delete 1 Object");
    await workbench.row("Connections", "harvest.csv").waitFor({ state: "detached" });
  });

  it("still has connection and secret when VS Code starts again", async () => {
    const { workbench } = machine;
    await workbench.reload();
    await workbench.openOffsite();
    await workbench.expand("Connections", "Home server", "photos");
    await workbench.row("Connections", "README.md").waitFor();
  });

  it("sees a row with the reason when the server is gone, and retries", async () => {
    const { workbench } = machine;
    await ceph?.stop();
    await workbench.rowAction(workbench.row("Connections", "Home server"), "Refresh");
    const failure = workbench
      .view("Connections")
      .getByText(/Nothing answers/)
      .first();
    await failure.waitFor({ timeout: 60_000 });
    await workbench.picture("unreachable");
  });
});
