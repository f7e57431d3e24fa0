export type NodeType =
  | "file"
  | "dir"
  | "symlink"
  | "dev"
  | "chardev"
  | "fifo"
  | "socket"
  | "irregular";

/** One entry of a tree, as read from a repository. Nothing in it may be trusted as a path. */
export interface Node {
  readonly type: NodeType;
  /** The name as text; bytes that are not UTF-8 show as U+FFFD. */
  readonly name: string;
  /** The name's bytes, present exactly if they are not UTF-8. */
  readonly nameBytes?: Uint8Array;
  /** Go's os.FileMode: permission bits below, type and setuid bits above; up to 2^32 - 1. */
  readonly mode: number;
  /** RFC 3339 with nanoseconds. */
  readonly mtime: string;
  readonly atime?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** In bytes, of a file. */
  readonly size?: number;
  readonly linktarget?: string;
  /** Ids of the data blobs that make up a file, in order. */
  readonly content?: readonly string[];
  /** Id of a folder's tree. */
  readonly subtree?: string;
  /** Inode and device (decimal text: they exceed 2^53) and count of hard links. */
  readonly inode?: string;
  readonly deviceId?: string;
  readonly links?: number;
}
