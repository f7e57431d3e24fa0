import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Bytes } from "../../base/bytes.ts";
import { fileKey, idPattern, type FileType } from "../format/layout.ts";

/**
 * Copies of repository files on the local disk, sealed as they are in the repository. It may be
 * deleted, cut or filled with nonsense at any time: what does not verify is as good as absent, and
 * what cannot be written is not kept. No method of it fails.
 */
export class FileCache {
  readonly #folder: string;

  /** `folder` is this repository's own. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The whole file, if it is here and still what its name says. */
  async read(type: FileType, id: string): Promise<Bytes | undefined> {
    try {
      const bytes = new Uint8Array(await readFile(this.#path(type, id)));
      if (createHash("sha256").update(bytes).digest("hex") === id) return bytes;
      await this.drop(type, id);
    } catch {
      // Not here, or not readable: the same to the caller.
    }
    return undefined;
  }

  /** Some bytes of the file, unverified: the caller verifies what it makes of them. */
  async readRange(
    type: FileType,
    id: string,
    start: number,
    length: number,
  ): Promise<Bytes | undefined> {
    try {
      await using file = await open(this.#path(type, id), "r");
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, start);
      return bytesRead === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps a copy if it can. */
  async write(type: FileType, id: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(type, id);
    const unfinished = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(unfinished, bytes, { mode: 0o600 });
      await rename(unfinished, path);
    } catch {
      await rm(unfinished, { force: true }).catch(() => undefined);
    }
  }

  /** Keeps a copy while `write` brings the same bytes to the storage; none of what did not arrive. */
  async writeBeside(
    type: FileType,
    id: string,
    bytes: Uint8Array,
    write: () => Promise<unknown>,
  ): Promise<void> {
    const keeping = this.write(type, id, bytes);
    try {
      await write();
    } catch (error) {
      await keeping;
      await this.drop(type, id);
      throw error;
    }
    await keeping;
  }

  async drop(type: FileType, id: string): Promise<void> {
    await rm(this.#path(type, id), { force: true }).catch(() => undefined);
  }

  /** Drops every file of `type` that the repository no longer has. Returns what was dropped. */
  async keepOnly(type: FileType, wanted: (id: string) => boolean): Promise<readonly string[]> {
    const dropped: string[] = [];
    const entries = await readdir(join(this.#folder, type), {
      recursive: type === "data",
      withFileTypes: true,
    }).catch(() => []);
    for (const entry of entries) {
      const { name, parentPath } = entry;
      const isId = idPattern.test(name);
      if (!entry.isFile() || (isId && wanted(name))) continue;
      await rm(join(parentPath, name), { force: true }).catch(() => undefined);
      if (isId) dropped.push(name);
    }
    return dropped;
  }

  #path(type: FileType, id: string): string {
    return join(this.#folder, ...fileKey(type, id).split("/"));
  }
}
