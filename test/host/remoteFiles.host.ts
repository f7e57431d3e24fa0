import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  commands,
  extensions,
  FilePermission,
  FileSystemError,
  FileType,
  Uri,
  window,
  workspace,
} from "vscode";
import type { Connection } from "../../src/app/connections/connection.ts";
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

  it("edits in place", async () => {
    const address = uri("folder/edited.txt");
    await workspace.fs.writeFile(address, encode("first"));
    const editor = await window.showTextDocument(address);
    await commands.executeCommand("type", { text: "my " });
    assert.equal(await editor.document.save(), true);
    assert.equal(editor.document.isDirty, false);
    assert.equal(readFileSync(join(root, "folder", "edited.txt"), "utf8"), "my first");
  });

  it("does not save over what somebody else has saved", async () => {
    const address = uri("folder/edited.txt");
    const { document } = await window.showTextDocument(address);
    // The second is as long as the first, which VS Code by itself takes for no change.
    for (const content of ["theirs", "herein"]) {
      await commands.executeCommand("type", { text: "again " });
      writeFileSync(join(root, "folder", "edited.txt"), content);
      assert.equal(await document.save(), false);
      assert.equal(document.isDirty, true);
      assert.equal(readFileSync(join(root, "folder", "edited.txt"), "utf8"), content);
      await commands.executeCommand("workbench.action.files.revert");
      assert.equal(document.getText(), content);
    }
  });

  it("shows what has changed in an editor without changes of its own", async () => {
    const { document } = await window.showTextDocument(uri("folder/edited.txt"));
    await workspace.fs.writeFile(document.uri, encode("from elsewhere"));
    await until(() => document.getText() === "from elsewhere");
  });

  it("keeps the rules of VS Code's file systems", async () => {
    const { fs } = workspace;
    await fs.createDirectory(uri("work/deep"));
    await fs.writeFile(uri("work/a.txt"), encode("a"));
    await fs.copy(uri("work/a.txt"), uri("work/b.txt"));
    await rejects(fs.copy(uri("work/a.txt"), uri("work/b.txt")), "FileExists");
    await rejects(fs.rename(uri("work/a.txt"), uri("work/b.txt")), "FileExists");
    await rejects(fs.rename(uri("work/missing.txt"), uri("work/c.txt")), "FileNotFound");
    await rejects(fs.writeFile(uri("work/deep"), encode("x")), "FileIsADirectory");
    await rejects(fs.delete(uri("work/missing.txt")), "FileNotFound");
    await rejects(fs.readFile(uri("work/deep")), "FileIsADirectory");
    await rejects(fs.readDirectory(uri("work/missing")), "FileNotFound");
    await rejects(fs.readDirectory(uri("work/a.txt")), "FileNotADirectory");
    await rejects(fs.delete(uri("")), "NoPermissions");
    assert.deepEqual(await fs.readDirectory(uri("work/deep")), []);
    await fs.rename(uri("work/a.txt"), uri("work/b.txt"), { overwrite: true });
    await fs.rename(uri("work"), uri("moved"));
    assert.deepEqual(Object.fromEntries(await fs.readDirectory(uri("moved"))), {
      "b.txt": FileType.File,
      deep: FileType.Directory,
    });
    await assert.rejects(async () => await fs.delete(uri("moved"), { recursive: false }));
    await fs.delete(uri("moved"), { recursive: true });
    await rejects(fs.stat(uri("moved")), "FileNotFound");
    assert.equal(existsSync(join(root, "moved")), false);
  });

  it("takes files to and from this computer", async () => {
    const local = Uri.file(join(root, "local.txt"));
    writeFileSync(local.fsPath, "local");
    await workspace.fs.copy(local, uri("folder/arrived.txt"));
    assert.equal(readFileSync(join(root, "folder", "arrived.txt"), "utf8"), "local");
    await workspace.fs.copy(uri("folder/arrived.txt"), local, { overwrite: true });
    await workspace.fs.delete(uri("folder/arrived.txt"));
  });

  it("lets nobody change anything of a read-only connection", async () => {
    const other = await rooms.connections.save({
      name: "Archive",
      provider: "folder",
      answers: { path: root },
      readOnly: true,
    });
    const address = uri("folder/plain.txt").with({ authority: other.id });
    assert.equal((await workspace.fs.stat(address)).permissions, FilePermission.Readonly);
    await rejects(workspace.fs.writeFile(address, encode("x")), "NoPermissions");
    await rejects(workspace.fs.delete(address), "NoPermissions");
    await rejects(workspace.fs.rename(address, uri("folder/x.txt")), "NoPermissions");
    // The same file under the scheme whose editors say why.
    const shown = address.with({ scheme: "offsite-readonly" });
    assert.equal(workspace.fs.isWritableFileSystem(shown.scheme), false);
    await window.showTextDocument(shown);
    await commands.executeCommand("type", { text: "x" });
    assert.equal(window.activeTextEditor?.document.getText(), "content of plain.txt");
    await rooms.connections.forget(other.id);
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

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function rejects(work: Thenable<unknown>, code: string): Promise<void> {
  await assert.rejects(
    async () => await work,
    (error) => error instanceof FileSystemError && error.code === code,
    code,
  );
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(20);
}
