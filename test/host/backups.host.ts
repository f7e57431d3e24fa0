import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands, extensions, FileSystemError, FileType, Uri, window, workspace } from "vscode";
import type { JobContext } from "../../src/app/backups/jobs.ts";
import type { SnapshotPath } from "../../src/app/backups/snapshots.ts";
import { snapshotPath } from "../../src/app/backups/snapshots.ts";
import { backUp, planRestore, restore, undo } from "../../src/app/backups/tasks.ts";
import type { Rooms } from "../../src/extension.ts";
import type { Snapshot } from "../../src/engine/format/snapshot.ts";
import { snapshotUri } from "../../src/ui/backups/snapshotUri.ts";
import { UndoShelf } from "../../src/ui/backups/undoShelf.ts";

describe("backups in VS Code", function () {
  this.timeout(60_000);
  let store = "";
  let rooms: Rooms;
  let connection = "";
  let repository = "";
  let snapshot: Snapshot;
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const uri = (...path: SnapshotPath) =>
    snapshotUri({
      repository,
      snapshot: snapshot.id,
      path: [...snapshotPath(folder), ...path],
    });

  before(async () => {
    store = mkdtempSync(join(tmpdir(), "offsite-store-"));
    writeFileSync(join(folder, "odd a#b?ü%.txt"), "odd");
    const offsite = extensions.getExtension<Rooms | undefined>("offsite.offsite");
    const handed = await offsite?.activate();
    assert.ok(handed, "a development window is handed the rooms");
    rooms = handed;
    ({ id: connection } = await rooms.connections.save({
      name: "Store",
      provider: "folder",
      answers: { path: store },
    }));
    const { repositories } = rooms.backups;
    const opened = await repositories.create({ connection, folder: "site" }, "open sesame");
    repository = opened.repository.id;
    const report = await backUp(
      {
        repositories,
        repository: opened.repository,
        folders: [folder],
        excludes: { patterns: [], gitignore: true, never: [] },
      },
      idle,
    );
    assert.ok(report.snapshot);
    ({ snapshot } = report);
  });
  after(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await rooms.backups.repositories.forget(repository);
    await rooms.connections.forget(connection);
    rmSync(store, { recursive: true, force: true });
  });

  for (const [path, content] of [
    [["README.md"], "# Garden planner"],
    [["notes", "märz & april.md"], "Late frost until the 20th."],
    [["odd a#b?ü%.txt"], "odd"],
    [["data", "empty.bin"], ""],
  ] as const)
    it(`open from their address alone: ${path.join("/")}`, async () => {
      // The address takes the way of one that was saved and read again.
      const document = await workspace.openTextDocument(Uri.parse(uri(...path).toString()));
      assert.ok(document.getText().startsWith(content));
    });

  it("show folders, links and what is not there", async () => {
    assert.equal((await workspace.fs.stat(uri("src"))).type, FileType.Directory);
    const names = (await workspace.fs.readDirectory(uri("src"))).map(([name]) => name);
    assert.deepEqual(names, ["beds.js", "water.js"]);
    const link = await workspace.fs.readFile(uri("latest.md"));
    assert.equal(new TextDecoder().decode(link), "notes/today.md");
    for (const missing of [uri("missing"), uri("README.md", "below")])
      await assert.rejects(
        async () => await workspace.fs.stat(missing),
        (error) => error instanceof FileSystemError && error.code === "FileNotFound",
      );
  });

  it("let nobody change anything", async () => {
    assert.equal(workspace.fs.isWritableFileSystem("offsite-backup"), false);
    await assert.rejects(async () => await workspace.fs.writeFile(uri("x"), new Uint8Array()));
    await assert.rejects(async () => await workspace.fs.delete(uri("README.md")));
    await window.showTextDocument(uri("README.md"));
    await commands.executeCommand("type", { text: "x" });
    assert.ok(window.activeTextEditor?.document.getText().startsWith("# Garden"));
  });

  it("are undone after a restore whose window has not seen its end", async () => {
    const room = rooms.backups;
    const path = join(folder, "README.md");
    const saved = readFileSync(path);
    writeFileSync(path, "spoilt");
    const shelf = new UndoShelf(room);
    const id = shelf.newId();
    await shelf.begin(id);
    const open = await room.repositories.openKnown(repository);
    const wish = { snapshot, picked: [], destination: { type: "original" } } as const;
    await restore(open, await planRestore(open, wish, idle), shelf.folder(id), idle);
    assert.deepEqual(readFileSync(path), saved);
    assert.notEqual(shelf.last()?.id, id);
    const cutOff = await shelf.cutOff();
    assert.equal(cutOff?.id, id);
    assert.equal(shelf.last()?.id, id);
    assert.deepEqual(await undo(cutOff.parts), { left: [], rest: [] });
    assert.equal(readFileSync(path, "utf8"), "spoilt");
    await shelf.drop(id);
    writeFileSync(path, saved);
  });

  it("are refused where the repository is not known", async () => {
    const unknown = uri("README.md").with({ authority: "ab".repeat(32) });
    await assert.rejects(async () => await workspace.fs.readFile(unknown));
  });
});

const idle: JobContext = {
  signal: new AbortController().signal,
  progress: () => {},
  record: () => {},
};
