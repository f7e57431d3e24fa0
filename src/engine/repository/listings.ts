import { utf8 } from "../../base/bytes.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import type { LockFiles } from "./lockFiles.ts";
import type { RepositoryFiles } from "./repositoryFiles.ts";

/** Lock files whose listings may bring others along, until the work begins. */
export interface SharingLockFiles extends LockFiles {
  listAlone(): void;
}

/**
 * Listings of a repository's small files. Who takes a lock asks for indexes and snapshots next: where
 * the storage can, the listing of locks brings them along, one request instead of three.
 */
export class Listings {
  readonly #files: RepositoryFiles;
  readonly #brought = new Map<"index" | "snapshots", Map<string, ObjectInfo>>();

  constructor(files: RepositoryFiles) {
    this.#files = files;
  }

  /** The listing that came with the locks, once, or a new one. */
  async list(type: "index" | "snapshots", signal: AbortSignal): Promise<Map<string, ObjectInfo>> {
    const brought = this.#brought.get(type);
    this.#brought.delete(type);
    return brought ?? (await this.#files.list(type, signal));
  }

  /** Forgets what nobody has asked for. */
  clear(): void {
    this.#brought.clear();
  }

  /** `isShort`: all of it fits one page, so that it is one request. */
  lockFiles(isShort: boolean): SharingLockFiles {
    const alone = lockFilesOf(this.#files);
    let isSharing = isShort;
    return {
      ...alone,
      list: async (signal) => {
        const all = isSharing ? await this.#files.listSmall(signal) : undefined;
        if (!all) return await alone.list(signal);
        this.#brought.set("index", all.index).set("snapshots", all.snapshots);
        return all.locks;
      },
      listAlone: () => void (isSharing = false),
    };
  }
}

export function lockFilesOf(files: RepositoryFiles): LockFiles {
  return {
    list: async (signal) => await files.list("locks", signal),
    load: async (id, signal) => await files.lock(id, signal),
    save: async (lock, signal) => await files.save("locks", utf8(JSON.stringify(lock)), signal),
    delete: async (ids, signal) => await files.delete("locks", ids, signal),
  };
}
