import { isRepositoryError } from "../errors.ts";
import { goQuote } from "../format/goText.ts";
import { parseMoment } from "../format/moment.ts";
import type { Stamp } from "./pipeline.ts";
import { fileTail, folderTail, otherTail, parseTree, type Node } from "../format/tree.ts";

/** How much a folder holds, with everything below it. */
export interface FolderTotals {
  readonly files: number;
  readonly bytes: number;
  readonly folders: number;
  readonly excluded: number;
}

/**
 * A folder as a snapshot has it: what tells whether its entries have changed, and their nodes' tails
 * to use again. Flat, because a worker keeps a whole snapshot of it: about 250 bytes for each file.
 */
export interface KnownFolder {
  readonly tree: string;
  /** As Go quotes them, in the tree's order. */
  readonly names: readonly string[];
  /** Four numbers for each entry: see `Stamp`. */
  readonly stamps: BigInt64Array;
  readonly tails: readonly string[];
  /** Of a folder: what is known of it, or the id of its tree if that is not loaded. */
  readonly folders: readonly (KnownFolder | string | undefined)[];
  /** What a walk found out; absent if this was read from the repository. */
  readonly walked?: WalkedFolder;
}

export interface WalkedFolder {
  /** `FolderRules.key`: as long as it is the same, the same names are excluded. */
  readonly rulesKey: string;
  readonly excluded: ReadonlySet<string>;
  readonly totals: FolderTotals;
}

/** A folder as its tree in the repository says. One that is no tree counts as empty: all is read again. */
export function knownFromTree(tree: string, bytes: Uint8Array): KnownFolder {
  const nodes = readNodes(bytes);
  const stamps = new BigInt64Array(nodes.length * 4);
  for (const [i, node] of nodes.entries()) stamps.set(stampOfNode(node), i * 4);
  return {
    tree,
    names: nodes.map(({ name, nameBytes }) => goQuote(nameBytes ?? name)),
    stamps,
    tails: nodes.map(tailOf),
    folders: nodes.map(({ subtree }) => subtree),
  };
}

function readNodes(bytes: Uint8Array): readonly Node[] {
  try {
    return parseTree(bytes);
  } catch (error) {
    if (isRepositoryError(error, "damaged")) return [];
    throw error;
  }
}

function stampOfNode({ mtime, ctime, size, inode, type }: Node): Stamp {
  return [
    parseMoment(mtime)?.ns ?? 0n,
    parseMoment(ctime ?? "")?.ns ?? 0n,
    // Of a type that never changes quietly into another: a folder that became a file has another inode.
    type === "file" ? BigInt(size ?? 0) : 0n,
    BigInt(inode ?? 0),
  ];
}

function tailOf({ type, content, subtree, attributes, device }: Node): string {
  if (type === "file") return fileTail(content ?? [], attributes);
  if (type === "dir") return folderTail(subtree ?? "", attributes);
  return otherTail(attributes, BigInt(device ?? 0));
}

/** The attributes at the beginning of a node's tail. */
export function attributesOf(tail: string): string {
  return tail.slice(0, tail.indexOf(',"content":'));
}

/** The blobs a file's tail names. */
export function contentOf(tail: string): string[] {
  return tail.slice(tail.indexOf(',"content":')).match(/[0-9a-f]{64}/g) ?? [];
}

/**
 * Finds names in a folder, fastest if they are asked for in its own order. Undefined for what is not
 * there.
 */
export function nameFinder({ names }: KnownFolder): (name: string) => number | undefined {
  let next = 0;
  let byName: Map<string, number> | undefined;
  return (name) => {
    if (names[next] === name) return next++;
    byName ??= new Map(names.map((known, i) => [known, i]));
    const found = byName.get(name);
    if (found !== undefined) next = found + 1;
    return found;
  };
}

/** Whether entry `i` of `known` has this stamp. */
export function hasStamp({ stamps }: KnownFolder, i: number, stamp: Stamp): boolean {
  const at = i * 4;
  // An inode beyond 2^63 is kept as a negative number.
  return (
    stamps[at] === stamp[0] &&
    stamps[at + 1] === stamp[1] &&
    stamps[at + 2] === stamp[2] &&
    stamps[at + 3] === BigInt.asIntN(64, stamp[3])
  );
}
