import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApache } from "../servers/apache.ts";
import { createBucket } from "../servers/buckets.ts";
import { startCeph } from "../servers/ceph.ts";
import { found, orSkip, type Server } from "../servers/process.ts";
import { newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";

interface Place {
  readonly title: string;
  readonly service: string | RegExp;
  readonly start: () => Promise<Server>;
  /** What somebody types into the form, and which of it is secret. */
  readonly fields: readonly string[];
  readonly secret: string;
  /** Which bucket, where there are some. */
  readonly bucket?: string;
}

const places: readonly Place[] = [
  {
    title: "S3",
    service: "Ceph",
    start: async () => {
      const ceph = await startCeph();
      await createBucket(ceph.answers, "backups");
      return ceph;
    },
    fields: ["endpoint", "accessKeyId", "secretAccessKey"],
    secret: "secretAccessKey",
    bucket: "backups",
  },
  {
    title: "WebDAV",
    service: /^Other.*WebDAV/,
    start: startApache,
    fields: ["url", "user", "password"],
    secret: "password",
  },
];

/** A name that would look like another, and bring an icon along. */
const masked = "notes/$(zap) \u202egpj.exe";

for (const place of places) {
  describe(`somebody who backs up to ${place.title}`, function () {
    let server: Server | undefined;
    let machine: Machine;
    let sheet = "";
    oneStory(this, () => [machine]);

    before(async function () {
      server = await orSkip(this, place.start);
      machine = await newMachine("backup");
    });
    after(async () => {
      await machine?.scrap();
      await server?.stop();
    });

    it("adds the connection", async () => {
      const { workbench } = machine;
      const form = await newConnection(workbench);
      await form.choose(place.service);
      for (const field of place.fields) {
        await form.fill(field, String(server?.answers[field]));
      }
      await form.fill("name", "Storage");
      const { ok, text } = await form.verify();
      assert.equal(ok, true, text);
      await form.save();
      await workbench.openOffsite();
      await workbench.row("Connections", "Storage").waitFor();
    });

    it("backs the workspace up for the first time", async () => {
      const { workbench } = machine;
      await workbench.status.filter({ hasText: "Offsite" }).waitFor();
      await workbench.status.locator("a").click();
      await workbench.asked("Where to?");
      await workbench.picture(`first-backup-${place.title}-1-where`);
      await workbench.pick("Storage");
      if (place.bucket) {
        await workbench.asked("Which bucket?");
        await workbench.pick(place.bucket);
      }
      await workbench.asked("Which folder?");
      await workbench.picture(`first-backup-${place.title}-2-folder`);
      await workbench.pick("offsite/garden-planner");
      await workbench.asked("What shall open the repository?");
      await workbench.pick("Generate one for me");
      await workbench.asked("This is the passphrase");
      await workbench.picture(`first-backup-${place.title}-3-passphrase`);
      await workbench.pick("Enter takes it");
      await workbench.asked("What will be backed up");
      await workbench.picture(`first-backup-${place.title}-4-look`);
      await workbench.pick("Back Up");
      await workbench.told("Backed up");
      await workbench.picture(`first-backup-${place.title}-5-done`);
      await workbench.status.filter({ hasText: "Backed up" }).waitFor();
      if (!place.bucket) await workbench.row("Connections", "offsite").waitFor();
    });

    it("is given a recovery sheet with the passphrase", async () => {
      const { workbench } = machine;
      await workbench.clearNotifications();
      sheet = await workbench.editorText(/^Passphrase +\S+$.*^Put your own secrets/ms);
    });

    it("sees in the status bar how many files have changed", async () => {
      const { workbench, workspace } = machine;
      writeFileSync(join(workspace, "notes", "tomorrow.md"), "- [ ] Rest\n");
      writeFileSync(join(workspace, "README.md"), "# Changed\n");
      writeFileSync(join(workspace, masked), "");
      await workbench.status.filter({ hasText: /^\s*3\s*$/ }).waitFor();
      await workbench.picture(`status-changed-${place.title}`);
    });

    it("backs up again with one click", async () => {
      const { workbench } = machine;
      await workbench.status.locator("a").click();
      await workbench.status.filter({ hasText: "Backed up" }).waitFor({ timeout: 60_000 });
    });

    it("restores a deleted file from the Backups view", async () => {
      const { workbench, workspace } = machine;
      const path = join(workspace, "notes", "märz & april.md");
      const before = readFileSync(path, "utf8");
      for (const file of [path, join(workspace, masked)]) rmSync(file);
      await workbench.openOffsite();
      const snapshot = workbench.view("Backups").locator(".monaco-list-row[aria-label^=Snapshot]");
      const repository = workbench.view("Backups").locator(".monaco-list-row").first();
      await repository.waitFor();
      await workbench.unfold(repository);
      await snapshot.first().waitFor();
      await workbench.picture(`backups-${place.title}`);
      await workbench.menu(snapshot.first(), "Restore…");
      await workbench.asked("Where to?");
      await workbench.pick("Original place");
      await workbench.asked("Nothing has been written yet");
      await workbench.quickInput.getByText("‹U+202E›gpj.exe").waitFor();
      await workbench.picture(`restore-preview-${place.title}`);
      await workbench.pick("2 new");
      await workbench.told("Restored 2 files");
      assert.equal(readFileSync(path, "utf8"), before);
    });

    if (!place.bucket)
      it("undoes it, but for what was changed since, and then that as well", async () => {
        const { workbench, workspace } = machine;
        const path = join(workspace, "notes", "märz & april.md");
        const restored = readFileSync(path);
        writeFileSync(path, "changed since\n");
        await workbench.command("Offsite: Undo Last Restore");
        await workbench.told("Undone, except for “notes/märz & april.md”");
        await workbench.picture(`restore-undone-in-part`);
        assert.equal(readFileSync(path, "utf8"), "changed since\n");
        rmSync(path);
        await workbench.command("Offsite: Undo Last Restore");
        await workbench.told("The restore was undone.");
        writeFileSync(path, restored);
      });

    it("is offered the earlier versions of a file of the Explorer", async () => {
      const { workbench } = machine;
      const { page } = workbench;
      await workbench.command("View: Show Explorer");
      const file = page.locator(".explorer-folders-view .monaco-list-row", { hasText: "README" });
      await workbench.menu(file, "Restore Earlier Version…");
      await workbench.asked("README.md");
      await workbench.picture(`earlier-versions-${place.title}`);
      await page.keyboard.press("Escape");
    });

    // Once will do: what is written is the same everywhere.
    if (!place.bucket)
      it("changes the passphrase, and is given a sheet with the new one", async () => {
        const { workbench } = machine;
        const words = /^Passphrase +(\S+)$/m.exec(sheet)?.[1] ?? "";
        await workbench.openOffsite();
        const repository = workbench.view("Backups").locator(".monaco-list-row").first();
        await workbench.menu(repository, "Change Passphrase…");
        await workbench.asked("The present passphrase");
        await workbench.answer("not this one");
        await workbench.asked("The passphrase does not open this repository");
        await workbench.picture(`passphrase-wrong-${place.title}`);
        await workbench.answer(words);
        await workbench.asked("What shall open the repository?");
        await workbench.pick("Type my own");
        await workbench.asked("The new passphrase of");
        await workbench.answer("seven beans climb the mended fence");
        await workbench.asked("The same passphrase again");
        await workbench.answer("seven beans climb the mended fence");
        await workbench.told("The passphrase is changed");
        await workbench.picture(`passphrase-changed-${place.title}`);
        const whole = /^Passphrase +seven beans climb the mended fence$.*^Put your own secrets/ms;
        sheet = await workbench.editorText(whole);
      });

    it("restores without Offsite, as the recovery sheet says", async function () {
      await orSkip(this, async () => found("restic", "restic"));
      const { workspace } = machine;
      const secret = String(server?.answers[place.secret]);
      const home = mkdtempSync(join(tmpdir(), "offsite-restic-"));
      try {
        followSheet(sheet, secret, home);
        const restored = join(home, "restored", workspace, "notes", "märz & april.md");
        assert.equal(readFileSync(restored, "utf8"), "Late frost until the 20th.\n");
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    });
  });
}

/** Does what the indented lines of the sheet say, with the secret put in and the passphrase given. */
function followSheet(sheet: string, secret: string, home: string): void {
  const lines = sheet.split("\n").filter((line) => line.startsWith("    "));
  const script = lines.join("\n").replaceAll("…", `'${secret}'`);
  const passphrase = /^Passphrase +(\S.*)$/m.exec(sheet)?.[1];
  execFileSync("bash", ["-euc", script], {
    cwd: home,
    env: { ...process.env, HOME: home, RESTIC_PASSWORD: passphrase },
    stdio: "pipe",
  });
}
