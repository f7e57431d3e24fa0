import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { forEachPooled } from "../../base/pool.ts";
import { isStorageError } from "../../storage/errors.ts";
import { plainBytes } from "../format/blob.ts";
import type { BlobPlace } from "../format/blobIndex.ts";
import { isRepositoryError } from "../errors.ts";
import {
  failureOf,
  type FetchedRun,
  type FileJob,
  type FileResult,
  type FinishFile,
} from "../disk/fileWriter.ts";
import { FolderGuard, native, parentOf, within, type LocalPath } from "../disk/localPath.ts";
import { metadataOf, whoIAm } from "../disk/metadata.ts";
import type { Repository } from "../repository/repository.ts";
import { pathOf, type RestoreItem } from "./restorePlan.ts";
import { spansOf, spanWith } from "../format/spans.ts";
import type { Node } from "../format/tree.ts";

/** What one task writes: much enough to be worth its messages, little enough to hold several. */
const batchBytes = 8 * 1024 * 1024;
const batchFiles = 400;

/** Requests for one batch that are under way at once. */
const parallelSpans = 4;

/** Where the restorer of files says what it did. */
export interface RestoreJournal {
  readonly root: string;
  readonly signal: AbortSignal;
  /** Where to keep what `item` replaces; undefined if it replaces nothing. */
  keptFor(item: RestoreItem): string | undefined;
  /** Counts bytes that are on the disk. */
  advance(item: RestoreItem, bytes: number): void;
  /** Notes what became of an item. Throws if it makes no sense to go on. */
  settle(item: RestoreItem, result: FileResult, kept: string | undefined): void;
}

/** A file on its way to the disk. */
interface Writing {
  readonly item: RestoreItem;
  readonly target: LocalPath;
  readonly unfinished: LocalPath;
  readonly kept: string | undefined;
  readonly finish: FinishFile;
}

/** Restores the content of files: fetches together what lies together, and writes on threads. */
export class FileRestorer {
  readonly #repository: Repository;
  readonly #journal: RestoreJournal;
  readonly #self = whoIAm();
  readonly #done = new Set<RestoreItem>();

  constructor(repository: Repository, journal: RestoreJournal) {
    this.#repository = repository;
    this.#journal = journal;
  }

  /** Writes `items`; the folders they lie in are there. */
  async restore(items: readonly RestoreItem[]): Promise<void> {
    const { kernels } = this.#repository.options;
    const { files, names } = splitLinked(items);
    // More than there are threads: while they work, the next are being fetched.
    await forEachPooled(batchesOf(files), kernels.parallelTasks + 3, async (batch) => {
      this.#journal.signal.throwIfAborted();
      const [first] = batch;
      if (first && (first.node.size ?? 0) > batchBytes) await this.#writeLarge(first);
      else await this.#writeBatch(batch);
    });
    for (const { item, first } of names) await this.#writeName(item, first);
  }

  async #writeBatch(items: readonly RestoreItem[]): Promise<void> {
    const writings = items.map((item) => this.#begin(item));
    const jobs: FileJob[] = [];
    const places: BlobPlace[][] = [];
    const whole: Writing[] = [];
    const broken: Writing[] = [];
    for (const writing of writings) {
      const found = this.#placesOf(writing.item.node);
      if (found) {
        whole.push(writing);
        places.push(found);
      } else broken.push(writing);
    }
    const fetched = await this.#fetch(places.flat());
    for (const [i, { target, unfinished, finish }] of whole.entries()) {
      const own = places[i] ?? [];
      const sized = { ...finish, size: totalBytes(own) };
      const blobs = own.map(fetched.locate);
      jobs.push({ target, unfinished, finish: sized, start: {}, offset: 0, blobs });
    }
    const results = await this.#write(fetched.runs, jobs);
    const outcomes = whole.map((writing, i) => ({
      writing,
      result: results[i] ?? ({ type: "elsewhere" } as const),
    }));
    // What is done first: one that failed may end it all, and what is not noted is not taken back.
    outcomes.sort((a, b) => Number(b.result.type === "done") - Number(a.result.type === "done"));
    for (const { writing, result } of outcomes)
      if (result.type === "elsewhere") broken.push(writing);
      else this.#settle(writing, result);
    for (const writing of broken) await this.#writeSlowly(writing);
  }

  /** A file in parts of some MiB each, several at a time: memory stays flat however large it is. */
  async #writeLarge(item: RestoreItem): Promise<void> {
    const writing = this.#begin(item);
    const { target, unfinished, finish } = writing;
    const places = this.#placesOf(item.node);
    if (!places) {
      await this.#writeSlowly(writing);
      return;
    }
    const common = { target, unfinished };
    let result = { type: "done" } as FileResult; // Not narrowed: `write` changes it.
    const write = async (job: FileJob, part: readonly BlobPlace[] = []) => {
      if (result.type !== "done") return;
      const fetched = await this.#fetch(part);
      const [one] = await this.#write(fetched.runs, [{ ...job, blobs: part.map(fetched.locate) }]);
      if (one && one.type !== "done") result = result.type === "done" ? one : result;
      else this.#journal.advance(item, totalBytes(part));
    };
    try {
      await write({ ...common, start: {}, offset: 0, blobs: [] });
      await forEachPooled(
        partsOf(places),
        this.#repository.options.kernels.parallelTasks + 1,
        async (part) => {
          this.#journal.signal.throwIfAborted();
          await write({ ...common, offset: part.offset, blobs: [] }, part.places);
        },
      );
      const sized = { ...finish, size: totalBytes(places) };
      await write({ ...common, finish: sized, offset: 0, blobs: [] });
    } catch (error) {
      await removeQuietly(unfinished);
      throw error;
    }
    if (result.type !== "done") await removeQuietly(unfinished);
    if (result.type === "elsewhere") await this.#writeSlowly(writing);
    else this.#settle(writing, result, 0);
  }

  /** A second name for a file that has just been written; a copy of it where there can be none. */
  async #writeName(item: RestoreItem, first: RestoreItem): Promise<void> {
    const writing = this.#begin(item);
    const { target, unfinished, kept } = writing;
    const finish = { ...(kept !== undefined && { kept }) };
    const start = { linkOf: pathOf(first) };
    const [result] = this.#done.has(first)
      ? await this.#write([], [{ target, unfinished, start, finish, offset: 0, blobs: [] }])
      : [];
    if (result === undefined || result.type === "elsewhere") await this.#writeSlowly(writing);
    else this.#settle(writing, result);
  }

  /** Blob by blob, from whichever pack has it whole. The way for files that are damaged somewhere. */
  async #writeSlowly(writing: Writing): Promise<void> {
    const { item, target, unfinished, finish } = writing;
    const { root, signal } = this.#journal;
    try {
      new FolderGuard(root).check(target);
      await using file = await open(native(unfinished), "wx", 0o600);
      for await (const bytes of this.#repository.read(item.node, signal))
        await file.writeFile(bytes);
    } catch (error) {
      await removeQuietly(unfinished);
      // The storage's failures, and an abort, are not this file's.
      if (isStorageError(error) || signal.aborted) throw error;
      const message = isRepositoryError(error, "damaged") ? error.message : undefined;
      this.#settle(writing, message === undefined ? failureOf(error) : { type: "failed", message });
      return;
    }
    const [result] = await this.#write([], [{ target, unfinished, finish, offset: 0, blobs: [] }]);
    if (result?.type !== "done") await removeQuietly(unfinished);
    this.#settle(writing, result ?? { type: "failed", message: "it was not written" });
  }

  #begin(item: RestoreItem): Writing {
    const target = pathOf(item);
    const kept = this.#journal.keptFor(item);
    const unfinished = within(parentOf(target), `.offsite-${randomUUID()}`);
    const finish = {
      metadata: metadataOf(item.node, this.#self),
      ...(kept !== undefined && { kept }),
    };
    return { item, target, unfinished, kept, finish };
  }

  #settle({ item, kept }: Writing, result: FileResult, bytes = item.node.size ?? 0): void {
    if (result.type === "done") {
      this.#done.add(item);
      this.#journal.advance(item, bytes);
    }
    this.#journal.settle(item, result, kept);
  }

  /** Where a file's blobs lie, or undefined if one is in no index. */
  #placesOf(node: Node): BlobPlace[] | undefined {
    const places: BlobPlace[] = [];
    for (const id of node.content ?? []) {
      const place = this.#repository.index.find("data", id);
      if (!place) return undefined;
      places.push(place);
    }
    return places;
  }

  /** Fetches what `places` need. Spans that are gone come as nothing, and their blobs do not verify. */
  async #fetch(places: readonly BlobPlace[]) {
    const spans = spansOf(places);
    const runs: FetchedRun[] = spans.map(({ start }) => ({
      start,
      bytes: new Uint8Array(0),
    }));
    const { signal } = this.#journal;
    await forEachPooled(spans.entries(), parallelSpans, async ([i, { pack, start, end }]) => {
      try {
        runs[i] = { start, bytes: await this.#repository.readPack(pack, start, end, signal) };
      } catch (error) {
        // The pack is gone or cut: the slow way finds out, or finds another.
        if (!isStorageError(error) || error.retryable) throw error;
      }
    });
    return { runs, locate: (place: BlobPlace) => ({ run: spanWith(spans, place), place }) };
  }

  async #write(
    runs: readonly FetchedRun[],
    jobs: readonly FileJob[],
  ): Promise<readonly FileResult[]> {
    const { options, taskKey: key } = this.#repository;
    const { root, signal } = this.#journal;
    const input = { key, root, runs, jobs };
    const buffers = runs.map(({ bytes }) => bytes.buffer);
    return await options.kernels.run("writeFiles", input, signal, buffers);
  }
}

/** Files that fit are taken together; a large one comes alone. */
function* batchesOf(items: readonly RestoreItem[]): Generator<readonly RestoreItem[], void, void> {
  let batch: RestoreItem[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = item.node.size ?? 0;
    if (batch.length > 0 && (bytes + size > batchBytes || batch.length >= batchFiles)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Where its folder has been swapped for something else, nothing of ours is in it. */
async function removeQuietly(path: LocalPath): Promise<void> {
  await rm(native(path), { force: true }).catch(() => undefined);
}

function totalBytes(places: readonly BlobPlace[]): number {
  return places.reduce((sum, place) => sum + plainBytes(place), 0);
}

/** Parts of a large file, each worth a task. */
function* partsOf(
  places: readonly BlobPlace[],
): Generator<{ readonly offset: number; readonly places: readonly BlobPlace[] }, void, void> {
  let part: BlobPlace[] = [];
  let offset = 0;
  let bytes = 0;
  for (const place of places) {
    if (part.length > 0 && bytes + plainBytes(place) > batchBytes) {
      yield { offset, places: part };
      offset += bytes;
      part = [];
      bytes = 0;
    }
    part.push(place);
    bytes += plainBytes(place);
  }
  if (part.length > 0) yield { offset, places: part };
}

/** Of files that are one under several names, the first is written and the others are named after it. */
function splitLinked(items: readonly RestoreItem[]): {
  readonly files: readonly RestoreItem[];
  readonly names: readonly { readonly item: RestoreItem; readonly first: RestoreItem }[];
} {
  const firsts = new Map<string, RestoreItem>();
  const files: RestoreItem[] = [];
  const names: { item: RestoreItem; first: RestoreItem }[] = [];
  for (const item of items) {
    const { inode, deviceId = "", links = 1, content = [] } = item.node;
    const key = links > 1 && inode !== undefined ? `${deviceId} ${inode} ${content.join()}` : "";
    const first = key === "" ? undefined : firsts.get(key);
    if (first) names.push({ item, first });
    else files.push(item);
    if (key !== "" && !first) firsts.set(key, item);
  }
  return { files, names };
}
