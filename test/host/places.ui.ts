import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";

describe("somebody with a folder of very many files", function () {
  let machine: Machine;
  oneStory(this, () => [machine]);

  before(async () => {
    machine = await newMachine("places", { settings: { "offsite.browse.watchSeconds": 1 } });
    const archive = join(machine.workspace, "..", "archive");
    mkdirSync(join(archive, "letters", "2026"), { recursive: true });
    writeFileSync(join(archive, "letters", "2026", "to-the-mayor.txt"), "Dear mayor,\n");
    for (let i = 0; i < 1500; i++) writeFileSync(join(archive, `scan-${1000 + i}.txt`), `${i}\n`);
    const { workbench } = machine;
    await workbench.openOffsite();
    const form = await newConnection(workbench);
    await form.choose(/^Folder/);
    await form.fillAll({ path: archive, name: "Archive" });
    await form.save();
    await workbench.expand("Connections", "Archive");
  });
  after(async () => await machine?.scrap());

  const archive = () => machine.workbench.row("Connections", "Archive");

  it("sees only what begins with the filter, and everything again", async () => {
    const { workbench } = machine;
    await workbench.menu(archive(), "Filter by Prefix…");
    await workbench.answer("scan-249");
    await workbench.row("Connections", "scan-2490.txt").waitFor();
    await workbench.picture("places-filter");
    assert.deepEqual((await workbench.labels("Connections")).slice(0, 2), [
      "Archive",
      "scan-2490.txt",
    ]);
    await workbench.rowAction(archive(), "Clear Filter");
    await workbench.row("Connections", "letters").waitFor();
  });

  it("is told that nothing passes, and where the way out is", async () => {
    const { workbench } = machine;
    await workbench.menu(archive(), "Filter by Prefix…");
    await workbench.answer("nothing");
    const none = workbench.row("Connections", "Nothing here begins with “nothing”");
    await none.waitFor();
    await workbench.picture("places-filter-empty");
    await none.click();
    await workbench.row("Connections", "letters").waitFor();
  });

  it("goes to a key far down the listing, and is told when there is none", async () => {
    const { workbench } = machine;
    await workbench.menu(archive(), "Go to Key…");
    await workbench.answer("scan-nowhere.txt");
    await workbench.quickInput.getByText(/There is no object and no folder/).waitFor();
    await workbench.picture("places-no-such-key");
    await workbench.answer("scan-2499.txt");
    await workbench.tab("scan-2499.txt").waitFor();
    const reached = workbench.row("Connections", "scan-2499.txt");
    await reached.filter({ hasText: "from further down" }).waitFor();
  });

  it("loads more, and goes on with the first of the new rows", async () => {
    const { workbench } = machine;
    const focused = (label: string) =>
      workbench.row("Connections", label).and(workbench.page.locator(".focused"));
    await workbench.row("Connections", "letters").click();
    // What comes in above moves the end out of sight.
    await workbench.row("Connections", "2026").waitFor();
    await workbench.page.keyboard.press("End");
    await focused("Load more…").waitFor();
    await workbench.page.keyboard.press("Enter");
    await focused("scan-1999.txt").waitFor();
  });

  it("compares two files", async () => {
    const { workbench } = machine;
    await workbench.page.keyboard.press("Enter");
    await workbench.tab("scan-1999.txt").waitFor();
    const other = workbench.row("Connections", "scan-2001.txt");
    await other.click({ modifiers: ["Control"] });
    await workbench.menu(other, "Compare Selected");
    await workbench.tab("scan-1999.txt ↔ scan-2001.txt").waitFor();
    await workbench.picture("places-compared");
    await workbench.page.keyboard.press("Home");
  });

  it("finds a file in a folder below, and is taken there", async () => {
    const { workbench } = machine;
    await workbench.menu(archive(), "Find in Folder…");
    await workbench.answer("*mayor*");
    await workbench.asked("found in 1,501 objects, which is all");
    await workbench.picture("places-found");
    await workbench.pick("to-the-mayor.txt");
    await workbench.tab("to-the-mayor.txt").waitFor();
    await workbench.row("Connections", "to-the-mayor.txt").waitFor();
  });

  it("counts what a folder holds", async () => {
    const { workbench } = machine;
    await workbench.menu(workbench.row("Connections", "letters"), "Count Objects and Size");
    await workbench.view("Connections").getByText("1 file · 12 bytes").waitFor();
  });

  it("keeps a favourite, and comes back to it", async () => {
    const { workbench } = machine;
    const folder = await workbench.expand("Connections", "letters", "2026");
    await workbench.menu(folder, "Add to Favourites");
    await workbench.view("Connections").getByText("★").waitFor();
    await workbench.viewAction("Connections", "Collapse All");
    await workbench.viewAction("Connections", "Go to Favourite or Recent Place…");
    const place = workbench.quickInput.locator(".monaco-list-row", { hasText: "letters/2026" });
    await place.waitFor();
    await workbench.picture("places-favourites");
    await workbench.rowAction(place, "Remove from Favourites");
    await workbench.rowAction(place, "Add to Favourites");
    await place.getByRole("button", { name: "Remove from Favourites" }).waitFor();
    await workbench.pick("letters/2026");
    await workbench.row("Connections", "to-the-mayor.txt").waitFor();
    await workbench.picture("places-revealed");
  });

  it("sees what somebody else has saved without asking for it, as long as nothing is unsaved here", async () => {
    const { workbench } = machine;
    const { page } = workbench;
    const file = join(machine.workspace, "..", "archive", "scan-1001.txt");
    await workbench.row("Connections", "scan-1001.txt").dblclick();
    await page.locator(".view-line", { hasText: /^1$/ }).waitFor();
    await workbench.clearNotifications();
    writeFileSync(file, "read again\n");
    const line = page.locator(".view-line", { hasText: /^read.again$/ });
    await line.waitFor();
    assert.equal(await page.locator(".notification-toast").count(), 0);
    await line.click();
    await page.keyboard.type("mine");
    await workbench.tab("scan-1001.txt").and(page.locator(".dirty")).waitFor();
    writeFileSync(file, "somebody else's\n");
    await page.keyboard.press("Control+s");
    await workbench.told("The content of the file is newer");
    assert.equal(readFileSync(file, "utf8"), "somebody else's\n");
    await workbench.picture("places-conflict");
    await workbench.command("File: Revert File");
    await page.locator(".view-line", { hasText: "somebody" }).waitFor();
  });

  it("is offered to download what VS Code cannot show", async () => {
    const { workbench } = machine;
    writeFileSync(join(machine.workspace, "..", "archive", "plan.pdf"), "%PDF-1.7\n1 0 obj\n\0");
    await workbench.rowAction(archive(), "Refresh");
    await workbench.row("Connections", "plan.pdf").click();
    await workbench.press("VS Code has no viewer for it", "Download…");
    await workbench.asked("Download");
    await workbench.picture("places-unshown");
    await workbench.page.keyboard.press("Escape");
  });

  it("presses a key, which is about the focused row and not the one selected before", async () => {
    const { workbench } = machine;
    await workbench.row("Connections", "scan-1000.txt").click();
    await workbench.tab("scan-1000.txt").waitFor();
    await workbench.atRows("Connections");
    for (const key of ["ArrowDown", "Delete"]) await workbench.page.keyboard.press(key);
    await workbench.dialog.getByText("Delete “scan-1001.txt”?").waitFor();
    await workbench.confirm("Cancel");
    await workbench.atRows("Connections");
    await workbench.row("Connections", "scan-1001.txt").waitFor();
  });

  it("goes on from what was renamed, taken back or deleted, with the keyboard alone", async () => {
    const { workbench } = machine;
    const { page } = workbench;
    const focused = async (label: string) => {
      const rows = workbench.view("Connections").locator(".monaco-list:focus .monaco-list-row");
      await rows.and(page.locator(".focused")).filter({ hasText: label }).waitFor();
    };
    await page.keyboard.press("F2");
    await workbench.answer("scan-1001-b.txt");
    await focused("scan-1001-b.txt");
    await page.keyboard.press("Control+z");
    await focused("scan-1001.txt");
    await page.keyboard.press("Delete");
    await workbench.dialog.getByText("Delete “scan-1001.txt”?").waitFor();
    await workbench.dialog.locator(":focus").waitFor();
    await page.keyboard.press("Enter");
    await focused("scan-1002.txt");
    await page.keyboard.press("Enter");
    await workbench.tab("scan-1002.txt").waitFor();
  });

  it("makes a file and writes into it, but none over another", async () => {
    const { workbench } = machine;
    const { page } = workbench;
    await workbench.menu(archive(), "New File…");
    await workbench.answer("beans.md");
    await workbench.tab("beans.md").waitFor();
    await workbench.editor("beans.md").locator(".view-line").first().click();
    await page.keyboard.type("Water them");
    await page.keyboard.press("Control+s");
    await workbench.row("Connections", "beans.md").getByText("10 bytes").waitFor();
    await workbench.menu(archive(), "New File…");
    await workbench.answer("beans.md");
    await workbench.told("“beans.md” is there already.");
    await workbench.clearNotifications();
    const file = join(machine.workspace, "..", "archive", "beans.md");
    assert.equal(readFileSync(file, "utf8"), "Water them");
  });

  it("finds the row of an editor again", async () => {
    const { workbench } = machine;
    await workbench.row("Connections", "to-the-mayor.txt").click();
    await workbench.tab("to-the-mayor.txt").waitFor();
    await workbench.viewAction("Connections", "Collapse All");
    await workbench.command("Offsite: Reveal in Connections View");
    const focused = workbench.view("Connections").locator(".monaco-list-row.focused");
    await focused.filter({ hasText: "to-the-mayor.txt" }).waitFor();
  });

  it("finds ticked off in the walkthrough what was done before it was opened", async () => {
    const { workbench } = machine;
    await workbench.command("Help: Welcome");
    await workbench.page.getByText("Get Started with Offsite").first().click();
    for (const step of ["connect", "browse"])
      await workbench.page.locator(`[data-step-id$="#${step}"][aria-checked="true"]`).waitFor();
    await workbench.page.locator('[data-step-id$="#backUp"][aria-checked="false"]').waitFor();
    await workbench.picture("places-walkthrough");
  });
});
