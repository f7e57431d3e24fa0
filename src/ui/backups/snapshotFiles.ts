/** Files of snapshots in VS Code's editors, read-only: a file system that resolves from the URI alone. */
import {
  type Disposable,
  EventEmitter,
  type FileChangeEvent,
  FilePermission,
  type FileStat,
  type FileSystemProvider,
  FileSystemError,
  FileType,
  l10n,
  MarkdownString,
  type Uri,
  workspace,
} from "vscode";
import { utf8 } from "../../base/bytes.ts";
import type { Repositories } from "../../app/backups/repositories.ts";
import { newestFirst } from "../../app/backups/tasks.ts";
import type { Repository } from "../../engine/repository/repository.ts";
import type { Snapshot } from "../../engine/format/snapshot.ts";
import type { Node } from "../../engine/format/tree.ts";
import { refuse } from "../files/fileErrors.ts";
import { explain } from "../messages.ts";
import { snapshotAddress, snapshotScheme } from "./snapshotUri.ts";
import { size } from "../words.ts";

/** Editors want the whole file in memory. Beyond this, restoring it to disk is the way. */
const largestBytes = 256 * 1024 * 1024;

interface Place {
  readonly repository: Repository;
  readonly snapshot: Snapshot;
  /** Absent for the snapshot's own root. */
  readonly node?: Node;
}

export class SnapshotFiles implements FileSystemProvider {
  readonly #repositories: Repositories;
  /** Never fires: a snapshot does not change. */
  readonly #changed = new EventEmitter<FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;
  readonly createDirectory = refuse;
  readonly writeFile = refuse;
  readonly delete = refuse;
  readonly rename = refuse;
  /** Snapshots never change either, so one that was found stays found. */
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(repositories: Repositories) {
    this.#repositories = repositories;
  }

  /** Makes VS Code know the scheme. */
  register(): Disposable {
    return workspace.registerFileSystemProvider(snapshotScheme, this, {
      isCaseSensitive: true,
      isReadonly: new MarkdownString(
        l10n.t("A snapshot cannot be changed. Restore the file, or save it elsewhere, to edit it."),
      ),
    });
  }

  watch(): Disposable {
    return { dispose: () => {} };
  }

  async stat(uri: Uri): Promise<FileStat> {
    return await translated(uri, async () => {
      const { node, snapshot } = await this.#find(uri);
      const time = Date.parse(node?.mtime ?? snapshot.time);
      return {
        type: node ? fileType(node) : FileType.Directory,
        ctime: time,
        mtime: time,
        size: node?.size ?? 0,
        permissions: FilePermission.Readonly,
      };
    });
  }

  async readDirectory(uri: Uri): Promise<[string, FileType][]> {
    return await translated(uri, async () => {
      const { repository, snapshot, node } = await this.#find(uri);
      if (node && node.type !== "dir") throw FileSystemError.FileNotADirectory(uri);
      const nodes = await repository.tree(node?.subtree ?? snapshot.tree);
      return nodes.map((child) => [child.name, fileType(child)]);
    });
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    return await translated(uri, async () => {
      const { repository, node } = await this.#find(uri);
      if (!node || node.type === "dir") throw FileSystemError.FileIsADirectory(uri);
      if ((node.size ?? 0) > largestBytes) throw tooLarge(node.size ?? 0);
      // A link is shown as what it says; following it could lead anywhere.
      if (node.type === "symlink") return utf8(node.linktarget ?? "");
      return await bounded(repository.read(node));
    });
  }

  async #find(uri: Uri): Promise<Place> {
    const address = snapshotAddress(uri);
    if (!address) throw FileSystemError.FileNotFound(uri);
    const repository = await this.#repositories.openKnown(address.repository);
    const snapshot = await this.#snapshot(repository, address.snapshot);
    if (!snapshot) throw FileSystemError.FileNotFound(uri);
    if (address.path.length === 0) return { repository, snapshot };
    const node = await repository.find(snapshot, address.path);
    if (!node) throw FileSystemError.FileNotFound(uri);
    return { repository, snapshot, node };
  }

  async #snapshot(repository: Repository, id: string): Promise<Snapshot | undefined> {
    const found =
      this.#snapshots.get(id) ?? (await newestFirst(repository)).find((one) => one.id === id);
    if (found) this.#snapshots.set(id, found);
    return found;
  }
}

function fileType({ type }: Node): FileType {
  if (type === "dir") return FileType.Directory;
  if (type === "symlink") return FileType.SymbolicLink | FileType.File;
  return type === "file" ? FileType.File : FileType.Unknown;
}

/** Everything but a file system's own errors becomes one that carries our sentence. */
async function translated<T>(uri: Uri, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FileSystemError) throw error;
    throw FileSystemError.Unavailable(explain(error, l10n.t)?.text ?? uri.toString(true));
  }
}

/** All of it. A forged file may hold any number of times what it says is its size. */
async function bounded(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > largestBytes) throw tooLarge(bytes);
    all.push(piece);
  }
  return Buffer.concat(all);
}

function tooLarge(bytes: number): FileSystemError {
  return FileSystemError.Unavailable(
    l10n.t("{0} is too large for an editor. Restore it instead.", size(l10n.t, bytes)),
  );
}
