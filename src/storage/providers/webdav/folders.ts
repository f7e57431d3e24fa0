import { isStorageError, StorageError } from "../../errors.ts";
import { parentOf } from "../../paths.ts";
import type { Addresses } from "./addresses.ts";
import { type Dav, completed, hasStatus } from "./client.ts";
import type { Resources } from "./resources.ts";

/** The folders of a server, made when they are needed. Keys of folders are empty or end in `/`. */
export interface Folders {
  /** Makes `folder` and its parents. Fails with `conflict` if a file is in the way. */
  make(folder: string, signal: AbortSignal): Promise<void>;
  /** Runs `work` in a `folder` that exists. `work` runs again if it turns out that it did not. */
  with(folder: string, signal: AbortSignal, work: () => Promise<void>): Promise<void>;
  /** Removes a folder. Fails with `conflict` if anything is in it; the missing is gone already. */
  remove(folder: string, signal: AbortSignal): Promise<void>;
  /** A folder is no longer where it was, nor is what was in it. */
  forget(folder: string): void;
}

export function foldersOf(dav: Dav, addresses: Addresses, resources: Resources): Folders {
  // An upload to a missing folder is refused only after all of it was sent, so what is known is kept.
  const known = new Set<string>();

  async function make(folder: string, signal: AbortSignal): Promise<void> {
    if (known.has(folder)) return;
    if (!(await exists(folder, signal))) {
      await make(parentOf(folder), signal);
      await makeOne(folder, signal);
    }
    known.add(folder);
  }

  /** A missing base folder is not made: it fails with `not-found`. */
  async function exists(folder: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { isFolder } = await resources.one(folder, signal);
      if (!isFolder) throw inTheWay(folder);
      return true;
    } catch (error) {
      if (folder === "") throw error;
      ignoreMissing(error);
      return false;
    }
  }

  async function makeOne(folder: string, signal: AbortSignal): Promise<void> {
    try {
      await completed(await dav({ method: "MKCOL", url: addresses.of(folder), signal }));
    } catch (error) {
      // Someone else was quicker, which servers say with 405, and Apache with 403 at the same
      // moment; or a file is in the way, which is 405 too, and 400 to Apache.
      if (!hasStatus(error, 400, 403, 405, 409)) throw error;
      const there = await resources.one(folder.slice(0, -1), signal).catch(ignoreMissing);
      if (there === undefined) throw error;
      if (!there.isFolder) throw inTheWay(folder);
    }
  }

  async function within(
    folder: string,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    if (folder !== "") await make(folder, signal);
    try {
      await work();
    } catch (error) {
      // A missing parent is 409 by the RFC, 404 on servers written in Go, and 500 on nginx.
      if (!hasStatus(error, 404, 409, 500)) throw error;
      if (hasStatus(error, 500) && (await exists(folder, signal))) throw error;
      known.clear();
      await make(folder, signal);
      await work();
    }
  }

  async function remove(folder: string, signal: AbortSignal): Promise<void> {
    // DELETE would take all that is in it along.
    const isEmpty = await resources.isEmpty(folder, signal);
    if (isEmpty === undefined) return;
    if (!isEmpty) throw new StorageError("conflict", `the folder is not empty: ${folder}`);
    forget(folder);
    try {
      await completed(await dav({ method: "DELETE", url: addresses.of(folder), signal }));
    } catch (error) {
      ignoreMissing(error);
    }
  }

  function forget(folder: string): void {
    for (const each of known) if (each.startsWith(folder)) known.delete(each);
  }

  return { make, with: within, remove, forget };
}

function ignoreMissing(error: unknown): undefined {
  if (!isStorageError(error, "not-found")) throw error;
}

/** A file is where a folder has to be, or the reverse. */
export function inTheWay(key: string): StorageError {
  return new StorageError("conflict", `something is in the way: ${key}`, { reason: "in-the-way" });
}
