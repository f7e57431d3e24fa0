import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { never } from "../../src/base/abort.ts";
import { text } from "../../src/base/bytes.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { createBucket } from "../servers/buckets.ts";
import { startCeph, type Ceph } from "../servers/ceph.ts";
import { orSkip } from "../servers/process.ts";
import { ConnectionForm, newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";
import { until } from "./waiting.ts";

describe("somebody with an S3 server and a fresh Offsite", function () {
  let ceph: Ceph | undefined;
  let machine: Machine;
  /** With the files of Amazon's own tools in it. */
  let home: string;
  /** The bucket as somebody else sees it. */
  let photos: Storage;
  oneStory(this, () => [machine]);

  before(async function () {
    ceph = await orSkip(this, startCeph);
    await createBucket(ceph.answers, "photos");
    const answers = { ...ceph.answers, bucket: "photos" };
    photos = await openStorage({ provider: s3, answers }, () => {});
    home = mkdtempSync(join(tmpdir(), "offsite-home-"));
    writeAwsProfiles(home, ceph.answers);
    machine = await newMachine("connections", { environment: { HOME: home } });
  });
  after(async () => {
    await machine?.scrap();
    await ceph?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const remote = async (key: string) => text(await photos.bytes(key));

  const typeAtTheTop = async (words: string) => {
    const { page } = machine.workbench;
    await machine.workbench.editor("harvest.csv").locator(".view-line").first().click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type(words);
  };

  /** In the bucket, and VS Code has heard that it is. */
  const savedAs = async (beginning: string) => {
    await until("it is saved", async () => {
      return (await remote("tables/harvest.csv")).startsWith(beginning);
    });
    await machine.workbench.page.locator(".tab.dirty").first().waitFor({ state: "detached" });
  };

  const editorAction = (label: string | RegExp) =>
    machine.workbench.page
      .locator(".editor-group-container.active .editor-actions")
      .getByRole("button", { name: label })
      .first();

  const explorerRow = (label: string) =>
    machine.workbench.page
      .locator(".explorer-folders-view .monaco-list-row", { hasText: label })
      .first();

  const explorerInput = () =>
    machine.workbench.page.locator(".explorer-folders-view input").first();

  /** Makes a file in the folder `tables`, which is mounted. */
  const makeInExplorer = async (name: string) => {
    const { workbench } = machine;
    const { page } = workbench;
    await workbench.menu(explorerRow("tables — Home server"), "New File...");
    await explorerInput().fill(name);
    await page.keyboard.press("Enter");
    await until(`${name} is made`, async () => await photos.exists(`tables/${name}`));
    // VS Code opens what it has made, and the editor takes the focus.
    await workbench.tab(name).waitFor();
    await workbench.editor(name).and(page.locator(".focused")).waitFor();
    await explorerRow(name).waitFor();
  };

  const deleteInExplorer = async (name: string) => {
    const { workbench } = machine;
    await explorerRow(name).click();
    await workbench.page.keyboard.press("Delete");
    await workbench.confirm("Delete");
    await until(`${name} is gone`, async () => !(await photos.exists(`tables/${name}`)));
    await explorerRow(name).waitFor({ state: "detached" });
  };

  it("finds the next step in both empty views", async () => {
    const { workbench } = machine;
    await workbench.openOffsite();
    await workbench.view("Connections").getByText("Add Connection").waitFor();
    await workbench.picture("empty");
  });

  it("finds a service by any of its names, and is told what is no more", async () => {
    const { workbench } = machine;
    const form = await newConnection(workbench);
    await workbench.picture("form-services");
    await form.search("hubic");
    await form.page.getByText("OVH closed hubiC").waitFor();
    await workbench.picture("form-retired");
    await form.search("阿里云");
    await form.page.getByRole("option", { name: "Alibaba Cloud OSS" }).waitFor();
    await form.search("");
  });

  it("pastes an address, and has the form filled in", async () => {
    const { workbench } = machine;
    const form = new ConnectionForm(workbench);
    await form.paste("s3://photos--usw2-az1--x-s3/a", "cannot reach what belongs to S3 Express");
    await workbench.picture("form-refused");
    await form.paste(
      "https://AKID:hush@photos.nyc3.digitaloceanspaces.com/a.jpg?X-Amz-Signature=00",
    );
    assert.deepEqual(
      [await form.value("region"), await form.value("bucket"), await form.value("accessKeyId")],
      ["nyc3", "photos", "AKID"],
    );
    assert.equal(await form.value("secretAccessKey"), "hush");
    assert.ok(!(await form.page.locator("body").innerText()).includes("hush"));
    await form.suggest("region", "Singapore");
    assert.equal(await form.value("region"), "sgp1");
    await workbench.picture("form-pasted");
  });

  it("is told that the secret is wrong, and where to change it", async () => {
    const { workbench } = machine;
    const { endpoint, accessKeyId } = ceph?.answers ?? {};
    const form = new ConnectionForm(workbench);
    await form.button("Change…").click();
    await form.choose("Ceph");
    await form.fillAll({
      endpoint: String(endpoint),
      // What was pasted for another service means the same here, and is not wanted.
      bucket: "",
      accessKeyId: String(accessKeyId),
      secretAccessKey: "wrong",
    });
    const { ok, text } = await form.verify();
    await workbench.picture("form-wrong-secret");
    assert.equal(ok, false, text);
    await form
      .problem("secretAccessKey")
      .filter({ hasText: /secret/i })
      .waitFor();
    // Who comes back to the field hears it, too.
    await form.page.getByRole("textbox", { name: /^Secret key: .* secret/ }).waitFor();
  });

  it("finds the form again after the window was loaded anew, but no secret in it", async () => {
    const { workbench } = machine;
    const form = new ConnectionForm(workbench);
    // Nobody has left the field yet.
    await form.page.locator("#name input").fill("Home");
    await workbench.reload();
    await form.page.getByText("What you had typed is here again, but no secrets").waitFor();
    await workbench.picture("form-reloaded");
    assert.deepEqual(
      [await form.value("endpoint"), await form.value("name"), await form.value("secretAccessKey")],
      [String(ceph?.answers["endpoint"]), "Home", ""],
    );
    await workbench.command("View: Close Editor");
    await workbench.press("was not saved", "Reopen");
    await form.page.getByText("What you had typed is here again, but no secrets").waitFor();
    assert.equal(await form.value("name"), "Home");
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
    // Shown with what is in it, although no command has been waiting for this form since the reload.
    await workbench.row("Connections", "photos").waitFor();
  });

  it("diagnoses the connection, and sees what was found", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "Home server"), "Diagnose Connection…");
    // There is but one bucket, so it is not asked for.
    await workbench.pick("Usual checks");
    await workbench.webview.getByText("Conditional writes are honoured").waitFor();
    for (const theme of ["light", "dark"] as const) {
      await workbench.theme(theme);
      await workbench.picture(`diagnosis-${theme}`);
    }
    await workbench.page.keyboard.press("Control+w");
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

  it("edits an object in place", async () => {
    const { workbench } = machine;
    await workbench.row("Connections", "harvest.csv").dblclick();
    await workbench.tab("harvest.csv").waitFor();
    await workbench.editorText(/2025,tomatoes,31/);
    await typeAtTheTop("# mine\n");
    await workbench.page.keyboard.press("Control+s");
    await savedAs("# mine\n");
  });

  it("sees both when somebody else has saved meanwhile, and overwrites", async () => {
    const { workbench } = machine;
    // As long as what was there: VS Code by itself would take it for no change.
    const theirs = (await remote("tables/harvest.csv")).replace("# mine", "# hers");
    await photos.write("tables/harvest.csv", new Blob([theirs]));
    await typeAtTheTop("# more\n");
    await workbench.page.keyboard.press("Control+s");
    await workbench.press("The content of the file is newer", "Compare");
    await workbench.page.locator(".diff-editor, .monaco-diff-editor").first().waitFor();
    await workbench.page.getByText("# hers").first().waitFor();
    await workbench.picture("conflict");
    assert.equal(await remote("tables/harvest.csv"), theirs);
    await editorAction(/overwrite/i).click();
    await savedAs("# more\n# mine\n");
  });

  it("keeps a copy of what it has, and takes what somebody else has saved", async () => {
    const { workbench } = machine;
    await workbench.tab("harvest.csv").first().click();
    await photos.write("tables/harvest.csv", new Blob(["# theirs again\n"]));
    await typeAtTheTop("# last\n");
    await workbench.page.keyboard.press("Control+s");
    await workbench.press("The content of the file is newer", "Compare");
    await editorAction("Keep My Changes as a Copy").click();
    const tab = workbench.tab("my copy");
    await tab.waitFor();
    await workbench.editorText(/^# last/);
    await workbench.view("Connections").getByText("my copy").waitFor();
    await workbench.picture("kept-copy");
    assert.equal(await remote("tables/harvest.csv"), "# theirs again\n");
    await workbench.tab("harvest.csv").first().click();
    await workbench.page.getByText("# theirs again").first().waitFor();
  });

  it("renames an object and takes that back", async () => {
    const { workbench } = machine;
    const row = workbench.row("Connections", "harvest.csv");
    await row.click({ position: { x: 60, y: 10 } });
    await workbench.page.keyboard.press("F2");
    await workbench.asked("The new name of");
    await workbench.answer("crop.csv");
    await workbench.row("Connections", "crop.csv").waitFor();
    await row.waitFor({ state: "detached" });
    await workbench.picture("renamed");
    await workbench.press("Renamed", "Undo");
    await row.waitFor();
    await workbench.row("Connections", "crop.csv").waitFor({ state: "detached" });
  });

  it("takes unsaved changes along when their file is renamed", async () => {
    const { workbench } = machine;
    await workbench.row("Connections", "harvest.csv").dblclick();
    await typeAtTheTop("# unsaved\n");
    await workbench.menu(workbench.row("Connections", "harvest.csv"), "Rename…");
    await workbench.answer("yield.csv");
    await workbench.tab("yield.csv").and(workbench.page.locator(".dirty")).waitFor();
    await workbench.tab("harvest.csv").waitFor({ state: "detached" });
    await workbench.editorText(/^# unsaved/);
    assert.equal(await remote("tables/yield.csv"), "# theirs again\n");
    await workbench.picture("renamed-unsaved");
    await workbench.press("Renamed", "Undo");
    await workbench.tab("harvest.csv").and(workbench.page.locator(".dirty")).waitFor();
    // Until then the key would save the other.
    await workbench.tab("yield.csv").waitFor({ state: "detached" });
    await workbench.page.keyboard.press("Control+s");
    await savedAs("# unsaved\n");
    assert.equal(await photos.exists("tables/yield.csv"), false);
  });

  it("downloads a folder", async () => {
    const { workbench, workspace } = machine;
    await workbench.menu(workbench.row("Connections", "tables"), "Download…");
    await workbench.choosePath(join(workspace, "drafts"));
    const copy = join(workspace, "drafts", "tables", "harvest.csv");
    await workbench.page
      .getByText(/Downloaded \d+ file/)
      .first()
      .waitFor();
    assert.equal(readFileSync(copy, "utf8"), await remote("tables/harvest.csv"));
  });

  it("looks at a picture in VS Code's own viewer", async () => {
    const { workbench } = machine;
    await photos.write("dot.png", dot, { contentType: "image/png" });
    await workbench.rowAction(workbench.row("Connections", "photos"), "Refresh");
    await workbench.row("Connections", "dot.png").click();
    const image = workbench.webview.locator("img").first();
    await image.waitFor();
    await until("the picture is drawn", async () => {
      return await image.evaluate((one) => "naturalWidth" in one && one.naturalWidth === 1);
    });
    await workbench.picture("image");
  });

  it("deletes an object after being asked", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "harvest.csv"), "Delete…");
    await workbench.dialog.getByText("Delete “harvest.csv”?").waitFor();
    await workbench.picture("delete");
    await workbench.confirm("Delete 1 Object");
    await workbench.row("Connections", "harvest.csv").waitFor({ state: "detached" });
  });

  it("pastes a link to one object, and has it opened once the connection is there", async () => {
    const { workbench } = machine;
    const key = "tables/2026/notes.txt";
    await photos.write(key, new Blob(["noted\n"]));
    // Shown as it is written, it would end in ".jpg".
    await photos.write("tables/2026/photo\u{202e}gpj.exe", new Blob(["not a picture"]));
    const link = await photos.extras.links?.get({ key, seconds: 600, signal: never });
    const form = await newConnection(workbench);
    await form.paste(String(link));
    assert.deepEqual([await form.value("bucket"), await form.value("folder")], ["photos", ""]);
    await form.fill("secretAccessKey", String(ceph?.answers["secretAccessKey"]));
    await form.fill("name", "One folder");
    await form.save();
    await workbench.tab("notes.txt").waitFor();
    await workbench.editorText(/noted/);
    await workbench.picture("pasted-object");
  });

  it("lets the connection begin at a folder, and sees nothing else", async () => {
    const { workbench, workspace } = machine;
    await workbench.menu(workbench.row("Connections", "One folder"), "Edit Connection…");
    const form = new ConnectionForm(workbench);
    await form.fill("folder", "../tables");
    const { text: refused } = await form.verify();
    assert.match(refused, /cannot be right/);
    await form.fill("folder", "tables/2026/");
    const { ok, text } = await form.verify();
    for (const theme of ["dark", "light"] as const) {
      await workbench.theme(theme);
      await workbench.picture(`form-folder-${theme}`);
    }
    assert.equal(ok, true, text);
    await form.save();
    const top = await workbench.expand("Connections", "One folder");
    await top.getByText("/photos/tables/2026").waitFor();
    await workbench.row("Connections", "notes.txt").waitFor();
    await workbench.row("Connections", "photo‹U+202E›gpj.exe").waitFor();
    await workbench.picture("folder");
    await workbench.menu(top, "Download…");
    await workbench.choosePath(join(workspace, "drafts"));
    const copy = join(workspace, "drafts", "One folder", "notes.txt");
    await until("the whole connection is downloaded", async () => existsSync(copy));
    await workbench.menu(top, "Remove Connection…");
    await workbench.confirm("Remove Connection");
  });

  it("signs in with an AWS profile, and is told what to run where its sign-in is over", async () => {
    const { workbench } = machine;
    const form = await newConnection(workbench);
    await form.choose("Other S3 service");
    await form.fillAll({ endpoint: String(ceph?.answers["endpoint"]), bucket: "photos" });
    await form.select("credentials", "Profile of the AWS configuration");
    await form.fill("profile", "staff");
    const signedOut = await form.verify();
    await workbench.picture("form-profile");
    assert.equal(signedOut.ok, false, signedOut.text);
    const command = "aws sso login --profile staff";
    await form.problem("profile").filter({ hasText: command }).waitFor();
    await form.fill("profile", "nas");
    const { ok, text } = await form.verify();
    assert.equal(ok, true, text);
    await form.button("Cancel").click();
  });

  it("still has connection and secret when VS Code starts again", async () => {
    const { workbench } = machine;
    await workbench.reload();
    await workbench.openOffsite();
    await workbench.expand("Connections", "Home server", "photos");
    await workbench.row("Connections", "README.md").waitFor();
  });

  it("mounts a folder in the Explorer, and makes, renames and deletes in it", async () => {
    const { workbench } = machine;
    const { page } = workbench;
    await photos.write("tables/there.txt", new Blob(["there"]));
    const before = page.url();
    const mount = async () => {
      await workbench.menu(workbench.row("Connections", "tables"), "Open as Workspace Folder");
      // The window loads again, as always when a workspace gets its second folder.
      await page.waitForURL(/workspace=.*code-workspace/);
    };
    await mount();
    const top = explorerRow("tables — Home server");
    const empty = page.getByText("You have not yet added a folder to the workspace");
    const isEmpty = async () => {
      await top.or(empty).first().waitFor();
      return await empty.isVisible();
    };
    // Now and then code-server shows a workspace that it has just made as empty, whatever is in it,
    // or has written nothing into it before the window loads again.
    for (let tries = 0; tries < 3 && (await isEmpty()); tries++) {
      await page.reload();
      if (!(await isEmpty())) break;
      await page.goto(before);
      await workbench.ready();
      await workbench.openOffsite();
      await workbench.expand("Connections", "Home server", "photos");
      await mount();
    }
    await top.waitFor();
    await explorerRow("there.txt").waitFor();
    await workbench.press("do not look into", "Find by Name…");
    await workbench.answer("there");
    await workbench.picture("mounted-find");
    await workbench.pick("there.txt");
    await workbench.tab("there.txt").waitFor();
    await makeInExplorer("new.txt");
    await explorerRow("new.txt").click();
    await page.keyboard.press("F2");
    await explorerInput().fill("renamed.txt");
    await page.keyboard.press("Enter");
    await until("it has moved", async () => !(await photos.exists("tables/new.txt")));
    assert.equal(await photos.exists("tables/renamed.txt"), true);
    await explorerRow("renamed.txt").waitFor();
    await workbench.picture("mounted");
    await deleteInExplorer("there.txt");
  });

  it("keeps a mounted folder that has lost its last file, to somebody else or here", async () => {
    const { workbench } = machine;
    for await (const { key } of photos.list("tables/")) await photos.delete([key]);
    await workbench.command("Refresh Explorer");
    await explorerRow("renamed.txt").waitFor({ state: "detached" });
    await makeInExplorer("first.txt");
    await deleteInExplorer("first.txt");
    await workbench.picture("mounted-empty");
    await makeInExplorer("second.txt");
    const top = explorerRow("tables — Home server");
    assert.doesNotMatch(String(await top.getAttribute("aria-label")), /Unable to resolve/);
  });

  it("sees a row with the reason when the server is gone, and retries", async () => {
    const { workbench } = machine;
    await workbench.openOffsite();
    await workbench.expand("Connections", "Home server", "photos");
    await workbench.row("Connections", "README.md").waitFor();
    await ceph?.stop();
    await workbench.row("Connections", "README.md").click();
    await workbench.told(/Nothing answers/);
    await workbench.picture("cannot-open");
    await workbench.rowAction(workbench.row("Connections", "Home server"), "Refresh");
    const failure = workbench
      .view("Connections")
      .getByText(/Nothing answers/)
      .first();
    await failure.waitFor();
    await workbench.picture("unreachable");
  });
});

/** One profile that a program hands keys to, and one that is signed in to on the web, and is not. */
function writeAwsProfiles(folder: string, { accessKeyId, secretAccessKey }: Answers): void {
  const program = join(folder, "keys.sh");
  const key = { Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
  writeFileSync(program, `#!/bin/sh\necho '${JSON.stringify(key)}'\n`, { mode: 0o700 });
  const lines = [
    "[profile nas]",
    `credential_process = ${program}`,
    "[sso-session company]",
    "sso_start_url = https://company.awsapps.com/start",
    "sso_region = eu-west-1",
    "[profile staff]",
    "sso_session = company",
    "sso_account_id = 123456789012",
    "sso_role_name = Reader",
  ];
  mkdirSync(join(folder, ".aws"));
  writeFileSync(join(folder, ".aws", "config"), `${lines.join("\n")}\n`);
}

/** A picture of one dot. */
const dot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
