import assert from "node:assert/strict";
import { generatePassphrase, strength } from "../../../src/app/backups/passphrase.ts";

describe("a generated passphrase", () => {
  it("is eight pronounceable words", () => {
    assert.match(
      generatePassphrase(),
      /^([bdfghjklmnprstvz][aiou]){2}[bdfghjklmnprstvz](-\w{5}){7}$/,
    );
  });

  it("carries every bit of its 128 random ones", () => {
    const seen = new Set<string>();
    for (let bit = 0; bit < 128; bit++)
      seen.add(generatePassphrase((bytes) => (bytes[bit >> 3] = 1 << (bit & 7))));
    seen.add(generatePassphrase(() => undefined));
    assert.equal(seen.size, 129);
  });

  it("is judged strong", () => {
    for (let round = 0; round < 200; round++)
      assert.equal(strength(generatePassphrase()).level, "strong");
  });
});

describe("the strength of a typed passphrase", () => {
  const table: readonly [string, string, string | undefined][] = [
    ["", "weak", "empty"],
    ["abc", "weak", "repeated"],
    ["hello", "weak", "short"],
    ["password123", "weak", "common"],
    ["Passw0rd", "weak", "short"],
    ["aaaaaaaaaaaaaaaaaaaaaaaa", "weak", "repeated"],
    ["abcdefghijklmnopqrstuvwxyz", "weak", "sequence"],
    ["12345678901234567890", "weak", "sequence"],
    ["abcabcabcabcabcabcabcabc", "weak", "repeated"],
    ["correct horse battery staple", "fair", undefined],
    ["gX7#pQ2!vL9z", "fair", undefined],
    ["seven wet foxes rehearse a polite mutiny in october", "strong", undefined],
    ["gX7#pQ2!vL9zRw4%", "strong", undefined],
    ["пароль который никто не угадает никогда", "strong", undefined],
  ];
  for (const [typed, level, weakness] of table)
    it(`calls "${typed}" ${level}`, () => {
      const judged = strength(typed);
      assert.deepEqual({ level: judged.level, weakness: judged.weakness }, { level, weakness });
    });
});
