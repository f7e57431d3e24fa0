import assert from "node:assert/strict";
import { commands, extensions } from "vscode";

const id = "offsite.offsite";

describe("Offsite in VS Code", () => {
  it("activates", async () => {
    await extension().activate();
    assert.equal(extension().isActive, true);
  });

  it("has a handler for every command of its manifest, and no other command", async () => {
    await extension().activate();
    const all = await commands.getCommands(true);
    // VS Code adds commands of its own for each view: focus, open, resetViewLocation and the like.
    const ofViews = /^offsite\.(connections|backups|transfers)\./;
    const registered = all.filter((name) => name.startsWith("offsite.") && !ofViews.test(name));
    assert.deepEqual(registered.toSorted(), declaredCommands().toSorted());
  });
});

function extension() {
  const found = extensions.getExtension(id);
  assert.ok(found, `${id} is not installed`);
  return found;
}

function declaredCommands(): string[] {
  // VS Code hands out the manifest unparsed; ours is kept in order by a test of its own.
  const manifest = extension().packageJSON as {
    contributes: { commands: readonly { command: string }[] };
  };
  return manifest.contributes.commands.map(({ command }) => command);
}
