import assert from "node:assert/strict";
import { keyRemark, linkTimes } from "../../../src/ui/objects/linkWords.ts";
import { plain } from "../translate.ts";

const now = new Date(2026, 2, 1, 14, 2, 9);
const week = 7 * 86_400;
const labels = (lifetime: Parameters<typeof linkTimes>[1]) =>
  linkTimes(plain, lifetime, now).map(({ label, description }) => `${label}, ${description}`);

describe("the times a link can work", () => {
  it("are a week at most, and say when they end on this computer's clock", () => {
    assert.deepEqual(labels({ longestSeconds: week }), [
      "15 minutes, until 2026-03-01 14:17",
      "1 hour, until 2026-03-01 15:02",
      "1 day, until 2026-03-02 14:02",
      "7 days, until 2026-03-08 14:02",
      "Another time…, at most 7 days",
    ]);
    assert.equal(keyRemark(plain, { longestSeconds: week }), "");
  });

  it("end with a temporary key", () => {
    const keyEnds = new Date(2026, 2, 1, 16, 32, 9);
    const lifetime = { longestSeconds: 9000, keyEnds };
    assert.deepEqual(labels(lifetime), [
      "15 minutes, until 2026-03-01 14:17",
      "1 hour, until 2026-03-01 15:02",
      "As long as the temporary key, until 2026-03-01 16:32",
      "Another time…, at most 150 minutes",
    ]);
    assert.match(keyRemark(plain, lifetime), /it and its links end on 2026-03-01 16:32/);
  });

  it("may be cut short by a temporary key that does not say when it ends", () => {
    const lifetime = { longestSeconds: 12 * 3600, keyEnds: "unknown" } as const;
    assert.deepEqual(labels(lifetime).slice(2), ["Another time…, at most 12 hours"]);
    assert.match(keyRemark(plain, lifetime), /if it ends sooner, the link does, too/);
  });
});
