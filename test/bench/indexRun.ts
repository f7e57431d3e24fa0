/** Makes a repository whose index lists very many blobs, or opens one and loads its index. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { tableRow, type PackTable } from "../../src/engine/format/blobIndex.ts";
import { Kernels } from "../../src/engine/threads/kernels.ts";
import { Repository, type RepositoryOptions } from "../../src/engine/repository/repository.ts";
import { openStorage } from "../../src/storage/open.ts";
import { folder } from "../../src/storage/providers/folder/folder.ts";

export interface IndexOrder {
  /** A folder for the repository. */
  readonly path: string;
  readonly dist: string;
  readonly blobs: number;
  readonly makes?: boolean;
}

export interface IndexFigures {
  readonly seconds: number;
  /** At most, above what the process took with the repository open. */
  readonly megabytes: number;
  readonly stallMs: number;
}

const passphrase = "benchmark";
const blobsPerFile = 50_000;
const blobsPerPack = 500;

// `index.ts` gives exactly this.
const { path, dist, blobs, makes } = JSON.parse(process.argv[2] ?? "") as IndexOrder;
console.log(JSON.stringify(makes ? await make() : await load()));
process.exit();

async function load(): Promise<IndexFigures> {
  const repository = await Repository.open(await options(), passphrase);
  const stall = monitorEventLoopDelay({ resolution: 1 });
  const before = process.memoryUsage().rss / 1e6;
  stall.enable();
  const start = performance.now();
  await repository.loadIndex();
  const seconds = (performance.now() - start) / 1000;
  stall.disable();
  if (repository.index.size !== blobs) throw new Error(`it has ${repository.index.size} blobs`);
  const megabytes = process.resourceUsage().maxRSS / 1024 - before;
  return { seconds, megabytes, stallMs: stall.max / 1e6 };
}

async function make(): Promise<object> {
  const repository = await Repository.init(await options(), passphrase);
  for (let done = 0; done < blobs; done += blobsPerFile)
    await repository.saveIndexTable(tableOfRandomBlobs());
  return {};
}

/** Ids that do not compress, and lengths like those of files. */
function tableOfRandomBlobs(): PackTable {
  const words = new Uint32Array(blobsPerFile * tableRow);
  const random = new Uint32Array(new Uint8Array(randomBytes(blobsPerFile * 36)).buffer);
  let offset = 0;
  for (let i = 0; i < blobsPerFile; i++) {
    if (i % blobsPerPack === 0) offset = 0;
    const length = 500 + (random[i * 9 + 8]! % 60_000);
    const kind = i % 20 === 0 ? 1 : 0;
    words.set(random.subarray(i * 9, i * 9 + 8), i * tableRow);
    const place = [Math.floor(i / blobsPerPack), kind, offset, length, length * 3];
    words.set(place, i * tableRow + 8);
    offset += length;
  }
  const packs = blobsPerFile / blobsPerPack;
  const packIds = Array.from({ length: packs }, () => randomBytes(32).toString("hex"));
  return { packIds, blobs: words };
}

async function options(): Promise<RepositoryOptions> {
  const files = { worker: join(dist, "worker.js"), wasm: join(dist, "kernels.wasm") };
  return {
    storage: await openStorage({ provider: folder, answers: { path } }, () => {}),
    kernels: new Kernels({ files }),
    writer: { hostname: "bench", username: "bench", program: "Offsite bench" },
  };
}
