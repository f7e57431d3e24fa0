import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { commandQuoted, shellQuoted } from "../../src/base/shell.ts";

const hostile = [
  "plain/path-1.2",
  "it's here/$(touch stolen).txt",
  "`id`; id & id | id > id",
  "back\\slash\\'; id; '",
  "\\",
  "'",
  "!! ~ * ? [a] {b,c} #",
  "ü 😀 \u2019; id; \u2019",
  "=ls",
  "",
];
const controls = ["line\nid\n", "\u0003id\r", "\u001b[201~id\n", "\u0085'\\$x"];

describe("a command that people run", () => {
  const told = (shell: string, text: string) =>
    execFileSync(shell, ["-c", `printf %s ${shellQuoted(text)}`], { encoding: "utf8" });

  for (const shell of process.platform === "win32" ? [] : ["sh", "bash"])
    it(`has text taken literally by ${shell}`, () => {
      for (const text of hostile) assert.equal(told(shell, text), text);
    });

  it("holds no control character, which a terminal would act upon", function () {
    for (const text of controls) {
      assert.doesNotMatch(shellQuoted(text), /\p{Cc}/u);
      assert.doesNotMatch(commandQuoted(text, "win32"), /\p{Cc}/u);
      if (process.platform !== "win32") assert.equal(told("bash", text), text);
    }
  });

  // Neither can be had here: these are their rules.
  it("has no backslash between quotes, where fish would take it for its own", () => {
    assert.equal(shellQuoted("a\\'b c"), "'a'\\\\''\\''b c'");
  });

  it("follows PowerShell on Windows, to which typographic quotes are quotes", () => {
    for (const [text, quoted] of [
      ["s3://photos/leaf-1.svg", "s3://photos/leaf-1.svg"],
      ["a,b", "'a,b'"],
      ["it's $(id)", "'it''s $(id)'"],
      ["a\u2019; id; \u2018", "'a\u2019\u2019; id; \u2018\u2018'"],
      ['\n$(id)`"\u201d', '"$([char]10)`$(id)```"`\u201d"'],
    ] as const)
      assert.equal(commandQuoted(text, "win32"), quoted);
  });
});
