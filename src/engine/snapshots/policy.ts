import { parseMoment, utcMs, wallClock, type Moment } from "../format/moment.ts";
import type { Snapshot } from "../format/snapshot.ts";

/** A length of time in calendar units, as people think of how long to keep something. */
export interface Span {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

export type Period = "last" | "hourly" | "daily" | "weekly" | "monthly" | "yearly";

/**
 * Which snapshots to keep; the rules add up, and what none of them names is removed. They mean what
 * `restic forget` means by them.
 */
export interface KeepPolicy {
  /** The newest snapshot of each of so many hours, days, …; -1 = of all of them. `last`: of each run. */
  readonly counts?: Readonly<Partial<Record<Period, number>>>;
  /** The same, for what is less than so long older than the newest. `last`: every one. */
  readonly within?: Readonly<Partial<Record<Period, Span>>>;
  /** Everything that has all the tags of any of these lists. An empty list: what has no tags. */
  readonly tags?: readonly (readonly string[])[];
}

/** Why a snapshot is kept. */
export type KeepReason =
  | { readonly type: "count"; readonly period: Period; readonly oldest: boolean }
  | {
      readonly type: "within";
      readonly period: Period;
      readonly span: Span;
      readonly oldest: boolean;
    }
  | { readonly type: "tags"; readonly tags: readonly string[] };

export interface KeptSnapshot {
  readonly snapshot: Snapshot;
  readonly reasons: readonly KeepReason[];
}

/** What a policy says of some snapshots, newest first in both lists. */
export interface PolicyResult {
  readonly keep: readonly KeptSnapshot[];
  readonly remove: readonly Snapshot[];
}

export const periods: readonly Period[] = [
  "last",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "yearly",
];

/** Reads `2y5m7d3h`, in any order and with any part absent; undefined if it is no span, or an empty one. */
export function parseSpan(text: string): Span | undefined {
  const match = /^(?!.*([ymdh]).*\1)(?:\d{1,6}[ymdh])+$/.exec(text.trim());
  if (!match) return undefined;
  const count = (unit: string) => Number(new RegExp(`(\\d+)${unit}`).exec(match[0])?.[1] ?? 0);
  const span = { years: count("y"), months: count("m"), days: count("d"), hours: count("h") };
  return isEmptySpan(span) ? undefined : span;
}

/** Whether `policy` has no rule at all: it would remove everything, which nobody means. */
export function isEmptyPolicy({ counts = {}, within = {}, tags = [] }: KeepPolicy): boolean {
  const counted = Object.values(counts).some((count) => count !== 0);
  const spanned = Object.values(within).some((span) => !isEmptySpan(span));
  return !counted && !spanned && tags.length === 0;
}

/**
 * Sorts `snapshots` into what `policy` keeps, and why, and what it removes. Days and weeks are those
 * of the zone each snapshot was written in. Of several in one period the newest counts, and the
 * oldest of all is kept as long as a count is not used up. Spans count back from the newest snapshot
 * that is not later than `now`, so a clock that once ran ahead does not make everything look old.
 */
export function applyPolicy(
  snapshots: readonly Snapshot[],
  policy: KeepPolicy,
  now: Date,
): PolicyResult {
  const dated = snapshots.map((snapshot) => ({ snapshot, time: momentOf(snapshot) }));
  dated.sort((a, b) => compare(b.time.ns, a.time.ns) || (a.snapshot.id < b.snapshot.id ? -1 : 1));
  const nowNs = BigInt(now.getTime()) * 1_000_000n;
  const newest = dated.find(({ time }) => time.ns < nowNs)?.time;
  const rules = [...tagRules(policy), ...countRules(policy), ...withinRules(policy, newest)];
  const keep: KeptSnapshot[] = [];
  const remove: Snapshot[] = [];
  for (const [position, { snapshot, time }] of dated.entries()) {
    const last = position === dated.length - 1;
    const reasons = rules.flatMap((rule) => rule({ snapshot, time, position, last }) ?? []);
    if (reasons.length > 0) keep.push({ snapshot, reasons });
    else remove.push(snapshot);
  }
  return { keep, remove };
}

interface Candidate {
  readonly snapshot: Snapshot;
  readonly time: Moment;
  /** Counted from the newest, which is 0. */
  readonly position: number;
  /** Whether it is the oldest. */
  readonly last: boolean;
}

/** Is shown the snapshots from the newest to the oldest, and says why it would keep one. */
type Rule = (candidate: Candidate) => KeepReason | undefined;

function tagRules({ tags = [] }: KeepPolicy): Rule[] {
  return tags.map(
    (list) =>
      ({ snapshot: { tags: own = [] } }) =>
        hasTags(own, list) ? { type: "tags", tags: list } : undefined,
  );
}

function hasTags(own: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.every((tag) => tag === "")) return own.length === 0;
  return wanted.every((tag) => own.includes(tag));
}

function countRules({ counts = {} }: KeepPolicy): Rule[] {
  return periods.flatMap((period) => {
    const count = counts[period] ?? 0;
    if (count === 0) return [];
    let left = count < 0 ? Infinity : count;
    const isNew = bucket(period);
    return (candidate: Candidate): KeepReason | undefined => {
      if (left === 0) return undefined;
      const fresh = isNew(candidate);
      if (!fresh && !candidate.last) return undefined;
      left -= 1;
      return { type: "count", period, oldest: !fresh };
    };
  });
}

function withinRules({ within = {} }: KeepPolicy, newest: Moment | undefined): Rule[] {
  return periods.flatMap((period) => {
    const span = within[period];
    if (!span || isEmptySpan(span)) return [];
    const since = newest && before(newest, span);
    const isNew = bucket(period);
    return ((candidate) => {
      if (since !== undefined && candidate.time.ns <= since) return undefined;
      const fresh = isNew(candidate);
      if (!fresh && !candidate.last) return undefined;
      return { type: "within", period, span, oldest: !fresh };
    }) satisfies Rule;
  });
}

/** Says of each snapshot in turn whether it lies in another hour, day, … than the one before. */
function bucket(period: Period): (candidate: Candidate) => boolean {
  let current: string | undefined;
  return (candidate) => {
    const name = bucketName(period, candidate);
    const fresh = name !== current;
    current = name;
    return fresh;
  };
}

function bucketName(period: Period, { time, position }: Candidate): string {
  const clock = wallClock(time).toISOString();
  switch (period) {
    case "last":
      return String(position);
    case "hourly":
      return clock.slice(0, -":00:00.000Z".length);
    case "daily":
      return clock.slice(0, -"T00:00:00.000Z".length);
    case "weekly":
      return isoWeek(wallClock(time));
    case "monthly":
      return clock.slice(0, -"-01T00:00:00.000Z".length);
    case "yearly":
      return clock.slice(0, -"-01-01T00:00:00.000Z".length);
  }
}

/** The week from Monday to Sunday, which belongs to the year that its Thursday lies in. */
function isoWeek(date: Date): string {
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  const thursday = utcMs(
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate() - sinceMonday + 3,
  );
  const year = new Date(thursday).getUTCFullYear();
  const week = Math.floor((thursday - utcMs(year, 0, 1)) / (7 * 86_400_000));
  return `${year}-W${week + 1}`;
}

/** The nanosecond `span` before `moment`, by the calendar of its own zone. */
function before(moment: Moment, { years, months, days, hours }: Span): bigint {
  const clock = wallClock(moment);
  const [year, month, day] = [clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate()];
  const movedMs = utcMs(year - years, month - months, day - days) - utcMs(year, month, day);
  return moment.ns + BigInt(movedMs - hours * 3_600_000) * 1_000_000n;
}

/** A time that cannot be read counts as the beginning of time: never newer than an honest one. */
function momentOf({ time }: Snapshot): Moment {
  return parseMoment(time) ?? { ns: BigInt(utcMs(1, 0, 1)) * 1_000_000n, offsetMinutes: 0 };
}

function isEmptySpan({ years, months, days, hours }: Span): boolean {
  return years + months + days + hours === 0;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
