import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  FolderGuard,
  nameProblem,
  parentOf,
  saved,
  shown,
  unsaved,
  within,
} from "../../../src/engine/disk/localPath.ts";
import { withTemporaryFolder } from "../openRepository.ts";

const latin = Buffer.from([0x66, 0xfc, 0x72]);

describe("local paths", () => {
  const everywhere = ["", ".", "..", "a/b", "/a", "../a", "a\0", "x".repeat(256), "ü".repeat(128)];
  for (const platform of ["linux", "darwin", "win32"] as const) {
    for (const name of everywhere)
      it(`on ${platform} have no part called ${JSON.stringify(name).slice(0, 20)}`, () => {
        assert.ok(nameProblem(name, undefined, platform));
      });
    for (const name of ["a", "..a", ".git", "ü", "🎉", " a", "x".repeat(255)])
      it(`on ${platform} may have a part called ${name.slice(0, 20)}`, () => {
        assert.equal(nameProblem(name, undefined, platform), undefined);
      });
  }

  const windows = [
    "a\\b",
    "C:",
    "a:b",
    "a?",
    "nul",
    "NUL.txt",
    "Com1",
    "lpt9.x",
    "a.",
    "a ",
    "\x01",
  ];
  for (const name of windows)
    it(`may have a part called ${JSON.stringify(name)}, but not on Windows`, () => {
      assert.ok(nameProblem(name, undefined, "win32"));
      assert.equal(nameProblem(name, undefined, "linux"), undefined);
    });

  it("take names that are not UTF-8 on Linux only", () => {
    assert.equal(nameProblem("f\uFFFDr", latin, "linux"), undefined);
    assert.ok(nameProblem("f\uFFFDr", latin, "darwin"));
    assert.ok(nameProblem("f\uFFFDr", latin, "win32"));
    assert.ok(nameProblem("a/b", Buffer.from("a/\xff", "latin1"), "linux"));
  });

  it("keep their bytes, joined, parted and saved", () => {
    const folder = within("/tmp", latin);
    const file = within(folder, "a");
    assert.deepEqual(file, Buffer.from("/tmp/f\xfcr/a", "latin1"));
    assert.deepEqual(parentOf(file), folder);
    assert.equal(parentOf(folder), "/tmp");
    assert.deepEqual(unsaved(saved(file)), file);
    assert.equal(unsaved(saved("/tmp/a")), "/tmp/a");
    assert.equal(shown(file), "/tmp/f\uFFFDr/a");
  });

  it("lead through real folders only", async () => {
    await withTemporaryFolder(async (root) => {
      await mkdir(join(root, "target", "real", "deep"), { recursive: true });
      await mkdir(join(root, "outside", "deep"), { recursive: true });
      await symlink(join(root, "outside"), join(root, "target", "link"));
      await writeFile(join(root, "target", "file"), "");
      const guard = new FolderGuard(join(root, "target"));
      for (const path of ["a", "real/a", "real/deep/a", "link"])
        guard.check(join(root, "target", path));
      for (const path of [
        "link/a",
        "link/deep/a",
        "file/a",
        "missing/a",
        "../outside/a",
        "../target2/a",
      ])
        assert.throws(() => guard.check(`${root}/target/${path}`), path);
      assert.throws(() => guard.check("/etc/passwd"));
    });
  });
});
