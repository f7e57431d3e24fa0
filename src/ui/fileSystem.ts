import { posix } from "node:path";
import {
  Disposable,
  EventEmitter,
  FilePermission,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  l10n,
  MarkdownString,
  type Uri,
  workspace,
} from "vscode";
import type { Browse } from "../app/browse.ts";
import { locationAt, pathOf, type Location } from "../app/location.ts";
import { isStorageError, type ErrorKind } from "../storage/errors.ts";
import { explain } from "./messages.ts";
import { scheme } from "./tree.ts";

/**
 * Shows what a connection holds to editors, read-only. An address says all that is needed to find
 * the object, so an editor that was open when VS Code closed comes back without the tree.
 */
export class RemoteFileSystem implements FileSystemProvider {
  readonly #browse: Browse;
  readonly onDidChangeFile = new EventEmitter<never>().event;

  constructor(browse: Browse) {
    this.#browse = browse;
  }

  register(): Disposable {
    return workspace.registerFileSystemProvider(scheme, this, {
      isCaseSensitive: true,
      isReadonly: new MarkdownString(
        l10n.t("This is a preview of a stored object. Download it to change it."),
      ),
    });
  }

  /** Nobody tells us when something changes there. */
  watch(): Disposable {
    return new Disposable(() => {});
  }

  async stat(uri: Uri): Promise<FileStat> {
    return await translated(uri, async () => {
      const at = locationAt(uri.authority, uri.path);
      if (at.key === "") return folderStat;
      const storage = await this.#browse.open(at);
      try {
        const { size, modified } = await storage.stat(at.key);
        const mtime = modified?.getTime() ?? 0;
        return { type: FileType.File, size, mtime, ctime: 0, permissions: FilePermission.Readonly };
      } catch (error) {
        if (isStorageError(error, "not-found") && (await this.#isFolder(at))) return folderStat;
        throw error;
      }
    });
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    return await translated(uri, async () => {
      const at = locationAt(uri.authority, uri.path);
      const storage = await this.#browse.open(at);
      return await storage.bytes(at.key);
    });
  }

  async readDirectory(uri: Uri): Promise<[string, FileType][]> {
    return await translated(uri, async () => {
      const at = locationAt(uri.authority, uri.path);
      const prefix = at.key === "" ? "" : `${at.key}/`;
      const storage = await this.#browse.open(at);
      const found: [string, FileType][] = [];
      for await (const { key, type } of storage.list(prefix, { shallow: true }))
        if (key !== prefix)
          found.push([
            // The name that makes the address of what it names when it is put behind this one's.
            posix.basename(pathOf({ ...at, key })),
            type === "folder" ? FileType.Directory : FileType.File,
          ]);
      return found;
    });
  }

  writeFile(uri: Uri): never {
    throw FileSystemError.NoPermissions(uri);
  }

  createDirectory(uri: Uri): never {
    throw FileSystemError.NoPermissions(uri);
  }

  delete(uri: Uri): never {
    throw FileSystemError.NoPermissions(uri);
  }

  rename(uri: Uri): never {
    throw FileSystemError.NoPermissions(uri);
  }

  async #isFolder(at: Location): Promise<boolean> {
    const storage = await this.#browse.open(at);
    const { entries } = await storage.page(`${at.key}/`, { shallow: true });
    return entries.length > 0;
  }
}

const folderStat: FileStat = {
  type: FileType.Directory,
  size: 0,
  mtime: 0,
  ctime: 0,
  permissions: FilePermission.Readonly,
};

/** Says a failure in VS Code's terms, with our sentence. */
async function translated<T>(uri: Uri, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isStorageError(error)) throw error;
    if (error.kind === "not-found") throw FileSystemError.FileNotFound(uri);
    throw errors[error.kind](explain(error, l10n.t)?.text ?? error.message);
  }
}

const errors: Readonly<Record<ErrorKind, (text: string) => FileSystemError>> = {
  "not-found": (text) => FileSystemError.FileNotFound(text),
  conflict: (text) => FileSystemError.FileExists(text),
  "signed-out": (text) => FileSystemError.NoPermissions(text),
  denied: (text) => FileSystemError.NoPermissions(text),
  invalid: (text) => FileSystemError.Unavailable(text),
  unsupported: (text) => FileSystemError.Unavailable(text),
  throttled: (text) => FileSystemError.Unavailable(text),
  full: (text) => FileSystemError.Unavailable(text),
  unreachable: (text) => FileSystemError.Unavailable(text),
  corrupt: (text) => FileSystemError.Unavailable(text),
  unexpected: (text) => FileSystemError.Unavailable(text),
};
