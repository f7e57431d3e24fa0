/**
 * Preloaded into a process that is to find itself on a lesser host: `LESSER_HOST` names what is missing.
 * Worker threads preload it too.
 */
import { syncBuiltinESMExports } from "node:module";
import zlib from "node:zlib";

const names = ["zstdCompress", "zstdCompressSync", "zstdDecompress", "zstdDecompressSync"] as const;

const lacks: Readonly<Record<string, () => void>> = {
  zstd: () => {
    for (const name of names) Reflect.set(zlib, name, undefined);
  },
  "the undocumented parts of zstd": () => {
    for (const name of ["createZstdCompress", "createZstdDecompress"] as const) {
      const create = zlib[name];
      Reflect.set(zlib, name, (options: zlib.ZstdOptions) =>
        Object.defineProperty(create(options), "_handle", { value: undefined }),
      );
    }
  },
  WebAssembly: () => {
    Reflect.set(globalThis, "WebAssembly", undefined);
  },
};

const lack = lacks[process.env["LESSER_HOST"] ?? ""];
if (!lack) throw new Error("LESSER_HOST names nothing that can be missing");
lack();
syncBuiltinESMExports();
