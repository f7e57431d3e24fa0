import { text, utf8 } from "../../src/base/bytes.ts";
import { compress } from "../../src/engine/compress.ts";
import { sha256 } from "../../src/engine/crypto.ts";
import { PackBuilder, packContents } from "../../src/engine/pack.ts";
import type { Repository } from "../../src/engine/repository.ts";
import type { Snapshot } from "../../src/engine/snapshot.ts";
import {
  compareNames,
  fileTail,
  folderTail,
  nodeHead,
  treeText,
  type NodeFacts,
} from "../../src/engine/tree.ts";

/** A folder as nested objects; a string is a file's text. */
export interface SampleFolder {
  readonly [name: string]: string | SampleFolder;
}

/** Saves `folder` as a snapshot, by hand: what reads it is not tested against what backs up. */
export async function saveTree(
  repository: Repository,
  folder: SampleFolder,
  time = "2026-01-02T03:04:05.678901234Z",
  { again = false } = {},
): Promise<Snapshot> {
  return await repository.withLock("shared", async (signal) => {
    const key = repository.sealingKey;
    const packers = {
      data: new PackBuilder(key, "data", compress),
      tree: new PackBuilder(key, "tree", compress),
    };
    const seen = new Set<string>();
    const add = (kind: "data" | "tree", plain: Uint8Array): string => {
      const id = sha256(plain);
      const hex = id.toString("hex");
      if (seen.has(kind + hex) || (!again && repository.index.has(kind, hex))) return hex;
      seen.add(kind + hex);
      packers[kind].add(id, plain);
      return hex;
    };
    const addFolder = (entries: SampleFolder): string => {
      const nodes = Object.keys(entries)
        .toSorted(compareNames)
        .map((name) => {
          const entry = entries[name] ?? "";
          if (typeof entry !== "string")
            return nodeHead(facts(name, "dir", 0)) + folderTail(addFolder(entry));
          const bytes = utf8(entry);
          const content = bytes.length === 0 ? [] : [add("data", bytes)];
          return nodeHead(facts(name, "file", bytes.length)) + fileTail(content);
        });
      return add("tree", utf8(treeText(nodes)));
    };
    const tree = addFolder(folder);
    for (const packer of Object.values(packers)) {
      if (packer.isEmpty) continue;
      const { id, bytes } = packer.finish();
      const pack = { id, blobs: packContents(key, bytes) };
      await repository.savePack(pack, bytes, signal);
      await repository.addPacks([pack], signal);
    }
    await repository.saveIndex(signal);
    return await repository.saveSnapshot(
      { time, tree, paths: ["/sample"], hostname: "desk", username: "ann" },
      signal,
    );
  });
}

/** What `saveTree` saved, read back. */
export async function filesOf(repository: Repository, snapshot: Snapshot): Promise<SampleFolder> {
  const read = async (tree: string): Promise<SampleFolder> => {
    const entries: [string, string | SampleFolder][] = [];
    for (const node of await repository.tree(tree)) {
      if (node.subtree !== undefined) entries.push([node.name, await read(node.subtree)]);
      else
        entries.push([
          node.name,
          text(Buffer.concat(await Array.fromAsync(repository.read(node)))),
        ]);
    }
    return Object.fromEntries(entries);
  };
  return await read(snapshot.tree);
}

function facts(name: string, type: "file" | "dir", size: number): NodeFacts {
  const time = 1_700_000_000_123_456_789n;
  const mode = type === "dir" ? 0o40755 : 0o100644;
  const common = { mtime: time, ctime: time, uid: 0, gid: 0, inode: 1n, deviceId: 1n, links: 1 };
  return { name, type, mode, size, ...common };
}
