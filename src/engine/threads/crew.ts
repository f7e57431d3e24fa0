import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { attempt, closeFile, openFile, type ReadFailure } from "../disk/files.ts";
import type { Pipeline, PipelineTotals, SavedContents, SavedFile, SeenFile } from "./pipeline.ts";

/** A file to be saved, and who wants to know. */
export interface FileTask extends SeenFile {
  readonly settle: (result: SavedFile | ReadFailure) => void;
}

/** What a helper is asked for. It answers in the same order. */
export type HelperRequest =
  | { readonly type: "files"; readonly files: readonly SeenFile[] }
  | {
      readonly type: "range";
      readonly descriptor: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly type: "finish" };

export type HelperReply =
  | { readonly type: "files"; readonly results: readonly (SavedFile | ReadFailure)[] }
  | { readonly type: "range"; readonly result: SavedContents | ReadFailure }
  | { readonly type: "finish"; readonly totals: PipelineTotals };

interface Helper {
  readonly port: MessagePort;
  /** What it has been asked and has not answered, oldest first. */
  readonly waiting: { readonly cost: number; readonly settle: (reply: HelperReply) => void }[];
  /** Roughly the bytes it still has to work through. */
  load: number;
}

/** Opening, looking and recording a file takes about as long as saving this many bytes. */
const costOfFile = 30_000;
/** Small files travel together up to this cost. */
const batchCost = 512 * 1024;
/** A helper always has something to do next, but not so much that others wait for it at the end. */
const fullLoad = 3 * batchCost;
/** A larger file is cut here and its pieces are spread. */
const largeFile = 8 * 1024 * 1024;
/** A walk this many batches ahead lends a hand itself, or a large disk's files would fill the memory. */
const longQueue = 5000;

/** Spreads files over this thread and its helpers. This thread never idles while there is work. */
export class Crew {
  readonly pipeline: Pipeline;
  readonly #helpers: readonly Helper[];
  /** Small files in batches: they may be spread while the walk goes on. */
  readonly #batches: FileTask[][] = [];
  #batch: FileTask[] = [];
  #batchCost = 0;
  readonly #large: FileTask[] = [];

  constructor(pipeline: Pipeline, helperPorts: readonly MessagePort[]) {
    this.pipeline = pipeline;
    this.#helpers = helperPorts.map((port) => ({ port, waiting: [], load: 0 }));
  }

  /** Queues a file. */
  add(task: FileTask): void {
    if (bytesOf(task) >= largeFile) {
      this.#large.push(task);
      return;
    }
    this.#batch.push(task);
    this.#batchCost += costOf(task);
    if (this.#batchCost >= batchCost) this.#closeBatch();
    if (this.#batches.length > longQueue) this.#saveBatch();
  }

  /** Takes answers in and hands work out. Call it often. */
  tend(): void {
    this.pipeline.control.throwIfCancelled();
    for (const helper of this.#helpers) {
      this.#takeReplies(helper);
      while (helper.load < fullLoad && this.#batches.length > 0) this.#askForBatch(helper);
    }
  }

  /** Works until every file is saved. */
  finishFiles(): void {
    this.#closeBatch();
    for (let task = this.#large.shift(); task; task = this.#large.shift()) this.#saveLarge(task);
    while (this.#batches.length > 0) {
      this.tend();
      this.#saveBatch();
    }
    this.#waitForHelpers(() => this.#helpers.every(({ waiting }) => waiting.length === 0));
  }

  /** Makes everyone send what they still hold. Returns what all have stored together. */
  finish(): PipelineTotals {
    const all: PipelineTotals[] = [];
    for (const helper of this.#helpers)
      this.#ask(helper, { type: "finish" }, 0, (reply) => {
        if (reply.type === "finish") all.push(reply.totals);
      });
    this.pipeline.finish();
    this.#waitForHelpers(() => all.length === this.#helpers.length);
    return [this.pipeline.totals, ...all].reduce(sum);
  }

  #closeBatch(): void {
    if (this.#batch.length > 0) this.#batches.push(this.#batch);
    this.#batch = [];
    this.#batchCost = 0;
  }

  #saveBatch(): void {
    for (const task of this.#batches.shift() ?? []) {
      this.pipeline.control.throwIfCancelled();
      task.settle(this.pipeline.saveFile(task));
    }
  }

  #askForBatch(helper: Helper): void {
    const batch = this.#batches.shift() ?? [];
    const files = batch.map(({ path, name, stamp }) => ({ path, name, stamp }));
    const cost = batch.reduce((total, task) => total + costOf(task), 0);
    this.#ask(helper, { type: "files", files }, cost, (reply) => {
      if (reply.type === "files")
        for (const [i, result] of reply.results.entries()) batch[i]!.settle(result);
    });
  }

  /** Cuts a large file; whoever is free takes the next piece. The last one to come settles it. */
  #saveLarge({ path, name, settle }: FileTask): void {
    const file = attempt(() => openFile(path));
    if ("reason" in file) {
      settle(file);
      return;
    }
    const { descriptor } = file;
    const pieces: (SavedContents | ReadFailure)[] = [];
    // One for the cutting itself, so that nothing settles before the end is seen.
    let missing = 1;
    const arrived = (piece: number, result: SavedContents | ReadFailure) => {
      pieces[piece] = result;
      if (--missing > 0) return;
      const whole = joined(pieces);
      settle("reason" in whole ? whole : this.pipeline.savedFile(name, file, whole));
      closeFile(file.descriptor);
    };
    let count = 0;
    const cut = attempt(() => {
      this.pipeline.cutFile(descriptor, (chunk, offset) => {
        const piece = count++;
        missing++;
        this.tend();
        const { length } = chunk;
        const free = this.#helpers.find(({ load }) => load + length <= largeFile);
        if (!free) {
          arrived(piece, { ids: [this.pipeline.saveData(chunk)], bytes: length });
          return;
        }
        this.#ask(free, { type: "range", descriptor, offset, length }, length, (reply) => {
          if (reply.type === "range") arrived(piece, reply.result);
        });
      });
      return { ids: [], bytes: 0 };
    });
    arrived(count, cut);
  }

  #ask(
    helper: Helper,
    request: HelperRequest,
    cost: number,
    settle: (reply: HelperReply) => void,
  ): void {
    helper.load += cost;
    helper.waiting.push({ cost, settle });
    helper.port.postMessage(request);
  }

  #takeReplies(helper: Helper): void {
    for (;;) {
      const received: { message: HelperReply } | undefined = receiveMessageOnPort(helper.port);
      if (!received) return;
      const asked = helper.waiting.shift();
      helper.load -= asked?.cost ?? 0;
      asked?.settle(received.message);
    }
  }

  #waitForHelpers(done: () => boolean): void {
    this.pipeline.control.waitFor(() => {
      for (const helper of this.#helpers) this.#takeReplies(helper);
      return done() || undefined;
    });
  }
}

/** A file from its pieces, or why one of them is missing. */
function joined(pieces: readonly (SavedContents | ReadFailure)[]): SavedContents | ReadFailure {
  const ids: string[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if ("reason" in piece) return piece;
    ids.push(...piece.ids);
    bytes += piece.bytes;
  }
  return { ids, bytes };
}

function costOf(task: FileTask): number {
  return bytesOf(task) + costOfFile;
}

function bytesOf({ stamp }: FileTask): number {
  return Number(stamp[2]);
}

function sum(a: PipelineTotals, b: PipelineTotals): PipelineTotals {
  return {
    packs: a.packs + b.packs,
    dataBlobs: a.dataBlobs + b.dataBlobs,
    treeBlobs: a.treeBlobs + b.treeBlobs,
    bytes: a.bytes + b.bytes,
    packedBytes: a.packedBytes + b.packedBytes,
  };
}
