/**
 * Connections as they are kept in global state. Several windows share that state and each writes
 * all of it at once, so every connection is a record of its own with the time of its last change,
 * and two states are merged record by record: nobody undoes what another window has just done.
 */
import { isObject } from "../../base/json.ts";
import { readConnection, type Connection } from "./connection.ts";

interface Saved {
  /** When it last changed, in milliseconds since 1970. */
  readonly changed: number;
  /** Absent once the connection has been removed. */
  readonly connection?: Connection;
}

/** By connection id. */
export type Records = Readonly<Record<string, Saved>>;

const version = 1;
/** For so long a window that was asleep can come back without reviving what others have removed. */
const graveMs = 90 * 24 * 60 * 60 * 1000;

/** The shape that is stored. Graves older than three months are left out. */
export function stored(records: Records, now: Date): unknown {
  const living = Object.entries(records).filter(
    ([, { connection, changed }]) => connection || changed > now.getTime() - graveMs,
  );
  return { version, records: Object.fromEntries(living) };
}

/** Reads what is stored, whoever wrote it. What is not a connection is left out. */
export function readRecords(value: unknown): Records {
  if (!isObject(value) || !isObject(value["records"])) return {};
  const saved = Object.entries(value["records"]).flatMap(([id, record]) => {
    const parsed = readSaved(id, record);
    return parsed ? [[id, parsed] as const] : [];
  });
  return Object.fromEntries(saved);
}

/** The later state of each connection. */
export function merge(one: Records, other: Records): Records {
  const merged: Record<string, Saved> = { ...one };
  for (const [id, theirs] of Object.entries(other)) {
    const ours = merged[id];
    if (!ours || isLater(theirs, ours)) merged[id] = theirs;
  }
  return merged;
}

/** The ids whose record differs between two states. */
export function changes(before: Records, after: Records): readonly string[] {
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...ids].filter((id) => JSON.stringify(before[id]) !== JSON.stringify(after[id]));
}

/** Two windows that changed one connection in the same millisecond must still agree on the outcome. */
function isLater(a: Saved, b: Saved): boolean {
  if (a.changed !== b.changed) return a.changed > b.changed;
  if (!a.connection || !b.connection) return !a.connection && b.connection !== undefined;
  return JSON.stringify(a) > JSON.stringify(b);
}

function readSaved(id: string, value: unknown): Saved | undefined {
  if (!isObject(value) || typeof value["changed"] !== "number") return undefined;
  const { changed } = value;
  if (value["connection"] === undefined) return { changed };
  const connection = readConnection(id, value["connection"]);
  return connection && { changed, connection };
}
