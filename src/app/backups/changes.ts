/**
 * Which files may have changed since the last snapshot, learnt from a watcher. Errs on the side of
 * too many: a path counts until a backup that began after it was touched has succeeded.
 */
import { Emitter, type Event } from "../../base/event.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import type { Clock } from "../ports.ts";

/** Beyond this a walk is as fast, and the set would only cost memory. */
const mostPaths = 10_000;
/**
 * Watchers speak up to some seconds late. In a workspace of fewer files than this a walk takes a
 * few tenths of a second, and is worth them.
 */
const cheapWalkFiles = 20_000;
/** For so long after a backup a watcher may still speak of what happened before it. */
const echoMs = 5000;
/** A watcher may lose an event without saying so; a full walk now and then bounds what that can cost. */
const trustMs = 60 * 60 * 1000;

export interface ChangesOptions {
  readonly clock: Clock;
  /** Whether the backup leaves the absolute path out. */
  readonly excluded: (path: string) => boolean;
  /** Whether settings keep things from the watcher, so that its word is not enough. */
  readonly sightless?: () => boolean;
  /** With fewer files than this everything is walked. */
  readonly cheapWalkFiles?: number;
}

/** What is given to one backup, and comes back when it has succeeded. */
export interface Mark {
  /** The only paths that may differ from the last snapshot; absent: walk everything. */
  readonly changed?: readonly string[];
  readonly at: number;
}

/** How a backup ended. */
export interface Settlement {
  /** How many files there are, changed or not. */
  readonly files: number;
  readonly failed?: readonly string[];
  /** Absent where nothing had changed. */
  readonly snapshot?: Snapshot | undefined;
}

/** Collects touched paths between snapshots. */
export class Changes {
  readonly #options: ChangesOptions;
  readonly #told = new Emitter<void>();
  /** Each path with the number of its latest touch. */
  readonly #touched = new Map<string, number>();
  /** Those of `#touched` that may be echoes of what the last backup has: they count once looked at. */
  readonly #doubted = new Set<string>();
  #doubtUntilMs = Number.NEGATIVE_INFINITY;
  #touches = 0;
  /** The first touch that found no more room. */
  #overflowedAt: number | undefined;
  /** Whether a snapshot exists that everything since is known of. */
  #complete = false;
  #walkedAt = Number.NEGATIVE_INFINITY;
  #files = 0;
  #baseline: Snapshot | undefined;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  get onDidChange(): Event<void> {
    return this.#told.event;
  }

  /** The snapshot that what is touched may differ from. */
  get baseline(): Snapshot | undefined {
    return this.#baseline;
  }

  /** How many files have changed; undefined while the last snapshot has not been compared with. */
  get count(): number | undefined {
    return this.#complete ? this.#touched.size - this.#doubted.size : undefined;
  }

  /** Whether there are more changes than are counted. */
  get overflowed(): boolean {
    return this.#overflowedAt !== undefined;
  }

  /** The watcher has seen `path` being made, changed or deleted; or somebody knows that it is just now. */
  touch(touched: string, { isKnown = false } = {}): void {
    const path = withoutInnards(touched);
    if (this.#options.excluded(path)) return;
    this.#touches++;
    const isNew = !this.#touched.has(path);
    if (this.#touched.size >= mostPaths && isNew) this.#overflowedAt ??= this.#touches;
    else this.#touched.set(path, this.#touches);
    if (isKnown) this.#doubted.delete(path);
    else if (isNew && this.#touched.has(path) && this.#now() < this.#doubtUntilMs)
      this.#doubted.add(path);
    this.#told.fire();
  }

  /** What a comparison with the last snapshot has found, made while the watcher was alive. */
  compared(baseline: Snapshot, changed: Iterable<string>): void {
    this.#baseline = baseline;
    for (const path of changed) {
      const whole = withoutInnards(path);
      if (!this.#touched.has(whole)) this.#touched.set(whole, 0);
    }
    this.#complete = true;
    this.#told.fire();
  }

  /** To be called right before a backup reads its first file. */
  mark(): Mark {
    const { cheapWalkFiles: cheap = cheapWalkFiles } = this.#options;
    const trusted =
      this.#files >= cheap &&
      this.#complete &&
      !this.overflowed &&
      !this.#options.sightless?.() &&
      this.#now() - this.#walkedAt < trustMs;
    return { at: this.#touches, ...(trusted && { changed: [...this.#touched.keys()] }) };
  }

  /**
   * The backup begun at `mark` has succeeded: what was touched before it counts no more, except what
   * could not be read.
   */
  settle(mark: Mark, { files, failed = [], snapshot }: Settlement): void {
    this.#files = files;
    this.#baseline = snapshot ?? this.#baseline;
    this.#doubted.clear();
    for (const [path, touch] of this.#touched)
      if (touch <= mark.at) this.#touched.delete(path);
      else this.#doubted.add(path);
    for (const path of failed) {
      this.#touched.set(path, mark.at);
      this.#doubted.delete(path);
    }
    this.#doubtUntilMs = this.#now() + echoMs;
    if (this.#overflowedAt !== undefined && this.#overflowedAt <= mark.at)
      this.#overflowedAt = undefined;
    this.#complete = true;
    if (!mark.changed) this.#walkedAt = this.#now();
    this.#told.fire();
  }

  /** What counts now, each path with a number that changes when it is touched again. */
  get touched(): ReadonlyMap<string, number> {
    return new Map(this.#touched);
  }

  /** These were looked at and are as in the last snapshot: they count no more, unless touched again. */
  same(paths: ReadonlyMap<string, number>): void {
    const before = this.#touched.size;
    for (const [path, touch] of paths)
      if (this.#touched.get(path) === touch) {
        this.#touched.delete(path);
        this.#doubted.delete(path);
      }
    if (this.#touched.size < before) this.#told.fire();
  }

  /** All has been looked at as far as that was possible: what is still touched counts. */
  believe(): void {
    if (this.#doubted.size === 0) return;
    this.#doubted.clear();
    this.#told.fire();
  }

  /** Folders, excludes or the target are others now: nothing is known until the next full walk. */
  reset(): void {
    this.#touched.clear();
    this.#doubted.clear();
    this.#overflowedAt = undefined;
    this.#complete = false;
    this.#baseline = undefined;
    this.#walkedAt = Number.NEGATIVE_INFINITY;
    this.#told.fire();
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}

/**
 * A version-control folder counts as one: VS Code does not watch its objects, but whatever adds
 * some changes another file beside them.
 */
function withoutInnards(path: string): string {
  return path.replace(/([\\/]\.(?:git|hg))[\\/].*$/, "$1");
}
