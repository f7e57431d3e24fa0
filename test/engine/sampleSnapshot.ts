import { text, utf8 } from "../../src/base/bytes.ts";
import { tableOf, type BlobKind } from "../../src/engine/format/blobIndex.ts";
import { compress } from "../../src/engine/format/compress.ts";
import { sha256, sha256Hex } from "../../src/engine/format/crypto.ts";
import { fileKey } from "../../src/engine/format/layout.ts";
import { PackBuilder, packContents } from "../../src/engine/format/pack.ts";
import type { Repository } from "../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../src/engine/format/snapshot.ts";
import {
  compareNames,
  fileTail,
  folderTail,
  nodeHead,
  otherTail,
  treeText,
  type NodeFacts,
} from "../../src/engine/format/tree.ts";
import { sealUnpacked } from "../../src/engine/format/unpacked.ts";

/** A folder as nested objects; a text is a file of one blob, `{ chunks }` one of several. */
export interface SampleFolder {
  readonly [name: string]: string | SampleFile | SampleFolder;
}
export interface SampleFile {
  readonly chunks: readonly string[];
}

/** Adds a blob and returns its id. */
type AddBlob = (kind: BlobKind, plain: Uint8Array) => string;

/** Saves `folder` as a snapshot, by hand: what reads it is not tested against what backs up. */
export async function saveTree(
  repository: Repository,
  folder: SampleFolder,
  time = "2026-01-02T03:04:05.678901234Z",
  { again = false } = {},
): Promise<Snapshot> {
  return await saveBlobs(repository, time, again, (add) => addFolder(folder, add));
}

/** Saves a file of any text, as its writer would. Returns its id. */
export async function saveText(
  { sealingKey, version, options }: Repository,
  type: "index" | "locks",
  text: string,
): Promise<string> {
  const sealed = await sealUnpacked(sealingKey, version, utf8(text));
  const id = sha256Hex(sealed);
  await options.storage.write(fileKey(type, id), sealed);
  return id;
}

/** Saves a snapshot with files of any names, one called "good", and a link "twice". */
export async function saveNodes(
  repository: Repository,
  names: readonly string[],
  { linkTo }: { readonly linkTo?: string } = {},
): Promise<Snapshot> {
  return await saveBlobs(repository, "2026-01-02T03:04:05Z", false, (add) => {
    const file = (name: string) =>
      nodeHead(facts(name, "file", 4)) + fileTail([add("data", utf8("good"))]);
    const link =
      linkTo === undefined
        ? []
        : [nodeHead({ ...facts("twice", "symlink", 0), linktarget: linkTo }) + otherTail()];
    return add("tree", utf8(treeText([...link, ...[...names, "good"].map(file)])));
  });
}

/** Saves `depth` folders, each of which holds the next one twice, and the last a file "leaf". */
export async function saveFolding(repository: Repository, depth: number): Promise<Snapshot> {
  return await saveBlobs(repository, "2026-01-02T03:04:05Z", false, (add) => {
    const leaf = nodeHead(facts("leaf", "file", 4)) + fileTail([add("data", utf8("good"))]);
    let tree = add("tree", utf8(treeText([leaf])));
    for (let i = 0; i < depth; i++) {
      const twice = ["a", "b"].map((name) => nodeHead(facts(name, "dir", 0)) + folderTail(tree));
      tree = add("tree", utf8(treeText(twice)));
    }
    return tree;
  });
}

async function saveBlobs(
  repository: Repository,
  time: string,
  again: boolean,
  addTree: (add: AddBlob) => string,
): Promise<Snapshot> {
  return await repository.withLock("shared", async ({ signal }) => {
    const key = repository.sealingKey;
    const packers = {
      data: new PackBuilder(key, "data", compress),
      tree: new PackBuilder(key, "tree", compress),
    };
    const seen = new Set<string>();
    const tree = addTree((kind, plain) => {
      const id = sha256(plain);
      const hex = id.toString("hex");
      if (seen.has(kind + hex) || (!again && repository.index.has(kind, hex))) return hex;
      seen.add(kind + hex);
      packers[kind].add(id, plain);
      return hex;
    });
    for (const packer of Object.values(packers)) {
      if (packer.isEmpty) continue;
      const pack = packer.finish();
      await repository.savePack(pack, signal);
      const blobs = packContents(key, pack.bytes);
      await repository.addPacks(tableOf([{ id: pack.id, blobs }]), signal);
    }
    await repository.saveIndex(signal);
    return await repository.saveSnapshot(
      { time, tree, paths: ["/sample"], hostname: "desk", username: "ann" },
      signal,
    );
  });
}

function addFolder(entries: SampleFolder, add: AddBlob): string {
  const nodes = Object.keys(entries)
    .toSorted(compareNames)
    .map((name) => {
      const entry = entries[name] ?? "";
      if (typeof entry !== "string" && !isFile(entry))
        return nodeHead(facts(name, "dir", 0)) + folderTail(addFolder(entry, add));
      const chunks = (typeof entry === "string" ? [entry] : entry.chunks).map(utf8);
      const content = chunks.filter(({ length }) => length > 0).map((chunk) => add("data", chunk));
      const size = chunks.reduce((sum, { length }) => sum + length, 0);
      return nodeHead(facts(name, "file", size)) + fileTail(content);
    });
  return add("tree", utf8(treeText(nodes)));
}

function isFile(entry: SampleFile | SampleFolder): entry is SampleFile {
  return Array.isArray(entry["chunks"]);
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

function facts(name: string, type: "file" | "dir" | "symlink", size: number): NodeFacts {
  const time = 1_700_000_000_123_456_789n;
  const mode = { dir: 0o40755, file: 0o100644, symlink: 0o120777 }[type];
  const { uid = 0, gid = 0 } = { uid: process.getuid?.(), gid: process.getgid?.() };
  const common = { mtime: time, ctime: time, uid, gid, inode: 1n, deviceId: 1n, links: 1 };
  return { name, type, mode, size, ...common };
}
