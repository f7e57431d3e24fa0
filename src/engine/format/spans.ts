import type { BlobPlace } from "./blobIndex.ts";

/** A stretch of a pack that is worth one request. */
export interface Span {
  readonly pack: string;
  readonly start: number;
  readonly end: number;
}

/** Reading so much in between costs less than another request. */
export const gapBytes = 64 * 1024;

const maxSpanBytes = 16 * 1024 * 1024;

/** The stretches to read for all of `places`: what lies close together is joined. */
export function spansOf(places: Iterable<BlobPlace>): readonly Span[] {
  const ordered = [...places].toSorted((a, b) =>
    a.pack === b.pack ? a.offset - b.offset : a.pack < b.pack ? -1 : 1,
  );
  const spans: { pack: string; start: number; end: number }[] = [];
  for (const { pack, offset, length } of ordered) {
    const last = spans.at(-1);
    const end = offset + length;
    if (last?.pack === pack && offset <= last.end + gapBytes && end - last.start <= maxSpanBytes)
      last.end = Math.max(last.end, end);
    else spans.push({ pack, start: offset, end });
  }
  return spans;
}

/** The number of the span that holds `place`. */
export function spanWith(spans: readonly Span[], place: BlobPlace): number {
  // The last that starts at or before it; spans are ordered by pack and start.
  let [low, high] = [0, spans.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const span = spans[middle];
    const isBefore =
      span !== undefined &&
      (span.pack < place.pack || (span.pack === place.pack && span.start <= place.offset));
    if (isBefore) low = middle;
    else high = middle - 1;
  }
  return low;
}
