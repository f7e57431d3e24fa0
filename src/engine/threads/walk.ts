// Long because a walk is one recursion: each of its steps needs the same state, and none makes sense alone.
import { isAbsolute, parse, sep } from "node:path";
import type { Crew, FileTask } from "./crew.ts";
import {
  attempt,
  childPath,
  linkTarget,
  listFolder,
  lookAt,
  lookThrough,
  nodeFacts,
  pathText,
  readText,
  type BigIntStats,
  type LocalPath,
  type ReadFailure,
} from "../disk/files.ts";
import { goQuote } from "../format/goText.ts";
import { cacheTag, cacheTagFile, FolderRules, type ExcludeRules } from "../disk/ignore.ts";
import {
  attributesOf,
  contentOf,
  hasStamp,
  knownFromTree,
  nameFinder,
  type FolderTotals,
  type KnownFolder,
} from "./knownFolder.ts";
import { entryStamp, OpenFolder, type OpenEntry } from "./openFolder.ts";
import { compareNames, folderTail, otherTail, type NodeFacts } from "../format/tree.ts";

/** What is to be walked, and what it is compared with. */
export interface WalkOrder {
  readonly roots: readonly string[];
  readonly rules: ExcludeRules;
  /** The only absolute paths that may have changed. Absent: everything may. */
  readonly changed?: readonly string[] | undefined;
}

/** A file or folder that is not, or not surely, in the snapshot as it should be. */
export interface WalkFailure extends ReadFailure {
  readonly path: string;
}

/** What a walk came upon; the names are restic's. */
export interface WalkCounts {
  files_new: number;
  files_changed: number;
  files_unmodified: number;
  dirs_new: number;
  dirs_changed: number;
  dirs_unmodified: number;
}

export interface WalkOptions {
  readonly crew: Crew;
  readonly order: WalkOrder;
  readonly trees: TreeSource;
  /** Whether the index still has what the parent snapshot refers to; absent if that is known. */
  readonly isStored: ((kind: "data" | "tree", id: string) => boolean) | undefined;
  readonly onPath: (path: string) => void;
}

/** Where the parent snapshot's trees come from. */
export interface TreeSource {
  /** The bytes of a tree. */
  load(id: string): Uint8Array;
  /** Says that these will be wanted soon. */
  expect(ids: readonly string[]): void;
}

/** A place above the roots, or a root: what the snapshot's topmost trees consist of. */
interface Place {
  readonly path: string;
  readonly children: Map<string, Place>;
  isRoot: boolean;
}

/** What the walk came upon in a folder. */
interface Found {
  readonly name: LocalPath;
  readonly path: LocalPath;
  readonly stats: BigIntStats;
  /** Where the parent snapshot's folder has the same name. */
  readonly at: number | undefined;
}

/** The rules that held in a folder, and what they kept out. */
type Ruled = Omit<NonNullable<KnownFolder["walked"]>, "totals">;

/** One walk through the roots of a backup: finds what has changed, has it saved, and makes the trees. */
export class Walk {
  readonly failed: WalkFailure[] = [];
  readonly counts: WalkCounts = {
    files_new: 0,
    files_changed: 0,
    files_unmodified: 0,
    dirs_new: 0,
    dirs_changed: 0,
    dirs_unmodified: 0,
  };
  /** How much there is, whether it has to be saved or not. */
  readonly found = { files: 0, bytes: 0 };
  readonly #options: WalkOptions;
  readonly #never: ReadonlySet<string>;
  /** Paths that may have changed, and the folders on the way to them. */
  readonly #changed: ReadonlySet<string> | undefined;
  readonly #towards: ReadonlySet<string>;
  readonly #roots: OpenEntry[] = [];
  #result: KnownFolder | undefined;

  constructor(options: WalkOptions) {
    const { rules, changed } = options.order;
    this.#options = options;
    this.#never = new Set(rules.never);
    this.#changed = changed && new Set(changed);
    this.#towards = new Set((changed ?? []).flatMap(foldersAbove));
  }

  /** Walks everything. Files are still being saved when it returns: see `result`. */
  start(parent: KnownFolder | undefined): void {
    const { roots, rules } = this.#options.order;
    const above = FolderRules.of(rules);
    const top = placesOf(roots);
    const ruled = { rulesKey: above.key, excluded: new Set<string>() };
    const folder = new OpenFolder(top.path, parent, (settled) => {
      this.#result = this.#save(settled, ruled);
    });
    if (top.isRoot)
      this.#contents(
        folder,
        this.#try(top.path, () => listFolder(top.path)),
        above,
      );
    else this.#places(top, folder, above);
  }

  /** The snapshot's topmost folder: known once the crew has finished. */
  get result(): KnownFolder | undefined {
    return this.#result;
  }

  /** Whether there is anything in the snapshot but folders above roots that could not be read. */
  get hasRoots(): boolean {
    return this.#saved.length > 0;
  }

  /**
   * Whether the parent snapshot has exactly these roots. The folders above them do not count: they
   * change with everything that others do in them.
   */
  get isUnchanged(): boolean {
    return this.hasRoots && this.#saved.every(({ same }) => same);
  }

  get #saved(): readonly OpenEntry[] {
    return this.#roots.filter(({ tail }) => tail !== undefined);
  }

  /** Enters a folder above the roots, with only what leads to a root. */
  #places({ children }: Place, folder: OpenFolder, rules: FolderRules): void {
    const find = folder.known && nameFinder(folder.known);
    for (const [name, place] of [...children].sort(([a], [b]) => compareNames(a, b))) {
      const { path } = place;
      // A root that is a link is followed: who backs up a folder means what is in it.
      const stats = this.#try(path, () => lookThrough(path));
      if (!stats) continue;
      const found: Found = { name, path, stats, at: find?.(goQuote(name)) };
      if (place.isRoot) this.#root(folder, found, rules);
      else this.#places(place, this.#open(folder, found, this.#known(folder, found), rules), rules);
    }
    folder.settle();
  }

  #root(folder: OpenFolder, found: Found, rules: FolderRules): void {
    const place = folder.entries.length;
    if (found.stats.isDirectory()) this.#folder(folder, found, rules);
    else this.#entry(folder, found);
    this.#roots.push(...folder.entries.slice(place));
  }

  /** Walks through a folder that is not excluded. `outer` are the rules of the folder above. */
  #folder(parent: OpenFolder, found: Found, outer: FolderRules): void {
    this.#options.crew.tend();
    const known = this.#known(parent, found);
    if (known?.walked && this.#mayPassBy(parent, found, outer)) {
      this.#passBy(parent, found, known, known.walked.totals);
      return;
    }
    const names = this.#try(found.path, () => listFolder(found.path));
    if (!names) return;
    const has = (wanted: string) => names.includes(wanted);
    const rules = outer.within(pathText(found.path), has);
    const excluded = new Set<string>();
    this.#contents(this.#open(parent, found, known, rules, excluded), names, rules, excluded);
  }

  #contents(
    folder: OpenFolder,
    names: readonly LocalPath[] | undefined,
    rules: FolderRules,
    excluded = new Set<string>(),
  ): void {
    const { known, path } = folder;
    if (known) this.#options.trees.expect(known.folders.filter((tree) => typeof tree === "string"));
    if (names && isCache(path, names)) folder.count({ ...nothing, excluded: names.length });
    else this.#entries(folder, names ?? [], rules, excluded);
    folder.settle();
  }

  #entries(
    folder: OpenFolder,
    names: readonly LocalPath[],
    rules: FolderRules,
    excluded: Set<string>,
  ): void {
    const { known } = folder;
    const find = known && nameFinder(known);
    const isExcluded = exclusions(known, rules);
    for (const name of names) {
      const path = childPath(folder.path, name);
      const stats = this.#try(path, () => lookAt(path));
      if (!stats) continue;
      const found: Found = { name, path, stats, at: find?.(goQuote(name)) };
      const ruledOut = isExcluded(found);
      if (ruledOut !== undefined) excluded.add(ruledOut);
      if (ruledOut !== undefined || this.#isNever(found)) folder.count({ ...nothing, excluded: 1 });
      else if (stats.isDirectory()) this.#folder(folder, found, rules.below(pathText(name)));
      else this.#entry(folder, found);
    }
  }

  /** Anything but a folder. */
  #entry(folder: OpenFolder, found: Found): void {
    const { name, path, stats, at } = found;
    // Restic leaves sockets out too: they mean nothing without the program that listens.
    if (stats.isSocket()) return;
    if (stats.isFile()) {
      this.#file(folder, found);
      return;
    }
    const linktarget = stats.isSymbolicLink() ? this.#try(path, () => linkTarget(path)) : undefined;
    if (stats.isSymbolicLink() && linktarget === undefined) return;
    const facts = this.#facts(name, stats);
    const same = isSame(folder, found);
    folder.add({
      name,
      stamp: entryStamp(stats),
      head: () => (linktarget === undefined ? facts() : { ...facts(), linktarget }),
      tail: same ? folder.known!.tails[at!]! : otherTail("", stats.isFIFO() ? 0n : stats.rdev),
      same,
    });
  }

  #file(folder: OpenFolder, found: Found): void {
    const { name, path, stats, at } = found;
    const { crew } = this.#options;
    const stamp = entryStamp(stats);
    const bytes = Number(stats.size);
    const tail = at === undefined ? undefined : folder.known?.tails[at];
    folder.count({ ...nothing, files: 1, bytes });
    this.#find(1, bytes);
    if (tail !== undefined && isSame(folder, found) && this.#isComplete(tail)) {
      this.counts.files_unmodified++;
      crew.pipeline.control.addDone(1, bytes);
      folder.add({ name, stamp, head: this.#facts(name, stats), tail, same: true });
      return;
    }
    this.#options.onPath(pathText(path));
    const entry: OpenEntry = { name, stamp, head: "", same: false };
    folder.await(entry);
    const inode = tail === undefined ? undefined : folder.known?.stamps[(at ?? 0) * 4 + 3];
    crew.add({ path, name, stamp, settle: this.#settler(folder, entry, path, tail, inode) });
  }

  /** Made apart, so that what waits for its turn holds on to no more than this. */
  #settler(
    folder: OpenFolder,
    entry: OpenEntry,
    path: LocalPath,
    knownTail: string | undefined,
    knownInode: bigint | undefined,
  ): FileTask["settle"] {
    return (result) => {
      const warning = "reason" in result ? result : result.warning;
      if (warning) this.failed.push({ path: pathText(path), ...warning });
      if (!("reason" in result)) {
        this.counts[knownTail === undefined ? "files_new" : "files_changed"]++;
        // What we cannot read ourselves stays with a file as long as it is the same file.
        const keeps = knownInode === BigInt.asIntN(64, result.stamp[3]);
        entry.head = result.head;
        entry.tail =
          (knownTail !== undefined && keeps ? attributesOf(knownTail) : "") + result.tail;
        entry.stamp = result.stamp;
      }
      folder.settle();
    };
  }

  /** Whether everything the parent refers to is still stored: a prune or damage may have taken it. */
  #isComplete(tail: string): boolean {
    const { isStored } = this.#options;
    return !isStored || contentOf(tail).every((id) => isStored("data", id));
  }

  /** Whether nothing below a folder can have changed, so that it need not be walked through. */
  #mayPassBy(parent: OpenFolder, found: Found, outer: FolderRules): boolean {
    const changed = this.#changed;
    if (!changed || this.#options.isStored || !isSame(parent, found)) return false;
    const path = pathText(found.path);
    if (changed.has(path) || this.#towards.has(path)) return false;
    if (foldersAbove(path).some((above) => changed.has(above))) return false;
    return parent.known?.walked?.rulesKey === outer.key;
  }

  #passBy(
    parent: OpenFolder,
    { name, stats, at }: Found,
    folder: KnownFolder,
    totals: FolderTotals,
  ) {
    this.counts.files_unmodified += totals.files;
    this.counts.dirs_unmodified += totals.folders + 1;
    this.#options.crew.pipeline.control.addDone(totals.files, totals.bytes);
    this.#find(totals.files, totals.bytes);
    parent.count({ ...totals, folders: totals.folders + 1 });
    const head = this.#facts(name, stats);
    const tail = parent.known!.tails[at!]!;
    parent.add({ name, stamp: entryStamp(stats), head, tail, same: true, folder });
  }

  /** Enters a folder into the one above; once it is settled, its tree is saved. */
  #open(
    parent: OpenFolder,
    found: Found,
    known: KnownFolder | undefined,
    rules: FolderRules,
    excluded: ReadonlySet<string> = new Set(),
  ): OpenFolder {
    const { name, path, stats, at } = found;
    const head = this.#facts(name, stats);
    const entry: OpenEntry = { name, stamp: entryStamp(stats), head, same: false };
    const knownTail = at === undefined ? undefined : parent.known?.tails[at];
    parent.await(entry);
    return new OpenFolder(path, known, (settled) => {
      const folder = this.#save(settled, { rulesKey: rules.key, excluded });
      const { files, bytes, folders, excluded: left } = settled.totals;
      entry.folder = folder;
      entry.tail = folderTail(folder.tree, knownTail && attributesOf(knownTail));
      entry.same = isSame(parent, found) && folder.tree === known?.tree;
      this.counts[entry.same ? "dirs_unmodified" : known ? "dirs_changed" : "dirs_new"]++;
      parent.count({ files, bytes, folders: folders + 1, excluded: left });
      parent.settle();
    });
  }

  #save(folder: OpenFolder, ruled: Ruled): KnownFolder {
    const { known } = folder;
    const { isStored, crew } = this.#options;
    const keeps = folder.isSame && known && (!isStored || isStored("tree", known.tree));
    return folder.toKnown(keeps ? known.tree : crew.pipeline.saveTree(folder.text()), ruled);
  }

  /** What the parent snapshot has there, if that is a folder. */
  #known(parent: OpenFolder, { at }: Found): KnownFolder | undefined {
    const known = at === undefined ? undefined : parent.known?.folders[at];
    return typeof known === "string"
      ? knownFromTree(known, this.#options.trees.load(known))
      : known;
  }

  #facts(name: LocalPath, stats: BigIntStats): () => NodeFacts {
    return () => nodeFacts(name, stats, this.#options.crew.pipeline.owners);
  }

  #find(files: number, bytes: number): void {
    this.found.files += files;
    this.found.bytes += bytes;
  }

  #isNever({ path, stats }: Found): boolean {
    const { maxFileBytes } = this.#options.order.rules;
    if (stats.isFile() && maxFileBytes !== undefined && stats.size > maxFileBytes) return true;
    return typeof path === "string" && this.#never.has(path);
  }

  /** The result, or undefined after a failure was noted. */
  #try<T extends object | string>(path: LocalPath, work: () => T): T | undefined {
    const result = attempt(() => ({ value: work() }));
    if (!("reason" in result)) return result.value;
    this.failed.push({ path: pathText(path), ...result });
    return undefined;
  }
}

/** Whether the parent snapshot has an entry of this name and stamp. */
function isSame({ known }: OpenFolder, { at, stats }: Found): boolean {
  return at !== undefined && known !== undefined && hasStamp(known, at, entryStamp(stats));
}

/**
 * Tells what the rules keep out of a folder, by a name to remember it by: asking them takes longer
 * than everything else about an unchanged file, and under the same rules the answer is the same.
 */
function exclusions(
  known: KnownFolder | undefined,
  rules: FolderRules,
): (found: Found) => string | undefined {
  const before = known?.walked?.rulesKey === rules.key ? known.walked.excluded : undefined;
  return ({ name, stats, at }) => {
    const isFolder = stats.isDirectory();
    const remembered = goQuote(name) + (isFolder ? "/" : "");
    if (before?.has(remembered)) return remembered;
    if (before && at !== undefined && isFolder === (known?.folders[at] !== undefined))
      return undefined;
    return rules.exclusion(pathText(name), isFolder) && remembered;
  };
}

const nothing: FolderTotals = { files: 0, bytes: 0, folders: 0, excluded: 0 };

/** Whether a folder says of itself that it is a cache. */
function isCache(path: LocalPath, names: readonly LocalPath[]): boolean {
  if (!names.includes(cacheTagFile)) return false;
  return readText(childPath(path, cacheTagFile))?.startsWith(cacheTag) ?? false;
}

/** All folders above an absolute path. */
function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  const { root } = parse(path);
  for (let at = path.lastIndexOf(sep); at > root.length; at = path.lastIndexOf(sep, at - 1))
    folders.push(path.slice(0, at));
  return [...folders, root];
}

/** The roots as the format has them: below `/`, on Windows below a folder for each drive. */
function placesOf(roots: readonly string[]): Place {
  const top: Place = { path: "/", children: new Map(), isRoot: false };
  for (const root of roots) {
    if (!isAbsolute(root)) throw new TypeError(`not an absolute path: ${root}`);
    const { root: volume } = parse(root);
    const drive = volume.replaceAll(/[:\\/]/g, "");
    let place = top;
    if (drive) place = child(place, drive, volume);
    for (const name of root.slice(volume.length).split(sep).filter(Boolean))
      place = child(place, name, String(childPath(place === top ? volume : place.path, name)));
    place.isRoot = true;
  }
  return top;
}

function child({ children }: Place, name: string, path: string): Place {
  const place = children.get(name) ?? { path, children: new Map(), isRoot: false };
  children.set(name, place);
  return place;
}
