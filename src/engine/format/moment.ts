/** A point in time to the nanosecond, and the zone it was written in. */
export interface Moment {
  /** Since 1970, UTC. */
  readonly ns: bigint;
  /** Minutes the writer's clock was ahead of UTC. */
  readonly offsetMinutes: number;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 time as the format writes it; undefined if it is none. Every node has three of them. */
export function parseMoment(text: string): Moment | undefined {
  if (!rfc3339.test(text)) return undefined;
  const day = utcMs(digits(text, 0, 4), digits(text, 5, 7) - 1, digits(text, 8, 10)) / 1000;
  const inDay = (digits(text, 11, 13) * 60 + digits(text, 14, 16)) * 60 + digits(text, 17, 19);
  const zoneAt = text.endsWith("Z") ? text.length - 1 : text.length - 6;
  const offsetMinutes = zoneMinutes(text, zoneAt);
  const seconds = day + inDay - offsetMinutes * 60;
  const end = Math.min(zoneAt, 29);
  const fraction = zoneAt === 19 ? 0 : digits(text, 20, end) * 10 ** (29 - end);
  return { ns: BigInt(seconds) * 1_000_000_000n + BigInt(fraction), offsetMinutes };
}

/** The calendar of the zone `moment` was written in, as the UTC fields of a Date. */
export function wallClock({ ns, offsetMinutes }: Moment): Date {
  return new Date(Number(ns / 1_000_000n) + offsetMinutes * 60_000);
}

/** Midnight of a day in UTC. A day or month beyond its range counts on into the next. */
export function utcMs(year: number, month: number, day: number): number {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return new Date(0).setUTCFullYear(year, month, day);
}

function zoneMinutes(text: string, at: number): number {
  if (at === text.length - 1) return 0;
  const minutes = digits(text, at + 1, at + 3) * 60 + digits(text, at + 4, at + 6);
  return text[at] === "-" ? -minutes : minutes;
}

/** The number that stands in `text`: a part cut out of it first would take longer. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}
