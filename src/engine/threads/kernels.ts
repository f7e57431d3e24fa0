import { loadArithmetic, type Arithmetic } from "../format/arithmetic.ts";
import { BackupThreads } from "./backupThreads.ts";
import type { TaskInput, TaskName, TaskOutput } from "./tasks.ts";
import { Threads, type KernelFiles } from "./threads.ts";

export interface KernelOptions {
  readonly files: KernelFiles;
  /** Worker threads; chosen from the machine if absent. */
  readonly workers?: number;
}

/** The engine's worker threads, started on first use and shared by all repositories of a window. */
export class Kernels {
  readonly options: KernelOptions;
  /** Apart from the others: a backup keeps its threads busy from beginning to end. */
  readonly backups: BackupThreads;
  #arithmetic: Arithmetic | undefined;
  readonly #threads: Threads;

  constructor(options: KernelOptions) {
    this.options = options;
    this.#threads = new Threads(options.files, options.workers);
    this.backups = new BackupThreads(options.files, options.workers);
  }

  /** How many tasks run at once. */
  get parallelTasks(): number {
    return this.#threads.count;
  }

  /** Runs one of `tasks` on a thread; buffers in `transfer` move there and are gone here. */
  async run<N extends TaskName>(
    name: N,
    input: TaskInput<N>,
    signal: AbortSignal,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<TaskOutput<N>> {
    return await this.#threads.run(name, input, signal, transfer);
  }

  /** For this thread's own keys: `Key.fromBytes(bytes, kernels.arithmetic)`. */
  get arithmetic(): Arithmetic {
    this.#arithmetic ??= loadArithmetic(this.options.files.wasm);
    return this.#arithmetic;
  }

  /** Ends the threads; work under way is rejected. */
  async dispose(): Promise<void> {
    await Promise.all([this.#threads.dispose(), this.backups.dispose()]);
  }
}
