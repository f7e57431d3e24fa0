import { utf8, type Bytes } from "../../../src/base/bytes.ts";
import type { Random } from "../random.ts";

/** What parsers stumble over. */
const nasty = [
  "null",
  "true",
  "{}",
  "[]",
  "-1",
  "0",
  "1e999",
  "-0",
  "4294967296",
  "18446744073709551615",
  "99999999999999999999999999",
  '""',
  '"__proto__"',
  '"\\ud800"',
  '"\\u0000"',
  '"../../x"',
  '"\\\\x"',
  '"\\\\377"',
  "[".repeat(2000),
  '{"a":'.repeat(500),
  ",",
  '"',
  "\\",
  "\0",
  "\u{feff}",
].map((text) => new TextEncoder().encode(text));

/** `bytes` with up to three things wrong: bits turned, pieces cut out, doubled, swapped or put in. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let result = new Uint8Array(bytes);
  for (let i = random.below(3); i >= 0; i--) result = once(result, random);
  return result;
}

function once(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.below(random.below(8) === 0 ? 2000 : 8));
  const [head, piece, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (random.below(7)) {
    case 0:
      return joined(head, tail);
    case 1:
      return joined(head);
    case 2:
      return joined(head, piece, piece, tail);
    case 3:
      return joined(head, random.bytes(1 + random.below(16)), tail);
    case 4:
      return joined(head, nasty[random.below(nasty.length)] ?? piece, tail);
    case 5:
      return joined(tail, piece, head);
    default: {
      const copy = joined(bytes);
      if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
      return copy;
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Ways to change the JSON text `json` that leave it JSON: a value replaced by an odd one or by
 * another of its own, a field lost, renamed or said twice. They reach what lies behind the parser.
 */
export function jsonMutations(json: string): (random: Random) => Bytes {
  const whole: unknown = JSON.parse(json);
  const spots: Spot[] = [];
  collect(whole, [], spots);
  return (random) => {
    const spot = any(random, spots);
    const odd = random.below(3) === 0 ? any(random, spots).json : any(random, oddValues);
    const change = random.below(6);
    const text = written(whole, spot.path, (field) => {
      if (change === 0) return "";
      const name = field === undefined ? "" : `${JSON.stringify(field)}:`;
      if (change === 1) return `${name}${spot.json},${name}${odd}`;
      return change === 2 && field !== undefined ? `"odd":${spot.json}` : name + odd;
    });
    return utf8(text);
  };
}

/** Values that are JSON and yet not what anybody expects. */
const oddValues = [
  "null",
  "true",
  "{}",
  "[]",
  "[null]",
  "-1",
  "0.5",
  "1e999",
  "4294967296",
  "9007199254740993",
  "18446744073709551616",
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '".."',
  '"a/b"',
  `"${"F".repeat(64)}"`,
  `"${"é".repeat(64)}"`,
  `"${"x".repeat(100_000)}"`,
  '"9999-99-99T99:99:99.999999999+99:99"',
  "[".repeat(500) + "]".repeat(500),
] as const;

/** A value within a JSON text, and how to come to it. */
interface Spot {
  readonly path: readonly string[];
  readonly json: string;
}

function collect(value: unknown, path: readonly string[], spots: Spot[]): void {
  spots.push({ path, json: JSON.stringify(value) });
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) collect(inner, [...path, name], spots);
}

/** `value` as JSON, where what lies at `path` is written by `instead`, its field's name included. */
function written(
  value: unknown,
  path: readonly string[],
  instead: (field?: string) => string,
): string {
  const [first, ...rest] = path;
  if (first === undefined) return instead();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts = Object.entries(value).map(([name, inner]) => {
    const prefix = isList ? "" : `${JSON.stringify(name)}:`;
    if (name !== first) return prefix + JSON.stringify(inner);
    if (rest.length === 0) return instead(isList ? undefined : name);
    return prefix + written(inner, rest, instead);
  });
  const body = parts.filter((part) => part !== "").join();
  return isList ? `[${body}]` : `{${body}}`;
}

function any<T>(random: Random, list: readonly T[]): T {
  const one = list[random.below(list.length)];
  if (one === undefined) throw new RangeError("nothing to choose from");
  return one;
}
