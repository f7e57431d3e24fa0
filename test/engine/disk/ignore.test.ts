import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  cacheTag,
  excludeNothing,
  usualExcludes,
  type ExcludeRules,
} from "../../../src/engine/disk/ignore.ts";
import { whyExcluded } from "../../../src/engine/disk/whyExcluded.ts";

describe("exclude rules", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "offsite-ignore-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const explain = (path: string, rules: Partial<ExcludeRules> = {}) => {
    // A path that is not there is taken for a file.
    if (path.endsWith("/")) mkdirSync(join(root, path), { recursive: true });
    const why = whyExcluded(root, join(root, path), {
      ...excludeNothing,
      gitignore: true,
      ...rules,
    });
    if (why?.type !== "rule") return why?.type ?? "kept";
    const file = why.file?.slice(root.length + 1) ?? "settings";
    return `${file}:${why.line}: ${why.pattern}`;
  };

  it("explains a path by whatever else keeps it out", () => {
    write("cache/CACHEDIR.TAG", `${cacheTag}\n`);
    write("cache/deep/file", "");
    write("large", "12345");
    write(".gitignore", "ignored/\n");
    write("ignored/CACHEDIR.TAG", cacheTag);
    const never = [join(root, "own")];
    const table = {
      "cache/": "kept",
      "cache/deep/file": "cache",
      "ignored/file": ".gitignore:1: ignored/",
      large: "too-large",
      ".gitignore": "too-large",
      "own/deep": "own",
      "../elsewhere": "outside",
      "": "kept",
    };
    for (const [path, expected] of Object.entries(table))
      assert.equal(explain(path, { never, maxFileBytes: 4 }), expected, path);
  });

  it("explains a path by the line of the file that keeps it out", () => {
    write(".gitignore", "# build output\nout/\n\n*.log\n");
    write("lib/.gitignore", "!keep.log\n/only-here\n");
    const table = {
      "out/": ".gitignore:2: out/",
      "out/deep/file": ".gitignore:2: out/",
      "src/out": "kept",
      "lib/out/": ".gitignore:2: out/",
      "a.log": ".gitignore:4: *.log",
      "lib/a.log": ".gitignore:4: *.log",
      "lib/keep.log": "kept",
      "lib/only-here": "lib/.gitignore:2: /only-here",
      "only-here": "kept",
      "src/main.ts": "kept",
    };
    for (const [path, expected] of Object.entries(table)) assert.equal(explain(path), expected);
  });

  it("leaves .gitignore files unread if told so, but never .offsiteignore", () => {
    write(".gitignore", "a\n");
    write(".offsiteignore", "b\n");
    assert.equal(explain("a", { gitignore: false }), "kept");
    assert.equal(explain("b", { gitignore: false }), ".offsiteignore:1: b");
  });

  it("lets settings overrule .offsiteignore, and that overrule .gitignore", () => {
    write(".gitignore", "*.env\nbuild/\n*.o\n");
    write(".offsiteignore", "!secret.env\n!build/\n*.tmp\n");
    assert.equal(explain("other.env"), ".gitignore:1: *.env");
    assert.equal(explain("secret.env"), "kept");
    assert.equal(explain("build/"), "kept");
    assert.equal(explain("build/deep/result.o"), "kept");
    assert.equal(explain("src/result.o"), ".gitignore:3: *.o");
    assert.equal(explain("a.tmp", { patterns: ["!a.tmp"] }), "kept");
    assert.equal(explain("secret.env", { patterns: ["x", "*.env"] }), "settings:2: *.env");
  });

  it("reads rules with Windows' line ends, and outside the root has nothing to say", () => {
    write(".gitignore", "a\r\nb\r\n");
    assert.equal(explain("b"), ".gitignore:2: b");
    assert.equal(explain("../b"), "outside");
  });

  it("keeps .git and a project's own files by default", () => {
    const rules = { patterns: usualExcludes };
    for (const path of [".git/", ".git/HEAD", "node_modules/", ".vscode/settings.json", ".env"])
      assert.equal(explain(path, rules), "kept");
    for (const path of [".DS_Store", "deep/Thumbs.db"])
      assert.notEqual(explain(path, rules), "kept");
  });
});
