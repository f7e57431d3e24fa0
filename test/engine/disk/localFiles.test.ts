import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFilesFrom } from "../../../src/engine/disk/localFiles.ts";

describe("files that were made on the way", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "offsite-local-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("go once nobody can want them any more, and nothing else does", async () => {
    for (const name of ["old", "new"]) writeFileSync(join(root, name), name);
    mkdirSync(join(root, "folder"));
    for (const name of ["old", "folder"]) utimesSync(join(root, name), 1000, 1000);
    await removeFilesFrom(root, new Date(2_000_000));
    assert.deepEqual(readdirSync(root).toSorted(), ["folder", "new"]);
    await removeFilesFrom(join(root, "missing"), new Date());
  });
});
