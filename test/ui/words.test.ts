import assert from "node:assert/strict";
import {
  ago,
  besideHeadline,
  changedFiles,
  day,
  duration,
  files,
  grouped,
  size,
  sizeAsBilled,
  visible,
} from "../../src/ui/words.ts";
import { plain } from "./translate.ts";

describe("numbers people can read", () => {
  const sizes: readonly [number, string][] = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1 KB"],
    [1500, "1.5 KB"],
    [99_940, "99.9 KB"],
    [123_456, "123 KB"],
    [999_499, "999 KB"],
    [999_500, "1 MB"],
    [1_234_567_890, "1.2 GB"],
    [5 * 2 ** 30, "5.4 GB"],
    [3e18, "3000 PB"],
  ];
  for (const [bytes, expected] of sizes)
    it(`say ${expected} for ${bytes} bytes`, () => assert.equal(size(plain, bytes), expected));

  it("say what is charged for where that is more", () => {
    assert.equal(sizeAsBilled(plain, 9000, 128_000), "9 KB, billed as 128 KB");
    assert.equal(sizeAsBilled(plain, 9000, 9000), "9 KB");
    assert.equal(sizeAsBilled(plain, 0, 0), "0 bytes");
  });

  it("group thousands", () => {
    assert.deepEqual([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
  });

  it("say of a first snapshot how many files it has, of others how many have changed", () => {
    const first = { files_new: 11, files_changed: 0, files_unmodified: 0 };
    assert.equal(changedFiles(plain, first), "11 files");
    const second = { files_new: 1, files_changed: 2, files_unmodified: 9 };
    assert.equal(changedFiles(plain, second), "3 files changed");
  });

  it("know one file from several", () => {
    assert.deepEqual(
      [0, 1, 14, 20_000].map((count) => files(plain, count)),
      ["0 files", "1 file", "14 files", "20,000 files"],
    );
  });

  const now = new Date("2026-03-20T12:00:00");
  const times: readonly [number, string][] = [
    [-5, "just now"],
    [0, "just now"],
    [59, "just now"],
    [60, "1 min ago"],
    [3599, "59 min ago"],
    [3600, "1 h ago"],
    [86_399, "23 h ago"],
    [86_400, "1 day ago"],
    [3 * 86_400, "3 days ago"],
    [19 * 86_400, day(new Date("2026-03-01T12:00:00"))],
  ];
  for (const [seconds, expected] of times)
    it(`say "${expected}" after ${seconds} seconds`, () =>
      assert.equal(ago(plain, new Date(now.getTime() - seconds * 1000), now), expected));

  const durations: readonly [number, string][] = [
    [0, "under a second"],
    [1400, "1 s"],
    [59_400, "59 s"],
    [60_000, "1 min"],
    [3_900_000, "1 h 5 min"],
  ];
  for (const [ms, expected] of durations)
    it(`say "${expected}" for ${ms} ms`, () => assert.equal(duration(plain, ms), expected));
});

describe("a name from outside", () => {
  for (const [name, shown] of [
    ["photo\u{202e}gpj.exe", "photo‹U+202E›gpj.exe"],
    ["\u{2066}a\u{2069}", "‹U+2066›a‹U+2069›"],
    ["bell\u0007tab\tline\nend\u007f", "bell␇tab␉line␊end‹U+007F›"],
    ["zero\u{200b}width\u{feff}", "zero‹U+200B›width‹U+FEFF›"],
    [" before and behind  ", "␠before and behind␠␠"],
  ] as const)
    it(`cannot look like another: ${shown}`, () => {
      assert.equal(visible(name), shown);
    });

  it("is left as it is where there is nothing to see through", () => {
    for (const name of ["a b.txt", "日本語　🗝", "👩‍👩‍👧", "می\u{200c}خواهم", "e\u0301", "~$x", ""])
      assert.equal(visible(name), name);
  });

  it("draws no icon in a list or the status bar", () => {
    assert.doesNotMatch(visible("$(check) $(sync~spin)"), /\$\(/);
    assert.equal(visible(visible("$(check)")), visible("$(check)"));
  });
});

describe("what stands beside a headline", () => {
  for (const [headline, sentence, beside] of [
    ["Nothing answers", "Nothing answers at “a”. Check it.", "at “a”. Check it."],
    ["Secret not accepted", "The secret is wrong.", "The secret is wrong."],
  ] as const)
    it(`of “${headline}” is “${beside}”`, () => {
      assert.equal(besideHeadline(headline, sentence), beside);
    });
});
