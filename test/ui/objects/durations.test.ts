import assert from "node:assert/strict";
import { durationText, parseDuration } from "../../../src/ui/objects/durations.ts";
import { plain } from "../translate.ts";

describe("a duration", () => {
  for (const [text, seconds] of [
    ["15 min", 900],
    ["1h", 3600],
    ["2 Days", 172_800],
    ["1,5 hours", 5400],
    ["1 week", 604_800],
    ["0 min", undefined],
    ["soon", undefined],
    ["15", undefined],
    ["-1 h", undefined],
    ["1 month", undefined],
  ] as const)
    it(`"${text}" is ${seconds ?? "none"}`, () => assert.equal(parseDuration(text), seconds));

  for (const [seconds, text] of [
    [900, "15 minutes"],
    [3600, "1 hour"],
    [5400, "90 minutes"],
    [86_400, "1 day"],
    [604_800, "7 days"],
    [43_200, "12 hours"],
  ] as const)
    it(`of ${seconds} seconds reads "${text}"`, () =>
      assert.equal(durationText(plain, seconds), text));
});
