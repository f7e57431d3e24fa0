import { loadArithmetic, type Arithmetic } from "./arithmetic.ts";

/** Where the parts that are files of their own lie: given from outside, since a bundle knows no paths. */
export interface KernelFiles {
  /** The worker thread's program. */
  readonly worker: string | URL;
  /** The WebAssembly module. */
  readonly wasm: string | URL;
}

export interface KernelOptions {
  readonly files: KernelFiles;
  /** Worker threads; chosen from the machine if absent. */
  readonly workers?: number;
}

/** The engine's worker threads, started on first use and shared by all repositories of a window. */
export class Kernels {
  readonly options: KernelOptions;
  #arithmetic: Arithmetic | undefined;

  constructor(options: KernelOptions) {
    this.options = options;
  }

  /** For this thread's own keys: `Key.fromBytes(bytes, kernels.arithmetic)`. */
  get arithmetic(): Arithmetic {
    this.#arithmetic ??= loadArithmetic(this.options.files.wasm);
    return this.#arithmetic;
  }

  /** Ends the threads; work under way is rejected. */
  async dispose(): Promise<void> {
    throw new Error("not written yet");
  }
}
