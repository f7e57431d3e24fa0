import type { BlobKind } from "../format/blobIndex.ts";

/** How much of a pack is needed. Bytes are stored ones. */
export interface PackUse {
  readonly id: string;
  readonly kind: BlobKind | "mixed";
  /** The whole file. */
  readonly bytes: number;
  readonly usedBytes: number;
  /** What no snapshot needs, or needs only from another pack. */
  readonly unusedBytes: number;
  /** Whether some blob of it is stored plain. */
  readonly hasPlain: boolean;
}

export interface PruneLimits {
  /** How much of the repository may be unused afterwards, in percent. */
  readonly maxUnusedPercent: number;
  /** Copy no more than about so many bytes, and leave the rest to a later run. */
  readonly maxRepackBytes: number;
  /** Compress data that was stored plain; folders are compressed in any case. */
  readonly compressData: boolean;
}

export interface PackChoice {
  readonly keep: readonly PackUse[];
  /** To be copied without what is unused, then deleted. */
  readonly repack: readonly PackUse[];
  readonly remove: readonly PackUse[];
}

/** Packs smaller than this are small whatever the others are like. */
const smallestUsualBytes = 4 * 1024 * 1024;

/** Fewer small packs than this are not worth copying; one at the end of each run is normal. */
const fewSmallPacks = 10;

/**
 * What is to become of each pack. Copied are folders and mixed packs that have anything unused,
 * what is to be compressed, many small packs, and the emptiest of the rest until few enough bytes
 * are unused. Pure, and the same for the same packs in the same order.
 */
export function choosePackFates(
  packs: readonly PackUse[],
  version: number,
  limits: PruneLimits,
): PackChoice {
  const remove = packs.filter(({ usedBytes }) => usedBytes === 0);
  const needed = packs.filter(({ usedBytes }) => usedBytes > 0);
  const usual = usualBytes(packs);
  const isSmall = ({ bytes }: PackUse) => bytes < usual;
  const isToBeCompressed = ({ kind, hasPlain }: PackUse) =>
    version > 1 && hasPlain && (kind === "tree" || limits.compressData);
  const isWhole = (pack: PackUse) =>
    pack.unusedBytes === 0 && pack.kind !== "mixed" && !isToBeCompressed(pack);

  const small = needed.filter((pack) => isWhole(pack) && isSmall(pack));
  const candidates = needed.filter((pack) => !isWhole(pack));
  if (small.length >= fewSmallPacks) candidates.push(...small);
  const urgent = (pack: PackUse) => pack.kind !== "data" || isToBeCompressed(pack);
  candidates.sort(
    (a, b) =>
      Number(urgent(b)) - Number(urgent(a)) ||
      Number(isSmall(b)) - Number(isSmall(a)) ||
      b.unusedBytes * a.usedBytes - a.unusedBytes * b.usedBytes ||
      (a.id < b.id ? -1 : 1),
  );

  const used = sum(needed, ({ usedBytes }) => usedBytes);
  const mayStayUnused = unusedAllowed(used, limits.maxUnusedPercent);
  let unused = sum(needed, ({ unusedBytes }) => unusedBytes);
  let copied = 0;
  const repack = new Set<PackUse>();
  for (const pack of candidates) {
    if (copied + pack.bytes > limits.maxRepackBytes) continue;
    if (unused <= mayStayUnused && !urgent(pack) && !isSmall(pack)) continue;
    repack.add(pack);
    copied += pack.bytes;
    unused -= pack.unusedBytes;
  }
  return { keep: needed.filter((pack) => !repack.has(pack)), repack: [...repack], remove };
}

/** Bytes that may be unused beside `used` ones, if they are to be `percent` of the whole. */
function unusedAllowed(used: number, percent: number): number {
  if (percent >= 100) return Infinity;
  return percent <= 0 ? 0 : (used * percent) / (100 - percent);
}

/** Below this a pack is small: four fifths of what all but the smallest three percent have. */
function usualBytes(packs: readonly PackUse[]): number {
  const sizes = packs.map(({ bytes }) => bytes).toSorted((a, b) => a - b);
  const low = sizes[Math.floor(sizes.length * 0.03)] ?? 0;
  return Math.max(smallestUsualBytes, low) * 0.8;
}

function sum(packs: readonly PackUse[], of: (pack: PackUse) => number): number {
  return packs.reduce((total, pack) => total + of(pack), 0);
}
