// Long because what runs, what is shown and what is written down of a transfer must change together.
/** The queue of transfers: starts, pauses, resumes and remembers them. */
import { shortName } from "../../base/digest.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { Slots } from "../../base/slots.ts";
import type { PlacingQueue } from "../../engine/threads/placingQueue.ts";
import type { Clock, Log } from "../ports.ts";
import type { Location } from "../location.ts";
import { claimed, isHeldElsewhere, latestOf, release } from "./claim.ts";
import { freshCursor } from "./cursor.ts";
import { newEntry, savedEntry, type Entry } from "./entry.ts";
import { ElsewhereProgress } from "./elsewhere.ts";
import { endingOf, Stopped, type Ending } from "./ending.ts";
import type { Open } from "./items.ts";
import { firstName, type TransferPlan } from "./plan.ts";
import { TransferPolicy, type Ask } from "./policy.ts";
import { removeRemains } from "./remains.ts";
import { TransferRun } from "./run.ts";
import { TransferSaving } from "./saving.ts";
import {
  atRest,
  isOver,
  nothingCounted,
  type Transfer,
  type TransfersState,
  type TransferStatus,
} from "./state.ts";
import { parseRecord, type SavedTransfer, type TransferStore } from "./store.ts";
import type { Checkpoint } from "./work.ts";

export interface TransfersOptions {
  readonly open: Open;
  readonly store: TransferStore;
  readonly placing: PlacingQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** Asks what becomes of a file that is there already; of one at a time. */
  readonly ask: (transfer: Transfer, ...question: Parameters<Ask>) => ReturnType<Ask>;
  /** Files under way at once, over all transfers. */
  readonly filesAtOnce: number;
  /** Told of each object that a transfer has moved, or of a whole folder. */
  readonly onMoved?: (from: Location, to: Location) => unknown;
  /** Told once a transfer has ended, well or not. */
  readonly onEnd?: (transfer: Transfer) => unknown;
}

/** Of objects in memory, on their way to the disk or to another storage. */
const heldBytesAtMost = 128 * 1024 * 1024;
/** Transfers that take turns with each other's files; the others wait. */
const transfersAtOnce = 4;
const tellEveryMs = 300;
const saveEveryMs = 1000;
/** What waits for its turn is claimed less often than what runs, but before others may take it. */
const holdEverySaves = 10;

export class Transfers {
  readonly #options: TransfersOptions;
  readonly #changed = new Emitter<TransfersState>();
  readonly #entries = new Map<string, Entry>();
  readonly #slots: Slots;
  readonly #held = new Slots(heldBytesAtMost);
  readonly #asking = new Slots(1);
  readonly #saving: TransferSaving;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #savedMs = 0;
  #saves = 0;
  #state: TransfersState = { transfers: [] };

  readonly onDidChange: Event<TransfersState> = this.#changed.event;

  constructor(options: TransfersOptions) {
    this.#options = options;
    this.#slots = new Slots(options.filesAtOnce);
    this.#saving = new TransferSaving(this.#entries, options.store, options.log);
  }

  get state(): TransfersState {
    return this.#state;
  }

  set filesAtOnce(value: number) {
    this.#slots.atOnce = value;
  }

  /**
   * Takes up what other windows have left or are at, if it is not known yet: as paused, or to go on at
   * once; what a living window is at is waited for. What had failed is shown as failed.
   */
  async restore(goOn: boolean): Promise<void> {
    const { store } = this.#options;
    const isKnown = (id: string) => this.#entries.has(id);
    for (const record of await store.load((id) => !isKnown(id))) {
      const saved = parseRecord(record);
      if (!saved || isKnown(saved.id) || saved.status === "cancelled") continue;
      const { id } = saved;
      const wasUnderWay = saved.status === "running" || saved.status === "queued";
      const goesOn = wasUnderWay && (goOn || (await isHeldElsewhere(store, id)));
      const status = goesOn ? "queued" : wasUnderWay ? "paused" : saved.status;
      if (!isKnown(id)) this.#entries.set(id, savedEntry({ ...saved, status }));
    }
    this.#tell();
    this.#startNext();
  }

  /** Somebody is being asked where a download is to go: what it needs may get ready meanwhile. */
  expectDownload(): void {
    this.#options.placing.prepare();
  }

  /** Puts a transfer into the queue; it begins as soon as there is room. */
  add(plan: TransferPlan): Transfer {
    // Ids sort by their time, and so do the records of the next window.
    const id = `${this.#options.clock.now().getTime().toString(36)}-${this.#options.newId()}`;
    const transfer: Transfer = {
      id,
      plan,
      status: "queued",
      counts: nothingCounted,
      running: [],
      failures: [],
    };
    this.#entries.set(id, newEntry(transfer));
    this.#tell();
    void this.#saving.save();
    this.#startNext();
    return transfer;
  }

  /** Stops it; what is under way of it has ended once this resolves. */
  async pause(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry?.transfer.status === "running") return await this.#stop(entry, "paused");
    if (entry?.transfer.status !== "queued") return;
    this.#update(entry, { status: "paused" });
    entry.settled = this.#letGo(entry);
    await entry.settled;
  }

  /** Leaves out what another window is at: that one goes on. */
  async pauseAll(): Promise<void> {
    const ours = this.#state.transfers.filter(({ isElsewhere }) => !isElsewhere);
    await Promise.all(ours.map(({ id }) => this.pause(id)));
  }

  /** Goes on with what was paused, and tries again what has failed. */
  resume(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || !["paused", "failed"].includes(entry.transfer.status)) return;
    this.#become(entry, "queued");
    this.#startNext();
  }

  resumeAll(): void {
    for (const { transfer } of this.#entries.values())
      if (transfer.status === "paused") this.resume(transfer.id);
  }

  /** Ends it for good, and removes what it has left unfinished. What is done stays done. */
  async cancel(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry || isOver(entry.transfer.status)) return;
    await this.#stop(entry, "cancelled");
    this.#become(entry, "cancelled");
    await this.#discard(entry);
  }

  /** Takes these from the list if they are over; without ids, all but what has failed. */
  async clear(ids?: readonly string[]): Promise<void> {
    for (const entry of this.#entries.values()) {
      const { id, status } = entry.transfer;
      const isWanted = ids ? ids.includes(id) : status !== "failed";
      if (!isOver(status) || !isWanted) continue;
      this.#entries.delete(id);
      this.#tell();
      await this.#discard(entry);
    }
  }

  /** Stops everything, to go on in another window. */
  async close(): Promise<void> {
    const running = [...this.#entries.values()].filter(({ run }) => run);
    await Promise.all(running.map((entry) => this.#stop(entry, "closing")));
    await Promise.all([...this.#entries.values()].map(({ settled }) => settled));
    await this.#saving.save();
    clearInterval(this.#ticking);
  }

  #startNext(): void {
    const all = [...this.#entries.values()];
    const carried = all.filter(({ run, transfer }) => run && !transfer.isElsewhere);
    let room = transfersAtOnce - carried.length;
    for (const entry of all) {
      if (room <= 0) return;
      if (entry.run || entry.transfer.status !== "queued") continue;
      this.#start(entry);
      room--;
    }
  }

  #start(entry: Entry): void {
    const stop = new AbortController();
    const { transfer } = entry;
    const policy = new TransferPolicy(
      transfer.plan.existing,
      (...question) => this.#ask(entry, ...question),
      (isAsking) => this.#update(entry, { isAsking: isAsking || undefined }),
    );
    const work = new TransferRun(transfer.plan, {
      open: this.#options.open,
      slots: this.#slots,
      held: this.#held,
      policy,
      placing: this.#options.placing,
      now: () => this.#options.clock.now(),
      isDone: (item) => entry.doneBefore.size > 0 && entry.doneBefore.has(shortName(item)),
      onDone: (item) => void entry.newlyDone.push(item),
      onMoved: (from, to) => void this.#options.onMoved?.(from, to),
      onRenamed: (item, renamed) => {
        if (item === `0:${firstName(transfer.plan)}`) this.#update(entry, { renamed });
      },
      checkpoints: entry.checkpoints,
      begun: entry.begun,
      cursor: freshCursor(entry.cursor, this.#options.clock.now().getTime()),
      keep: async (item, checkpoint) => await this.#keep(entry, item, checkpoint),
    });
    entry.begun ??= this.#options.clock.now();
    const ended = this.#carryOut(entry, work, stop.signal, entry.settled);
    entry.run = { work, stop, ended };
    entry.settled = ended;
    this.#update(entry, { status: "running", error: undefined, failures: [] });
    this.#tick();
  }

  /** VS Code closes one question to show another. What is answered for all holds in later runs, too. */
  async #ask(entry: Entry, ...[question, signal]: Parameters<Ask>): ReturnType<Ask> {
    const leave = await this.#asking.take(signal);
    try {
      const answer = await this.#options.ask(entry.transfer, question, signal);
      if (answer?.forAll)
        this.#update(entry, { plan: { ...entry.transfer.plan, existing: answer.choice } });
      return answer;
    } finally {
      leave();
    }
  }

  async #carryOut(
    entry: Entry,
    work: TransferRun,
    signal: AbortSignal,
    before: Promise<void>,
  ): Promise<void> {
    const { store, onEnd } = this.#options;
    const { id } = entry.transfer;
    let ending: Ending;
    try {
      // What the run before has carried must be written down before it is read, and let go of.
      await before;
      await this.#saving.save();
      const claim = await this.#claim(entry, signal);
      if (claim === "gone") {
        this.#forget(entry);
        return;
      }
      if (claim !== "ours") {
        await this.#leave(entry, claim);
        return;
      }
      entry.doneBefore = await store.done(id);
      await work.run(signal);
      ending = { status: work.counts.failed > 0 ? "failed" : "done" };
    } catch (error) {
      ending = endingOf(error, signal);
    }
    this.#dateCursor(entry, work);
    delete entry.run;
    entry.doneBefore = new Set();
    const { counts, failures } = work;
    const { status } = ending;
    this.#update(entry, { ...atRest, counts, failures, ...ending });
    await this.#letGo(entry);
    if (status === "running") return;
    // Of an item that was gone when its turn came again.
    if (status === "done") await removeRemains(entry, this.#options.open, this.#options.log);
    if (isOver(status)) onEnd?.(entry.transfer);
    this.#startNext();
  }

  /**
   * Waits while another window carries it. "gone" if that one has finished it, and what is remembered
   * if it was paused there, or has failed: then somebody decides anew.
   */
  async #claim(entry: Entry, signal: AbortSignal): Promise<"ours" | "gone" | SavedTransfer> {
    const { store, log } = this.#options;
    const { id } = entry.transfer;
    const nowMs = () => this.#options.clock.now().getTime();
    let progress: ElsewhereProgress | undefined;
    const onElsewhere = (record: unknown) => {
      const isNew = progress === undefined;
      progress ??= new ElsewhereProgress(nowMs());
      this.#update(entry, { isElsewhere: true, ...progress.read(record, nowMs()) });
      if (isNew) this.#startNext();
    };
    const claim = await claimed(store, id, onElsewhere, log, signal);
    // A new one that could not be saved has no record, and is carried all the same.
    if (claim === "gone") return entry.isOurs ? "ours" : "gone";
    if (progress) this.#update(entry, atRest);
    if (entry.isOurs) return "ours";
    // The other window may have got further since we looked.
    const latest = await latestOf(store, id);
    if (!latest) {
      // It has finished just now.
      await release(store, id);
      return "gone";
    }
    entry.checkpoints.clear();
    for (const [item, checkpoint] of latest.checkpoints) entry.checkpoints.set(item, checkpoint);
    if (progress && (latest.status === "paused" || latest.status === "failed")) return latest;
    entry.isOurs = true;
    return "ours";
  }

  /** To whoever takes it up next, as another window has left it. */
  async #leave(entry: Entry, { status, counts, failures, error }: SavedTransfer): Promise<void> {
    delete entry.run;
    this.#update(entry, { ...atRest, status, counts, failures, error });
    await release(this.#options.store, entry.transfer.id);
    this.#startNext();
  }

  #forget(entry: Entry): void {
    delete entry.run;
    this.#entries.delete(entry.transfer.id);
    this.#tell();
    this.#startNext();
  }

  /** Another window may take it up from now on. What could not be written down, nobody else knows. */
  async #letGo(entry: Entry): Promise<void> {
    await this.#saving.save();
    entry.isOurs &&= entry.needsSaving;
    await release(this.#options.store, entry.transfer.id);
  }

  async #stop(entry: Entry, why: Stopped["why"]): Promise<void> {
    if (!entry.run) return;
    entry.run.stop.abort(new Stopped(why));
    await entry.run.ended;
  }

  #become(entry: Entry, status: TransferStatus): void {
    this.#update(entry, { status });
    void this.#saving.save();
  }

  async #keep(entry: Entry, item: string, checkpoint: Checkpoint | undefined): Promise<void> {
    if (checkpoint) entry.checkpoints.set(item, checkpoint);
    else if (!entry.checkpoints.delete(item)) return;
    entry.needsKeeping = true;
    // At once: what is not remembered cannot be taken up again, nor cleared away.
    await this.#saving.save();
  }

  /** Undefined takes a field away. */
  #update(
    entry: Entry,
    change: { readonly [K in keyof Transfer]?: Transfer[K] | undefined },
  ): void {
    const all = Object.entries({ ...entry.transfer, ...change });
    // What has been taken away is optional, so what is left is whole.
    entry.transfer = Object.fromEntries(
      all.filter(([, value]) => value !== undefined),
    ) as unknown as Transfer;
    entry.needsSaving = true;
    entry.needsPlan ||= change.plan !== undefined;
    this.#tell();
  }

  #tell(): void {
    this.#state = { transfers: [...this.#entries.values()].map(({ transfer }) => transfer) };
    this.#changed.fire(this.#state);
  }

  /** While something runs, its numbers are told and kept from time to time. */
  #tick(): void {
    this.#ticking ??= setInterval(() => {
      const running = [...this.#entries.values()].filter(({ run }) => run);
      if (running.length === 0) {
        clearInterval(this.#ticking);
        this.#ticking = undefined;
        return;
      }
      for (const entry of running) this.#read(entry);
      this.#tell();
      const nowMs = this.#options.clock.now().getTime();
      if (Math.abs(nowMs - this.#savedMs) < saveEveryMs) return;
      this.#savedMs = nowMs;
      if (++this.#saves % holdEverySaves === 0)
        for (const entry of this.#entries.values())
          entry.needsSaving ||= entry.transfer.status === "queued";
      void this.#saving.save();
    }, tellEveryMs);
  }

  #read(entry: Entry): void {
    if (!entry.run || entry.transfer.isElsewhere) return;
    this.#dateCursor(entry, entry.run.work);
    const { counts, failures, running } = entry.run.work;
    const { bytesPerSecond: _, secondsLeft: __, ...rest } = entry.transfer;
    entry.transfer = { ...rest, counts, failures, running, ...entry.run.work.pace() };
    entry.needsSaving = true;
  }

  #dateCursor(entry: Entry, { cursor }: TransferRun): void {
    entry.cursor = cursor && { ...cursor, atMs: this.#options.clock.now().getTime() };
  }

  /** Removes what a transfer that is over has left unfinished. */
  async #discard(entry: Entry): Promise<void> {
    const { store } = this.#options;
    const { id } = entry.transfer;
    await this.#saving.settled;
    // What another window is at is taken from our list, and no more.
    if (!entry.isOurs && (await store.claim(id).catch(() => "ours")) === "theirs") return;
    await store.remove(id).catch(() => undefined);
    await removeRemains(entry, this.#options.open, this.#options.log);
  }
}
