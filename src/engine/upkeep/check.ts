import { never } from "../../base/abort.ts";
import { breather } from "../../base/breath.ts";
import { forEachPooled } from "../../base/pool.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import type { PackContents } from "../format/blobIndex.ts";
import { BlobSet } from "../format/blobSet.ts";
import { isRepositoryError } from "../errors.ts";
import { fileKey, listFiles } from "../format/layout.ts";
import { packedBytes } from "../format/pack.ts";
import type { Repository } from "../repository/repository.ts";
import { whileReading } from "../repository/sharedLock.ts";
import { compareNames, type Node } from "../format/tree.ts";
import { walkTrees, type TreePlace } from "../repository/treeWalk.ts";

/** Something about a repository that is not as it should be. */
export interface Finding {
  /** A hint costs space or time, no data. */
  readonly severity: "error" | "hint";
  readonly kind: FindingKind;
  /** The file it is about, seen from the repository's folder. */
  readonly file: string;
  /** A sentence, for the log and the details. */
  readonly text: string;
}

export type FindingKind =
  | "index-damaged"
  | "snapshot-damaged"
  | "pack-missing"
  | "pack-size"
  | "pack-damaged"
  | "pack-unindexed" // nothing refers to it: left behind by a run that was cut off
  | "pack-mixed" // data and folders in one file, as very old versions wrote
  | "blob-duplicate"
  | "blob-missing"
  | "tree-damaged"
  | "node-illegal";

/** How much of the data to read, beyond the structure. */
export type ReadData =
  | { readonly type: "none" }
  | { readonly type: "all" }
  /** One of `of` parts, counted from 1; each pack is in exactly one. */
  | { readonly type: "part"; readonly part: number; readonly of: number }
  /** A random choice of packs. */
  | { readonly type: "percent"; readonly percent: number };

export interface CheckRequest {
  readonly readData?: ReadData;
  readonly signal?: AbortSignal;
  readonly onFinding?: (finding: Finding) => void;
  readonly onProgress?: (progress: CheckProgress) => void;
  /** Draws the packs of a percentage: between 0 and 1. */
  readonly random?: () => number;
}

export interface CheckProgress {
  readonly phase: "packs" | "trees" | "data";
  readonly done: number;
  /** Trees are not counted beforehand. */
  readonly total?: number;
}

export interface CheckReport {
  /** Nothing is wrong that could cost data. */
  readonly sound: boolean;
  /** The first thousand. */
  readonly findings: readonly Finding[];
  readonly errors: number;
  readonly hints: number;
  readonly snapshots: number;
  readonly trees: number;
  readonly packs: number;
  readonly packsRead: number;
  readonly bytesRead: number;
}

const maxListed = 1000;

/** Stored bytes in memory at once while packs are read: two usual packs, one for each of two threads. */
const readBytes = 40 * 1024 * 1024;

/**
 * Looks for whatever is wrong with a repository and changes nothing: the index, the packs it names,
 * and every folder of every snapshot, and on request the packs' contents. What it finds is in the
 * report and goes to `onFinding`; it fails only if the storage does. Holds a shared lock where it may.
 */
export async function check(
  repository: Repository,
  request: CheckRequest = {},
): Promise<CheckReport> {
  const { signal = never } = request;
  // What is in memory or in the cache may be better than what is in the storage.
  const anew = repository.anew();
  const run = new CheckRun(anew, request);
  // Taking the lock loads the index; what of it is damaged is loaded and found once more.
  const overlook = () => undefined;
  return await whileReading(anew, async (held) => await run.all(held), signal, overlook);
}

class CheckRun {
  readonly #repository: Repository;
  readonly #request: CheckRequest;
  readonly #findings: Finding[] = [];
  readonly #counts = { error: 0, hint: 0 };
  readonly #breathe = breather();

  constructor(repository: Repository, request: CheckRequest) {
    this.#repository = repository;
    this.#request = request;
  }

  async all(signal: AbortSignal): Promise<CheckReport> {
    const { storage } = this.#repository.options;
    // In this order a backup that runs beside us can make nothing look missing.
    const snapshots = await this.#repository.snapshots(signal, (error) =>
      this.#find("error", "snapshot-damaged", error.details.file ?? "snapshots", error.message),
    );
    await this.#repository.loadIndex(signal, (error) =>
      this.#find("error", "index-damaged", error.details.file ?? "index", error.message),
    );
    const files = await listFiles(storage, "data", signal);
    const packs = await this.#packs(files);
    const roots = snapshots.map(({ id, tree }) => ({ id: tree, where: id.slice(0, 8), depth: 0 }));
    const trees = await this.#trees(roots, signal);
    const read = await this.#data(packs, signal);
    return {
      sound: this.#counts.error === 0,
      findings: this.#findings,
      errors: this.#counts.error,
      hints: this.#counts.hint,
      snapshots: snapshots.length,
      trees,
      packs: this.#repository.index.packs.length,
      ...read,
    };
  }

  /** Compares the index with what lies in the storage. Returns the packs that can be read, with their sizes. */
  async #packs(files: ReadonlyMap<string, ObjectInfo>): Promise<ReadonlyMap<string, number>> {
    const { index } = this.#repository;
    const once = new BlobSet(index);
    const there = new Map<string, number>();
    let duplicates = 0;
    let done = 0;
    for (const pack of index.contents()) {
      await this.#breathe();
      const file = files.get(pack.id);
      if (this.#isThere(pack, file)) there.set(pack.id, file.size);
      for (const { kind, id } of pack.blobs) duplicates += Number(once.add(kind, id) === false);
      this.#progress("packs", ++done, index.packs.length);
    }
    if (duplicates > 0)
      this.#find("hint", "blob-duplicate", "index", `${duplicates} blobs are stored twice`);
    for (const id of files.keys())
      if (!index.hasPack(id))
        this.#find("hint", "pack-unindexed", fileKey("data", id), "no index names this pack");
    return there;
  }

  #isThere({ id, blobs }: PackContents, file: ObjectInfo | undefined): file is ObjectInfo {
    const key = fileKey("data", id);
    const bytes = packedBytes(blobs);
    if (!file) {
      this.#find("error", "pack-missing", key, "the index names this pack, but it is not there");
      return false;
    }
    if (file.size !== bytes) {
      const text = `this pack has ${file.size} bytes where the index says ${bytes}`;
      this.#find("error", "pack-size", key, text);
      return false;
    }
    if (blobs.some(({ kind }) => kind !== blobs[0]?.kind))
      this.#find("hint", "pack-mixed", key, "this pack mixes data and folders");
    return true;
  }

  async #trees(roots: readonly TreePlace[], signal: AbortSignal): Promise<number> {
    let trees = 0;
    const seen = new BlobSet(this.#repository.index);
    await walkTrees(this.#repository, {
      roots,
      seen,
      signal,
      visit: async (nodes, place) => {
        await this.#nodes(nodes, place);
        this.#progress("trees", ++trees);
      },
      failed: (error, { where }) => {
        if (!isRepositoryError(error, "damaged")) throw error;
        const file = error.details.file ?? "data";
        this.#find("error", "tree-damaged", file, `the folder ${where}: ${error.message}`);
      },
    });
    return trees;
  }

  async #nodes(nodes: readonly Node[], { id, where }: TreePlace): Promise<void> {
    const { index } = this.#repository;
    const pack = index.find("tree", id)?.pack;
    const file = pack === undefined ? "data" : fileKey("data", pack);
    let before: Node | undefined;
    for (const node of nodes) {
      const breath = this.#breathe();
      if (breath) await breath;
      const place = `${where}/${node.name}`;
      const fault = illegal(node, before);
      if (fault !== undefined) this.#find("error", "node-illegal", file, `${place} ${fault}`);
      const missing = (node.content ?? []).filter((blob) => !index.has("data", blob));
      for (const blob of missing)
        this.#find("error", "blob-missing", file, `${place} needs data blob ${blob}, in no pack`);
      before = node;
    }
  }

  async #data(
    sizes: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): Promise<Pick<CheckReport, "packsRead" | "bytesRead">> {
    const { readData = { type: "none" }, random = Math.random } = this.#request;
    const chosen = new Set(choosePacks([...sizes.keys()], readData, random));
    const bytes = Array.from(chosen, (id) => sizes.get(id) ?? 0);
    const largest = bytes.reduce((a, b) => Math.max(a, b), 1);
    const slots = Math.min(8, Math.max(1, Math.floor(readBytes / largest)));
    let done = 0;
    await forEachPooled(this.#repository.index.contents(), slots, async (pack) => {
      if (!chosen.has(pack.id)) return;
      await this.#readPack(pack, signal);
      this.#progress("data", ++done, chosen.size);
    });
    return { packsRead: chosen.size, bytesRead: bytes.reduce((sum, size) => sum + size, 0) };
  }

  async #readPack(pack: PackContents, signal: AbortSignal): Promise<void> {
    const key = fileKey("data", pack.id);
    let faults = await this.#examine(pack, signal);
    // The network may have turned a bit: what is wrong twice is wrong there.
    if (faults.length > 0) faults = await this.#examine(pack, signal);
    for (const text of faults) this.#find("error", "pack-damaged", key, text);
  }

  async #examine(pack: PackContents, signal: AbortSignal): Promise<readonly string[]> {
    const { id, blobs } = pack;
    try {
      const bytes = await this.#repository.readPack(id, 0, packedBytes(blobs), signal);
      const { taskKey, options } = this.#repository;
      const input = { key: taskKey, id, bytes, blobs };
      return await options.kernels.run("examinePack", input, signal, [bytes.buffer]);
    } catch (error) {
      if (isStorageError(error, "not-found")) return ["it vanished while we looked"];
      if (isStorageError(error, "corrupt")) return [error.message];
      throw error;
    }
  }

  #find(severity: Finding["severity"], kind: FindingKind, file: string, text: string): void {
    const finding = { severity, kind, file, text };
    this.#counts[severity] += 1;
    if (this.#findings.length < maxListed) this.#findings.push(finding);
    this.#request.onFinding?.(finding);
  }

  #progress(phase: CheckProgress["phase"], done: number, total?: number): void {
    this.#request.onProgress?.({ phase, done, ...(total !== undefined && { total }) });
  }
}

/** What is wrong with a node that can be read; `before` is the one in front of it. */
function illegal(node: Node, before: Node | undefined): string | undefined {
  const { name } = node;
  if (name === "." || name === ".." || /[/\0]/.test(name)) return "has a name that leads elsewhere";
  // Names that are not UTF-8 show alike; their bytes are not compared here.
  if (!before || node.nameBytes || before.nameBytes) return undefined;
  const order = compareNames(before.name, name);
  if (order === 0) return "is there twice";
  return order > 0 ? "is out of order" : undefined;
}

/** The packs that a subset means; as restic has it where that is determined. */
export function choosePacks(
  ids: readonly string[],
  readData: ReadData,
  random: () => number,
): readonly string[] {
  switch (readData.type) {
    case "none":
      return [];
    case "all":
      return ids;
    case "part":
      return ids.filter(
        (id) => Number.parseInt(id.slice(0, 2), 16) % readData.of === readData.part - 1,
      );
    case "percent": {
      const wanted = Math.ceil((ids.length * Math.min(100, readData.percent)) / 100);
      return ids
        .map((id) => ({ id, rank: random() }))
        .toSorted((a, b) => a.rank - b.rank)
        .slice(0, wanted)
        .map(({ id }) => id);
    }
  }
}
