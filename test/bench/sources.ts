import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pseudoRandom } from "../engine/oddTree.ts";

/** What a folder of source files looks like: this many, of this size on average, so many to a folder. */
const files = 18_000;
const meanBytes = 7_800;
const filesPerFolder = 12;

/**
 * Fills `folder` with files like a large project's: different texts that compress as program text does,
 * from the declarations and programs of our own tools. The same each time.
 */
export async function makeSources(folder: string, share = 1): Promise<void> {
  const corpus = await readCorpus();
  const random = randomNumbers(42);
  for (let i = 0; i < files * share; i += filesPerFolder) {
    const number = i / filesPerFolder;
    const path = join(folder, `module${Math.floor(number / 60)}`, `part${number % 60}`);
    await mkdir(path, { recursive: true });
    for (let k = 0; k < filesPerFolder; k++) {
      // Most files are small and a few large, as everywhere.
      const bytes = Math.min(
        400_000,
        Math.ceil(-Math.log(1 - random()) * random() * 2 * meanBytes),
      );
      const from = Math.floor(random() * (corpus.length - bytes));
      const text = `// ${number}.${k}\n`;
      await writeFile(
        join(path, `file${k}.ts`),
        Buffer.concat([Buffer.from(text), corpus.subarray(from, from + bytes)]),
      );
    }
  }
}

/** Appends a line to ten files far apart; returns their paths. */
export async function changeTen(sources: string, seed: number): Promise<string[]> {
  const modules = (await readdir(sources)).toSorted();
  const paths = Array.from({ length: 10 }, (_, i) => {
    const module = modules[(i * 7 + seed) % modules.length] ?? "";
    return join(sources, module, `part${(i * 5 + seed) % 3}`, `file${i}.ts`);
  });
  for (const path of paths) await appendFile(path, `// changed ${seed} ${performance.now()}\n`);
  return paths;
}

/** Writes a file that neither compresses nor repeats. */
export async function makeRandomFile(path: string, bytes: number): Promise<void> {
  const block = 16 * 1024 * 1024;
  await writeFile(path, "");
  const seedBlock = pseudoRandom(block);
  const random = randomNumbers(7);
  for (let at = 0; at < bytes; at += block) {
    // Hashing it all would take longer than the benchmark: each block is the first, turned differently.
    const words = new Uint32Array(
      seedBlock.buffer.slice(seedBlock.byteOffset, seedBlock.byteOffset + block),
    );
    const turn = Math.floor(random() * 2 ** 32);
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(words[i]! ^ turn, 2654435761) + i;
    const piece = Buffer.from(words.buffer).subarray(0, Math.min(block, bytes - at));
    await writeFile(path, piece, { flag: "a" });
  }
}

async function readCorpus(): Promise<Buffer> {
  const folders = ["@types/node", "@types/vscode", "esbuild/lib", "mocha/lib", "webdav/dist"];
  const texts: Buffer[] = [];
  for (const folder of folders) {
    const path = new URL(`../../node_modules/${folder}/`, import.meta.url);
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && /\.(js|ts|md)$/.test(entry.name))
        texts.push(await readFile(join(entry.parentPath, entry.name)));
  }
  return Buffer.concat(texts);
}

/** Numbers from 0 to 1 that are the same each time: mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
