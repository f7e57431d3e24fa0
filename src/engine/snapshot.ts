/** What restic 0.17 and newer write about a run; every number is a count or a size in bytes. */
export interface SnapshotSummary {
  readonly backup_start: string;
  readonly backup_end: string;
  readonly files_new: number;
  readonly files_changed: number;
  readonly files_unmodified: number;
  readonly dirs_new: number;
  readonly dirs_changed: number;
  readonly dirs_unmodified: number;
  readonly data_blobs: number;
  readonly tree_blobs: number;
  readonly data_added: number;
  readonly data_added_packed: number;
  readonly total_files_processed: number;
  readonly total_bytes_processed: number;
}

/** The state of some folders at a moment, as the repository keeps it. Field names are the format's own. */
export interface Snapshot {
  /** 64 lower-case hex digits. */
  readonly id: string;
  /** RFC 3339 with nanoseconds, in the writer's zone. */
  readonly time: string;
  readonly tree: string;
  readonly paths: readonly string[];
  readonly parent?: string;
  readonly hostname?: string;
  readonly username?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly excludes?: readonly string[];
  readonly tags?: readonly string[];
  readonly original?: string;
  readonly program_version?: string;
  readonly summary?: SnapshotSummary;
}
