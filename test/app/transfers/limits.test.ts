import assert from "node:assert/strict";
import { limitAt, parseLimit } from "../../../src/app/transfers/limits.ts";

describe("the timetable of limits", () => {
  const timetable = ["mon-fri 08:00-18:00 500 KB/s", "22:00-06:00 unlimited", "2 MB/s"].map(
    (line) => parseLimit(line) ?? assert.fail(line),
  );

  // A Monday is the 2nd of March 2026.
  for (const [time, wanted] of [
    ["2026-03-02T08:00", 500_000],
    ["2026-03-02T17:59", 500_000],
    ["2026-03-02T18:00", 2_000_000],
    ["2026-03-01T12:00", 2_000_000],
    ["2026-03-02T23:00", Infinity],
    ["2026-03-02T05:59", Infinity],
    ["2026-03-02T06:00", 2_000_000],
  ] as const)
    it(`allows ${wanted} bytes a second at ${time}`, () => {
      assert.equal(limitAt(timetable, new Date(time)), wanted);
    });

  it("lets a night that began on a Friday go on into Saturday, and no other", () => {
    const friday = [parseLimit("fri 22:00-06:00 1.5 MB/s") ?? assert.fail()];
    assert.equal(limitAt(friday, new Date("2026-03-06T23:00")), 1_500_000);
    assert.equal(limitAt(friday, new Date("2026-03-07T05:00")), 1_500_000);
    assert.equal(limitAt(friday, new Date("2026-03-07T23:00")), Infinity);
    assert.equal(limitAt(friday, new Date("2026-03-06T05:00")), Infinity);
  });

  it("knows no limit where there is none", () => {
    assert.equal(limitAt([], new Date()), undefined);
  });

  for (const line of [
    "",
    "fast",
    "500",
    "08:00 1 MB/s",
    "8-18 1 MB/s",
    "10 KB/s",
    "moo 1 MB/s",
    "25:00-26:00 1 MB/s",
    "08:00-24:30 1 MB/s",
  ])
    it(`refuses “${line}”`, () => assert.equal(parseLimit(line), undefined));
});
