import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { newMachine, oneStory, type Machine } from "./machine.ts";

describe("somebody whose connections are in other programs", function () {
  let home: string;
  let first: Machine | undefined;
  let second: Machine | undefined;
  oneStory(this, () => [first, second]);

  const file = () => join(home, "offsite-connections.json");
  const passphrase = "four green bicycles sing";

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "offsite-home-"));
    writeAt(
      join(home, ".aws", "credentials"),
      "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = s3cret\n",
    );
    writeAt(
      join(home, ".aws", "config"),
      "[profile staff]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = work\nmfa_serial = m\n",
    );
    writeAt(
      join(home, ".config", "rclone", "rclone.conf"),
      "[photos]\ntype = alias\nremote = /mnt/photos\n[shell]\ntype = sftp\n[sealed]\ntype = crypt\n",
    );
    writeAt(join(home, ".mc", "config.json"), '{"aliases":\n{"nas": s3cret}');
    const key = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "s3cret-e" };
    first = await newMachine("imports", { environment: { HOME: home, ...key } });
  });
  after(async () => {
    await first?.scrap();
    await second?.scrap();
    rmSync(home, { recursive: true, force: true });
  });

  it("is shown what there is, with nothing ticked and reasons for the rest", async () => {
    const { workbench } = required(first);
    await workbench.openOffsite();
    await workbench.view("Connections").getByText("Import from AWS, rclone").click();
    await workbench.asked("Which connections shall be imported?");
    await workbench.quickInput.getByText("0 Selected").waitFor();
    for (const reason of [
      /staff.*second factor/s,
      /shell.*Add its WebDAV instead/s,
      /sealed.*only the program that made them/s,
      /config\.json.*Line 2 cannot be understood/s,
    ])
      await workbench.quickInput.filter({ hasText: reason }).waitFor();
    assert.ok(!(await workbench.quickInput.innerText()).includes("s3cret"));
  });

  it("cannot tick what cannot be imported, and adds the rest", async () => {
    const { workbench } = required(first);
    await workbench.pick("staff");
    for (const name of ["work", "photos", "AWS environment"]) await workbench.pick(name);
    await workbench.quickInput.getByText("3 Selected").waitFor();
    await workbench.picture("imports");
    await workbench.page.keyboard.press("Enter");
    await workbench.told("3 connections are added.");
    for (const name of ["AWS environment", "photos", "work"])
      await workbench.row("Connections", name).waitFor();
  });

  it("takes one along in a sealed file", async () => {
    const { workbench } = required(first);
    await workbench.clearNotifications();
    await workbench.command("Offsite: Export Connections");
    await workbench.asked("Which connections shall be exported?");
    // The palette's commands stand there a moment longer, and some of them are about a workspace.
    await workbench.quickInput.getByText("0 Selected").waitFor();
    await workbench.quickInput.getByText("work", { exact: true }).click();
    await workbench.quickInput.getByText("1 Selected").waitFor();
    await workbench.page.keyboard.press("Enter");
    await workbench.asked("Shall the file hold the secrets");
    await workbench.pick("With secrets");
    await workbench.asked("A passphrase for the file");
    await workbench.answer(passphrase);
    await workbench.asked("The same passphrase again");
    await workbench.answer(passphrase);
    await workbench.saveAs(file());
    await workbench.told("1 connection is exported");
  });

  it("opens it on another computer, with the passphrase and not without", async () => {
    second = await newMachine("imports-second");
    const { workbench } = second;
    await workbench.openOffsite();
    await workbench.command("Offsite: Import Connections from File");
    await workbench.choosePath(file());
    await workbench.asked("The passphrase that was chosen");
    await workbench.answer("four green bicycles ring");
    await workbench.quickInput.getByText("does not open this file").waitFor();
    await workbench.answer(passphrase);
    await workbench.asked("Which connections shall be imported?");
    await workbench.pick("work");
    await workbench.page.keyboard.press("Enter");
    await workbench.told("“work” is added.");
    await workbench.row("Connections", "work").waitFor();
  });

  it("takes over what a file of the workspace holds, and is told where the secret still stands", async () => {
    const { workbench, workspace } = required(first);
    await workbench.clearNotifications();
    writeAt(join(workspace, ".env"), "AWS_ACCESS_KEY_ID=AKIAW\nAWS_SECRET_ACCESS_KEY=s3cret-w\n");
    await workbench.command("Offsite: Import Connections from Workspace Files…");
    await workbench.asked("Which file shall be read?");
    await workbench.pick(".env");
    await workbench.asked("Which connections shall be imported?");
    await workbench.pick("AWS (.env)");
    await workbench.picture("imports-workspace");
    await workbench.page.keyboard.press("Enter");
    await workbench.told("“AWS (.env)” is added.");
    await workbench.press("The secret still stands in .env", "Open .env");
    await workbench.tab(".env").waitFor();
  });
});

function writeAt(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function required(machine: Machine | undefined): Machine {
  assert.ok(machine);
  return machine;
}
