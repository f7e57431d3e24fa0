import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { never } from "../../src/base/abort.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { createBucket } from "../servers/buckets.ts";
import { startCeph, type Ceph } from "../servers/ceph.ts";
import { orSkip } from "../servers/process.ts";
import { newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";
import type { Workbench } from "./workbench.ts";

const lake = randomBytes(24_000_000);

describe("somebody with files to transfer", function () {
  let ceph: Ceph | undefined;
  let machine: Machine;
  oneStory(this, () => [machine]);

  before(async function () {
    ceph = await orSkip(this, startCeph);
    await createBucket(ceph.answers, "photos");
    // Slow enough for a hand to be faster.
    const settings = { "offsite.transfers.limits": ["500 KB/s"] };
    machine = await newMachine("transfers", { settings });
    const { workbench, workspace } = machine;
    mkdirSync(join(workspace, "album", "summer"), { recursive: true });
    // Large enough to be sent in parts.
    writeFileSync(join(workspace, "album", "summer", "lake.raw"), lake);
    writeFileSync(join(workspace, "album", "list.txt"), "lake\n");
    await workbench.openOffsite();
    const { endpoint, accessKeyId, secretAccessKey } = ceph.answers;
    const form = await newConnection(workbench);
    await form.choose("Ceph");
    await form.fillAll({
      endpoint: String(endpoint),
      accessKeyId: String(accessKeyId),
      secretAccessKey: String(secretAccessKey),
    });
    await form.fill("name", "Home server");
    await form.save();
    await workbench.expand("Connections", "Home server");
  });
  after(async () => {
    await machine?.scrap();
    await ceph?.stop();
  });

  /** The bucket, past VS Code. */
  async function bucket(): Promise<Storage> {
    const answers = { ...ceph?.answers, bucket: "photos" };
    return await openStorage({ provider: s3, answers }, () => {});
  }

  /** Presses a key on the uppermost transfer, by the keyboard alone. */
  async function pressOnTop(workbench: Workbench, key: string): Promise<void> {
    const { page } = workbench;
    await workbench.command("Offsite: Show Transfers");
    await workbench.atRows("Transfers");
    await page.keyboard.press("Home");
    await workbench.view("Transfers").locator(".monaco-list-row.focused").waitFor();
    await page.keyboard.press(key);
  }

  it("uploads a folder and sees how far it is", async () => {
    const { workbench, workspace } = machine;
    await workbench.menu(workbench.row("Connections", "photos"), "Upload Folder…");
    await workbench.choosePath(join(workspace, "album"));
    const row = workbench.row("Transfers", "album");
    await row.filter({ hasText: /\d+% · .*B\/s/ }).waitFor();
    await workbench.unfold(row);
    await workbench.row("Transfers", "album/summer/lake.raw").waitFor();
    await workbench.picture("transfers-running");
  });

  it("pauses it, and finds it paused when the window opens again", async () => {
    const { workbench } = machine;
    await workbench.rowAction(workbench.row("Transfers", "album"), "Pause");
    await workbench.row("Transfers", "album").filter({ hasText: "Paused" }).waitFor();
    await workbench.reload();
    await workbench.openOffsite();
    await workbench.row("Transfers", "album").filter({ hasText: "Paused" }).waitFor();
    await workbench.picture("transfers-paused");
  });

  it("resumes it, loads the window anew in the middle of it, and finds all in the bucket", async () => {
    const { workbench } = machine;
    const row = workbench.row("Transfers", "album");
    await workbench.rowAction(row, "Resume");
    await row.filter({ hasText: /\d+% · .*B\/s/ }).waitFor();
    // As somebody has left it, in the window before.
    await workbench.row("Transfers", "album/summer/lake.raw").waitFor();
    // For the windows that are opened from now on.
    workbench.setting("offsite.transfers.limits", []);
    workbench.setting("offsite.transfers.resumeAfterReload", true);
    await workbench.reload();
    await workbench.openOffsite();
    await row.filter({ hasText: "2 files (24 MB)" }).waitFor();
    await workbench.expand("Connections", "Home server", "photos", "album", "summer");
    await workbench.row("Connections", "lake.raw").waitFor();
    const photos = await bucket();
    assert.ok(Buffer.from(await photos.bytes("album/summer/lake.raw")).equals(lake));
    const left = await photos.extras.uploads?.list({ prefix: "", signal: never });
    assert.deepEqual(left?.uploads, [], "no part is left that somebody pays for");
  });

  it("leaves to another window what that one is at, and cancels it by a key", async () => {
    const { workbench, workspace } = machine;
    // Two windows take their time to open.
    workbench.setting("offsite.transfers.limits", ["200 KB/s"]);
    const first = await workbench.anotherWindow(workspace);
    await first.openOffsite();
    await first.expand("Connections", "Home server");
    await first.menu(first.row("Connections", "photos"), "Upload Files…");
    await first.choosePath(join(workspace, "album", "summer", "lake.raw"));
    const row = first.row("Transfers", "lake.raw");
    await row.filter({ hasText: /\d+% · .*B\/s/ }).waitFor();
    const second = await workbench.anotherWindow(workspace);
    await second.openOffsite();
    const elsewhere = { hasText: /In another window: \d+%/ };
    await second.row("Transfers", "lake.raw").filter(elsewhere).waitFor();
    await second.picture("transfers-elsewhere");
    await pressOnTop(first, "Delete");
    await first.dialog.getByText("Cancel the transfer of “lake.raw”?").waitFor();
    await first.picture("transfers-delete");
    await first.confirm("Cancel Transfer");
    await row.filter({ hasText: "Cancelled" }).waitFor();
    await second.view("Transfers").waitFor({ state: "hidden" });
    await first.atRows("Transfers");
    await first.page.keyboard.press("Delete");
    await first.view("Transfers").waitFor({ state: "hidden" });
    for (const { page } of [first, second]) await page.close();
  });

  it("is asked about files that are there already, and replaces all", async () => {
    const { workbench, workspace } = machine;
    writeFileSync(join(workspace, "album", "list.txt"), "changed here\n");
    await workbench.menu(workbench.row("Connections", "album"), "Download…");
    await workbench.choosePath(workspace);
    await workbench.asked("is there already");
    await workbench
      .row("Transfers", "album")
      .filter({ hasText: "Waiting for your answer" })
      .waitFor();
    await workbench.picture("transfers-question");
    await workbench.pick("Replace All");
    const done = workbench.view("Transfers").locator(".monaco-list-row").first();
    await done.filter({ hasText: /2 files|1 file/ }).waitFor();
    assert.equal(readFileSync(join(workspace, "album", "list.txt"), "utf8"), "lake\n");
  });

  it("drags an object into another folder, and says that it is to be moved", async () => {
    const { workbench } = machine;
    const file = workbench.row("Connections", "list.txt");
    await file.dblclick();
    await workbench.editor("list.txt").locator(".view-line").first().click();
    await workbench.page.keyboard.type("unsaved ");
    await workbench.tab("list.txt").and(workbench.page.locator(".dirty")).waitFor();
    await file.dragTo(workbench.row("Connections", "summer"));
    await workbench.dialog.getByText("Move “list.txt” to").waitFor();
    await workbench.picture("transfers-drag");
    await workbench.confirm("Move");
    await workbench.view("Transfers").getByText("1 file (5 bytes)").waitFor();
    await workbench.rowAction(workbench.row("Connections", "photos"), "Refresh");
    await workbench.expand("Connections", "photos", "album", "summer");
    await workbench.row("Connections", "list.txt").waitFor();
    assert.ok((await workbench.labels("Connections")).join().includes("summer,lake.raw,list.txt"));
    // What was open and unsaved has come along.
    await workbench.page.locator(".breadcrumbs-control", { hasText: "summer" }).waitFor();
    await workbench.tab("list.txt").and(workbench.page.locator(".dirty")).waitFor();
    await workbench.page.keyboard.press("Control+s");
    await workbench.row("Connections", "list.txt").getByText("13 bytes").waitFor();
  });

  it("copies and pastes with the keyboard", async () => {
    const { workbench } = machine;
    await workbench.row("Connections", "list.txt").click();
    await workbench.tab("list.txt").waitFor();
    await workbench.atRows("Connections");
    await workbench.page.keyboard.press("Control+c");
    await workbench.page.keyboard.press("Control+v");
    await workbench.row("Connections", "list (2).txt").waitFor();
  });

  it("takes a file that is dropped from the system, and a row that is dropped on an editor", async () => {
    const { workbench } = machine;
    const { page } = workbench;
    // Run in the page, whose types are none of ours.
    const data = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["from the desktop"], "desktop.txt", { type: "text/plain" }));
      return transfer;
    })()`);
    const row = workbench.row("Connections", "summer");
    for (const event of ["dragenter", "dragover", "drop"])
      await row.dispatchEvent(event, { dataTransfer: data });
    await workbench.row("Connections", "desktop.txt").waitFor();
    await workbench.command("View: Close All Editors");
    await workbench.row("Connections", "desktop.txt").hover();
    await page.mouse.down();
    // The editor shows where it takes things once it has seen something come.
    for (const x of [700, 760, 800, 810]) await page.mouse.move(x, 400, { steps: 4 });
    await page.mouse.up();
    await workbench.tab("desktop.txt").waitFor();
    await workbench.editorText(/from the desktop/);
  });

  it("takes a file of the workspace, dragged by the tab of its editor", async () => {
    const { workbench } = machine;
    await workbench.command("Go to File...");
    await workbench.asked("Search files by name");
    await workbench.quickInputField.fill("harvest.csv");
    await workbench.pick("harvest.csv");
    await workbench.tab("harvest.csv").waitFor();
    await workbench.tab("harvest.csv").dragTo(workbench.row("Connections", "summer"));
    await workbench.row("Connections", "harvest.csv").waitFor();
  });

  it("moves what there is of several rows, and says which of them is not", async () => {
    const { workbench } = machine;
    const { page } = workbench;
    // Somebody else's doing, of which the tree cannot know.
    await (await bucket()).delete(["album/summer/harvest.csv"]);
    await workbench.row("Connections", "desktop.txt").click();
    await workbench.row("Connections", "harvest.csv").click({ modifiers: ["Control"] });
    await page.keyboard.press("Control+x");
    await workbench.menu(workbench.row("Connections", "photos"), "Paste");
    await workbench.told("harvest.csv");
    await workbench.picture("transfers-one-failed");
    await workbench.clearNotifications();
    const row = workbench.row("Transfers", "desktop.txt and 1 more");
    await row.filter({ hasText: "1 of 2 files failed" }).waitFor();
    const photos = await bucket();
    assert.equal(await photos.exists("desktop.txt"), true);
    assert.equal(await photos.exists("album/summer/desktop.txt"), false);
    await workbench.rowAction(row, "Remove from List");
  });

  it("takes files and folders that are dragged from the Explorer", async () => {
    const { workbench } = machine;
    const { page } = workbench;
    // There is little room in the Explorer, and nothing can be dropped on rows that stick to the top.
    await workbench.viewAction("Connections", "Collapse");
    await workbench.expand("Connections", "Home server");
    await workbench.command("View: Move View");
    await workbench.asked("Select a View to Move");
    await workbench.pick("Connections");
    await workbench.asked("Select a Destination");
    await workbench.pick("Explorer");
    const local = (label: string) =>
      page.locator(".explorer-folders-view .monaco-list-row", { hasText: label }).first();
    const heading = page.locator(".pane-header .title", { hasText: "Offsite: Connections" });
    const bucket = page
      .locator(".part.sidebar .pane", { has: heading })
      .locator(".monaco-list-row", { hasText: "photos" });
    await local("README.md").dragTo(bucket);
    await page.getByText("Uploaded 1 file (58 bytes)").first().waitFor();
    await local("notes").dragTo(bucket);
    await page.getByText("Uploaded 2 files (68 bytes)").first().waitFor();
    await workbench.picture("transfers-explorer");
    await workbench.menu(local("package.json"), "Upload to Storage…");
    await workbench.asked("Where to?");
    await workbench.pick("Home server");
    await workbench.pick("photos");
    await workbench.picture("upload-to");
    await workbench.pick("Upload Here");
    await workbench.command("View: Reset View Locations");
    await workbench.openOffsite();
    await workbench.expand("Connections", "Home server", "photos");
    await workbench.row("Connections", "package.json").waitFor();
    await workbench.row("Connections", "README.md").waitFor();
    await workbench.row("Connections", "notes").waitFor();
  });

  it("leads from what is finished to its result, and from what has failed to its reason", async () => {
    const { workbench, workspace } = machine;
    const { page } = workbench;
    await workbench.row("Transfers", "README.md").click();
    await workbench.row("Connections", "README.md").and(page.locator(".selected")).waitFor();
    await pressOnTop(workbench, "Enter");
    await workbench.row("Connections", "package.json").and(page.locator(".selected")).waitFor();
    mkdirSync(join(workspace, "linked"));
    symlinkSync("/etc/hostname", join(workspace, "linked", "link"));
    await workbench.menu(workbench.row("Connections", "photos"), "Upload Folder…");
    await workbench.choosePath(join(workspace, "linked"));
    await workbench.told("links are not followed");
    await workbench.clearNotifications();
    await workbench.row("Transfers", "linked").click();
    await workbench.told("links are not followed");
    await workbench.clearNotifications();
    await workbench.unfold(workbench.row("Transfers", "linked"));
    await workbench.row("Transfers", "linked/link").click();
    await workbench.picture("transfers-failed");
    await workbench.clearNotifications();
    await workbench.rowAction(workbench.row("Transfers", "linked"), "Remove from List");
  });

  it("clears what is finished, and the view goes away", async () => {
    const { workbench } = machine;
    await workbench.theme("light");
    await workbench.picture("transfers-light");
    await workbench.viewAction("Transfers", "Clear Finished Transfers");
    await workbench.view("Transfers").waitFor({ state: "hidden" });
  });
});
