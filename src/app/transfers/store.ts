/** What is kept of transfers beyond a window: plans, counts and what was interrupted. No secrets. */
import { isObject } from "../../base/json.ts";
import { type DatedCursor, parseCursor } from "./cursor.ts";
import { parsePlan, type TransferPlan } from "./plan.ts";
import { errorFrom, rememberedError } from "./rememberedError.ts";
import {
  nothingCounted,
  type ItemFailure,
  type TransferCounts,
  type TransferStatus,
} from "./state.ts";
import { dateIn, parseCheckpoint, type Checkpoint } from "./work.ts";

/** Files, in the extension; memory, in tests. */
export interface TransferStore {
  /** The records that are wanted, or all, in the order of their ids; what cannot be read is left out. */
  load(isWanted?: (id: string) => boolean): Promise<readonly unknown[]>;
  /** The record by itself, without what is kept apart: small, so it may be read often. */
  look(id: string): Promise<unknown>;
  save(id: string, record: unknown): Promise<void>;
  /** What the record is loaded with as its `plan`; apart, as it may be long and hardly changes. */
  savePlan(id: string, plan: TransferPlan): Promise<void>;
  /** What the record is loaded with as its `checkpoints`; apart, as it is written far more often. */
  saveCheckpoints(id: string, checkpoints: unknown): Promise<void>;
  /** Forgets the record and all that was kept with it. */
  remove(id: string): Promise<void>;
  /**
   * Takes the transfer for this window, or keeps it: what is not asked for again within half a
   * minute may be taken by another one. "gone" if its record is no more.
   */
  claim(id: string): Promise<"ours" | "theirs" | "gone">;
  release(id: string): Promise<void>;
  /** Adds short names (`shortName`) of items that are done. */
  addDone(id: string, items: readonly string[]): Promise<void>;
  done(id: string): Promise<ReadonlySet<string>>;
}

export interface SavedTransfer {
  readonly id: string;
  readonly plan: TransferPlan;
  readonly status: TransferStatus;
  readonly counts: TransferCounts;
  readonly failures: readonly ItemFailure[];
  /** Why all of it came to an end. */
  readonly error?: unknown;
  readonly renamed?: string;
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  readonly cursor?: DatedCursor | undefined;
  /** When its first run began. */
  readonly begun?: Date | undefined;
}

/** More would not be read by anybody, and is written often. */
const failuresKept = 100;

/** Of all but the plan and the checkpoints. */
export function recordOf(saved: Omit<SavedTransfer, "plan" | "checkpoints">): unknown {
  const { id, status, counts, failures, error, cursor, begun, renamed } = saved;
  return {
    version: 1,
    id,
    status,
    counts,
    ...(error !== undefined && { error: rememberedError(error) }),
    ...(cursor && { cursor }),
    ...(begun && { begun }),
    ...(renamed !== undefined && { renamed }),
    failures: failures
      .slice(0, failuresKept)
      .map(({ name, error }) => ({ name, ...rememberedError(error) })),
  };
}

/** Reads a record, which anyone may have edited; undefined if it is none of ours. */
export function parseRecord(record: unknown): SavedTransfer | undefined {
  if (!isObject(record) || record["version"] !== 1) return undefined;
  const { id, counts, checkpoints, failures, renamed } = record;
  const plan = parsePlan(record["plan"]);
  const status = statuses.find((one) => one === record["status"]);
  const error = errorFrom(record["error"]);
  if (typeof id !== "string" || !plan || status === undefined) return undefined;
  return {
    id,
    plan,
    status,
    counts: countsOf(counts),
    cursor: parseCursor(record["cursor"]),
    begun: dateIn(record["begun"]),
    ...(error && { error }),
    ...(typeof renamed === "string" && { renamed }),
    failures: (Array.isArray(failures) ? failures : []).flatMap((one) => failureOf(one) ?? []),
    checkpoints: new Map((Array.isArray(checkpoints) ? checkpoints : []).flatMap(checkpointOf)),
  };
}

const statuses: readonly TransferStatus[] = [
  "queued",
  "running",
  "paused",
  "done",
  "failed",
  "cancelled",
];

/** How far a record says that it is. */
export function countsIn(record: unknown): TransferCounts {
  return countsOf(isObject(record) ? record["counts"] : undefined);
}

function countsOf(value: unknown): TransferCounts {
  if (!isObject(value)) return nothingCounted;
  const number = (name: keyof TransferCounts) =>
    Number.isFinite(value[name]) ? Number(value[name]) : 0;
  return {
    done: number("done"),
    skipped: number("skipped"),
    failed: number("failed"),
    bytesDone: number("bytesDone"),
    found: number("found"),
    bytesFound: number("bytesFound"),
    isComplete: value["isComplete"] === true,
  };
}

function failureOf(value: unknown): ItemFailure | undefined {
  if (!isObject(value)) return undefined;
  const { name } = value;
  const error = errorFrom(value);
  return typeof name === "string" && error ? { name, error } : undefined;
}

function checkpointOf(value: unknown): readonly (readonly [string, Checkpoint])[] {
  if (!Array.isArray(value) || typeof value[0] !== "string") return [];
  const checkpoint = parseCheckpoint(value[1]);
  return checkpoint ? [[value[0], checkpoint]] : [];
}
