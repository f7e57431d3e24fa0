/** A point in time to the nanosecond, and the zone it was written in. */
export interface Moment {
  /** Since 1970, UTC. */
  readonly ns: bigint;
  /** Minutes the writer's clock was ahead of UTC. */
  readonly offsetMinutes: number;
}

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})$/;

/** Reads an RFC 3339 time as the format writes it; undefined if it is none. */
export function parseMoment(text: string): Moment | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const wall = utcMs(Number(year), Number(month) - 1, Number(day));
  const inDay = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const offsetMinutes = zoneMinutes(zone);
  const seconds = wall / 1000 + inDay - offsetMinutes * 60;
  return { ns: BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0")), offsetMinutes };
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

function zoneMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return zone.startsWith("-") ? -minutes : minutes;
}
