import assert from "node:assert/strict";
import { newMachine, oneStory, type Machine } from "./machine.ts";

/** A busy machine of two cores needs a third of a second; loading an SDK at the start would show. */
const limitMs = 500;

describe("a fresh VS Code with Offsite", function () {
  let machine: Machine;
  oneStory(this, () => [machine]);

  before(async () => {
    machine = await newMachine("activation");
  });
  after(async () => await machine?.scrap());

  it(`has activated it within ${limitMs} ms`, async () => {
    const { workbench } = machine;
    await workbench.command("Developer: Show Running Extensions");
    const row = workbench.page.locator(".runtime-extensions-editor .extension", {
      hasText: "Offsite",
    });
    const time = row.locator(".activation-time");
    await time.filter({ hasText: /\d+\s*ms/ }).waitFor();
    const text = await time.innerText();
    console.log(`      ${text}`);
    assert.ok(Number.parseInt(/(\d+)\s*ms/.exec(text)?.[1] ?? "", 10) <= limitMs, text);
  });
});
