import assert from "node:assert/strict";
import { newMachine, oneStory, type Machine } from "./machine.ts";

describe("a fresh VS Code with Offsite", function () {
  let machine: Machine;
  oneStory(this, () => [machine]);

  before(async () => {
    machine = await newMachine("activation");
  });
  after(async () => await machine?.scrap());

  // How long it took is printed, not judged: that depends on what else the machine does.
  it("has activated it when it has started", async () => {
    const { workbench } = machine;
    await workbench.command("Developer: Show Running Extensions");
    const row = workbench.page.locator(".runtime-extensions-editor .extension", {
      hasText: "Offsite",
    });
    const time = row.locator(".activation-time");
    await time.filter({ hasText: /\d+\s*ms/ }).waitFor();
    const text = await time.innerText();
    console.log(`      ${text}`);
    assert.doesNotMatch(text, /uncaught|error/i);
    await workbench.page.keyboard.press("Escape");
  });

  it("offers only what is possible without connections and backups", async () => {
    const { workbench } = machine;
    await workbench.page.keyboard.press("F1");
    await workbench.quickInputField.fill(">Offsite: ");
    await workbench.quickInput.getByText("Offsite: Add Connection…").waitFor();
    const offered = await workbench.quickInput.getByRole("listbox").innerText();
    for (const title of ["Export Connections…", "Undo Last Restore", "Show Recovery Sheet"])
      assert.ok(!offered.includes(`Offsite: ${title}`), title);
    await workbench.page.keyboard.press("Escape");
  });
});
