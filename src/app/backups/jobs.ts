/**
 * Work that takes time: one job per target at once, in one immutable state that everyone else
 * renders. A job ends as done, cancelled or failed, never otherwise.
 */
import { Emitter, type Event } from "../../base/event.ts";
import { isObject } from "../../base/json.ts";
import type { Clock, Log, Memento } from "../ports.ts";

export type JobKind = "backup" | "restore" | "undo";

export type JobPhase = "starting" | "counting" | "saving" | "finishing" | "planning" | "restoring";

export interface JobProgress {
  readonly phase: JobPhase;
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Known once counting has ended. */
  readonly filesTotal?: number;
  readonly bytesTotal?: number;
  readonly current?: string;
}

export interface Job {
  readonly id: number;
  readonly kind: JobKind;
  /** What it works on; two jobs on one target never run together. */
  readonly target: string;
  readonly startedAt: Date;
  readonly progress: JobProgress;
  /** Cancelling has been asked for; the work is coming to its end. */
  readonly cancelling: boolean;
}

/** Numbers and short texts a job leaves behind, for the status bar's tooltip and the history. */
export type JobFacts = Readonly<Record<string, string | number>>;

/** A job that has ended, as it is kept. Plain data. */
export interface JobRecord {
  readonly kind: JobKind;
  readonly target: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: "done" | "cancelled" | "failed";
  readonly facts: JobFacts;
}

export interface JobsState {
  readonly running: readonly Job[];
  /** Newest first. */
  readonly history: readonly JobRecord[];
}

/** What the work of a job is given. */
export interface JobContext {
  readonly signal: AbortSignal;
  progress(progress: JobProgress): void;
  /** Adds to what the history will say. */
  record(facts: JobFacts): void;
}

export type Outcome<T> =
  | { readonly type: "done"; readonly value: T }
  | { readonly type: "cancelled" }
  | { readonly type: "failed"; readonly error: unknown };

export type Started<T> =
  /** `outcome` never rejects. */
  | { readonly type: "started"; readonly job: Job; readonly outcome: Promise<Outcome<T>> }
  /** The target is at work already: nothing was started. */
  | { readonly type: "busy"; readonly job: Job };

const historyKey = "jobs";
const historyLength = 50;
/** Between two redraws for mere numbers; a new phase is told at once. */
const quietMs = 100;
const nothingDone: JobProgress = { phase: "starting", filesDone: 0, bytesDone: 0 };

export interface JobsOptions {
  /** Keeps the history: of this workspace. */
  readonly memento: Memento;
  readonly clock: Clock;
  readonly log: Log;
}

/** Starts, watches and cancels jobs. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #changed = new Emitter<JobsState>();
  readonly #controllers = new Map<number, AbortController>();
  readonly #outcomes = new Set<Promise<unknown>>();
  #state: JobsState;
  #lastId = 0;
  #toldAt = 0;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#state = { running: [], history: savedHistory(options.memento) };
  }

  get onDidChange(): Event<JobsState> {
    return this.#changed.event;
  }

  get state(): JobsState {
    return this.#state;
  }

  /** The job at work on `target`. */
  running(target: string): Job | undefined {
    return this.#state.running.find((job) => job.target === target);
  }

  /** The newest record of `target` and `kind`, with `outcome` if given. */
  last(target: string, kind: JobKind, outcome?: JobRecord["outcome"]): JobRecord | undefined {
    return this.#state.history.find(
      (record) =>
        record.target === target &&
        record.kind === kind &&
        (outcome === undefined || record.outcome === outcome),
    );
  }

  /** Runs `work` unless `target` is busy. */
  start<T>(kind: JobKind, target: string, work: (context: JobContext) => Promise<T>): Started<T> {
    const busy = this.running(target);
    if (busy) return { type: "busy", job: busy };
    const job: Job = {
      id: ++this.#lastId,
      kind,
      target,
      startedAt: this.#options.clock.now(),
      progress: nothingDone,
      cancelling: false,
    };
    const controller = new AbortController();
    this.#controllers.set(job.id, controller);
    this.#replace({ ...this.#state, running: [...this.#state.running, job] });
    const outcome = this.#run(job, controller.signal, work);
    this.#outcomes.add(outcome);
    void outcome.then(() => this.#outcomes.delete(outcome));
    return { type: "started", job, outcome };
  }

  /** Asks the job to stop. It counts as running until it has. */
  cancel(id: number): void {
    this.#update(id, (job) => ({ ...job, cancelling: true }), true);
    this.#controllers.get(id)?.abort();
  }

  /** Cancels whatever runs and waits for its end. */
  async stop(): Promise<void> {
    for (const { id } of this.#state.running) this.cancel(id);
    await Promise.all(this.#outcomes);
  }

  async #run<T>(
    job: Job,
    signal: AbortSignal,
    work: (context: JobContext) => Promise<T>,
  ): Promise<Outcome<T>> {
    let facts: JobFacts = {};
    const outcome = await settle(signal, () =>
      work({
        signal,
        progress: (progress) => this.#advance(job.id, progress),
        record: (more) => {
          facts = { ...facts, ...more };
        },
      }),
    );
    this.#controllers.delete(job.id);
    await this.#finish(job, outcome.type, facts);
    return outcome;
  }

  #advance(id: number, progress: JobProgress): void {
    const before = this.#state.running.find((job) => job.id === id);
    if (!before) return;
    const now = this.#options.clock.now().getTime();
    const tell = before.progress.phase !== progress.phase || now - this.#toldAt >= quietMs;
    this.#update(id, (job) => ({ ...job, progress }), tell);
    if (tell) this.#toldAt = now;
  }

  async #finish(job: Job, outcome: JobRecord["outcome"], facts: JobFacts): Promise<void> {
    const record: JobRecord = {
      kind: job.kind,
      target: job.target,
      startedAt: job.startedAt.toISOString(),
      endedAt: this.#options.clock.now().toISOString(),
      outcome,
      facts,
    };
    const history = [record, ...this.#state.history].slice(0, historyLength);
    this.#replace({
      running: this.#state.running.filter(({ id }) => id !== job.id),
      history,
    });
    try {
      await this.#options.memento.update(historyKey, { version: 1, records: history });
    } catch (error) {
      // The work itself is done; a history that cannot be kept must not turn it into a failure.
      this.#options.log.warn(`the history of jobs could not be saved: ${String(error)}`);
    }
  }

  #update(id: number, change: (job: Job) => Job, tell: boolean): void {
    const running = this.#state.running.map((job) => (job.id === id ? change(job) : job));
    this.#state = { ...this.#state, running };
    if (tell) this.#changed.fire(this.#state);
  }

  #replace(state: JobsState): void {
    this.#state = state;
    this.#changed.fire(state);
  }
}

/** How much of the job is done, from 0 up to but not including 1; undefined while that is not known. */
export function fraction({
  bytesDone,
  bytesTotal,
  filesDone,
  filesTotal,
}: JobProgress): number | undefined {
  if (bytesTotal === undefined || filesTotal === undefined) return undefined;
  const [done, total] = bytesTotal > 0 ? [bytesDone, bytesTotal] : [filesDone, filesTotal];
  return total > 0 ? Math.min(0.99, done / total) : 0;
}

async function settle<T>(signal: AbortSignal, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { type: "done", value: await work() };
  } catch (error) {
    // Whatever breaks after the cross was pressed is the consequence of pressing it.
    return signal.aborted ? { type: "cancelled" } : { type: "failed", error };
  }
}

/** What an earlier session kept. Anything else in its place counts as nothing. */
function savedHistory(memento: Memento): readonly JobRecord[] {
  const saved = memento.get<{ version?: unknown; records?: unknown }>(historyKey);
  if (saved?.version !== 1 || !Array.isArray(saved.records)) return [];
  return saved.records.filter(isRecord);
}

function isRecord(value: unknown): value is JobRecord {
  if (!isObject(value)) return false;
  const { kind, target, startedAt, endedAt, outcome, facts } = value;
  return (
    (kind === "backup" || kind === "restore" || kind === "undo") &&
    (outcome === "done" || outcome === "cancelled" || outcome === "failed") &&
    [target, startedAt, endedAt].every((text) => typeof text === "string") &&
    isObject(facts)
  );
}
