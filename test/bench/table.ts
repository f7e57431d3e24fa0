/** One line of a benchmark. */
export interface Row {
  /** What was measured, with its unit. */
  readonly name: string;
  /** Medians. */
  readonly ours: number;
  /** Absent where there is no peer: then `limit` is for `ours`, else for `ratio`. */
  readonly peer?: number;
  readonly ratio?: number;
  readonly limit: number;
}

/** A row that compares medians. */
export function compared(
  name: string,
  ours: readonly number[],
  peer: readonly number[],
  limit: number,
): Row {
  const [our, their] = [median(ours), median(peer)];
  return { name, ours: our, peer: their, ratio: our / their, limit };
}

/** A row with a limit of its own. */
export function bounded(name: string, ours: readonly number[], limit: number): Row {
  return { name, ours: median(ours), limit };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Prints rows, each with whether it is within its limit. */
export function printTable(rows: readonly Row[]): void {
  const cells = rows.map(({ name, ours, peer, ratio, limit }) => [
    name,
    figure(ours),
    peer === undefined ? "" : figure(peer),
    ratio === undefined ? "" : ratio.toFixed(2),
    `≤ ${limit}`,
    (ratio ?? ours) <= limit ? "" : "over",
  ]);
  const table = [["", "ours", "peer", "ratio", "limit", ""], ...cells];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    console.log(
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    );
}

function figure(value: number): string {
  return value.toFixed(value < 10 ? 3 : 0);
}
