import type { Random } from "./random.ts";

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
