import assert from "node:assert/strict";
import { looksLikeText } from "../../../src/app/files/content.ts";

describe("what a text editor can show", () => {
  const cases: readonly (readonly [what: string, content: Buffer, isText: boolean])[] = [
    ["nothing at all", Buffer.alloc(0), true],
    ["text", Buffer.from("Grüße\n"), true],
    ["UTF-16 without a mark", Buffer.from("garden", "utf16le"), true],
    ["UTF-16 that says so", Buffer.from("\ufeffgärtchen€\u4e2d", "utf16le"), true],
    ["an archive", Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"), false],
    ["a PDF without zeros", Buffer.from("%PDF-1.7\n%âãÏÓ\n", "latin1"), false],
    ["text with a zero far behind", Buffer.from(`${"a".repeat(600)}\0`), true],
  ];
  for (const [what, content, isText] of cases)
    it(`${isText ? "is" : "is not"} ${what}`, () => assert.equal(looksLikeText(content), isText));
});
