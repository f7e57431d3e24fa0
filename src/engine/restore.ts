import type { Repository } from "./repository.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Node } from "./tree.ts";

export interface RestoreRequest {
  readonly snapshot: Snapshot;
  /** What to restore, as paths in the snapshot (segments from its root). Empty: everything. */
  readonly select: readonly (readonly string[])[];
  /** The local folder that the snapshot's folder `base` becomes. */
  readonly target: string;
  /** A folder in the snapshot (segments); what lies outside it is not restored. */
  readonly base: readonly string[];
  readonly overwrite?: "always" | "if-changed" | "if-newer" | "never";
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export type RestoreAction =
  | "create"
  | "replace" // something else is there and is kept aside first
  | "same"
  | "keep" // the overwrite mode leaves what is there
  | "refuse"; // the name is illegal here or leads out of the target

export interface RestoreItem {
  /** Segments below `base`. */
  readonly path: readonly string[];
  /** Absolute local path. */
  readonly target: string;
  readonly node: Node;
  readonly action: RestoreAction;
  /** Why it is refused. */
  readonly reason?: string;
}

export interface RestorePlan {
  readonly request: RestoreRequest;
  readonly items: readonly RestoreItem[];
  readonly counts: Readonly<Record<RestoreAction, number>>;
  /** Bytes that will be written. */
  readonly bytes: number;
}

export interface RestoreProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly current?: string;
}

export interface RestoreReport {
  readonly written: number;
  readonly bytes: number;
  readonly failed: readonly { readonly path: string; readonly message: string }[];
  /** What was there before, for `undoRestore`. */
  readonly undo: RestoreUndo;
}

/** What a restore did to the disk: enough to take it back, and plain data, so that it can be saved. */
export interface RestoreUndo {
  /** The folder that holds what was overwritten. */
  readonly safetyFolder: string;
  readonly replaced: readonly { readonly target: string; readonly kept: string }[];
  readonly created: readonly string[];
}

/** Looks, and writes nothing. */
export async function planRestore(
  _repository: Repository,
  _request: RestoreRequest,
): Promise<RestorePlan> {
  throw new Error("not written yet");
}

/**
 * Carries `plan` out. Each file appears whole or not at all; nothing outside the target is touched,
 * whatever the snapshot or links in the target say; what is overwritten is moved to `safetyFolder`.
 */
export async function restore(
  _repository: Repository,
  _plan: RestorePlan,
  _safetyFolder: string,
): Promise<RestoreReport> {
  throw new Error("not written yet");
}

/** Takes a restore back: deletes what it made (unless changed since) and moves back what it replaced. */
export async function undoRestore(_undo: RestoreUndo): Promise<void> {
  throw new Error("not written yet");
}
