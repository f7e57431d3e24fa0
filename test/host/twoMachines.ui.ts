import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";

const passphrase = "a sentence that both machines know";

describe("somebody with two machines and a shared folder", function () {
  const disk = mkdtempSync(join(tmpdir(), "offsite-disk-"));
  let first: Machine;
  let second: Machine;
  oneStory(this, () => [first, second]);

  before(async () => {
    first = await newMachine("first");
    second = await newMachine("second", { empty: true });
  });
  after(async () => {
    await first?.scrap();
    await second?.scrap();
    rmSync(disk, { recursive: true, force: true });
  });

  it("backs up on the first", async () => {
    const { workbench } = first;
    await addDisk(first);
    await workbench.command("Offsite: Back Up Workspace");
    await workbench.asked("Where to?");
    await workbench.pick("Disk");
    await workbench.asked("Which folder?");
    await workbench.pick("offsite/garden-planner");
    await workbench.asked("What shall open the repository?");
    await workbench.pick("Type my own");
    await workbench.asked("The passphrase of the new repository");
    await workbench.answer(passphrase);
    await workbench.asked("The same passphrase again");
    await workbench.answer(passphrase);
    await workbench.asked("What will be backed up");
    await workbench.pick("Back Up");
    await workbench.told("Backed up");
  });

  it("is refused on the second with a wrong passphrase", async () => {
    const { workbench } = second;
    await addDisk(second);
    await workbench.command("Offsite: Use Existing Repository…");
    await workbench.asked("Where is it?");
    await workbench.pick("Disk");
    await workbench.asked("Which folder?");
    await workbench.pick("offsite");
    await workbench.pick("garden-planner");
    await workbench.pick("Use the repository in");
    await workbench.asked("The passphrase of the repository");
    await workbench.answer("something else");
    await workbench.asked("passphrase does not");
    await workbench.picture("wrong-passphrase");
  });

  it("restores on the second with the right one", async () => {
    const { workbench, workspace } = second;
    await workbench.answer(passphrase);
    await workbench.openOffsite();
    const repository = workbench.view("Backups").locator(".monaco-list-row").first();
    await repository.waitFor();
    await workbench.unfold(repository);
    const snapshot = workbench.view("Backups").locator(".monaco-list-row[aria-label^=Snapshot]");
    await workbench.menu(snapshot.first(), "Restore…");
    await workbench.asked("Where to?");
    await workbench.picture("restore-where");
    await workbench.pick("Another folder…");
    await workbench.choosePath(workspace);
    await workbench.asked("Nothing has been written yet");
    await workbench.pick("12 new");
    await workbench.told(/Restored 1\d files/);
    const restored = join(workspace, "garden-planner");
    const same = ["README.md", "data/harvest.csv", "notes/märz & april.md", "pictures/plan.png"];
    for (const path of same) {
      const [there, here] = [join(first.workspace, path), join(restored, path)];
      assert.deepEqual(readFileSync(here), readFileSync(there), path);
    }
    assert.equal(existsSync(join(restored, "drafts")), true);
    assert.equal(existsSync(join(restored, "node_modules")), false);
  });

  async function addDisk({ workbench }: Machine): Promise<void> {
    const form = await newConnection(workbench);
    await form.choose("Folder on this computer");
    await form.fill("path", disk);
    await form.fill("name", "Disk");
    await form.save();
    await workbench.openOffsite();
    await workbench.row("Connections", "Disk").waitFor();
  }
});
