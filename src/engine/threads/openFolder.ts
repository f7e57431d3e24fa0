import { goQuote } from "../format/goText.ts";
import type { BigIntStats, LocalPath } from "../disk/files.ts";
import type { FolderTotals, KnownFolder, WalkedFolder } from "./knownFolder.ts";
import { stampOf, type Stamp } from "./pipeline.ts";
import { nodeHead, treeText, type NodeFacts } from "../format/tree.ts";

/** One entry of a folder that is being saved. */
export interface OpenEntry {
  readonly name: LocalPath;
  stamp: Stamp;
  /** Its node's text from the attributes on; absent if the entry could not be saved. */
  tail?: string;
  /** Its node's text up to there, or what to make it from: most folders are unchanged and never need it. */
  head: string | (() => NodeFacts);
  /** Whether the parent snapshot has exactly this. */
  same: boolean;
  folder?: KnownFolder;
}

/** A folder that is being saved: it becomes a tree once the last of its entries is settled. */
export class OpenFolder {
  readonly path: LocalPath;
  readonly known: KnownFolder | undefined;
  readonly entries: OpenEntry[] = [];
  readonly #settled: (folder: OpenFolder) => void;
  readonly totals = { files: 0, bytes: 0, folders: 0, excluded: 0 };
  /** Entries that are not settled, and one for the walk through the folder itself. */
  #missing = 1;

  constructor(
    path: LocalPath,
    known: KnownFolder | undefined,
    settled: (folder: OpenFolder) => void,
  ) {
    this.path = path;
    this.known = known;
    this.#settled = settled;
  }

  /** Adds an entry that is known to the end. */
  add(entry: OpenEntry): void {
    this.entries.push(entry);
  }

  /** Adds an entry that will be settled later, by one call of `settle`. */
  await(entry: OpenEntry): void {
    this.entries.push(entry);
    this.#missing++;
  }

  count(more: FolderTotals): void {
    this.totals.files += more.files;
    this.totals.bytes += more.bytes;
    this.totals.folders += more.folders;
    this.totals.excluded += more.excluded;
  }

  /** One awaited entry is settled, or the walk has seen the last entry. */
  settle(): void {
    this.#missing--;
    if (this.#missing === 0) this.#settled(this);
  }

  /** Whether the parent snapshot has exactly this folder. */
  get isSame(): boolean {
    const { known, entries } = this;
    return known?.names.length === entries.length && entries.every(({ same }) => same);
  }

  /** The text of the folder's tree. */
  text(): string {
    return treeText(
      this.#saved().map(
        ({ head, tail }) => (typeof head === "string" ? head : nodeHead(head())) + tail,
      ),
    );
  }

  /** What to compare with next time. */
  toKnown(tree: string, rules: Omit<WalkedFolder, "totals">): KnownFolder {
    const saved = this.#saved();
    const stamps = new BigInt64Array(saved.length * 4);
    for (const [i, { stamp }] of saved.entries()) stamps.set(stamp, i * 4);
    return {
      tree,
      names: saved.map(({ name }) => goQuote(name)),
      stamps,
      tails: saved.map(({ tail }) => tail ?? ""),
      folders: saved.map(({ folder }) => folder),
      walked: { ...rules, totals: this.totals },
    };
  }

  #saved(): readonly OpenEntry[] {
    return this.entries.filter(({ tail }) => tail !== undefined);
  }
}

/** The stamp of an entry by its type: trees record sizes of files alone. */
export function entryStamp(stats: BigIntStats): Stamp {
  const [mtime, ctime, size, inode] = stampOf(stats);
  return [mtime, ctime, stats.isFile() ? size : 0n, inode];
}
