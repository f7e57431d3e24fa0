/** When traffic may be how fast, as somebody writes it down: `08:00-18:00 500 KB/s`. */

export interface TransferLimit {
  /** `Infinity` is no limit. */
  readonly bytesPerSecond: number;
  /** Days on which it begins, Sunday is 0; every day, if absent. */
  readonly days?: ReadonlySet<number>;
  /** Minutes since midnight, up to but not including the end; it may go past midnight. */
  readonly hours?: { readonly from: number; readonly to: number };
}

/** Slower, a server takes us for gone. */
const leastBytesPerSecond = 100_000;

const shape =
  /^\s*(?:(?<days>[a-z]{3}(?:-[a-z]{3})?)\s+)?(?:(?<hours>[\d:]+-[\d:]+)\s+)?(?<speed>\S.*?)\s*$/i;

/** Reads one line; undefined if it says something else. */
export function parseLimit(line: string): TransferLimit | undefined {
  const { days, hours, speed = "" } = shape.exec(line)?.groups ?? {};
  try {
    return {
      bytesPerSecond: speedOf(speed),
      ...(days !== undefined && { days: daysBetween(days) }),
      ...(hours !== undefined && { hours: hoursBetween(hours) }),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** This and the following fail with `RangeError` at what they cannot read. */
function speedOf(text: string): number {
  if (text.toLowerCase() === "unlimited") return Infinity;
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmg])b\/s$/i.exec(text) ?? [];
  const factor =
    new Map([
      ["k", 1e3],
      ["m", 1e6],
      ["g", 1e9],
    ]).get(unit.toLowerCase()) ?? NaN;
  const bytesPerSecond = Number(amount) * factor;
  if (bytesPerSecond >= leastBytesPerSecond) return bytesPerSecond;
  throw new RangeError(text);
}

/** What holds at `time`: the first that fits; no limit if none does. Undefined if there are none. */
export function limitAt(limits: readonly TransferLimit[], time: Date): number | undefined {
  if (limits.length === 0) return undefined;
  return limits.find((limit) => isWithin(limit, time))?.bytesPerSecond ?? Infinity;
}

function isWithin({ days, hours }: TransferLimit, time: Date): boolean {
  const minutes = time.getHours() * 60 + time.getMinutes();
  const day = time.getDay();
  const isOn = (which: number) => days === undefined || days.has(which);
  if (!hours) return isOn(day);
  const { from, to } = hours;
  if (from < to) return isOn(day) && minutes >= from && minutes < to;
  // Past midnight it belongs to the day on which it began.
  return (minutes >= from && isOn(day)) || (minutes < to && isOn((day + 6) % 7));
}

const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** "mon-fri", or "sat". */
function daysBetween(text: string): ReadonlySet<number> {
  const [from = -1, to = from] = text
    .toLowerCase()
    .split("-")
    .map((name) => dayNames.indexOf(name));
  if (from < 0 || to < 0) throw new RangeError(text);
  const count = ((to - from + 7) % 7) + 1;
  return new Set(Array.from({ length: count }, (_, i) => (from + i) % 7));
}

/** "08:00-18:00". */
function hoursBetween(text: string): { readonly from: number; readonly to: number } {
  const [from = NaN, to = NaN] = text.split("-").map(minutesOf);
  if (Number.isNaN(from) || Number.isNaN(to)) throw new RangeError(text);
  return { from, to };
}

function minutesOf(text: string): number {
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  const sinceMidnight = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && sinceMidnight <= 24 * 60 ? sinceMidnight : NaN;
}
