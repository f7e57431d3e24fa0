import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { excluder } from "../../../src/engine/disk/excluder.ts";
import type { ExcludeRules } from "../../../src/engine/disk/ignore.ts";
import { withTemporaryFolder } from "../openRepository.ts";

const rules: ExcludeRules = { patterns: ["node_modules/"], gitignore: true, never: [] };

describe("whether a path is left out", () => {
  it("follows from the settings and from ignore files on the way", async () => {
    await withTemporaryFolder(async (root) => {
      await mkdir(join(root, "src"));
      await writeFile(join(root, "src/.gitignore"), "dist/\n");
      const isOut = excluder([root], { ...rules, never: [join(root, "never")] });
      const table: readonly [string, boolean][] = [
        ["README.md", false],
        ["src/a.ts", false],
        ["src/dist/out.js", true],
        ["dist/out.js", false],
        ["node_modules/x/index.js", true],
        ["deep/node_modules/y", true],
        ["never/this", true],
        ["never", true],
        ["gone/file", false],
      ];
      for (const [path, expected] of table)
        assert.equal(isOut(join(root, path)), expected, `${path} should be ${expected}`);
      assert.equal(isOut("/somewhere/else"), true);
    });
  });
});
