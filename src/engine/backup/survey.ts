/**
 * A look at the local side without reading a file, from the thread that asks: what a backup would
 * take, and what differs from a snapshot by size and time alone. Never holds the thread for long.
 */
import { lstat, open, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { forEachPooled } from "../../base/pool.ts";
import { cacheTag, cacheTagFile, type ExcludeRules, FolderRules } from "../disk/ignore.ts";
import { parseMoment } from "../format/moment.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot } from "../format/snapshot.ts";
import type { Node } from "../format/tree.ts";

export interface Survey {
  readonly files: number;
  readonly bytes: number;
  /** Files and whole folders that are left out. */
  readonly excluded: number;
  /** Some of them. */
  readonly excludedExamples: readonly string[];
  /** Names that often hold secrets. */
  readonly secrets: readonly string[];
}

/** Counts what a backup of `roots` would take. What cannot be read is not counted. */
export async function survey(
  roots: readonly string[],
  rules: ExcludeRules,
  signal: AbortSignal,
): Promise<Survey> {
  const found = { files: 0, bytes: 0, excluded: 0 };
  const excludedExamples: string[] = [];
  const secrets: string[] = [];
  const visit: Visit = {
    rules,
    signal,
    excluded: (path) => {
      found.excluded++;
      if (excludedExamples.length < mostExamples) excludedExamples.push(path);
    },
  };
  for (const root of roots)
    await walk(root, FolderRules.of(rules), visit, async ({ path, name, size, isFolder }) => {
      if (isFolder) return;
      found.files++;
      found.bytes += size;
      if (mayHoldSecrets(name)) secrets.push(path);
    });
  return { ...found, excludedExamples, secrets };
}

/**
 * The absolute paths of `roots` that differ from the snapshot: made, deleted, or of another size,
 * time or type. Neither reads a file nor writes anything; trees come from the cache where they can.
 */
export async function differing(
  repository: Repository,
  snapshot: Snapshot,
  roots: readonly { readonly local: string; readonly path: readonly string[] }[],
  rules: ExcludeRules,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { local, path } of roots) {
    const node = await repository.find(snapshot, path, signal);
    const seen = new Map<string, ReadonlyMap<string, Node>>();
    const load = async (folder: string, subtree: string | undefined) => {
      const nodes = subtree === undefined ? [] : await repository.tree(subtree, signal);
      seen.set(folder, new Map(nodes.map((one) => [one.name, one])));
    };
    await load(local, node?.subtree);
    const present = new Set<string>();
    const visit: Visit = { rules, signal, excluded: () => {} };
    await walk(local, FolderRules.of(rules), visit, async (entry) => {
      const before = seen.get(entry.folder)?.get(entry.name);
      present.add(entry.path);
      if (entry.isFolder) await load(entry.path, before?.subtree);
      else if (!before || !isSame(entry, before)) changed.push(entry.path);
    });
    for (const [folder, nodes] of seen)
      for (const name of nodes.keys())
        if (!present.has(join(folder, name))) changed.push(join(folder, name));
  }
  return changed;
}

/** Which of these local paths are as the snapshot has them, by size, time and type. */
export async function unchanged(
  repository: Repository,
  snapshot: Snapshot,
  paths: readonly { readonly local: string; readonly path: readonly string[] }[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const same: string[] = [];
  for (const { local, path } of paths) {
    const entry = await entryAt(dirname(local), basename(local));
    const node = await repository.find(snapshot, path, signal);
    if (entry && node ? isSame(entry, node) : !entry && !node) same.push(local);
  }
  return same;
}

interface Visit {
  readonly rules: ExcludeRules;
  readonly signal: AbortSignal;
  readonly excluded: (path: string) => void;
}

interface Entry {
  readonly folder: string;
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
  readonly isFile: boolean;
  /** Of a file. */
  readonly size: number;
  readonly mtimeNs: bigint;
}

const mostExamples = 5;
/** Entries between two breaths: matching and `lstat` take some 50 µs for each. */
const stride = 200;
const readsAtOnce = 16;

/** Hands every entry that counts to `found`, a folder before what it holds. */
async function walk(
  folder: string,
  above: FolderRules,
  visit: Visit,
  found: (entry: Entry) => Promise<void>,
): Promise<void> {
  visit.signal.throwIfAborted();
  const names = await namesIn(folder);
  if (names.includes(cacheTagFile) && (await isCache(folder))) {
    visit.excluded(folder);
    return;
  }
  const present = new Set(names);
  const here = above.within(folder, (name) => present.has(name));
  for (let start = 0; start < names.length; start += stride) {
    const folders: string[] = [];
    await forEachPooled(names.slice(start, start + stride), readsAtOnce, async (name) => {
      const entry = await entryAt(folder, name);
      if (!entry) return;
      if (isLeftOut(entry, here, visit.rules)) {
        visit.excluded(entry.path);
        return;
      }
      await found(entry);
      if (entry.isFolder) folders.push(name);
    });
    for (const name of folders) await walk(join(folder, name), here.below(name), visit, found);
  }
}

function isLeftOut(entry: Entry, here: FolderRules, rules: ExcludeRules): boolean {
  if (rules.never.includes(entry.path)) return true;
  if (here.exclusion(entry.name, entry.isFolder)) return true;
  return entry.isFile && rules.maxFileBytes !== undefined && entry.size > rules.maxFileBytes;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function entryAt(folder: string, name: string): Promise<Entry | undefined> {
  const path = join(folder, name);
  try {
    const stats = await lstat(path, { bigint: true });
    const isFile = stats.isFile();
    const size = isFile ? Number(stats.size) : 0;
    return {
      folder,
      name,
      path,
      isFile,
      isFolder: stats.isDirectory(),
      size,
      mtimeNs: stats.mtimeNs,
    };
  } catch {
    return undefined;
  }
}

async function isCache(folder: string): Promise<boolean> {
  try {
    const file = await open(join(folder, cacheTagFile));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(cacheTag.length));
      return buffer.toString("latin1", 0, bytesRead) === cacheTag;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

function isSame(entry: Entry, node: Node): boolean {
  if (entry.isFile !== (node.type === "file")) return false;
  if (entry.isFolder !== (node.type === "dir")) return false;
  if (entry.isFile && entry.size !== (node.size ?? 0)) return false;
  return parseMoment(node.mtime)?.ns === entry.mtimeNs;
}

/** By name only: reading a file to find out would be the greater indiscretion. */
function mayHoldSecrets(name: string): boolean {
  return (
    /^\.env(\..+)?$|^id_(rsa|dsa|ecdsa|ed25519)$|\.(pem|key|p12|pfx|jks|keystore)$/i.test(name) ||
    /^(\.netrc|\.pgpass|\.npmrc|credentials(\.json)?|secrets?\.(json|ya?ml))$/i.test(name)
  );
}
