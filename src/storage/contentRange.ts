import type { Body } from "../base/bytes.ts";
import type { HttpHeaders } from "./http/messages.ts";
import { StorageError } from "./errors.ts";
import { redacted } from "./http/answers.ts";
import type { ReadRequest } from "./requests.ts";

/**
 * How long the object is of which an answer brings `range`, or all of it; undefined if the answer
 * does not say. Fails with `corrupt` if it brings another part: put behind what is there already,
 * or shown as the whole, it would be damage that nobody sees.
 */
export function objectBytes(headers: HttpHeaders, range: ReadRequest["range"]): number | undefined {
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

/**
 * The body of an answer, that brings `range` of an object of so many bytes. Where the server does not
 * tell how long the body is, nothing else would notice that it has been cut: half a file would be
 * shown as all of it, and saved so. It fails with `unreachable` then.
 */
export function complete(
  body: Body,
  headers: HttpHeaders,
  objectSize: number,
  { start, end = Infinity }: NonNullable<ReadRequest["range"]> = { start: 0 },
): Body {
  return headers.has("content-length") ? body : counted(body, Math.min(end, objectSize) - start);
}

async function* counted(body: Body, wanted: number): Body {
  let left = wanted;
  for await (const piece of body) {
    left -= piece.length;
    yield piece;
  }
  if (left > 0) throw new StorageError("unreachable", `the answer lacks ${left} bytes`);
}

/** No answer tells how long it is: half of it could not be told from all. */
export function lengthless(): StorageError {
  return new StorageError("unsupported", "the server does not tell how long it is");
}

/** The number that `text` is, and nothing else. */
export function numberIn(text: string | null | undefined): number | undefined {
  return /^\d+$/.test(text ?? "") ? Number(text) : undefined;
}
