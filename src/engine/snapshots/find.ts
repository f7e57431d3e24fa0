import ignore from "ignore";
import { breather } from "../../base/breath.ts";
import { never } from "../../base/abort.ts";
import { sha256Hex } from "../format/crypto.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot } from "../format/snapshot.ts";
import type { Node } from "../format/tree.ts";
import { Unfolding } from "../format/unfolding.ts";

/** One state a path has been in, and the snapshots that have it so. */
export interface FileVersion {
  /** The same for the same content, wherever and whenever it was saved. */
  readonly contentId: string;
  /** As the newest of `snapshots` has it. */
  readonly node: Node;
  /** Newest first. */
  readonly snapshots: readonly Snapshot[];
}

export interface VersionsRequest {
  /** Newest first, or as the versions are to be ordered. */
  readonly snapshots: readonly Snapshot[];
  /** Segments from the snapshot's root; by snapshot, where a folder has moved. Undefined: not in it. */
  readonly path: readonly string[] | ((snapshot: Snapshot) => readonly string[] | undefined);
  readonly signal?: AbortSignal;
}

/**
 * The distinct contents a path had in `snapshots`, in their order. A folder that several snapshots
 * share is looked into once, so a history of a thousand snapshots costs what has changed in it.
 */
export async function findVersions(
  repository: Repository,
  { snapshots, path, signal = never }: VersionsRequest,
): Promise<readonly FileVersion[]> {
  const known = new Map<string, Promise<Node | undefined>>();

  const child = (tree: string, name: string): Promise<Node | undefined> => {
    const key = `${tree}/${name}`;
    const found = known.get(key) ?? lookUp(tree, name);
    known.set(key, found);
    return found;
  };
  const lookUp = async (tree: string, name: string) =>
    (await repository.tree(tree, signal)).find((node) => node.name === name);

  const versions = new Versions();
  for (const snapshot of snapshots) {
    signal.throwIfAborted();
    const segments = typeof path === "function" ? path(snapshot) : path;
    let node: Node | undefined;
    let tree: string | undefined = snapshot.tree;
    for (const name of segments ?? []) {
      node = tree === undefined ? undefined : await child(tree, name);
      tree = node?.subtree;
    }
    if (node) versions.add(node, snapshot);
  }
  return versions.list();
}

/** A path that matched, and all it ever held. */
export interface FoundPath {
  readonly path: readonly string[];
  readonly versions: readonly FileVersion[];
}

export interface FindRequest {
  readonly snapshots: readonly Snapshot[];
  /** See `matchPattern` for the usual one. */
  readonly matches: (path: readonly string[], node: Node) => boolean;
  /** At most so many paths; the search ends there. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly folders: number; readonly found: number }) => void;
}

export interface FindResult {
  readonly found: readonly FoundPath[];
  /** Whether there is more than `limit` allowed. */
  readonly cut: boolean;
}

interface Match {
  readonly path: readonly string[];
  readonly node: Node;
}

/**
 * Every path in `snapshots` that matches, with its distinct contents. Where a matching folder is
 * found, its entries are not looked at. Folders unchanged between snapshots are visited once.
 */
export async function findPaths(repository: Repository, request: FindRequest): Promise<FindResult> {
  const { snapshots, limit = 10_000, signal = never } = request;
  const search = new Search(repository, request, signal);
  const found = new Map<string, { path: readonly string[]; versions: Versions }>();
  for (const snapshot of snapshots) {
    for (const { path, node } of await search.matchesBelow(snapshot.tree)) {
      const key = path.join("/");
      const entry = found.get(key) ?? { path, versions: new Versions() };
      if (found.size >= limit && !found.has(key)) return { found: listed(found), cut: true };
      found.set(key, entry);
      entry.versions.add(node, snapshot);
    }
    request.onProgress?.({ folders: search.folders, found: found.size });
  }
  return { found: listed(found), cut: false };
}

function listed(
  found: ReadonlyMap<string, { path: readonly string[]; versions: Versions }>,
): FoundPath[] {
  return [...found.values()].map(({ path, versions }) => ({ path, versions: versions.list() }));
}

/** Walks trees and remembers what it found below each, for the snapshots that share it. */
class Search {
  readonly #repository: Repository;
  readonly #request: FindRequest;
  readonly #signal: AbortSignal;
  readonly #breathe = breather();
  readonly #unfolding = new Unfolding();
  /** By place and tree, since a pattern may ask for both. */
  readonly #known = new Map<string, readonly Match[]>();

  constructor(repository: Repository, request: FindRequest, signal: AbortSignal) {
    this.#repository = repository;
    this.#request = request;
    this.#signal = signal;
  }

  get folders(): number {
    return this.#known.size;
  }

  async matchesBelow(tree: string, path: readonly string[] = []): Promise<readonly Match[]> {
    const key = `${tree}/${path.join("/")}`;
    const known = this.#known.get(key);
    if (known) return known;
    await this.#breathe();
    this.#signal.throwIfAborted();
    this.#unfolding.count(path, key.length);
    const matches: Match[] = [];
    for (const node of await this.#repository.tree(tree, this.#signal)) {
      const inner = [...path, node.name];
      if (this.#request.matches(inner, node)) matches.push({ path: inner, node });
      else if (node.subtree !== undefined)
        for (const match of await this.matchesBelow(node.subtree, inner)) matches.push(match);
    }
    // Each folder on the way up keeps what was found below it.
    this.#unfolding.count([], matches.length * 8);
    this.#known.set(key, matches);
    return matches;
  }
}

/**
 * Matches as a line of `.gitignore` would: a name anywhere, or with a slash the path from the top.
 * Case does not matter. Undefined for an empty pattern.
 */
export function matchPattern(pattern: string): FindRequest["matches"] | undefined {
  if (pattern.trim() === "") return undefined;
  const rules = ignore({ allowRelativePaths: true }).add(pattern);
  return (path, { type }) => {
    const text = path.join("/");
    return rules.ignores(type === "dir" ? `${text}/` : text);
  };
}

/** What tells two contents apart: the blobs of a file, the tree of a folder, the target of a link. */
export function contentId({ type, content = [], subtree, linktarget, device }: Node): string {
  if (type === "dir") return subtree ?? "";
  if (type !== "file") return `${type}:${linktarget ?? device ?? ""}`;
  return content.length === 1 ? content[0]! : sha256Hex(Buffer.from(content.join(), "latin1"));
}

/** Collects the versions of one path. */
class Versions {
  readonly #byContent = new Map<string, { node: Node; snapshots: Snapshot[] }>();

  add(node: Node, snapshot: Snapshot): void {
    const id = contentId(node);
    const version = this.#byContent.get(id);
    if (version) version.snapshots.push(snapshot);
    else this.#byContent.set(id, { node, snapshots: [snapshot] });
  }

  list(): readonly FileVersion[] {
    return Array.from(this.#byContent, ([id, version]) => ({ contentId: id, ...version }));
  }
}
