import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { never } from "../../base/abort.ts";
import { breather } from "../../base/breath.ts";
import { plainBytes } from "../format/blob.ts";
import type { BlobIndex } from "../format/blobIndex.ts";
import { RepositoryError } from "../errors.ts";
import { permissions } from "../format/goText.ts";
import { excludeNothing, FolderRules } from "../disk/ignore.ts";
import type { FoundFile, WantedFile } from "../disk/fileComparison.ts";
import { nameProblem, native, shown, within, type LocalPath } from "../disk/localPath.ts";
import { mtimeOf } from "../disk/metadata.ts";
import { pipeProblem } from "../disk/pipes.ts";
import { goOn } from "../repository/loadedIndex.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot } from "../format/snapshot.ts";
import type { Node } from "../format/tree.ts";
import { Unfolding } from "../format/unfolding.ts";

export interface RestoreRequest {
  readonly snapshot: Snapshot;
  /** What to restore, as paths in the snapshot (segments from its root). Empty: everything. */
  readonly select: readonly (readonly string[])[];
  /** Patterns as in a `.gitignore` in `base`. What they name is not restored, and stays where it is there. */
  readonly exclude?: readonly string[];
  /** The local folder that the snapshot's folder `base` becomes. */
  readonly target: string;
  /** A folder in the snapshot (segments); what lies outside it is not restored. */
  readonly base: readonly string[];
  /** "always" reads what is there to know whether it is the same; "if-changed" trusts size and time. */
  readonly overwrite?: "always" | "if-changed" | "if-newer" | "never";
  /** Take away what is in a restored folder and not in the snapshot. It is kept aside, like what is overwritten. */
  readonly deleteExtra?: boolean;
  /** Read every file again once it is written. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export interface RestoreProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly current?: string;
}

export type RestoreAction =
  | "create"
  | "replace" // something else is there and is kept aside first
  | "same" // only mode and times are set, if they differ
  | "keep" // the overwrite mode leaves what is there
  | "refuse"; // the name is illegal here or leads out of the target

export interface RestoreItem {
  /** Segments below `base`. */
  readonly path: readonly string[];
  /** Absolute local path. */
  readonly target: string;
  /** Its bytes, present exactly if they are not UTF-8. */
  readonly targetBytes?: Uint8Array;
  readonly node: Node;
  readonly action: RestoreAction;
  /** Why it is refused. */
  readonly reason?: string;
}

/** Something that is in the target and not in the snapshot. */
export type ExtraItem = Pick<RestoreItem, "path" | "target" | "targetBytes">;

export interface RestorePlan {
  readonly request: RestoreRequest;
  /** Folders stand before what is in them. */
  readonly items: readonly RestoreItem[];
  readonly counts: Readonly<Record<RestoreAction, number>>;
  /** What will be taken away; empty unless asked for. */
  readonly extra: readonly ExtraItem[];
  /** Bytes that will be written. */
  readonly bytes: number;
}

/** Longer paths can be made nowhere. */
const maxDepth = 2000;

/** Files compared in one task: enough to be worth the message, few enough to be cancelled soon. */
const compareBatch = 500;

/** Looks, and writes nothing. */
export async function planRestore(
  repository: Repository,
  request: RestoreRequest,
): Promise<RestorePlan> {
  const signal = request.signal ?? never;
  // What a damaged index file lists may be listed elsewhere, too; what is not fails by itself.
  await repository.loadIndex(signal, goOn);
  const planner = new Planner(repository, request, signal);
  return await planner.plan();
}

/** A folder on both sides. */
interface Place {
  readonly tree: string;
  /** Segments below `base`. */
  readonly path: readonly string[];
  /** Segments from the snapshot's root, to compare with the selection. */
  readonly source: readonly string[];
  readonly target: LocalPath;
  /** Whether the folder is there and may be looked into. */
  readonly isThere: boolean;
  /** Which of its entries are not wanted; absent: all are. */
  readonly rules: FolderRules | undefined;
}

class Planner {
  readonly #repository: Repository;
  readonly #request: RestoreRequest;
  readonly #signal: AbortSignal;
  readonly #overwrite: NonNullable<RestoreRequest["overwrite"]>;
  readonly #breathe = breather();
  readonly #items: RestoreItem[] = [];
  readonly #extra: ExtraItem[] = [];
  readonly #unfolding = new Unfolding();
  /** Files whose place has to be looked at, by their number in `#items`. */
  #unseen: { readonly number: number; readonly file: WantedFile }[] = [];
  readonly #comparing: Promise<void>[] = [];

  constructor(repository: Repository, request: RestoreRequest, signal: AbortSignal) {
    this.#repository = repository;
    this.#request = request;
    this.#signal = signal;
    this.#overwrite = request.overwrite ?? "always";
  }

  async plan(): Promise<RestorePlan> {
    const { snapshot, base, target } = this.#request;
    const root = await resolveTarget(target);
    const there = await lstatQuietly(root);
    if (there?.isDirectory() === false) throw new RangeError(`${target} is no folder`);
    const isThere = there !== undefined;
    const patterns = this.#request.exclude ?? [];
    const rules = patterns.length > 0 ? FolderRules.of({ ...excludeNothing, patterns }) : undefined;
    try {
      const tree = await this.#baseTree();
      await this.#folder({ tree, path: [], source: base, target: root, isThere, rules });
      this.#compareUnseen();
    } finally {
      await Promise.allSettled(this.#comparing);
    }
    await Promise.all(this.#comparing);
    const [items, extra] = [this.#items, this.#extra];
    return { request: { ...this.#request, snapshot }, items, extra, ...totalsOf(items) };
  }

  async #baseTree(): Promise<string> {
    const { snapshot, base } = this.#request;
    if (base.length === 0) return snapshot.tree;
    const node = await this.#repository.find(snapshot, base, this.#signal);
    if (node?.subtree === undefined)
      throw new RangeError(`the snapshot has no folder /${base.join("/")}`);
    return node.subtree;
  }

  async #folder(place: Place): Promise<void> {
    if (place.path.length > maxDepth)
      throw new RepositoryError("damaged", "a folder of the snapshot lies too deep");
    const names = new Set<string>();
    for (const node of await this.#repository.tree(place.tree, this.#signal)) {
      await this.#breathe();
      const chosen = this.#wanted(place, node);
      const key = nameKey(node.nameBytes ?? node.name);
      if (chosen === "excluded") names.add(key);
      if (chosen === "no" || chosen === "excluded") continue;
      this.#unfolding.count(place.path, place.target.length + node.name.length);
      const twice = names.has(key) ? "its folder has two entries of this name" : undefined;
      names.add(key);
      const reason = nameProblem(node.name, node.nameBytes) ?? twice;
      if (reason !== undefined)
        this.#items.push(itemOf(place, node, place.target, "refuse", reason));
      else await this.#entry(place, node, chosen === "through");
    }
    if (this.#request.deleteExtra) await this.#addExtra(place, names);
  }

  async #addExtra(place: Place, names: ReadonlySet<string>): Promise<void> {
    if (!place.isThere || this.#chosen(place.source) !== "yes") return;
    for (const bytes of await readdir(native(place.target), { encoding: "buffer" })) {
      if (names.has(nameKey(bytes))) continue;
      const name = bytes.toString();
      const isText = Buffer.from(name).equals(bytes);
      const target = within(place.target, isText ? name : bytes);
      this.#extra.push({
        path: [...place.path, name],
        target: shown(target),
        ...(typeof target !== "string" && { targetBytes: target }),
      });
    }
  }

  #wanted({ source, rules }: Place, { name, type }: Node): "yes" | "no" | "through" | "excluded" {
    const chosen = this.#chosen([...source, name]);
    if (chosen === "through" && type !== "dir") return "no";
    return chosen !== "no" && rules?.exclusion(name, type === "dir") ? "excluded" : chosen;
  }

  /** Whether `source` is wanted, or only lies on the way to what is. */
  #chosen(source: readonly string[]): "yes" | "no" | "through" {
    const { select } = this.#request;
    const shared = (wanted: readonly string[]) =>
      wanted.every((segment, i) => i >= source.length || segment === source[i]);
    const matching = select.filter(shared);
    if (select.length === 0 || matching.some((wanted) => wanted.length <= source.length))
      return "yes";
    return matching.length > 0 ? "through" : "no";
  }

  /** Adds `node`, whose name is fit to be one. */
  async #entry(place: Place, node: Node, isThrough: boolean): Promise<void> {
    const target = within(place.target, node.nameBytes ?? node.name);
    if (node.type === "dir") await this.#addFolder(place, node, target, isThrough);
    else if (node.type === "file") this.#addFile(place, node, target);
    else if (node.type === "symlink") {
      const action = await this.#lookAtLink(place, target, node);
      this.#items.push(itemOf(place, node, target, action));
    } else await this.#addSpecial(place, node, target);
  }

  async #addSpecial(place: Place, node: Node, target: LocalPath): Promise<void> {
    const isPipe = node.type === "fifo";
    const problem = isPipe
      ? pipeProblem(typeof target === "string" ? undefined : target)
      : "it is neither a file, a folder, a link nor a named pipe";
    const action = problem === undefined ? await this.#lookAtPipe(place, target, node) : "refuse";
    this.#items.push(itemOf(place, node, target, action, problem));
  }

  async #lookAtPipe(place: Place, target: LocalPath, node: Node): Promise<RestoreAction> {
    const stats = place.isThere ? await lstatQuietly(target) : undefined;
    if (!stats) return "create";
    return stats.isFIFO() ? "same" : this.#differing(stats.mtimeNs, node);
  }

  async #addFolder(place: Place, node: Node, target: LocalPath, isThrough: boolean): Promise<void> {
    const { action, isThere } = await this.#lookAtFolder(place, target, node);
    const item = itemOf(place, node, target, action);
    // A folder on the way keeps its own mode and times if it is there.
    if (!(isThrough && isThere)) this.#items.push(item);
    if (action === "keep" && !isThere) return;
    const source = [...place.source, node.name];
    const rules = place.rules?.below(node.name);
    const tree = node.subtree ?? "";
    await this.#folder({ tree, path: item.path, source, target, isThere, rules });
  }

  async #lookAtFolder(
    place: Place,
    target: LocalPath,
    node: Node,
  ): Promise<{ readonly action: RestoreAction; readonly isThere: boolean }> {
    const stats = place.isThere ? await lstatQuietly(target) : undefined;
    if (!stats) return { action: "create", isThere: false };
    if (stats.isDirectory()) {
      const action = this.#overwrite === "never" ? "keep" : "same";
      return { action, isThere: true };
    }
    return { action: this.#differing(stats.mtimeNs, node), isThere: false };
  }

  async #lookAtLink(place: Place, target: LocalPath, node: Node): Promise<RestoreAction> {
    const stats = place.isThere ? await lstatQuietly(target) : undefined;
    if (!stats) return "create";
    const text = stats.isSymbolicLink()
      ? await readlink(native(target), { encoding: "buffer" }).catch(() => undefined)
      : undefined;
    const wanted = Buffer.from(node.linktargetBytes ?? node.linktarget ?? "");
    return text?.equals(wanted) ? "same" : this.#differing(stats.mtimeNs, node);
  }

  /** What becomes of something that is there and is not what the snapshot has. */
  #differing(mtimeNs: bigint, node: Node): RestoreAction {
    if (this.#overwrite === "never") return "keep";
    if (this.#overwrite === "if-newer" && mtimeNs >= mtimeOf(node)) return "keep";
    return "replace";
  }

  #addFile(place: Place, node: Node, target: LocalPath): void {
    const item = itemOf(place, node, target, "create");
    const number = this.#items.push(item) - 1;
    if (!place.isThere) return;
    this.#unseen.push({ number, file: wantedFile(this.#repository.index, item) });
    if (this.#unseen.length >= compareBatch) this.#compareUnseen();
  }

  #compareUnseen(): void {
    const batch = this.#unseen;
    this.#unseen = [];
    if (batch.length === 0) return;
    const comparing = this.#compare(batch);
    // Awaited by `plan`; a failure before that is not an unhandled one.
    comparing.catch(() => undefined);
    this.#comparing.push(comparing);
  }

  async #compare(batch: readonly { number: number; file: WantedFile }[]): Promise<void> {
    const { kernels } = this.#repository.options;
    const files = batch.map(({ file }) => file);
    const trustTimes = this.#overwrite !== "always";
    const found = await kernels.run("compareFiles", { files, trustTimes }, this.#signal);
    for (const [i, { number }] of batch.entries()) {
      const item = this.#items[number];
      const there = found[i];
      if (item && there) this.#items[number] = { ...item, action: this.#fileAction(there) };
    }
  }

  #fileAction(found: FoundFile): RestoreAction {
    if (found.type === "absent") return "create";
    if (this.#overwrite === "never") return "keep";
    if (found.type === "other") return "replace";
    if (found.hasSameContent) return "same";
    return this.#overwrite === "if-newer" && found.isNewer ? "keep" : "replace";
  }
}

/** The path of an item, in bytes where it is not UTF-8. */
export function pathOf({ target, targetBytes }: ExtraItem): LocalPath {
  return targetBytes ?? target;
}

/** What a file is compared by. A blob that is in no index matches nothing. */
export function wantedFile(index: BlobIndex, item: RestoreItem): WantedFile {
  const { node } = item;
  const content = (node.content ?? []).map((id) => {
    const place = index.find("data", id);
    return { id, bytes: place ? plainBytes(place) : 0 };
  });
  const mode = permissions(node.mode);
  return { path: pathOf(item), size: node.size ?? 0, mtime: mtimeOf(node), mode, content };
}

/** `target` without links on its way, whether it is there yet or not: what lies above it is the user's choice. */
export async function resolveTarget(target: string): Promise<string> {
  try {
    return await realpath(target);
  } catch {
    const parent = dirname(target);
    return parent === target ? target : join(await resolveTarget(parent), basename(target));
  }
}

/** Equal for names that are one to this computer. */
function nameKey(name: LocalPath): string {
  const key = Buffer.from(name).toString("latin1");
  const ignoresCase = process.platform === "darwin" || process.platform === "win32";
  return ignoresCase ? shown(name).normalize("NFC").toLowerCase() : key;
}

async function lstatQuietly(path: LocalPath) {
  return await lstat(native(path), { bigint: true }).catch(() => undefined);
}

function itemOf(
  { path }: Place,
  node: Node,
  target: LocalPath,
  action: RestoreAction,
  reason?: string,
): RestoreItem {
  return {
    path: [...path, node.name],
    target: shown(target),
    ...(typeof target !== "string" && { targetBytes: target }),
    node,
    action,
    ...(reason !== undefined && { reason }),
  };
}

/** Whether carrying the plan out makes the item anew. */
export function isWritten({ action }: RestoreItem): boolean {
  return action === "create" || action === "replace";
}

/** What a plan of these items says of them together. */
export function totalsOf(items: readonly RestoreItem[]): Pick<RestorePlan, "counts" | "bytes"> {
  const counts = { create: 0, replace: 0, same: 0, keep: 0, refuse: 0 };
  let bytes = 0;
  for (const item of items) {
    counts[item.action]++;
    if (isWritten(item)) bytes += item.node.size ?? 0;
  }
  return { counts, bytes };
}
