/** Compiles the WebAssembly kernels into `outFile`, unless that was made from today's source. */
export function buildKernels(outFile: string): Promise<void>;

/** Compiles `text` as the kernels' source. */
export function compileKernels(text: string): Promise<{ readonly binary: Uint8Array }>;
