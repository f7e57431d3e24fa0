/** What the engine uses of WebAssembly. TypeScript declares it with the DOM only, which Node is not. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    constructor(size: { readonly initial: number; readonly maximum: number });
  }
  class Instance {
    readonly exports: object;
    constructor(module: Module, imports: object);
  }
  function validate(bytes: Uint8Array): boolean;
}
