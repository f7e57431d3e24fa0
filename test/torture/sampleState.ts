import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../../src/engine/format/crypto.ts";
import type { Repository } from "../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../src/engine/format/snapshot.ts";
import { randomFrom } from "../engine/random.ts";

const filesPerState = 24;

/** The files of a state: path and what makes their content. Each state shares most with the one before. */
export function filesOf(state: number): ReadonlyMap<string, number> {
  const first = state * 6;
  const seeds = Array.from({ length: filesPerState }, (_, i) => first + i);
  return new Map(seeds.map((seed) => [`folder ${seed % 5}/file ${seed}`, seed]));
}

function contentOf(seed: number): Uint8Array {
  const random = randomFrom(seed);
  // Now and then a file of several chunks.
  return random.bytes(seed % 12 === 0 ? 1_500_000 + random.below(500_000) : random.below(20_000));
}

/** Makes `folder` hold exactly `state`. */
export async function writeState(folder: string, state: number): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [path, seed] of filesOf(state)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), contentOf(seed));
  }
}

/** Fails unless `snapshot` holds exactly `state`, at whatever depth its root lies. */
export async function assertHolds(
  repository: Repository,
  snapshot: Snapshot,
  state: number,
): Promise<void> {
  const found = new Map<string, string>();
  const visit = async (tree: string, path: string): Promise<void> => {
    for (const node of await repository.tree(tree)) {
      if (node.subtree !== undefined) await visit(node.subtree, `${path}/${node.name}`);
      else {
        const pieces = await Array.fromAsync(repository.read(node));
        found.set(`${path}/${node.name}`, sha256Hex(Buffer.concat(pieces)));
      }
    }
  };
  await visit(snapshot.tree, "");
  const wrong = (path: string) => new Error(`snapshot ${snapshot.id}: ${path} is not as it was`);
  const [root = ""] = snapshot.paths;
  for (const [path, seed] of filesOf(state))
    if (found.get(`${root}/${path}`) !== hashOf(seed)) throw wrong(path);
  if (found.size !== filesPerState) throw wrong("the number of files");
}

const hashes = new Map<number, string>();

function hashOf(seed: number): string {
  const known = hashes.get(seed) ?? sha256Hex(contentOf(seed));
  hashes.set(seed, known);
  return known;
}
