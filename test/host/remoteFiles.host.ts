import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands, extensions, FileSystemError, FileType, Uri, window, workspace } from "vscode";
import type { Connection } from "../../src/app/connections.ts";
import { pathOf } from "../../src/app/location.ts";
import type { Rooms } from "../../src/extension.ts";

describe("remote files in VS Code", () => {
  const names = ["plain.txt", "odd a#b?ü%.txt", "~tilde.txt"];
  let root = "";
  let rooms: Rooms;
  let connection: Connection;
  const uri = (key: string) =>
    Uri.from({
      scheme: "offsite",
      authority: connection.id,
      path: pathOf({ connection: connection.id, key }),
    });

  before(async () => {
    root = mkdtempSync(join(tmpdir(), "offsite-remote-files-"));
    mkdirSync(join(root, "folder"));
    for (const name of names) writeFileSync(join(root, "folder", name), `content of ${name}`);
    const offsite = extensions.getExtension<Rooms | undefined>("offsite.offsite");
    const handed = await offsite?.activate();
    assert.ok(handed, "a development window is handed the rooms");
    rooms = handed;
    connection = await rooms.connections.save({
      name: "Files",
      provider: "folder",
      answers: { path: root },
    });
  });
  after(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await rooms.connections.forget(connection.id);
    rmSync(root, { recursive: true, force: true });
  });

  for (const name of names)
    it(`opens from its address alone: ${name}`, async () => {
      // The address takes the way of one that was saved and read again.
      const address = Uri.parse(uri(`folder/${name}`).toString());
      const document = await workspace.openTextDocument(address);
      assert.equal(document.getText(), `content of ${name}`);
    });

  it("says what is a file, what a folder and what is not there", async () => {
    assert.equal((await workspace.fs.stat(uri("folder/plain.txt"))).type, FileType.File);
    assert.equal((await workspace.fs.stat(uri("folder"))).type, FileType.Directory);
    await assert.rejects(
      async () => await workspace.fs.stat(uri("missing.txt")),
      (error) => error instanceof FileSystemError && error.code === "FileNotFound",
    );
    const found = await workspace.fs.readDirectory(uri("folder"));
    assert.equal(found.length, names.length);
    for (const [name, type] of found) {
      assert.equal(type, FileType.File);
      const content = await workspace.fs.readFile(Uri.joinPath(uri("folder"), name));
      assert.match(new TextDecoder().decode(content), /^content of /);
    }
  });

  it("lets nobody change anything", async () => {
    assert.equal(workspace.fs.isWritableFileSystem("offsite"), false);
    const address = uri("folder/plain.txt");
    await assert.rejects(async () => await workspace.fs.writeFile(address, new Uint8Array()));
    await assert.rejects(async () => await workspace.fs.delete(address));
    await window.showTextDocument(address);
    await commands.executeCommand("type", { text: "x" });
    assert.equal(window.activeTextEditor?.document.getText(), "content of plain.txt");
  });

  it("is refused once the connection is gone", async () => {
    const other = await rooms.connections.save({
      name: "Gone",
      provider: "folder",
      answers: { path: root },
    });
    await rooms.connections.forget(other.id);
    const address = Uri.from({
      scheme: "offsite",
      authority: other.id,
      path: "/~/folder/plain.txt",
    });
    await assert.rejects(async () => await workspace.fs.readFile(address));
  });
});
