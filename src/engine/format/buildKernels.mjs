import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const source = new URL("./kernels.as.ts", import.meta.url);
const flags = ["--runtime", "stub", "--noAssert", "-O3", "--enable", "simd", "--importMemory"];

/**
 * Compiles the WebAssembly kernels into `outFile`; the same source gives the same bytes. Does
 * nothing if `outFile` was made from today's source by today's compiler.
 * @param {string} outFile
 */
export async function buildKernels(outFile) {
  const [text, manifest] = await Promise.all([
    readFile(source, "utf8"),
    readFile(new URL("../../../node_modules/assemblyscript/package.json", import.meta.url), "utf8"),
  ]);
  const { version } = JSON.parse(manifest);
  const stamp = createHash("sha256")
    .update([version, ...flags, text].join("\n"))
    .digest("hex");
  const stampFile = `${outFile}.made-from`;
  const previous = await readFile(stampFile, "utf8").catch(() => "");
  const there = await readFile(outFile).catch(() => undefined);
  if (there !== undefined && previous === `${stamp} ${digest(there)}`) return;

  const { binary } = await compileKernels(text);
  await mkdir(dirname(outFile), { recursive: true });
  // Two processes may build at once: each writes its own file and moves it into place.
  const draft = `${outFile}.${process.pid}`;
  await writeFile(draft, binary);
  await rename(draft, outFile);
  await writeFile(stampFile, `${stamp} ${digest(binary)}`);
}

/** @param {string} text */
export async function compileKernels(text) {
  const { default: compiler } = await import("assemblyscript/asc");
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error } = await compiler.main(["kernels.ts", "-o", "kernels.wasm", ...flags], {
    readFile: (name) => (name === "kernels.ts" ? text : null),
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) binary = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error("the kernels do not compile", { cause: error });
  if (binary === undefined) throw new Error("the compiler gave no kernels");
  return { binary };
}

/** @param {Uint8Array} bytes */
function digest(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
