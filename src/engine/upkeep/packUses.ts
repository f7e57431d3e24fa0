import { breather } from "../../base/breath.ts";
import type { BlobIndex, BlobKind, PackContents, PackedBlob } from "../format/blobIndex.ts";
import { BlobSet } from "../format/blobSet.ts";
import { packedBytes } from "../format/pack.ts";
import type { PackUse } from "./prunePlan.ts";

/** What is needed of all packs of an index. */
export interface PackUses {
  readonly packs: readonly PackUse[];
  /** Whether the blob must be kept, and kept from this pack. */
  isNeeded(pack: string, blob: PackedBlob): boolean;
}

/**
 * Which blobs are needed from which pack. A blob that lies in several packs is needed from one of
 * them: rather from one that is needed anyway, then from the one with the least that is not needed,
 * so that copies left by a run that was cut off fall together into packs that can go.
 */
export async function packUses(index: BlobIndex, used: BlobSet): Promise<PackUses> {
  const chosen = await chooseCopies(index, used);
  const isNeeded = (pack: string, { kind, id }: PackedBlob) =>
    used.has(kind, id) && (chosen.get(kind + id) ?? pack) === pack;
  const breathe = breather();
  const packs: PackUse[] = [];
  for (const pack of index.contents()) {
    await breathe();
    packs.push(useOf(pack, (blob) => isNeeded(pack.id, blob)));
  }
  return { packs, isNeeded };
}

/** For used blobs that lie in several places: the pack to take them from, by kind and id. */
async function chooseCopies(index: BlobIndex, used: BlobSet): Promise<ReadonlyMap<string, string>> {
  const chosen = new Map<string, string>();
  const doubles = await usedTwice(index, used);
  if (doubles.size === 0) return chosen;
  const breathe = breather();
  const ranks = new Map<string, number>();
  for (const pack of index.contents()) {
    await breathe();
    ranks.set(pack.id, rank(pack, used, doubles));
  }
  for (const pack of index.contents()) {
    await breathe();
    for (const { kind, id } of pack.blobs) {
      if (!doubles.has(kind, id)) continue;
      const best = chosen.get(kind + id);
      if (best === undefined || isBetter(pack.id, best, ranks)) chosen.set(kind + id, pack.id);
    }
  }
  return chosen;
}

async function usedTwice(index: BlobIndex, used: BlobSet): Promise<BlobSet> {
  const breathe = breather();
  const once = new BlobSet(index);
  const twice = new BlobSet(index);
  for (const { blobs } of index.contents()) {
    await breathe();
    for (const { kind, id } of blobs)
      if (used.has(kind, id) && once.add(kind, id) === false) twice.add(kind, id);
  }
  return twice;
}

/** How good a place a pack is for blobs that also lie elsewhere: more is better. */
function rank({ blobs }: PackContents, used: BlobSet, doubles: BlobSet): number {
  let needed = 0;
  let total = 0;
  let isNeededAnyway = false;
  for (const { kind, id, length } of blobs) {
    total += length;
    if (!used.has(kind, id)) continue;
    needed += length;
    isNeededAnyway ||= !doubles.has(kind, id);
  }
  return Number(isNeededAnyway) + needed / Math.max(1, total);
}

function isBetter(pack: string, other: string, ranks: ReadonlyMap<string, number>): boolean {
  const more = (ranks.get(pack) ?? 0) - (ranks.get(other) ?? 0);
  return more > 0 || (more === 0 && pack < other);
}

function useOf({ id, blobs }: PackContents, isNeeded: (blob: PackedBlob) => boolean): PackUse {
  const bytes = packedBytes(blobs);
  const usedBytes = blobs.reduce((sum, blob) => sum + (isNeeded(blob) ? blob.length : 0), 0);
  const storedBytes = blobs.reduce((sum, { length }) => sum + length, 0);
  return {
    id,
    kind: kindOf(blobs),
    bytes,
    usedBytes,
    unusedBytes: storedBytes - usedBytes,
    hasPlain: blobs.some(({ plainLength, length }) => plainLength === undefined && length > 32),
  };
}

function kindOf(blobs: readonly PackedBlob[]): BlobKind | "mixed" {
  const kind = blobs[0]?.kind ?? "data";
  return blobs.every((blob) => blob.kind === kind) ? kind : "mixed";
}
