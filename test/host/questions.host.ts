import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { commands, type QuickPickItem, window } from "vscode";
import { redraw } from "../../src/ui/steps.ts";

describe("a list that grows while somebody reads it", function () {
  this.timeout(30_000);
  const list = window.createQuickPick<QuickPickItem>();
  after(() => list.dispose());

  const items = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ label: `result ${index}` }));
  const redrawn = async (rows: readonly QuickPickItem[]) => {
    redraw(list, rows);
    // The extension host tells VS Code of it in a turn of its own, which comes before this one.
    await wait(10);
  };
  const focused = async (label: string) => {
    for (let tries = 0; tries < 100 && list.activeItems[0]?.label !== label; tries++)
      await wait(50);
    assert.equal(list.activeItems[0]?.label, label);
  };

  it("keeps the focus on the row it is on", async () => {
    const found = items(3);
    list.items = found;
    list.show();
    await focused("result 0");
    for (let steps = 0; steps < 2; steps++)
      await commands.executeCommand("workbench.action.quickOpenSelectNext");
    await focused("result 2");
    await redrawn([...found, ...items(5).slice(3)]);
    await commands.executeCommand("workbench.action.quickOpenSelectNext");
    await focused("result 3");
  });

  it("puts it on the last row when the one it was on has gone", async () => {
    await redrawn(items(2));
    await commands.executeCommand("workbench.action.quickOpenSelectPrevious");
    await focused("result 0");
  });
});
