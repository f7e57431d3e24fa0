import { StorageError } from "./errors.ts";
import { redacted } from "./http.ts";
import type { ReadRequest } from "./requests.ts";

/**
 * How long the object is of which an answer brings `range`, or all of it; undefined if the answer
 * does not say. Fails with `corrupt` if it brings another part: put behind what is there already,
 * or shown as the whole, it would be damage that nobody sees.
 */
export function objectBytes(headers: Headers, range: ReadRequest["range"]): number | undefined {
  const said = headers.get("content-range");
  if (said === null) return numberIn(headers.get("content-length"));
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(said) ?? [];
  const whole = numberIn(size);
  const { start, end = Infinity } = range ?? { start: 0 };
  const isWanted =
    Number(first) === start &&
    (whole === undefined ? Number(last) < end : Number(last) === Math.min(end, whole) - 1);
  if (!isWanted)
    throw new StorageError("corrupt", `another part than was asked for: ${redacted(said)}`);
  return whole;
}

function numberIn(text: string | null | undefined): number | undefined {
  return /^\d+$/.test(text ?? "") ? Number(text) : undefined;
}
