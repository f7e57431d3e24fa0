import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { isRepositoryError, RepositoryError, type RepositoryErrorKind } from "../errors.ts";
import type { TaskInput, TaskName, TaskOutput } from "./tasks.ts";

/** Where the parts that are files of their own lie: given from outside, since a bundle knows no paths. */
export interface KernelFiles {
  /** The worker thread's program. */
  readonly worker: string | URL;
  /** The WebAssembly module. */
  readonly wasm: string | URL;
}

/** A task on its way to a thread. */
export interface TaskMessage {
  readonly name: TaskName;
  readonly input: unknown;
}

/** What comes back. Errors do not survive the way between threads, so their parts travel. */
export type TaskReply =
  | { readonly type: "done"; readonly output: unknown }
  | {
      readonly type: "failed";
      readonly message: string;
      readonly kind?: RepositoryErrorKind;
      readonly file?: string;
    };

/** A few threads that run tasks, one at a time each. They are started when first needed. */
export class Threads {
  readonly #files: KernelFiles;
  readonly #most: number;
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  readonly #waiting: ((thread: Thread) => void)[] = [];

  constructor(files: KernelFiles, most = Math.min(4, availableParallelism())) {
    this.#files = files;
    this.#most = most;
  }

  /** How many tasks run at once. */
  get count(): number {
    return this.#most;
  }

  /**
   * Runs a task on a thread. Buffers in `transfer` move there and are gone here. An abort while the
   * task waits for its turn rejects; once begun it runs to its end, which is never far.
   */
  async run<N extends TaskName>(
    name: N,
    input: TaskInput<N>,
    signal: AbortSignal,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<TaskOutput<N>> {
    const thread = await this.#freeThread();
    try {
      signal.throwIfAborted();
      const output = await thread.run({ name, input }, transfer);
      // The thread ran the task of this name, whose result has this type.
      return output as TaskOutput<N>;
    } finally {
      this.#release(thread);
    }
  }

  /** Ends the threads; tasks under way are rejected. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  async #freeThread(): Promise<Thread> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#threads.size >= this.#most)
      return await new Promise((resolve) => this.#waiting.push(resolve));
    return this.#start();
  }

  #start(): Thread {
    const thread = new Thread(this.#files);
    this.#threads.add(thread);
    return thread;
  }

  #release(thread: Thread): void {
    if (thread.hasEnded) this.#threads.delete(thread);
    const next = this.#waiting.shift();
    if (next) next(thread.hasEnded ? this.#start() : thread);
    else if (!thread.hasEnded) this.#idle.push(thread);
  }
}

class Thread {
  hasEnded = false;
  readonly #worker: Worker;
  #settle: { resolve(output: unknown): void; reject(error: Error): void } | undefined;

  constructor({ worker, wasm }: KernelFiles) {
    this.#worker = new Worker(worker, {
      workerData: { role: "tasks", wasm: String(wasm) },
      // Hardly an object outlives its task, but each holds on to bytes outside the heap: with V8's own
      // choice, a hundred megabytes of them wait to be collected.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
    this.#worker.on("message", (reply: TaskReply) => this.#finish(reply));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the thread has ended")));
    // An idle thread keeps no process alive.
    this.#worker.unref();
  }

  async run(message: TaskMessage, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    if (this.hasEnded) throw new Error("the thread has ended");
    this.#worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#worker.postMessage(message, [...transfer]);
      });
    } finally {
      this.#settle = undefined;
      this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    this.hasEnded = true;
    await this.#worker.terminate();
  }

  #finish(reply: TaskReply): void {
    if (reply.type === "done") this.#settle?.resolve(reply.output);
    else this.#settle?.reject(errorOf(reply));
  }

  #fail(error: Error): void {
    this.hasEnded = true;
    this.#settle?.reject(error);
  }
}

/** A failure as it travels. */
export function failureOf(error: unknown): TaskReply {
  const message = error instanceof Error ? error.message : String(error);
  if (!isRepositoryError(error)) return { type: "failed", message };
  const { kind, details } = error;
  const { file } = details;
  return { type: "failed", message, kind, ...(file !== undefined && { file }) };
}

/** The failure that travelled. */
export function errorOf({ message, kind, file }: Extract<TaskReply, { type: "failed" }>): Error {
  if (kind === undefined) return new Error(message);
  return new RepositoryError(kind, message, file === undefined ? {} : { file });
}
