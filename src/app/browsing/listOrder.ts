const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Comparing the way people do is slow, and a folder may hold very many files. */
const comparedWithCareAtMost = 5000;

export interface Listed {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Folders first, then by name: the way people count, or plainly where that would take too long. */
export function listOrder<T>(
  entries: readonly T[],
  listed: (entry: T) => Listed,
  careful = true,
): readonly T[] {
  const compare = careful && entries.length <= comparedWithCareAtMost ? byName : plainly;
  return entries
    .map((entry) => ({ entry, ...listed(entry) }))
    .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || compare(a.name, b.name))
    .map(({ entry }) => entry);
}

/** "file 9" before "file 10", and names that differ only in case side by side. */
export function byName(a: string, b: string): number {
  return collator.compare(a, b) || plainly(a, b);
}

function plainly(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
