import assert from "node:assert/strict";
import { appendPlain } from "../../src/ui/plainText.ts";

/** What VS Code makes of blanks: text keeps them together, Markdown breaks lines at them. */
class Markdown {
  value = "";
  appendText(text: string): this {
    this.value += text.replaceAll(" ", "_");
    return this;
  }
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

describe("text in a tooltip", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["Check the address and port", "Check_the address and port"],
    ["1. plan for the garden", "1._plan for the garden"],
    ["two  blanks   stay as they are", "two__blanks___stay_as they are"],
    ["    indented is no code", "____indented_is no code"],
    ["trailing ", "trailing_"],
    ["word", "word"],
    ["", ""],
  ];
  for (const [text, shown] of cases)
    it(`breaks no word and begins no list: “${text}”`, () => {
      assert.equal(appendPlain(new Markdown(), text).value, shown);
    });
});
