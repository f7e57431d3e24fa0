import assert from "node:assert/strict";
import {
  applyPolicy,
  isEmptyPolicy,
  parseSpan,
  type KeepPolicy,
  type Span,
} from "../../../src/engine/snapshots/policy.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";

const now = new Date("2026-11-21T12:00:00Z");

/** A snapshot whose id tells its time, `2026-11-20T10` for short. */
function taken(time: string, tags?: readonly string[]): Snapshot {
  const full = time.length > 13 ? time : `${time.padEnd(13, "T00")}:00:00Z`;
  return { id: time, time: full, tree: "", paths: ["/home"], ...(tags && { tags }) };
}

function kept(policy: KeepPolicy, snapshots: readonly Snapshot[]): readonly string[] {
  return applyPolicy(snapshots, policy, now).keep.map(({ snapshot }) => snapshot.id);
}

function span(text: string): Span {
  const parsed = parseSpan(text);
  assert.ok(parsed, text);
  return parsed;
}

/** Two a day, of three months, newest last. */
const twiceDaily = ["2026-09", "2026-10", "2026-11"].flatMap((month) =>
  Array.from({ length: 30 }, (_, day) => `${month}-${String(day + 1).padStart(2, "0")}`)
    .filter((day) => day < "2026-11-21")
    .flatMap((day) => [taken(`${day}T03`), taken(`${day}T15`)]),
);

const table: readonly {
  readonly title: string;
  readonly policy: KeepPolicy;
  readonly history: readonly Snapshot[];
  readonly keep: readonly string[];
}[] = [
  {
    title: "keeps the last three",
    policy: { counts: { last: 3 } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-11-20T03", "2026-11-19T15"],
  },
  {
    title: "keeps the newest of each of two days",
    policy: { counts: { daily: 2 } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-11-19T15"],
  },
  {
    title: "adds rules up",
    policy: { counts: { last: 2, monthly: 2 } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-11-20T03", "2026-10-30T15"],
  },
  {
    title: "keeps the oldest while a count is not used up",
    policy: { counts: { yearly: 2 } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-09-01T03"],
  },
  {
    title: "counts weeks from Monday, and a week of two years once",
    policy: { counts: { weekly: 2 } },
    history: ["2025-12-28", "2025-12-29", "2026-01-01", "2026-01-04"].map((day) => taken(day)),
    keep: ["2026-01-04", "2025-12-28"],
  },
  {
    title: "keeps every month without a limit, and the oldest",
    policy: { counts: { monthly: -1 } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-10-30T15", "2026-09-30T15", "2026-09-01T03"],
  },
  {
    title: "keeps what is less than a span older than the newest",
    policy: { within: { last: span("1d") } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-11-20T03"],
  },
  {
    title: "keeps one a day within a span",
    policy: { within: { daily: span("2d12h") } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-11-19T15", "2026-11-18T15"],
  },
  {
    title: "counts a span of months by the calendar",
    policy: { within: { monthly: span("1m20d1h") } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-10-30T15", "2026-09-30T15"],
  },
  {
    title: "does not keep what is exactly as old as the span",
    policy: { within: { monthly: span("1m20d") } },
    history: twiceDaily,
    keep: ["2026-11-20T15", "2026-10-30T15"],
  },
  {
    title: "does not count a span from a snapshot of the future",
    policy: { within: { last: span("12h1d") } },
    history: [taken("2031-01-01"), ...twiceDaily],
    keep: ["2031-01-01", "2026-11-20T15", "2026-11-20T03", "2026-11-19T15"],
  },
  {
    title: "keeps all if all are of the future and a span is given",
    policy: { within: { last: span("1h") } },
    history: [taken("2031-01-01"), taken("2030-01-01")],
    keep: ["2031-01-01", "2030-01-01"],
  },
  {
    title: "keeps what has all tags of a list, or of another",
    policy: { tags: [["a", "b"], ["c"]] },
    history: [
      taken("2026-01-01", ["a"]),
      taken("2026-01-02", ["b", "a"]),
      taken("2026-01-03", ["c", "d"]),
      taken("2026-01-04"),
    ],
    keep: ["2026-01-03", "2026-01-02"],
  },
  {
    title: "keeps what has no tags if asked for an empty list",
    policy: { tags: [[]] },
    history: [taken("2026-01-01", ["a"]), taken("2026-01-02")],
    keep: ["2026-01-02"],
  },
  {
    title: "takes days from the zone each snapshot was written in",
    policy: { counts: { daily: 5 } },
    history: [
      taken("2026-11-18T12:00:00Z"),
      taken("2026-11-19T23:30:00-02:00"),
      taken("2026-11-20T01:00:00Z"),
      taken("2026-11-20T23:00:00Z"),
    ],
    // The second is later than the third, but of the day before.
    keep: [
      "2026-11-20T23:00:00Z",
      "2026-11-19T23:30:00-02:00",
      "2026-11-20T01:00:00Z",
      "2026-11-18T12:00:00Z",
    ],
  },
  {
    title: "tells snapshots apart that lie a nanosecond apart",
    policy: { counts: { last: 1 } },
    history: [taken("2026-11-20T01:00:00.000000002Z"), taken("2026-11-20T01:00:00.000000001Z")],
    keep: ["2026-11-20T01:00:00.000000002Z"],
  },
  { title: "keeps nothing of nothing", policy: { counts: { last: 1 } }, history: [], keep: [] },
];

describe("a policy", () => {
  for (const { title, policy, history, keep } of table)
    it(title, () => {
      assert.deepEqual(kept(policy, history), keep);
      assert.deepEqual(kept(policy, history.toReversed()), keep);
    });

  it("loses none: each snapshot is kept or removed", () => {
    const { keep, remove } = applyPolicy(twiceDaily, { counts: { weekly: 4 } }, now);
    const all = [...keep.map(({ snapshot }) => snapshot), ...remove].map(({ id }) => id);
    assert.deepEqual(all.toSorted(), twiceDaily.map(({ id }) => id).toSorted());
  });

  it("says why", () => {
    const policy: KeepPolicy = {
      counts: { last: 1, yearly: 3 },
      within: { hourly: span("2h") },
      tags: [["x"]],
    };
    const history = [taken("2026-11-20", ["x"]), taken("2026-01-01")];
    const reasons = applyPolicy(history, policy, now).keep.map((one) => one.reasons);
    assert.deepEqual(reasons, [
      [
        { type: "tags", tags: ["x"] },
        { type: "count", period: "last", oldest: false },
        { type: "count", period: "yearly", oldest: false },
        { type: "within", period: "hourly", span: span("2h"), oldest: false },
      ],
      [{ type: "count", period: "yearly", oldest: true }],
    ]);
  });

  it("knows when it says nothing", () => {
    assert.ok(isEmptyPolicy({}));
    assert.ok(isEmptyPolicy({ counts: { last: 0 }, within: {}, tags: [] }));
    assert.ok(!isEmptyPolicy({ counts: { last: -1 } }));
    assert.ok(!isEmptyPolicy({ tags: [[]] }));
  });
});

describe("a span", () => {
  it("is read from years, months, days and hours", () => {
    assert.deepEqual(parseSpan("2y5m7d3h"), { years: 2, months: 5, days: 7, hours: 3 });
    assert.deepEqual(parseSpan(" 36h "), { years: 0, months: 0, days: 0, hours: 36 });
  });

  it("is refused if it is empty, negative or misspelt", () => {
    for (const text of ["", "0d", "-1d", "1w", "d", "1", "1d2d", "99999999d"])
      assert.equal(parseSpan(text), undefined, text);
  });
});
