import assert from "node:assert/strict";
import { parseMoment, wallClock } from "../../../src/engine/format/moment.ts";

describe("a moment", () => {
  it("keeps every nanosecond and the writer's zone", () => {
    assert.deepEqual(parseMoment("2026-11-21T09:00:00.123456789+05:30"), {
      ns: BigInt(Date.UTC(2026, 10, 21, 3, 30)) * 1_000_000n + 123_456_789n,
      offsetMinutes: 330,
    });
    assert.deepEqual(parseMoment("1970-01-01T00:00:00.5Z"), {
      ns: 500_000_000n,
      offsetMinutes: 0,
    });
  });

  it("takes fractions of any length, and no more of them than nanoseconds", () => {
    for (const [fraction, ns] of [
      ["", 0n],
      [".1", 100_000_000n],
      [".000000001", 1n],
      [".123456789987", 123_456_789n],
    ] as const)
      for (const zone of ["Z", "+00:00", "-00:00"])
        assert.equal(parseMoment(`1970-01-01T00:00:00${fraction}${zone}`)?.ns, ns);
  });

  it("reads years before 1970 and of the first century", () => {
    assert.equal(parseMoment("1969-12-31T23:59:59.75Z")?.ns, -250_000_000n);
    const early = parseMoment("0033-04-03T15:00:00-02:00");
    assert.ok(early);
    assert.equal(wallClock(early).toISOString(), "0033-04-03T15:00:00.000Z");
  });

  it("refuses what is no time", () => {
    for (const text of ["", "2026-11-21", "2026-11-21 09:00:00Z", "2026-11-21T09:00:00", "now"])
      assert.equal(parseMoment(text), undefined, text);
  });
});
