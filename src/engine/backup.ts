import type { ExcludeRules } from "./ignore.ts";
import type { Repository } from "./repository.ts";
import type { Snapshot, SnapshotSummary } from "./snapshot.ts";

export interface BackupRequest {
  /** Absolute paths of the folders (or files) to back up. */
  readonly roots: readonly string[];
  readonly excludes?: ExcludeRules;
  readonly tags?: readonly string[];
  /** The snapshot to compare with. Absent: the newest one of this host and these roots. */
  readonly parent?: Snapshot;
  /** Read every file again, whatever its metadata says. */
  readonly force?: boolean;
  /** Do everything but write. */
  readonly dryRun?: boolean;
  /** Write no snapshot if its tree would equal the parent's. */
  readonly skipIfUnchanged?: boolean;
  /** The only absolute paths that may differ from the parent, known from a watcher. Absent: walk. */
  readonly changed?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
}

export interface BackupProgress {
  readonly phase: "counting" | "saving" | "finishing";
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Known once counting has ended. */
  readonly filesTotal?: number;
  readonly bytesTotal?: number;
  /** The file most recently begun. */
  readonly current?: string;
}

/** A file that could not be read: the rest of the backup goes on. */
export interface FileFailure {
  readonly path: string;
  readonly reason: "vanished" | "unreadable" | "changed-while-read" | "unsupported";
  readonly message: string;
}

export interface BackupReport {
  /** Absent after a dry run and when `skipIfUnchanged` found nothing new. */
  readonly snapshot?: Snapshot;
  readonly summary: SnapshotSummary;
  readonly failed: readonly FileFailure[];
  readonly excluded: number;
}

/**
 * Writes a snapshot of `roots`: packs, then indexes, then the snapshot, so that whatever ends the
 * process leaves a valid repository. Holds a non-exclusive lock. An abort rejects with the signal's
 * reason and leaves no snapshot.
 */
export async function backUp(
  _repository: Repository,
  _request: BackupRequest,
): Promise<BackupReport> {
  throw new Error("not written yet");
}
