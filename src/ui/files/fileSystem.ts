import {
  Disposable,
  EventEmitter,
  type FileChangeEvent,
  FileChangeType,
  FilePermission,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  l10n,
  MarkdownString,
  type Uri,
  window,
  workspace,
} from "vscode";
import { SaveConflict } from "../../app/files/editing.ts";
import { nameOf } from "../../app/location.ts";
import type { MoveOptions, MoveReport } from "../../app/transfers/moving.ts";
import type { Address, RemoteChange, RemoteFiles } from "../../app/files/remoteFiles.ts";
import { mostListed } from "../../app/files/folders.ts";
import { type WatchOptions, Watches } from "../../app/files/watches.ts";
import { translated } from "./fileErrors.ts";
import type { LargeFiles } from "./largeFiles.ts";
import type { UnshownFiles } from "./unshownFiles.ts";
import { isStorageError } from "../../storage/errors.ts";
import { explain } from "../messages.ts";
import { closeEditorsOf, isBeingOpened } from "../openEditors.ts";
import { addressAt, readOnlyScheme, scheme, uriAt } from "../remoteUri.ts";
import type { Reporter } from "../report.ts";
import { notDeletedText } from "../failedText.ts";
import { withProgress } from "../transfers/progress.ts";
import { grouped, visible } from "../words.ts";

export interface RemoteFileSystemRooms {
  readonly files: RemoteFiles;
  readonly large: LargeFiles;
  readonly unshown: UnshownFiles;
  readonly reporter: Reporter;
}

/**
 * Shows what a connection holds to editors and the Explorer. An address says all that is needed to
 * find the object, so an editor that was open when VS Code closed comes back without the tree.
 */
export class RemoteFileSystem implements FileSystemProvider {
  readonly #rooms: RemoteFileSystemRooms;
  readonly #changed = new EventEmitter<FileChangeEvent[]>();
  readonly #cut = new Set<string>();
  readonly onDidChangeFile = this.#changed.event;
  readonly watches = new Watches();

  constructor(rooms: RemoteFileSystemRooms) {
    this.#rooms = rooms;
  }

  register(): Disposable {
    const isReadonly = new MarkdownString(
      l10n.t(
        "The connection is marked read-only. To change its files, allow writing in the connection, then open them again.",
      ),
    );
    return Disposable.from(
      workspace.registerFileSystemProvider(scheme, this, { isCaseSensitive: true }),
      workspace.registerFileSystemProvider(readOnlyScheme, this, {
        isCaseSensitive: true,
        isReadonly,
      }),
      this.#rooms.files.onDidChange((changes) => this.fire(changes)),
      this.#rooms.files.onDidCut((address) => this.#sayThatCut(address)),
      this.#changed,
    );
  }

  /** Once for each folder. */
  #sayThatCut({ connection, path }: Address): void {
    const id = `${connection} ${path}`;
    if (this.#cut.has(id)) return;
    this.#cut.add(id);
    void window.showWarningMessage(
      l10n.t(
        "“{0}” is large: only its first {1} files and folders are listed. The Connections view reaches all of them.",
        visible(nameOf(path)),
        grouped(mostListed),
      ),
    );
  }

  /** Tells VS Code what has changed. */
  fire(changes: readonly RemoteChange[]): void {
    this.#changed.fire(
      changes.flatMap(({ type, address }) =>
        [true, false].map((isWritable) => ({
          type: changeTypes[type],
          uri: uriAt(address, isWritable),
        })),
      ),
    );
  }

  /** Nobody tells us when something changes there: `Polling` asks, and wants to know for whom. */
  watch(uri: Uri, options: WatchOptions): Disposable {
    return Disposable.from(this.watches.add(addressAt(uri), options));
  }

  async stat(uri: Uri): Promise<FileStat> {
    return await this.#opening(uri, async () => {
      const { type, size, mtime, readOnly } = await this.#rooms.files.stat(addressAt(uri));
      return {
        type: fileTypes[type],
        size,
        mtime,
        ctime: 0,
        ...(readOnly && { permissions: FilePermission.Readonly }),
      };
    });
  }

  async readDirectory(uri: Uri): Promise<[string, FileType][]> {
    return await translated(uri, async () => {
      const listed = await this.#rooms.files.list(addressAt(uri));
      return listed.map(({ name, type }) => [name, fileTypes[type]]);
    });
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    return await this.#opening(uri, async () => {
      const { files, large, unshown } = this.#rooms;
      const address = addressAt(uri);
      if (!(await large.mayOpen(uri, await files.sizeOf(address)))) {
        // There would be nothing in the editor but a failure that is none.
        void closeEditorsOf(uri);
        throw FileSystemError.Unavailable(l10n.t("It was not opened, because it is large."));
      }
      const content = await files.read(address);
      unshown.notice(uri, content);
      return content;
    });
  }

  async writeFile(
    uri: Uri,
    content: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    await translated(uri, async () => {
      const address = addressAt(uri);
      // A copy: VS Code's own memory may be shared, which is nothing to send from.
      const body = new Uint8Array(content);
      try {
        await this.#rooms.files.write(address, body, options);
      } catch (error) {
        if (!(error instanceof SaveConflict) || error.kind !== "deleted") throw error;
        if (!(await wantsAgain(uri))) throw error;
        await this.#rooms.files.write(address, body, { ...options, recreate: true });
      }
    });
  }

  async createDirectory(uri: Uri): Promise<void> {
    await translated(uri, async () => await this.#rooms.files.makeFolder(addressAt(uri)));
  }

  async delete(uri: Uri, { recursive }: { readonly recursive: boolean }): Promise<void> {
    await translated(uri, async () => {
      await withProgress(l10n.t("Deleting"), async (signal, show) => {
        const onProgress = (done: number, total: number) =>
          show({
            fraction: done / Math.max(1, total),
            text: l10n.t("{0} of {1}", grouped(done), grouped(total)),
          });
        const how = { recursive, signal, onProgress };
        const refused = await this.#rooms.files.delete(addressAt(uri), how);
        if (refused.length > 0) throw FileSystemError.Unavailable(notDeletedText(l10n.t, refused));
      });
    });
  }

  async rename(from: Uri, to: Uri, options: { readonly overwrite: boolean }): Promise<void> {
    const { files } = this.#rooms;
    await this.#relocate(l10n.t("Moving"), { from, to }, options, async (moving) => {
      return await files.move(addressAt(from), addressAt(to), moving);
    });
  }

  async copy(from: Uri, to: Uri, options: { readonly overwrite: boolean }): Promise<void> {
    const { files } = this.#rooms;
    await this.#relocate(l10n.t("Copying"), { from, to }, options, async (moving) => {
      return await files.copy(addressAt(from), addressAt(to), moving);
    });
  }

  /** VS Code keeps to itself why an editor could not be opened, so we say it. */
  async #opening<T>(uri: Uri, work: () => Promise<T>): Promise<T> {
    return await translated(uri, async () => {
      try {
        return await work();
      } catch (error) {
        const isSaid = isStorageError(error, "not-found") || !isStorageError(error);
        if (!isSaid && isBeingOpened(uri)) this.#rooms.reporter.report(error);
        throw error;
      }
    });
  }

  async #relocate(
    title: string,
    { from, to }: { readonly from: Uri; readonly to: Uri },
    { overwrite }: { readonly overwrite: boolean },
    work: (options: MoveOptions) => Promise<MoveReport>,
  ): Promise<void> {
    await translated(
      from,
      async () => {
        const report = await withMoveProgress(title, async (options) => {
          return await work({ ...options, overwrite });
        });
        const [first] = report.failed;
        if (first) throw FileSystemError.Unavailable(failureText(report));
        const text = leftText(report);
        if (text !== undefined) void window.showWarningMessage(text);
      },
      to,
    );
  }
}

/** Runs `work`, shown with its progress and a cross once it takes longer. */
export async function withMoveProgress(
  title: string,
  work: (options: Pick<MoveOptions, "signal" | "onProgress">) => Promise<MoveReport>,
): Promise<MoveReport> {
  return await withProgress(
    title,
    async (signal, show) =>
      await work({
        signal,
        onProgress: ({ objectsDone, objectsTotal, bytesDone, bytesTotal }) =>
          show({
            fraction: bytesTotal > 0 ? bytesDone / bytesTotal : objectsDone / (objectsTotal || 1),
            text: l10n.t("{0} of {1}", grouped(objectsDone), grouped(objectsTotal)),
          }),
      }),
  );
}

/** What could not be copied or deleted, the first in words and the rest counted. */
export function failureText({ failed }: MoveReport): string {
  const [first] = failed;
  const name = first ? visible(nameOf(first.key)) : "";
  const why = (first && explain(first.error, l10n.t)?.text) ?? "";
  return failed.length > 1
    ? l10n.t(
        "“{0}” and {1} more failed, so all stays where it was too. {2}",
        name,
        grouped(failed.length - 1),
        why,
      )
    : l10n.t("“{0}” failed, so all stays where it was too. {1}", name, why);
}

/** What stays at the old place, and why; undefined if nothing does. */
export function leftText({ kept, undeleted = [] }: MoveReport): string | undefined {
  const [denied] = undeleted;
  if (denied)
    return l10n.t(
      "All is at its new place, but {0} could not be deleted at the old one. {1}",
      undeleted.length === 1 ? `“${visible(nameOf(denied.key))}”` : grouped(undeleted.length),
      explain(denied.error, l10n.t)?.text ?? "",
    );
  const [first] = kept;
  if (first === undefined) return undefined;
  return kept.length === 1
    ? l10n.t(
        "“{0}” was changed by someone else meanwhile, so it is still at the old place too.",
        visible(nameOf(first)),
      )
    : l10n.t(
        "{0} objects were changed or added by someone else meanwhile, so they are still at the old place too.",
        grouped(kept.length),
      );
}

/** Whether to make a file again that somebody has deleted while it was edited here. */
async function wantsAgain(uri: Uri): Promise<boolean> {
  const again = l10n.t("Save It Again");
  const answer = await window.showWarningMessage(
    l10n.t("“{0}” was deleted by someone else meanwhile.", visible(nameOf(uri.path))),
    { modal: true, detail: l10n.t("What you have is still in the editor.") },
    again,
  );
  return answer === again;
}

const fileTypes = { file: FileType.File, folder: FileType.Directory } as const;

const changeTypes: Readonly<Record<RemoteChange["type"], FileChangeType>> = {
  created: FileChangeType.Created,
  changed: FileChangeType.Changed,
  deleted: FileChangeType.Deleted,
};
