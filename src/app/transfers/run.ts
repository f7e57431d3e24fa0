/** One run of a transfer, from its first item to its last or to whatever ends it before. */
import { tiedTo } from "../../base/abort.ts";
import { readAhead } from "../../base/readAhead.ts";
import { Slots } from "../../base/slots.ts";
import { hasCode, pathBelow } from "../../engine/disk/localFiles.ts";
import type { PlacingQueue } from "../../engine/threads/placingQueue.ts";
import { openTargetFolder, type TargetFolder } from "../../engine/disk/targetFolder.ts";
import { isStorageError, type StorageError } from "../../storage/errors.ts";
import { carryFile, carryFolder } from "./file.ts";
import { childOf, type Location } from "../location.ts";
import { CursorTracker, type Cursor } from "./cursor.ts";
import { itemsOf, type Open, type TransferItem } from "./items.ts";
import { TransferMeter } from "./meter.ts";
import { movedAtOnce, removeMovedFolders } from "./move.ts";
import type { TransferPlan } from "./plan.ts";
import { PutAsideError, type TransferPolicy } from "./policy.ts";
import {
  nothingCounted,
  type ItemFailure,
  type Pace,
  type RunningItem,
  type TransferCounts,
} from "./state.ts";
import { TransferTargets } from "./targets.ts";
import type { Checkpoint } from "./work.ts";

/** Items that are known before their turn, so that people see a total; more would be memory. */
const aheadAtMost = 10_000;
/** Files that wait in memory until they are written; each is small. */
const onDiskAtOnce = 64;
/** Failures that are kept in words; the others are counted. */
const failuresAtMost = 1000;
/** So many in a row, and the next will hardly fare better. */
const unreachableAtMost = 8;

export interface RunRooms {
  readonly open: Open;
  readonly slots: Slots;
  readonly held: Slots;
  readonly policy: TransferPolicy;
  readonly placing: PlacingQueue;
  readonly now: () => Date;
  /** Items that earlier runs have carried. */
  readonly isDone: (id: string) => boolean;
  readonly onDone: (id: string) => void;
  readonly onMoved: (from: Location, to: Location) => void;
  readonly onRenamed: (id: string, name: string) => void;
  /** What an interrupted item has left, by its id. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  /** When the transfer was begun, if this is not its first run. */
  readonly begun?: Date | undefined;
  /** How far earlier runs have come, if that is still worth something. */
  readonly cursor?: Cursor | undefined;
  readonly keep: (id: string, checkpoint: Checkpoint | undefined) => Promise<void>;
}

interface Running {
  readonly name: string;
  bytesDone: number;
  bytes: number;
}

type FileItem = Extract<TransferItem, { type: "file" }>;

/** What its numbers are can be asked at any time; nothing here is told. */
export class TransferRun {
  readonly #plan: TransferPlan;
  readonly #rooms: RunRooms;
  readonly #meter: TransferMeter;
  readonly #running = new Map<string, Running>();
  readonly #tracker: CursorTracker;
  readonly #failures: ItemFailure[] = [];
  readonly #counts = { ...nothingCounted } as {
    -readonly [K in keyof TransferCounts]: TransferCounts[K];
  };
  /** Files that have arrived and are on their way to the disk. */
  readonly #onDisk = new Slots(onDiskAtOnce);
  #unreachable = 0;
  #opened: { readonly path: string; readonly folder: Promise<TargetFolder> } | undefined;

  constructor(plan: TransferPlan, rooms: RunRooms) {
    this.#plan = plan;
    this.#rooms = rooms;
    this.#meter = new TransferMeter(rooms.now().getTime());
    this.#tracker = new CursorTracker(rooms.cursor);
    const { files = 0, bytes = 0 } = rooms.cursor ?? {};
    Object.assign(this.#counts, { found: files, done: files, bytesFound: bytes, bytesDone: bytes });
  }

  get cursor(): Cursor | undefined {
    return this.#tracker.cursor;
  }

  get counts(): TransferCounts {
    return { ...this.#counts };
  }

  get failures(): readonly ItemFailure[] {
    return [...this.#failures];
  }

  get running(): readonly RunningItem[] {
    return [...this.#running.values()].map(({ name, bytesDone, bytes }) => ({
      name,
      bytesDone,
      bytes,
    }));
  }

  /** How fast it goes by now, and how long the rest will take. */
  pace(): Pace {
    return this.#meter.pace(this.#counts, this.#rooms.now().getTime());
  }

  /**
   * Carries everything. A file that fails is noted, and the others go on. Rejects with what makes
   * all the rest senseless, or with the signal's own reason; nothing is under way then.
   */
  async run(signal: AbortSignal): Promise<void> {
    const tie = tiedTo(signal);
    const tasks = new Set<Promise<void>>();
    const { target } = this.#plan;
    const targets =
      typeof target === "string"
        ? undefined
        : new TransferTargets(await this.#rooms.open(target), target.key, this.#rooms.now);
    try {
      const gone = await this.#moveAtOnce(tie.signal);
      const found = readAhead(
        itemsOf(this.#plan, this.#rooms.open, tie.signal, { gone, cursor: this.#rooms.cursor }),
        aheadAtMost,
        (item) => this.#found(item),
        () => (this.#counts.isComplete = true),
      );
      for await (const item of found) {
        if (item.listed)
          this.#tracker.found(item.id, item.listed, item.type === "file" ? item.size : undefined);
        if (item.type === "refused") {
          this.#failed(item.name, item.error);
          continue;
        }
        if (this.#rooms.isDone(item.id)) {
          this.#countDone(item);
          this.#tracker.done(item.id);
          continue;
        }
        const leave = await this.#rooms.slots.take(tie.signal);
        const task = this.#carry(item, targets, tie.signal, leave)
          .catch((error: unknown) => tie.cut(error))
          .finally(() => {
            leave();
            tasks.delete(task);
          });
        tasks.add(task);
      }
      await Promise.all(tasks);
      tie.signal.throwIfAborted();
      if (this.#plan.kind === "move" && this.#isWhole)
        await removeMovedFolders(this.#plan, this.#rooms.open, tie.signal);
    } catch (error) {
      // What was found before a listing broke is carried all the same.
      if (!tie.signal.aborted) await Promise.all(tasks);
      tie.cut(error);
      await Promise.all(tasks);
      throw error;
    } finally {
      tie.cut();
    }
  }

  /** Folders that their server moves in one step need not be listed. Gives which of the sources. */
  async #moveAtOnce(signal: AbortSignal): Promise<ReadonlySet<number>> {
    const gone = new Set<number>();
    if (this.#plan.kind !== "move") return gone;
    const { isDone, onDone, onMoved, open } = this.#rooms;
    const { sources, target } = this.#plan;
    for (const [index, source] of sources.entries()) {
      // No item's begins so.
      const id = `${index}/${source.name}`;
      const wasDone = isDone(id);
      if (!wasDone && !(await movedAtOnce(source, target, open, signal))) continue;
      if (!wasDone) {
        onDone(id);
        onMoved(source.at, childOf(target, `${source.name}/`));
      }
      gone.add(index);
      this.#counts.found++;
      this.#counts.done++;
    }
    return gone;
  }

  get #isWhole(): boolean {
    return this.#counts.failed === 0 && this.#counts.skipped === 0;
  }

  #found(item: TransferItem): void {
    if (item.type === "folder") return;
    this.#counts.found++;
    if (item.type === "file") this.#counts.bytesFound += item.size;
  }

  #countDone(item: Exclude<TransferItem, { type: "refused" }>): void {
    if (item.type === "folder") return;
    this.#counts.done++;
    this.#counts.bytesDone += item.size;
  }

  async #carry(
    item: Exclude<TransferItem, { type: "refused" }>,
    targets: TransferTargets | undefined,
    signal: AbortSignal,
    leave: () => void,
  ): Promise<void> {
    try {
      if (item.type === "folder") await carryFolder(item, { ...(targets && { targets }), signal });
      else await this.#carryFile(item, targets, signal, leave);
      this.#unreachable = 0;
      this.#rooms.onDone(item.id);
      this.#tracker.done(item.id);
      // Only now: what is neither known as done nor as begun would be missed at its source.
      if (this.#rooms.checkpoints.has(item.id)) await this.#rooms.keep(item.id, undefined);
    } catch (error) {
      if (signal.aborted || this.#isFatal(error)) throw error;
      this.#failed(item.name, error);
    }
  }

  async #carryFile(
    item: FileItem,
    targets: TransferTargets | undefined,
    signal: AbortSignal,
    leave: () => void,
  ): Promise<void> {
    const { policy, placing, held, begun, checkpoints, keep, onMoved } = this.#rooms;
    const progress: Running = { name: item.name, bytesDone: 0, bytes: item.size };
    this.#running.set(item.id, progress);
    let outcome: "done" | "skipped" | undefined;
    let leaveDisk = () => {};
    try {
      outcome = await carryFile(item, this.#plan.kind === "move", {
        signal,
        policy,
        ...(targets && { targets }),
        openFolder: async (root, segments) => await this.#openFolder(root, segments),
        placing,
        held,
        arrived: async () => {
          leaveDisk = await this.#onDisk.take(signal);
          leave();
        },
        ...(begun && { begun }),
        get checkpoint() {
          return checkpoints.get(item.id);
        },
        keep: async (checkpoint) => await keep(item.id, checkpoint),
        onMoved,
        onRenamed: (name) => this.#rooms.onRenamed(item.id, name),
        onBytes: (bytes) => this.#moved(progress, bytes),
        onSize: (bytes) => {
          this.#counts.bytesFound += bytes - progress.bytes;
          progress.bytes = bytes;
        },
      });
    } finally {
      leaveDisk();
      this.#running.delete(item.id);
      this.#settle(progress, outcome);
    }
  }

  /** Files of one folder follow each other, so remembering one folder is enough. */
  async #openFolder(root: string, segments: readonly string[]): Promise<TargetFolder> {
    const path = pathBelow(root, segments);
    if (this.#opened?.path !== path) {
      const folder = openTargetFolder(root, segments, this.#rooms.now());
      this.#opened = { path, folder };
      // The next file tries again.
      folder.catch(() => {
        if (this.#opened?.folder === folder) this.#opened = undefined;
      });
    }
    return await this.#opened.folder;
  }

  #moved(progress: Running, bytes: number): void {
    progress.bytesDone += bytes;
    this.#counts.bytesDone += bytes;
    this.#meter.addBytes(bytes);
  }

  /** What was counted on the way and what has come of it need not be the same. */
  #settle(progress: Running, outcome: "done" | "skipped" | undefined): void {
    const counted = outcome === "done" ? progress.bytes : 0;
    this.#counts.bytesDone += counted - progress.bytesDone;
    if (outcome === "skipped") this.#counts.bytesFound -= progress.bytes;
    if (outcome === undefined) return;
    this.#counts[outcome]++;
    this.#meter.addItems(1);
  }

  #failed(name: string, error: unknown): void {
    this.#counts.failed++;
    if (this.#failures.length < failuresAtMost) this.#failures.push({ name, error });
  }

  /** Whether the other files would meet the same. */
  #isFatal(error: unknown): boolean {
    if (error instanceof PutAsideError || isFull(error)) return true;
    if (!isStorageError(error)) return false;
    if (isHopeless(error)) return true;
    if (error.kind !== "unreachable" && error.kind !== "throttled") return false;
    return ++this.#unreachable >= unreachableAtMost;
  }
}

/** The disk, or what one may use of it. */
function isFull(error: unknown): boolean {
  return hasCode(error, "ENOSPC") || hasCode(error, "EDQUOT");
}

function isHopeless({ kind, details: { reason } }: StorageError): boolean {
  if (kind === "signed-out" || kind === "full") return true;
  return reason === "read-only" || reason === "no-container" || reason === "refused";
}
