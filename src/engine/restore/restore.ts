import { randomUUID } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { never } from "../../base/abort.ts";
import { breather } from "../../base/breath.ts";
import { batches } from "../../base/pool.ts";
import { StorageError } from "../../storage/errors.ts";
import { hasAttributes, setAttributes } from "../disk/attributes.ts";
import { codeOf, failureOf, moveAside, writeLink, type FileResult } from "../disk/fileWriter.ts";
import {
  EscapeError,
  FolderGuard,
  native,
  parentOf,
  saved,
  type LocalPath,
} from "../disk/localPath.ts";
import { metadataOf, whoIAm } from "../disk/metadata.ts";
import { writePipe } from "../disk/pipes.ts";
import { goOn } from "../repository/loadedIndex.ts";
import type { Repository } from "../repository/repository.ts";
import { PutAside } from "./putAside.ts";
import { FileRestorer, type RestoreJournal } from "./restoreFiles.ts";
import {
  isWritten,
  pathOf,
  resolveTarget,
  wantedFile,
  type ExtraItem,
  type RestoreItem,
  type RestorePlan,
} from "./restorePlan.ts";
import { whileReading } from "../repository/sharedLock.ts";
import type { NodeType } from "../format/tree.ts";
import { undoRestore, type MadeEntry, type RestoreUndo, type TouchedEntry } from "./restoreUndo.ts";

export interface RestoreReport {
  readonly written: number;
  readonly bytes: number;
  readonly failed: readonly { readonly path: string; readonly message: string }[];
  /** Written files and folders that lack extended attributes which the snapshot has of them. */
  readonly lackingAttributes: number;
  /** Extra entries that were taken away. */
  readonly deleted: number;
  /** What was there before, for `undoRestore`. */
  readonly undo: RestoreUndo;
}

/** What has no other way was tried every way. */
const noOtherWay = { message: "it could not be written", code: undefined };

const verifyBatch = 100;

/** Entries whose metadata is set in one task. */
const metadataBatch = 1000;

/**
 * Carries `plan` out. Each file appears whole or not at all; nothing outside the target is touched,
 * whatever the snapshot or links in the target say; what is overwritten is moved to `safetyFolder`.
 * A file that cannot be restored is reported and the rest goes on. If it cannot be finished at all
 * (cancelled, disk full, storage gone), what was done is taken back before it fails.
 */
export async function restore(
  repository: Repository,
  plan: RestorePlan,
  safetyFolder: string,
): Promise<RestoreReport> {
  const root = await resolveTarget(plan.request.target);
  const work = async (signal: AbortSignal) => {
    const run = new RestoreRun(repository, plan, root, join(safetyFolder, randomUUID()), signal);
    try {
      return await run.carryOut();
    } catch (error) {
      await undoRestore(run.cutShort());
      throw error;
    } finally {
      run.close();
    }
  };
  return await whileReading(repository, work, plan.request.signal ?? never, goOn);
}

class RestoreRun implements RestoreJournal {
  readonly root: string;
  readonly signal: AbortSignal;
  readonly #repository: Repository;
  readonly #plan: RestorePlan;
  readonly #aside: PutAside;
  readonly #made: MadeEntry[] = [];
  readonly #touched: TouchedEntry[] = [];
  readonly #failed: { readonly path: string; readonly message: string }[] = [];
  readonly #self = whoIAm();
  readonly #folders = new Set<string>();
  readonly #filesTotal: number;
  #written = 0;
  #deleted = 0;
  #bytes = 0;

  constructor(
    repository: Repository,
    plan: RestorePlan,
    root: string,
    safetyFolder: string,
    signal: AbortSignal,
  ) {
    this.#repository = repository;
    this.#plan = plan;
    this.root = root;
    this.#aside = new PutAside(safetyFolder, root);
    this.signal = signal;
    this.#filesTotal = plan.items.filter(
      (item) => isWritten(item) && item.node.type === "file",
    ).length;
  }

  get undo(): RestoreUndo {
    return {
      root: this.root,
      safetyFolder: this.#aside.folder,
      made: this.#made,
      touched: this.#touched,
    };
  }

  /** What there is to be undone now that all has come to its end too early. */
  cutShort(): RestoreUndo {
    // Windows removes no folder in which something is open.
    this.close();
    this.#made.push(...this.#aside.giveAllBack());
    return this.undo;
  }

  close(): void {
    this.#aside.close();
  }

  async carryOut(): Promise<RestoreReport> {
    const { items, extra, request } = this.#plan;
    if (extra.length > 0 || items.some(({ action }) => action === "replace"))
      await mkdir(this.#aside.folder, { recursive: true, mode: 0o700 });
    await this.#ensureRoot(this.root);
    this.#folders.add(this.root.endsWith(sep) ? this.root.slice(0, -1) : this.root);
    const breathe = breather();
    for (const item of items) {
      await breathe();
      this.signal.throwIfAborted();
      if (isWritten(item)) this.#makeFolders(item);
    }
    const wanted = items.filter(isWritten);
    const files = wanted.filter(({ node }) => node.type === "file");
    await new FileRestorer(this.#repository, this).restore(files);
    // Last, so that nothing is ever written through a link that came out of the snapshot.
    for (const item of wanted) {
      await breathe();
      if (item.node.type === "symlink") this.#makeLink(item);
    }
    for (const item of wanted) if (item.node.type === "fifo") await this.#makePipe(item);
    for (const entry of extra) {
      await breathe();
      this.#takeAway(entry);
    }
    if (request.verify) await this.#verify(files);
    const lackingAttributes = await this.#setAttributes();
    await this.#setMetadata();
    const [written, bytes, failed] = [this.#written, this.#bytes, this.#failed];
    return { written, bytes, failed, lackingAttributes, deleted: this.#deleted, undo: this.undo };
  }

  keptFor(item: RestoreItem): string | undefined {
    return item.action === "replace" ? this.#aside.for(madeOf(item)) : undefined;
  }

  settle(item: RestoreItem, result: FileResult, kept: string | undefined): void {
    if (result.type !== "done") {
      this.#giveBack(kept);
      const { message, code } = result.type === "failed" ? result : noOtherWay;
      throwIfHopeless(code, message);
      this.#failed.push({ path: item.target, message });
      return;
    }
    this.#note(item, kept);
    if (item.node.type !== "file") return;
    this.#written++;
    this.advance(item, 0);
  }

  advance(item: RestoreItem, bytes: number): void {
    this.#bytes += bytes;
    this.#plan.request.onProgress?.({
      filesDone: this.#written,
      filesTotal: this.#filesTotal,
      bytesDone: this.#bytes,
      bytesTotal: this.#plan.bytes,
      current: item.target,
    });
  }

  #note(item: RestoreItem, kept: string | undefined): void {
    if (kept !== undefined) this.#aside.settle(kept);
    this.#made.push({ ...madeOf(item), ...(kept !== undefined && { kept }) });
  }

  #giveBack(kept: string | undefined): void {
    const entry = kept === undefined ? undefined : this.#aside.giveBack(kept);
    if (entry) this.#made.push(entry);
  }

  /** The target itself, and what leads to it. */
  async #ensureRoot(folder: string): Promise<void> {
    if (await isThere(folder)) return;
    await this.#ensureRoot(parentOf(folder).toString());
    await mkdir(folder).catch((error: unknown) => {
      throwIfHopeless(codeOf(error), String(error));
      throw error;
    });
    this.#made.push({ path: folder, type: "folder" });
  }

  /** Makes what `item` is or lies in, if that is a folder and not there yet. */
  #makeFolders(item: RestoreItem): void {
    const path = pathOf(item);
    try {
      if (item.node.type === "dir") this.#makeFolder(path, item);
      else this.#makeFolder(parentOf(path));
    } catch (error) {
      this.settle(item, failureOf(error), undefined);
    }
  }

  /**
   * Goes down from the root, so that each folder is known to be real before the next is looked at.
   * One call that waits costs a fifth of one that is waited for, and there are thousands.
   */
  #makeFolder(path: LocalPath, item?: RestoreItem): void {
    const key = typeof path === "string" ? path : `bytes ${Buffer.from(path).toString("hex")}`;
    if (this.#folders.has(key)) return;
    if (path.length <= this.root.length) throw new EscapeError("it lies outside the target");
    this.#makeFolder(parentOf(path));
    if (makesFolder(path)) this.#noteFolder(path, item, undefined);
    else if (!lstatSync(native(path)).isDirectory()) {
      const kept = item && this.keptFor(item);
      if (!item || kept === undefined)
        throw new Error("something that is no folder is in its place");
      moveAside(path, kept);
      try {
        mkdirSync(native(path), { mode: 0o700 });
      } catch (error) {
        this.#giveBack(kept);
        throw error;
      }
      this.#noteFolder(path, item, kept);
    }
    this.#folders.add(key);
  }

  #noteFolder(path: LocalPath, item: RestoreItem | undefined, kept: string | undefined): void {
    if (item) this.settle(item, { type: "done" }, kept);
    else this.#made.push({ path: saved(path), type: "folder" });
  }

  #makeLink(item: RestoreItem): void {
    const { node } = item;
    const kept = this.keptFor(item);
    const finish = { metadata: metadataOf(node, this.#self), ...(kept !== undefined && { kept }) };
    let result: FileResult = { type: "done" };
    try {
      writeLink(this.root, pathOf(item), node.linktargetBytes ?? node.linktarget ?? "", finish);
    } catch (error) {
      result = failureOf(error);
    }
    this.settle(item, result, kept);
  }

  async #makePipe(item: RestoreItem): Promise<void> {
    this.signal.throwIfAborted();
    const kept = this.keptFor(item);
    const metadata = metadataOf(item.node, this.#self);
    let result: FileResult = { type: "done" };
    try {
      await writePipe(this.root, item.target, { metadata, ...(kept !== undefined && { kept }) });
    } catch (error) {
      result = failureOf(error);
    }
    this.settle(item, result, kept);
  }

  async #setAttributes(): Promise<number> {
    const broken = new Set(this.#failed.map(({ path }) => path));
    const entries = this.#plan.items
      .filter((item) => isWritten(item) && hasAttributes(item.node) && !broken.has(item.target))
      .map((item) => ({ path: pathOf(item), node: item.node }));
    return await setAttributes(this.root, entries, this.signal);
  }

  #takeAway(entry: ExtraItem): void {
    const path = pathOf(entry);
    const kept = this.#aside.next();
    try {
      new FolderGuard(this.root).check(path);
      moveAside(path, kept);
      this.#made.push({ path: saved(path), type: "gone", kept });
      this.#deleted++;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#failed.push({ path: entry.target, message });
    }
  }

  /** Reads what was written, and calls failed what is not what the snapshot has. */
  async #verify(items: readonly RestoreItem[]): Promise<void> {
    const { kernels } = this.#repository.options;
    const broken = new Set(this.#failed.map(({ path }) => path));
    const written = items.filter(({ target }) => !broken.has(target));
    for (const batch of batches(written, verifyBatch)) {
      const files = batch.map((item) => wantedFile(this.#repository.index, item));
      const found = await kernels.run("compareFiles", { files, trustTimes: false }, this.signal);
      for (const [i, { target }] of batch.entries()) {
        const there = found[i];
        if (there?.type !== "file" || !there.hasSameContent)
          this.#failed.push({ path: target, message: "it does not read as it was written" });
      }
    }
  }

  /** Files that were right already, then folders from the innermost out: what is made in one changes its time. */
  async #setMetadata(): Promise<void> {
    const { items } = this.#plan;
    const wanted = [
      ...items.filter(({ node, action }) => node.type === "file" && action === "same"),
      ...items
        .filter((item) => item.node.type === "dir" && (item.action === "same" || isWritten(item)))
        .toReversed(),
    ];
    const { kernels } = this.#repository.options;
    for (const items of batches(wanted, metadataBatch)) {
      const batch = items.map((item) => ({
        path: pathOf(item),
        metadata: metadataOf(item.node, this.#self),
      }));
      const input = { root: this.root, wanted: batch };
      const former = await kernels.run("setMetadata", input, this.signal);
      for (const [i, { path }] of batch.entries())
        if (former[i]) this.#touched.push({ path: saved(path), ...former[i] });
    }
  }
}

function madeOf(item: RestoreItem): MadeEntry {
  const { node } = item;
  return {
    path: saved(pathOf(item)),
    type: madeTypes[node.type] ?? "file",
    mtime: node.mtime,
    ...(node.type === "file" && { size: node.size ?? 0 }),
  };
}

/** What undoing goes by; anything else is a file. */
const madeTypes: Partial<Record<NodeType, MadeEntry["type"]>> = {
  dir: "folder",
  symlink: "link",
  fifo: "pipe",
};

/** A disk that is full or read-only fails everything: going on would only say so for each file. */
function throwIfHopeless(code: string | undefined, message: string): void {
  if (code === "ENOSPC" || code === "EDQUOT")
    throw new StorageError("full", message, { reason: "disk-full" });
  if (code === "EROFS") throw new StorageError("denied", message, { reason: "read-only-disk" });
}

/** Whether it could be made; not if something is there already. */
function makesFolder(path: LocalPath): boolean {
  try {
    mkdirSync(native(path), { mode: 0o700 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
