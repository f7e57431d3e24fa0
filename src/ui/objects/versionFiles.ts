/** Versions of objects in VS Code's editors, read-only: a file system that resolves from the URI alone. */
import {
  type Disposable,
  EventEmitter,
  type FileChangeEvent,
  FilePermission,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  l10n,
  MarkdownString,
  Uri,
  workspace,
} from "vscode";
import type { Browse } from "../../app/browsing/browse.ts";
import { locationAt, pathOfObject, type Location } from "../../app/location.ts";
import { versionsIn } from "../../app/objects/versions.ts";
import { never } from "../../base/abort.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import type { ReadReply } from "../../storage/requests.ts";
import { wholeBody } from "../../storage/wholeBody.ts";
import { refuse, translated } from "../files/fileErrors.ts";
import { size } from "../words.ts";

const versionScheme = "offsite-version";

/** Editors want the whole file in memory. Beyond this, making it current and downloading is the way. */
const largestBytes = 256 * 1024 * 1024;

/** The address of one version of an object in this VS Code. It holds no secret. */
export function versionUri(at: Location, id: string): Uri {
  return Uri.from({
    scheme: versionScheme,
    authority: at.connection,
    path: pathOfObject(at),
    query: encodeURIComponent(id),
  });
}

export class VersionFiles implements FileSystemProvider {
  readonly #browse: Browse;
  /** Never fires: a version does not change. */
  readonly onDidChangeFile = new EventEmitter<FileChangeEvent[]>().event;
  readonly createDirectory = refuse;
  readonly writeFile = refuse;
  readonly delete = refuse;
  readonly rename = refuse;

  constructor(browse: Browse) {
    this.#browse = browse;
  }

  /** Makes VS Code know the scheme. */
  register(): Disposable {
    return workspace.registerFileSystemProvider(versionScheme, this, {
      isCaseSensitive: true,
      isReadonly: new MarkdownString(
        l10n.t("An earlier version cannot be changed. Restore it to make it the current one."),
      ),
    });
  }

  watch(): Disposable {
    return { dispose: () => {} };
  }

  async stat(uri: Uri): Promise<FileStat> {
    // What is not read of a body is dropped: this asks for the head of the answer.
    const { size: bytes, modified } = await this.#read(uri, async ({ info }) => info);
    const time = modified?.getTime() ?? 0;
    return {
      type: FileType.File,
      size: bytes,
      mtime: time,
      ctime: time,
      permissions: FilePermission.Readonly,
    };
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    return await this.#read(uri, async (reply) => {
      if (reply.info.size > largestBytes) throw tooLarge(reply.info);
      return await wholeBody(reply);
    });
  }

  readDirectory(uri: Uri): never {
    throw FileSystemError.FileNotADirectory(uri);
  }

  async #read<T>(uri: Uri, use: (reply: ReadReply) => Promise<T>): Promise<T> {
    return await translated(uri, async () => {
      const at = locationAt(uri.authority, uri.path);
      const storage = await this.#browse.open(at);
      const id = decodeURIComponent(uri.query);
      return await versionsIn(storage).read({ key: at.key, id, signal: never }, use);
    });
  }
}

function tooLarge(info: ObjectInfo): FileSystemError {
  return FileSystemError.Unavailable(
    l10n.t(
      "{0} is too large for an editor. Restore this version, then download it.",
      size(l10n.t, info.size),
    ),
  );
}
