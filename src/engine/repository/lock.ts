import { pause } from "../../base/abort.ts";
import { isRepositoryError, RepositoryError } from "../errors.ts";
import {
  maxLooks,
  othersLocks,
  type FoundLock,
  type LockFile,
  type LockTimes,
  type LockView,
} from "./lockFiles.ts";

/** Shared: nothing may be deleted meanwhile. Exclusive: nobody else works here. */
export type LockMode = "shared" | "exclusive";

export interface LockRequest extends LockView {
  readonly mode: LockMode;
  readonly signal: AbortSignal;
  /** How long to try again while someone is in the way. Absent: fail at once. */
  readonly patienceMs?: number | undefined;
}

/** A lock while it is held. */
export interface HeldLock {
  /** Fires when the request's signal does, or when the lock is lost. */
  readonly signal: AbortSignal;
  /**
   * Throws if the lock was lost without the signal having fired yet, as after a sleep: to be called
   * before deleting, and before saving a snapshot.
   */
  assertHeld(): void;
  /** Lists the locks once more. Fails with `locked` if someone else has one that excludes ours. */
  lookAgain(): Promise<void>;
}

/** What is done under a lock. */
export type LockedWork<T> = (lock: HeldLock) => Promise<T>;

/**
 * Runs `work` while holding a lock that `restic` respects, and that respects restic's. Fails with
 * `locked`, naming the holder, if someone is in the way for longer than the request's patience; locks
 * whose holder is gone are not. Fails with `unsettled` if an exclusive lock cannot be seen by ourselves.
 */
export async function withLock<T>(request: LockRequest, work: LockedWork<T>): Promise<T> {
  const lock = await takenLock(request);
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}

async function takenLock(request: LockRequest): Promise<OwnLock> {
  const { patienceMs = 0, times, signal } = request;
  const deadline = performance.now() + patienceMs;
  let waitMs = times.retryMs.first;
  for (;;) {
    const lock = new OwnLock(request);
    try {
      await lock.take();
      return lock;
    } catch (error) {
      const leftMs = deadline - performance.now();
      if (!isRepositoryError(error, "locked") || leftMs <= 0) throw error;
      // Two that met at the door must not come back at the same moment.
      await pause(Math.min(leftMs, waitMs * (0.5 + Math.random())), signal);
      waitMs = Math.min(waitMs * 2, times.retryMs.most);
    }
  }
}

/** How often others may have looked by the time that they must have taken back a lock: four seconds. */
const looksOfOthers = 20;

interface Look {
  /** Those who exclude us. */
  readonly blockers: readonly FoundLock[];
  readonly showsOwn: boolean;
}

class OwnLock implements HeldLock {
  readonly signal: AbortSignal;
  readonly #request: LockRequest;
  readonly #times: LockTimes;
  readonly #lost = new AbortController();
  /** Our lock files: one, or two for the moment of a refresh. */
  #ids: readonly string[] = [];
  /** By the clock on the wall, which may be set back, and by one that may stand still in a sleep. */
  #refreshedMs = { wall: 0, steady: 0 };
  #ticker: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(request: LockRequest) {
    this.#request = request;
    this.#times = request.times;
    this.signal = AbortSignal.any([request.signal, this.#lost.signal]);
  }

  /**
   * Writes first and looks afterwards: of two that come at the same time at least one sees the
   * other, and the usual case takes two requests. On a storage whose listings lag, one that does not
   * show our own lock would not show another's either: an exclusive lock waits until it does. A shared
   * one looks again while the work goes on, since its holder deletes nothing.
   */
  async take(): Promise<void> {
    const { signal, mode } = this.#request;
    await this.#write(signal);
    try {
      if (mode === "exclusive") await this.#seeOwn(signal);
      else await this.#refuseOthers(signal);
    } catch (error) {
      await this.release();
      throw error;
    }
    this.#ticker = setInterval(() => this.#tick(), this.#times.tickMs).unref();
    if (mode === "shared") this.#lookLater();
  }

  async #seeOwn(signal: AbortSignal): Promise<void> {
    let waitMs = this.#times.settleMs;
    for (let looks = 1; ; looks++) {
      await pause(waitMs, signal);
      if (await this.#refuseOthers(signal)) return;
      if (looks === maxLooks)
        throw new RepositoryError(
          "unsettled",
          "the storage does not list the lock we have written",
        );
      waitMs *= 2;
    }
  }

  /** Deletes the lock, also after an abort. A lock that cannot be deleted becomes stale by itself. */
  async release(): Promise<void> {
    clearInterval(this.#ticker);
    this.#lost.abort(new Error("the lock is released"));
    await this.#refreshing;
    await this.#request.files
      .delete(this.#ids, AbortSignal.timeout(this.#times.refreshMs))
      .catch(() => undefined);
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { files, holder, mode, now } = this.#request;
    const time = now();
    const lock = { time: time.toISOString(), exclusive: mode === "exclusive", ...holder };
    const refreshedMs = { wall: time.getTime(), steady: performance.now() };
    this.#ids = [...this.#ids, await files.save(lock, signal)];
    this.#refreshedMs = refreshedMs;
  }

  async lookAgain(): Promise<void> {
    await this.#refuseWhoStays();
    this.assertHeld();
  }

  /** Fails with `locked` if anyone is in the way. Returns whether our own lock is listed. */
  async #refuseOthers(signal: AbortSignal): Promise<boolean> {
    const { blockers, showsOwn } = await this.#look(signal);
    if (blockers[0]) throw lockedBy(blockers[0].lock);
    return showsOwn;
  }

  /**
   * As `#refuseOthers`, once we have our lock: who comes later has to write theirs to find out that we
   * were first, and takes it back. Only one that stays was there before us and not listed.
   */
  async #refuseWhoStays(): Promise<boolean> {
    const { blockers, showsOwn } = await this.#look(this.signal);
    if (blockers.length === 0) return showsOwn;
    await pause(this.#times.settleMs * looksOfOthers, this.signal);
    const ids = new Set(blockers.map(({ id }) => id));
    const later = await this.#look(this.signal);
    const staying = later.blockers.find(({ id }) => ids.has(id));
    if (staying) throw lockedBy(staying.lock);
    return later.showsOwn;
  }

  /** Lists the locks, and removes those that nobody can hold any more. */
  async #look(signal: AbortSignal): Promise<Look> {
    const { files, mode } = this.#request;
    const own = this.#ids;
    const listed = await files.list(signal);
    const others = await othersLocks(this.#request, listed, own, signal);
    const stale = others.filter((other) => other.stale).map((other) => other.id);
    if (stale.length > 0) await files.delete(stale, signal).catch(() => undefined);
    const blockers = others.filter(
      ({ lock, stale }) => !stale && (mode === "exclusive" || lock?.exclusive !== false),
    );
    return { blockers, showsOwn: own.some((id) => listed.has(id)) };
  }

  /**
   * Looks until a listing shows our own lock, or for as long as it makes sense. A second goes by
   * first: a backup that finds nothing changed is done by then, and spared the request.
   */
  #lookLater(looks = 1, waitMs = this.#times.tickMs): void {
    const look = async () => {
      const isSettled = await this.#refuseWhoStays();
      if (!isSettled && looks < maxLooks) this.#lookLater(looks + 1, 2 * waitMs);
    };
    setTimeout(() => {
      if (this.signal.aborted) return;
      look().catch((error: unknown) => {
        if (error instanceof RepositoryError) this.#lost.abort(error);
      });
    }, waitMs).unref();
  }

  assertHeld(): void {
    this.#tick();
    this.signal.throwIfAborted();
  }

  #tick(): void {
    const wallMs = this.#request.now().getTime() - this.#refreshedMs.wall;
    const sinceMs = Math.max(wallMs, performance.now() - this.#refreshedMs.steady);
    if (sinceMs >= this.#times.lostMs) {
      clearInterval(this.#ticker);
      this.#lost.abort(new RepositoryError("lost-lock", "the lock could not be refreshed in time"));
    } else if (wallMs < 0 || sinceMs >= this.#times.refreshMs)
      this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
  }

  /** Writes a new lock, then deletes the old one. A failure is tried again at the next tick. */
  async #refresh(): Promise<void> {
    const old = this.#ids;
    try {
      await this.#write(this.signal);
      await this.#request.files.delete(old, this.signal);
      this.#ids = this.#ids.filter((id) => !old.includes(id));
    } catch {
      // Until `lostMs` there is time; then #tick stops the work.
    }
  }
}

function lockedBy(lock: LockFile | undefined): RepositoryError {
  if (!lock) return new RepositoryError("locked", "there is a lock that cannot be read");
  const { hostname, username, pid, time } = lock;
  return new RepositoryError("locked", `locked by ${username} on ${hostname} (process ${pid})`, {
    holder: { hostname, username, since: new Date(time) },
  });
}
