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

  constructor(options: KernelOptions) {
    this.options = options;
  }

  /** Ends the threads; work under way is rejected. */
  async dispose(): Promise<void> {
    throw new Error("not written yet");
  }
}
