import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thirdPartyNotices } from "./notices.mjs";

describe("the licences of what is bundled", () => {
  const root = mkdtempSync(join(tmpdir(), "offsite-notices-"));
  after(() => rmSync(root, { recursive: true }));

  /** A package with one file, whose path this is. */
  function packageOf(name: string, about: object, licence?: string): string {
    const folder = join(root, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name, version: "1.2.3", ...about }),
    );
    if (licence !== undefined) writeFileSync(join(folder, "LICENSE.md"), licence);
    return join(folder, "dist", "index.js");
  }
  const notices = (...paths: readonly string[]) =>
    thirdPartyNotices([{ inputs: Object.fromEntries(paths.map((path) => [path, {}])) }]);

  it("stand word for word under all packages that have them, each once", () => {
    const [a, b] = [
      packageOf("a", {}, "Do as you like.\r\nAda\n"),
      packageOf("@who/b", {}, "Ask."),
    ];
    const inner = packageOf("a/node_modules/c", { name: "c" }, "Do as you like.\nAda");
    const text = notices(a, a.replace("index", "more"), b, inner, "src/extension.ts");
    assert.equal(text.split("a 1.2.3\nc 1.2.3\n\nDo as you like.\nAda\n").length, 2);
    assert.equal(text.split("@who/b 1.2.3\n\nAsk.\n").length, 2);
  });

  it("are named where their text is left out, and nothing is bundled without one", () => {
    assert.match(notices(packageOf("d", { license: "MIT" })), /d 1\.2\.3\n\nLicence: MIT\n/);
    assert.throws(() => notices(packageOf("e", {})), /e says no licence/);
  });
});
