import { RepositoryError } from "../errors.ts";

/** No honest folder lies deeper: a path of so many names is longer than systems allow. */
export const maxDepth = 4096;

/** In bytes of memory, roughly: room for two million files at paths of the usual length. */
const most = 640 * 1024 * 1024;

/** What an entry takes besides its path. */
const entryBytes = 128;

/**
 * The measure of a walk that goes by paths. A folder is stored once however often others name it, so
 * a forged snapshot of a few kilobytes may unfold to more entries than any memory or disk holds.
 */
export class Unfolding {
  #bytes = 0;

  /** Counts an entry at a path. Fails with `damaged` once it is more, or lies deeper, than can be real. */
  count(path: readonly string[], characters: number): void {
    if (path.length > maxDepth)
      throw new RepositoryError("damaged", "the snapshot has folders that lie too deep");
    this.#bytes += entryBytes + characters + 8 * path.length;
    if (this.#bytes > most)
      throw new RepositoryError("damaged", "the snapshot unfolds to more entries than can be real");
  }
}
