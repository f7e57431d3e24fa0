import { availableParallelism } from "node:os";
import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { release } from "../../base/bytes.ts";
import type {
  BackupMessage,
  HelperOrder,
  LeaderOrder,
  TreeReply,
  WalkOutcome,
} from "./backupThread.ts";
import { Control } from "./control.ts";
import { IdSet } from "../format/idSet.ts";
import type { FinishedPack } from "../format/pack.ts";
import type { PipelineOrder } from "./pipeline.ts";
import { errorOf, type KernelFiles } from "./threads.ts";

/** One backup, as the threads see it. */
export interface ThreadsOrder
  extends
    Omit<LeaderOrder, "helpers" | "trees" | "main" | "pipeline">,
    Omit<PipelineOrder, "control" | "stored"> {}

/** What the threads need of the main thread while they work. */
export interface ThreadsHost {
  /** Writes a pack away. */
  savePack(pack: FinishedPack): Promise<void>;
  /** The bytes of a tree of the parent snapshot. */
  loadTree(id: string): Promise<Uint8Array>;
  /** Called when the walk is over, and every now and then. */
  progress(progress: ThreadsProgress): void;
}

export interface ThreadsProgress {
  readonly filesDone: number;
  readonly bytesDone: number;
  readonly filesTotal?: number;
  readonly bytesTotal?: number;
  readonly current?: string;
}

/** How long threads may take to notice that they were cancelled, say in a read from a dead network drive. */
const graceMs = 2000;
const progressEveryMs = 100;
/** More than this gain little: the walk and the storage are slower. */
const mostThreads = 4;

/**
 * The threads that make backups, one backup after another. They live on between backups, since the
 * leading one remembers the last snapshots; they are started again if they die.
 */
export class BackupThreads {
  readonly #files: KernelFiles;
  readonly #count: number;
  #workers: readonly Worker[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(files: KernelFiles, count = Math.min(mostThreads, availableParallelism())) {
    this.#files = files;
    this.#count = Math.max(1, count);
  }

  /** Backs up, and returns once every pack is saved. An abort rejects with the signal's reason. */
  async run(order: ThreadsOrder, host: ThreadsHost, signal: AbortSignal): Promise<WalkOutcome> {
    const before = this.#turn;
    const turn = before.then(async () => {
      signal.throwIfAborted();
      const run = new Run(this.#start(), order, host, signal);
      try {
        return await run.result;
      } finally {
        if (run.hasLostThreads) await this.dispose();
        else for (const worker of this.#workers) worker.unref();
      }
    });
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  /** Ends the threads; a backup under way is rejected. */
  async dispose(): Promise<void> {
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #start(): readonly Worker[] {
    if (this.#workers.length === 0)
      this.#workers = Array.from({ length: this.#count }, (_, i) => this.#startOne(i === 0));
    for (const worker of this.#workers) worker.ref();
    return this.#workers;
  }

  #startOne(leads: boolean): Worker {
    const worker = new Worker(this.#files.worker, {
      workerData: { role: leads ? "lead" : "help", wasm: String(this.#files.wasm) },
      // Nearly all that is made here dies young; V8's own choice would let it pile up.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    // Between backups nobody listens; a thread that dies then is found dead at the next one.
    worker.on("error", () => this.#drop(worker));
    worker.on("exit", () => this.#drop(worker));
    return worker;
  }

  #drop(dead: Worker): void {
    if (!this.#workers.includes(dead)) return;
    const others = this.#workers.filter((worker) => worker !== dead);
    this.#workers = [];
    for (const worker of others) void worker.terminate();
  }
}

/** One backup on the threads, from the main thread's side. */
class Run {
  readonly result: Promise<WalkOutcome>;
  hasLostThreads = false;
  readonly #host: ThreadsHost;
  readonly #control = new Control();
  readonly #workers: readonly Worker[];
  readonly #trees: MessagePort;
  readonly #lines: MessagePort[] = [];
  readonly #settlers = Promise.withResolvers<WalkOutcome>();
  #failure: { readonly error: unknown } | undefined;
  #outcome: WalkOutcome | undefined;
  /** The leader has said its last word, or never will. */
  #hasStopped = false;
  #packsSaved = 0;
  #packsUnderWay = 0;
  #totals: Pick<ThreadsProgress, "filesTotal" | "bytesTotal" | "current"> = {};

  constructor(
    workers: readonly Worker[],
    order: ThreadsOrder,
    host: ThreadsHost,
    signal: AbortSignal,
  ) {
    this.#workers = workers;
    this.#host = host;
    const trees = new MessageChannel();
    this.#trees = trees.port1;
    const release = this.#listen(signal);
    this.result = this.#settlers.promise.finally(release);
    this.#order(order, trees.port2);
  }

  #order(order: ThreadsOrder, trees: MessagePort): void {
    const { key, polynomial, version, index, ...rest } = order;
    const control = this.#control.memory;
    const stored = new IdSet().memory;
    const pipeline = { key, polynomial, version, index, control, stored };
    const [leader, ...helpers] = this.#workers;
    const ports = helpers.map((helper) => {
      const { port1, port2 } = new MessageChannel();
      const helperOrder: HelperOrder = { pipeline, leader: port2, main: this.#line(false) };
      helper.postMessage(helperOrder, [port2, helperOrder.main]);
      return port1;
    });
    const main = this.#line(true);
    const leaderOrder: LeaderOrder = { ...rest, pipeline, helpers: ports, trees, main };
    leader!.postMessage(leaderOrder, [...ports, trees, main]);
  }

  /** A thread's end of a line to this one. */
  #line(leads: boolean): MessagePort {
    const { port1, port2 } = new MessageChannel();
    port1.on("message", (message: BackupMessage) => this.#hear(message, leads, port1));
    this.#lines.push(port1);
    return port2;
  }

  /** Returns what ends the listening. */
  #listen(signal: AbortSignal): () => void {
    const lose = (error: unknown) => this.#lose(error);
    const exit = () => this.#lose(new Error("a backup thread has ended"));
    const abort = () => this.#cancel(signal.reason);
    const timer = setInterval(() => this.#report(), progressEveryMs);
    for (const worker of this.#workers) worker.on("error", lose).on("exit", exit);
    signal.addEventListener("abort", abort, { once: true });
    return () => {
      clearInterval(timer);
      for (const line of [...this.#lines, this.#trees]) line.close();
      signal.removeEventListener("abort", abort);
      for (const worker of this.#workers) worker.off("error", lose).off("exit", exit);
    };
  }

  #hear(message: BackupMessage, leads: boolean, line: MessagePort): void {
    switch (message.type) {
      case "pack":
        void this.#save(message.pack, line);
        return;
      case "trees":
        for (const id of message.ids) void this.#sendTree(id);
        return;
      case "counted":
        this.#totals = {
          ...this.#totals,
          filesTotal: message.files,
          bytesTotal: message.bytes,
        };
        this.#report();
        return;
      case "path":
        this.#totals = { ...this.#totals, current: message.path };
        return;
      case "walked":
        this.#outcome = message.outcome;
        this.#stop();
        return;
      case "cancelled":
        if (leads) this.#stop();
        return;
      case "failed":
        // The leader hears of a helper's failure by being cancelled.
        this.#cancel(errorOf(message));
        if (leads) this.#stop();
        return;
    }
  }

  async #save(pack: FinishedPack, line: MessagePort): Promise<void> {
    const { length } = pack.bytes;
    this.#packsUnderWay++;
    try {
      if (!this.#failure) await this.#host.savePack(pack);
      this.#packsSaved++;
      // Nobody reads it any more, so its memory goes back to where the next pack is made, if any.
      const { buffer } = pack.bytes;
      if (this.#outcome) release(pack.bytes);
      else line.postMessage(buffer, [buffer]);
    } catch (error) {
      this.#cancel(error);
    } finally {
      this.#packsUnderWay--;
      this.#control.packWritten(length);
      this.#finishIfDone();
    }
  }

  async #sendTree(id: string): Promise<void> {
    let reply: TreeReply = { id };
    try {
      reply = { id, bytes: await this.#host.loadTree(id) };
    } catch {
      // The thread goes on without: what it cannot compare it reads again.
    }
    this.#trees.postMessage(reply);
    this.#control.wake();
  }

  #report(): void {
    const { files, bytes } = this.#control.done;
    this.#host.progress({ ...this.#totals, filesDone: files, bytesDone: bytes });
  }

  /** Makes the threads stop; the first reason counts. If they do not, they are given up. */
  #cancel(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#control.cancel();
    setTimeout(() => this.#lose(error), graceMs).unref();
  }

  #lose(error: unknown): void {
    this.hasLostThreads = true;
    this.#cancel(error);
    this.#stop();
  }

  #stop(): void {
    this.#hasStopped = true;
    this.#finishIfDone();
  }

  /** The leader may be done before this thread has heard of every pack of its helpers. */
  #finishIfDone(): void {
    if (!this.#hasStopped || this.#packsUnderWay > 0) return;
    if (this.#failure) this.#settlers.reject(this.#failure.error);
    else if (this.#outcome && this.#packsSaved === this.#outcome.stored.packs)
      this.#settlers.resolve(this.#outcome);
  }
}
