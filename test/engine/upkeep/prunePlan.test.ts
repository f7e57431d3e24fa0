import assert from "node:assert/strict";
import {
  choosePackFates,
  type PackUse,
  type PruneLimits,
} from "../../../src/engine/upkeep/prunePlan.ts";

const mib = 1024 * 1024;
const usual: PruneLimits = { maxUnusedPercent: 5, maxRepackBytes: Infinity, compressData: false };

/** A pack of 16 MiB of which so many percent are needed. */
function pack(id: string, usedPercent: number, more: Partial<PackUse> = {}): PackUse {
  const bytes = more.bytes ?? 16 * mib;
  const usedBytes = (bytes * usedPercent) / 100;
  const unusedBytes = bytes - usedBytes;
  return { id, kind: "data", bytes, usedBytes, unusedBytes, hasPlain: false, ...more };
}

const full = (count: number, bytes = 16 * mib) =>
  Array.from({ length: count }, (_, i) => pack(`full${i}`, 100, { bytes }));

const table: readonly {
  readonly title: string;
  readonly packs: readonly PackUse[];
  readonly limits?: Partial<PruneLimits>;
  readonly version?: number;
  readonly repack: readonly string[];
  readonly remove?: readonly string[];
}[] = [
  { title: "nothing of nothing", packs: [], repack: [] },
  { title: "nothing if all is needed", packs: full(3), repack: [] },
  {
    title: "nothing but what is not needed at all",
    packs: [...full(20), pack("x", 0)],
    repack: [],
    remove: ["x"],
  },
  {
    title: "what is half empty, if that is too much",
    packs: [...full(3), pack("x", 50)],
    repack: ["x"],
  },
  { title: "nothing if little enough is unused", packs: [...full(20), pack("x", 50)], repack: [] },
  {
    title: "the emptiest first, until little enough is unused",
    packs: [...full(10), pack("a", 60), pack("b", 20), pack("c", 90)],
    repack: ["b"],
  },
  {
    title: "everything that is not full, if nothing may be unused",
    packs: [...full(20), pack("a", 99), pack("b", 50)],
    limits: { maxUnusedPercent: 0 },
    repack: ["b", "a"],
  },
  {
    title: "nothing, if anything may be unused",
    packs: [pack("a", 1), pack("b", 50)],
    limits: { maxUnusedPercent: 100 },
    repack: [],
  },
  {
    title: "folders as soon as one is not needed",
    packs: [...full(20), pack("t", 99, { kind: "tree" })],
    repack: ["t"],
  },
  {
    title: "what mixes folders and data",
    packs: [...full(20), pack("m", 100, { kind: "mixed" })],
    repack: ["m"],
  },
  {
    title: "folders that are not compressed",
    packs: [...full(20), pack("t", 100, { kind: "tree", hasPlain: true })],
    repack: ["t"],
  },
  {
    title: "no folders for compression where the format has none",
    packs: [...full(20), pack("t", 100, { kind: "tree", hasPlain: true })],
    version: 1,
    repack: [],
  },
  {
    title: "data that is not compressed, on request",
    packs: [...full(20), pack("d", 100, { hasPlain: true })],
    limits: { compressData: true },
    repack: ["d"],
  },
  {
    title: "no data that is not compressed, unasked",
    packs: [...full(20), pack("d", 100, { hasPlain: true })],
    repack: [],
  },
  {
    title: "small packs if they are many",
    packs: [
      ...full(2),
      ...Array.from({ length: 10 }, (_, i) => pack(`s${i}`, 100, { bytes: mib })),
    ],
    repack: Array.from({ length: 10 }, (_, i) => `s${i}`),
  },
  {
    title: "no small packs if they are few",
    packs: [...full(2), ...Array.from({ length: 9 }, (_, i) => pack(`s${i}`, 100, { bytes: mib }))],
    repack: [],
  },
  {
    title: "no more than it may, and the rest another time",
    packs: [pack("a", 10), pack("b", 20), pack("c", 30)],
    limits: { maxRepackBytes: 33 * mib },
    repack: ["a", "b"],
  },
];

describe("a prune copies", () => {
  for (const { title, packs, limits, version = 2, repack, remove = [] } of table)
    it(title, () => {
      const fates = choosePackFates(packs, version, { ...usual, ...limits });
      const ids = (list: readonly PackUse[]) => list.map(({ id }) => id);
      assert.deepEqual(ids(fates.repack), repack);
      assert.deepEqual(ids(fates.remove), remove);
      const all = [...fates.keep, ...fates.repack, ...fates.remove];
      assert.deepEqual(ids(all).toSorted(), ids(packs).toSorted());
    });
});
