/**
 * What an editor is told of a file, and what is remembered of that.
 *
 * An editor knows a file by its time of change and its length, and takes it for changed only if the
 * time has grown and the length is another. Storages tell times that are rounded to seconds, go back
 * when an older state returns, and come from other clocks; and one digit in the place of another
 * leaves the length as it was. So what an editor is told of both is ours: the time stays while the
 * version stays, and grows whenever that is another; and with each change that others make, the
 * length gets another fraction of a byte.
 */
import type { ObjectDetails } from "../../storage/extras.ts";
import { isSameState, type ObjectInfo, type ObjectState } from "../../storage/objects.ts";

/** What an editor is told of an object. */
export interface Told {
  readonly info: ObjectInfo;
  /** Milliseconds; grows with every change. */
  readonly mtime: number;
  /** In bytes, and a fraction that tells one state from another of the same length. */
  readonly size: number;
}

/** What is known of the content of a state. */
export interface Content {
  /** Where the storage cannot write on a condition. */
  readonly digest?: string;
  /** The version was asked for after a write, when it may have been another's already. */
  readonly isGuessed?: boolean;
}

export interface Known extends Told, Content {
  /** What the object says beside its bytes, where the storage tells; a save keeps it. */
  readonly details?: ObjectDetails;
  /** Until then it is told once more without asking: VS Code looks again after a save. */
  readonly freshUntilMs: number;
  /** How often others have changed it. */
  readonly turns: number;
}

/** What is remembered over a restart, in which documents keep their unsaved changes. */
export interface Kept extends ObjectState, Content, Pick<Known, "mtime" | "turns"> {}

/** One reply may tell the version of a state that another tells without. */
export function completed(info: ObjectInfo, { version }: Partial<ObjectState> = {}): ObjectInfo {
  return version === undefined ? info : { version, ...info };
}

/** The same time for the same state, and a later one for another. */
export function timeFor(info: ObjectInfo, before: Kept | undefined, now: Date): number {
  const modified = (info.modified ?? now).getTime();
  if (!before) return modified;
  return isSameState(before, info) ? before.mtime : Math.max(modified, before.mtime + 1);
}

/** As an editor is told it. Fractions come again after so many changes that no editor is as old. */
export function sizeFor({ size }: ObjectState, turns: number): number {
  return size + (turns % 1024) / 1024;
}

/** The same state, told as another. */
export function turned({ info, mtime, turns }: Known): Pick<Known, "mtime" | "turns" | "size"> {
  return { mtime: mtime + 1, turns: turns + 1, size: sizeFor(info, turns + 1) };
}

/** No more than is known of it. */
export function contentOf({ digest, isGuessed }: Content = {}): Content {
  return { ...(digest !== undefined && { digest }), ...(isGuessed && { isGuessed }) };
}

/** What of it is remembered over a restart. */
export function keptOf({ info: { size, modified, version }, mtime, turns, ...rest }: Known): Kept {
  return {
    ...contentOf(rest),
    size,
    ...(modified && { modified }),
    ...(version !== undefined && { version }),
    mtime,
    turns,
  };
}

/** Reads what was kept, as this version or an older one has written it. */
export function readKept(value: unknown): ReadonlyMap<string, Kept> {
  const saved = value as { version?: unknown; kept?: Readonly<Record<string, Saved>> } | undefined;
  if (saved?.version !== 1) return new Map();
  return new Map(
    Object.entries(saved.kept ?? {}).map(([id, { modified, turns = 0, ...rest }]) => [
      id,
      { ...rest, turns, ...(modified !== undefined && { modified: new Date(modified) }) },
    ]),
  );
}

/** As it is after a way through JSON. */
interface Saved extends Omit<Kept, "modified" | "turns"> {
  readonly modified?: string;
  /** Not there in what older versions have kept. */
  readonly turns?: number;
}
