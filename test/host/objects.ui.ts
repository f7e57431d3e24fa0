import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { never } from "../../src/base/abort.ts";
import { openStorage } from "../../src/storage/open.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import type { Answers } from "../../src/storage/provider.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { createBucket } from "../servers/buckets.ts";
import { startCeph, type Ceph } from "../servers/ceph.ts";
import { startMoto, type Moto } from "../servers/moto.ts";
import { orSkip } from "../servers/process.ts";
import { stockClient } from "../servers/buckets.ts";
import { newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";
import { PanelPage } from "./panel.ts";

describe("somebody who keeps a website in a bucket", function () {
  let ceph: Ceph | undefined;
  let moto: Moto | undefined;
  let machine: Machine;
  /** Another program, which works on the same bucket. */
  let other: Storage;
  oneStory(this, () => [machine]);

  /** A bucket of somebody else's with one object: who has these answers may list it, and no more. */
  const invite = async (name: string): Promise<Answers> => {
    assert.ok(ceph);
    const { answers, principal } = await ceph.guest();
    await createBucket(ceph.answers, "attic");
    const owner = stockClient(ceph.answers);
    await owner.send(new PutObjectCommand({ Bucket: "attic", Key: name, Body: "secret" }));
    const Statement = {
      Effect: "Allow",
      Principal: { AWS: [principal] },
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::attic",
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [Statement] });
    await owner.send(new PutBucketPolicyCommand({ Bucket: "attic", Policy }));
    owner.destroy();
    return answers;
  };
  const write = async (text: string) => await other.write("site/index.html", new Blob([text]));
  const page = () => machine.workbench.row("Connections", "index.html");
  const clipboard = async () =>
    // As text, because Node's types do not know the browser's clipboard.
    await machine.workbench.page.evaluate<string>("navigator.clipboard.readText()");

  before(async function () {
    ceph = await orSkip(this, startCeph);
    moto = await orSkip(this, startMoto);
    const { answers } = ceph;
    await createBucket(answers, "website");
    const there = { provider: s3, preset: "ceph", answers: { ...answers, bucket: "website" } };
    other = await openStorage(there, () => {});
    await write("<p>One</p>\n");
    // Slow enough for a hand to be faster, where there are many.
    machine = await newMachine("objects", {
      settings: { "offsite.transfers.requestsPerSecond": 20 },
    });
    await machine.workbench.browser.grantPermissions(["clipboard-read", "clipboard-write"]);
  });
  after(async () => {
    await machine?.scrap();
    await ceph?.stop();
    await moto?.stop();
  });

  it("turns versions on and lets websites read, in the settings of the bucket", async () => {
    const { workbench } = machine;
    const form = await newConnection(workbench);
    await form.choose("Ceph");
    for (const field of ["endpoint", "accessKeyId", "secretAccessKey"])
      await form.fill(field, String(ceph?.answers[field]));
    await form.fill("name", "Home server");
    await form.save();
    await workbench.openOffsite();
    await workbench.expand("Connections", "Home server", "website", "site");
    await workbench.menu(workbench.row("Connections", "website"), "Bucket Settings");
    const panel = new PanelPage(workbench);
    await panel.about("website");
    await panel.select("versioning", "On: what");
    await panel.press("Allow Reading from Any Website");
    await panel.press("Give Up Unfinished Uploads…");
    await workbench.picture("bucket-settings");
    assert.equal(await panel.save(), "Saved.");
    const { rules } = other.extras;
    assert.equal(await rules?.versioning({ signal: never }), "on");
    assert.deepEqual((await rules?.cors({ signal: never }))?.[0]?.origins, ["*"]);
    assert.equal((await rules?.lifecycle({ signal: never }))?.[0]?.abortUploadsDays, 7);
  });

  it("notes with an object what it is, and keeps what was typed behind another tab", async () => {
    const { workbench } = machine;
    await workbench.menu(page(), "Properties");
    const panel = new PanelPage(workbench);
    await panel.about("index.html");
    assert.equal(await panel.fact("Size"), "11 bytes");
    await panel.field("header.cache-control").fill("max-age=60");
    await workbench.tab("website: Settings").click();
    await panel.about("website");
    await workbench.tab("index.html: Properties").click();
    await panel.about("index.html");
    await panel.holds("header.cache-control", "max-age=60");
    await panel.addPair("metadata", "author", "Ada");
    await panel.addPair("tags", "project", "garden");
    assert.equal(await panel.save(), "Saved.");
    await workbench.picture("properties");
    const details = await other.extras.details?.get({ key: "site/index.html", signal: never });
    assert.equal(details?.headers["cache-control"], "max-age=60");
    assert.deepEqual(details?.metadata, { author: "Ada" });
  });

  it("overwrites nobody's work, and is offered to see it", async () => {
    const { workbench } = machine;
    await write("<p>Two, by somebody else</p>\n");
    const panel = new PanelPage(workbench);
    await panel.field("header.cache-control").fill("no-store");
    assert.match(await panel.save(), /changed by someone else/);
    await workbench.picture("properties-conflict");
    await panel.press("Reload");
    await panel.page.locator(".fact", { hasText: "29 bytes" }).waitFor();
  });

  it("gets back what was typed into a tab that was closed too early", async () => {
    const { workbench } = machine;
    const panel = new PanelPage(workbench);
    await panel.field("header.cache-control").fill("no-cache");
    await workbench.tab("● index.html: Properties").waitFor();
    await workbench.command("View: Close Editor");
    await workbench.press("was not saved", "Reopen");
    await panel.about("index.html");
    await panel.holds("header.cache-control", "no-cache");
    await panel.press("Discard Changes");
    await workbench.tab("●").waitFor({ state: "detached" });
  });

  it("finds a panel as it was after the window was loaded again, typed words included", async () => {
    const { workbench } = machine;
    const panel = new PanelPage(workbench);
    await panel.field("header.cache-control").fill("max-age=5");
    await workbench.tab("● index.html: Properties").waitFor();
    // A workspace that nobody trusts asks no storage for anything by itself.
    workbench.setting("security.workspace.trust.enabled", true);
    await workbench.reload();
    await panel.page.getByText("This window is in Restricted Mode").waitFor();
    await workbench.picture("properties-restricted");
    await panel.press("Load");
    workbench.setting("security.workspace.trust.enabled", false);
    await panel.about("index.html");
    await panel.page.getByText("What you had typed is here again").waitFor();
    await panel.holds("header.cache-control", "max-age=5");
    await workbench.picture("properties-reloaded");
    await panel.press("Discard Changes");
    await workbench.tab("●").waitFor({ state: "detached" });
    // The tab behind it is read anew as well, once it is looked at.
    await workbench.tab("website: Settings").click();
    await panel.press("Load");
    await panel.about("website");
    await workbench.expand("Connections", "Home server", "website", "site");
  });

  it("looks at an earlier version beside the current one, and restores it", async () => {
    const { workbench } = machine;
    await workbench.menu(page(), "Show Versions…");
    await workbench.asked("Versions of index.html");
    const first = workbench.quickInput.locator(".monaco-list-row", { hasText: "11 bytes" }).last();
    await first.hover();
    await workbench.picture("versions");
    await first.click();
    await workbench.tab("index.html (20").waitFor();
    await workbench.editorText(/One/);
    await workbench.menu(page(), "Show Versions…");
    await first.hover();
    await first.locator('.action-label[aria-label="Compare with Current"]').click();
    await workbench.tab("↔ Current").waitFor();
    await workbench.page.locator(".view-line", { hasText: "One" }).waitFor();
    await workbench.picture("versions-compare");
    await workbench.menu(page(), "Show Versions…");
    await first.hover();
    await first.locator('.action-label[aria-label^="Copy Presigned Link"]').click();
    await workbench.pick("1 hour");
    await workbench.asked("What shall a browser do");
    await workbench.pick("Save it under another name…");
    await workbench.asked("The name that a browser saves it under");
    await workbench.answer("first draft.html");
    await workbench.told("Copied a link to “index.html”");
    const reply = await fetch(await clipboard());
    assert.equal(await reply.text(), "<p>One</p>\n");
    assert.match(reply.headers.get("content-disposition") ?? "", /^attachment;.*first draft.html/);
    await workbench.clearNotifications();
    await workbench.menu(page(), "Show Versions…");
    await first.hover();
    await first.locator('.action-label[aria-label="Restore This Version…"]').click();
    await workbench.dialog.getByText("Nothing is lost").waitFor();
    await workbench.confirm("Restore Version");
    await workbench.page.getByText("Restored the version").waitFor();
    // Nor does an editor go on showing what was current before.
    await workbench.page.locator(".view-line", { hasText: "Two" }).waitFor({ state: "detached" });
    assert.equal(new TextDecoder().decode(await other.bytes("site/index.html")), "<p>One</p>\n");
  });

  it("deletes it, and brings it back", async () => {
    const { workbench } = machine;
    await workbench.menu(page(), "Delete…");
    await workbench.dialog.getByText("The bucket keeps versions").waitFor();
    await workbench.picture("delete");
    await workbench.confirm("Delete 1 Object");
    await workbench.press("Deleted “index.html”.", "Undo");
    await workbench.page.getByText("It is there again.").waitFor();
    await workbench.expand("Connections", "website", "site");
    await page().waitFor();
    await workbench.menu(page(), "Delete…");
    await workbench.confirm("Delete 1 Object");
    await workbench.told("Deleted “index.html”.");
    await page().waitFor({ state: "detached" });
    await workbench.clearNotifications();
    await workbench.menu(workbench.row("Connections", "website"), "Show Deleted Objects…");
    await workbench.asked("Tick what shall come back");
    await workbench.pick("site/index.html");
    await workbench.picture("deleted-objects");
    await workbench.page.keyboard.press("Enter");
    await workbench.page.getByText("Brought back “index.html”").waitFor();
    await workbench.expand("Connections", "website", "site");
    await page().waitFor();
  });

  it("stops moving a folder, and finds all of it where it was", async () => {
    const { workbench } = machine;
    const names = Array.from({ length: 160 }, (_, i) => `old/${i}.txt`);
    await Promise.all(names.map(async (name) => await other.write(name, new Blob([name]))));
    await workbench.rowAction(workbench.row("Connections", "website"), "Refresh");
    await workbench.menu(workbench.row("Connections", "old"), "Rename…");
    await workbench.answer("older");
    const moving = workbench.notification("Renaming");
    await moving.hover();
    await workbench.picture("move-running");
    await moving.getByRole("button", { name: "Cancel" }).click();
    await workbench.told("Stopped. Nothing is lost");
    const left = await Array.fromAsync(other.list("old/"));
    assert.deepEqual(left.map(({ key }) => key).toSorted(), names.toSorted());
    const keys = (await Array.fromAsync(other.list("old"))).map(({ key }) => key);
    await other.delete(keys, { signal: never });
    await workbench.clearNotifications();
    await workbench.rowAction(workbench.row("Connections", "website"), "Refresh");
    await workbench.expand("Connections", "site");
  });

  it("hands out a link that works without a key", async () => {
    const { workbench } = machine;
    await workbench.menu(page(), "Copy Presigned Link…");
    await workbench.asked("How long shall it work?");
    await workbench.picture("link");
    await workbench.pick("15 minutes");
    await workbench.picture("link-saving");
    await workbench.pick("Show it");
    await workbench.told("Copied a link to “index.html”");
    const reply = await fetch(await clipboard());
    assert.equal(await reply.text(), "<p>One</p>\n");
    await workbench.clearNotifications();
  });

  it("hands out a command that writes one object, without a key", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "site"), "Copy Upload Link…");
    await workbench.asked("The name of the object");
    await workbench.answer("guests.md");
    await workbench.asked("can overwrite this object");
    await workbench.pick("1 hour");
    await workbench.asked("What shall be copied?");
    await workbench.pick("A curl command");
    await workbench.told("Replace FILE in the copied curl command");
    await workbench.picture("link-upload");
    const file = join(machine.workspace, "README.md");
    const command = (await clipboard()).replace("FILE", file).replace("curl", "curl -sSf");
    await promisify(execFile)("/bin/sh", ["-c", command]);
    assert.deepEqual(await other.bytes("site/guests.md"), new Uint8Array(readFileSync(file)));
    const uploaded = await other.extras.details?.get({ key: "site/guests.md", signal: never });
    assert.match(uploaded?.headers["content-type"] ?? "", /^text\/markdown/);
    await workbench.clearNotifications();
  });

  it("counts several, and opens one beside what is open", async () => {
    const { workbench } = machine;
    await workbench.rowAction(workbench.row("Connections", "site"), "Refresh");
    await workbench.row("Connections", "guests.md").waitFor();
    await page().click();
    await workbench.row("Connections", "guests.md").click({ modifiers: ["Control"] });
    await workbench.menu(page(), "Properties");
    await workbench.told("Selected objects: 2, ");
    await workbench.clearNotifications();
    await page().click();
    await workbench.atRows("Connections");
    await workbench.page.keyboard.press("Control+Enter");
    await workbench.page.locator(".editor-group-container").nth(1).waitFor();
    await workbench.picture("open-beside");
    await workbench.command("View: Join All Editor Groups");
    // What comes next would lose the focus to it.
    const beside = workbench.page.locator(".editor-group-container").nth(1);
    await beside.waitFor({ state: "detached" });
  });

  it("gives up an upload that somebody left unfinished", async () => {
    const { workbench } = machine;
    const { uploads } = other.extras;
    await uploads?.begin({ key: "site/film.mp4", size: 50_000_000, signal: never });
    await workbench.menu(workbench.row("Connections", "website"), "Unfinished Uploads…");
    await workbench.asked("Tick which to give up");
    await workbench.pick("site/film.mp4");
    await workbench.picture("unfinished-uploads");
    await workbench.page.keyboard.press("Enter");
    await workbench.confirm("Give Up 1 Upload");
    await workbench.page.getByText("Gave up 1 upload").waitFor();
    const left = await uploads?.list({ prefix: "", signal: never });
    assert.deepEqual(left?.uploads, []);
  });

  it("writes down the least that a key for the website has to be allowed", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "site"), "Create Access Policy…");
    await workbench.asked("What shall a key be able to do there");
    await workbench.picture("policy-purpose");
    await workbench.pick("List and download");
    await workbench.page
      .locator(".view-line", { hasText: "arn:aws:s3:::website" })
      .first()
      .waitFor();
    await workbench.told("Create a user or key");
    await workbench.picture("policy");
    await workbench.clearNotifications();
  });

  it("looks into what somebody else owns: what may not be is said, and no name does anything", async () => {
    const { workbench } = machine;
    const name = "[Retry](command:workbench.action.toggleSidebarVisibility) $(bell).txt";
    const guest = await invite(name);
    const form = await newConnection(workbench);
    await form.choose("Ceph");
    for (const field of ["endpoint", "accessKeyId", "secretAccessKey"])
      await form.fill(field, String(guest[field]));
    await form.fillAll({ bucket: "attic", name: "Guest" });
    await form.page.locator("vscode-checkbox", { hasText: "Read-only" }).click();
    await form.save();
    await workbench.openOffsite();
    await workbench.expand("Connections", "Guest");
    await workbench.view("Connections").getByText("$\u{200c}(bell).txt").click();
    const refusal = workbench.notification("does not allow this key or user to read “[Retry]");
    // At once, for it is not shown for ever.
    const drawn = await refusal.locator(".notification-list-item-message").innerHTML();
    assert.match(drawn, /\[Retry\]/);
    assert.doesNotMatch(drawn, /<a|codicon/);
    await workbench.picture("refused-name");
    // The click has left the focus in the tree.
    await workbench.atRows("Connections");
    await workbench.page.keyboard.press("Delete");
    await workbench.told("“Guest” is marked read-only.");
    assert.equal(await workbench.dialog.count(), 0);
    await workbench.clearNotifications();
  });

  it("makes a bucket, and deletes one with all in it after typing its name", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "Home server"), "New Bucket…");
    await workbench.asked("Its name.");
    await workbench.quickInputField.fill("Drafts");
    await workbench.asked("Only small letters");
    await workbench.picture("new-bucket");
    await workbench.answer("drafts");
    await workbench.row("Connections", "drafts").waitFor();
    await workbench.menu(workbench.row("Connections", "website"), "Delete Bucket…");
    await workbench.asked("It holds 2 objects");
    await workbench.picture("delete-bucket");
    await workbench.answer("web");
    await workbench.asked("Type “website”");
    await workbench.answer("website");
    await workbench.row("Connections", "website").waitFor({ state: "detached" });
    await workbench.row("Connections", "drafts").waitFor();
  });

  it("asks an archive for an object, and reads it when it is there", async () => {
    const { workbench } = machine;
    const answers = { ...moto?.answers, bucket: "films", storageClass: "GLACIER" };
    await createBucket(answers, "films");
    const films = await openStorage({ provider: s3, preset: "other", answers }, () => {});
    await films.write("report.txt", new Blob(["kept for long"]));
    const form = await newConnection(workbench);
    await form.choose("Other S3 service");
    for (const field of ["endpoint", "accessKeyId", "secretAccessKey"])
      await form.fill(field, String(moto?.answers[field]));
    await form.fill("name", "Archive");
    await form.save();
    await workbench.expand("Connections", "Archive", "films");
    const report = () => workbench.row("Connections", "report.txt");
    await workbench.menu(report(), "Open");
    await workbench.told("lies in an archive");
    await workbench.clearNotifications();
    await workbench.menu(report(), "Request from Archive…");
    await workbench.pick("Bulk");
    await workbench.asked("For how many days");
    await workbench.answer("3");
    await workbench.told("Requested “report.txt”");
    await workbench.clearNotifications();
    await workbench.menu(report(), "Properties");
    const panel = new PanelPage(workbench);
    await panel.about("report.txt");
    assert.match(await panel.fact("Archive"), /^readable until/);
    await workbench.picture("archive-restored");
    await workbench.menu(report(), "Open");
    await workbench.page.locator(".view-line", { hasText: "kept for long" }).waitFor();
  });

  it("is told by the pages of a connection, after the next start, that it was removed", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "drafts"), "Bucket Settings");
    const panel = new PanelPage(workbench);
    await panel.about("drafts");
    const server = workbench.row("Connections", "Home server");
    await workbench.menu(server, "Edit Connection…");
    await workbench.webview.getByRole("button", { name: "Verify" }).waitFor();
    await workbench.menu(server, "Remove Connection…");
    await workbench.confirm("Remove Connection");
    await server.waitFor({ state: "detached" });
    await workbench.reload();
    await workbench.webview.getByText("This connection was removed").waitFor();
    await workbench.webview.getByRole("button", { name: "Close" }).click();
    await workbench.tab("drafts: Settings").click();
    await workbench.webview.getByText("The connection of this page was removed").waitFor();
    await workbench.picture("panel-removed");
    await panel.press("Close");
    await workbench.tab("drafts: Settings").waitFor({ state: "detached" });
  });
});
