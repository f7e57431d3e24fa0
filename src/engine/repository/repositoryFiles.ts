import { collected, text, type Bytes } from "../../base/bytes.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import type { FileCache } from "./cache.ts";
import { sha256Hex, type Key } from "../format/crypto.ts";
import { damagedFile } from "../format/damage.ts";
import {
  fileKey,
  listFiles,
  listSmallFiles,
  type FileType,
  type SmallType,
} from "../format/layout.ts";
import type { LockFile } from "./lockFiles.ts";
import { openUnpacked, sealUnpacked } from "../format/unpacked.ts";
import { jsonObject } from "../../base/json.ts";

/** Larger files are not fetched into memory, whatever the storage says they are. */
const maxFileBytes = 256 * 1024 * 1024;

/** No honest snapshot or lock is larger. It is unpacked on the main thread, which must not stall. */
const maxTextBytes = 16 * 1024 * 1024;

/** The files of a repository apart from its packs, sealed and opened with its key. */
export class RepositoryFiles {
  readonly #storage: Storage;
  readonly #cache: FileCache | undefined;
  readonly #key: Key;
  readonly #version: number;

  constructor(storage: Storage, cache: FileCache | undefined, key: Key, version: number) {
    this.#storage = storage;
    this.#cache = cache;
    this.#key = key;
    this.#version = version;
  }

  async list(type: FileType, signal: AbortSignal): Promise<Map<string, ObjectInfo>> {
    return await listFiles(this.#storage, type, signal);
  }

  /** Lists indexes, locks and snapshots with one request, if the storage can. */
  async listSmall(
    signal: AbortSignal,
  ): Promise<Readonly<Record<SmallType, Map<string, ObjectInfo>>> | undefined> {
    if (this.#storage.capabilities.listAfter !== true) return undefined;
    return await listSmallFiles(this.#storage, signal);
  }

  /** A file as it is stored, from the cache if it may be there. Fails with `damaged` and `not-found`. */
  async sealed(
    type: "snapshots" | "index" | "locks",
    id: string,
    signal: AbortSignal,
  ): Promise<Bytes> {
    const cache = type === "locks" ? undefined : this.#cache;
    const cached = await cache?.read(type, id);
    if (cached) return cached;
    const bytes = await fetchFile(this.#storage, type, id, signal);
    await cache?.write(type, id, bytes);
    return bytes;
  }

  /** The text of a file. Fails with `damaged` and `not-found`. */
  async text(type: "snapshots" | "locks", id: string, signal: AbortSignal): Promise<string> {
    const sealed = await this.sealed(type, id, signal);
    try {
      return text(openUnpacked(this.#key, this.#version, sealed, maxTextBytes));
    } catch (error) {
      throw damagedFile(fileKey(type, id), error);
    }
  }

  /** Seals JSON text and saves it under its hash. Returns the id. */
  async save(
    type: "snapshots" | "index" | "locks",
    json: Uint8Array,
    signal: AbortSignal,
  ): Promise<string> {
    const sealed = await sealUnpacked(this.#key, this.#version, json);
    const id = sha256Hex(sealed);
    await this.write(type, id, sealed, type !== "locks", signal);
    return id;
  }

  /** Writes a file as it is to be stored, and a copy of it into the cache if that is wanted. */
  async write(
    type: FileType,
    id: string,
    bytes: Bytes,
    isKept: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const write = async () => await this.#storage.write(fileKey(type, id), bytes, { signal });
    if (isKept && this.#cache) await this.#cache.writeBeside(type, id, bytes, write);
    else await write();
  }

  /** Deletes files. What is not there counts as deleted. */
  async delete(type: FileType, ids: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#storage.delete(
      ids.map((id) => fileKey(type, id)),
      { signal },
    );
    for (const id of ids) await this.#cache?.drop(type, id);
  }

  async lock(id: string, signal: AbortSignal): Promise<LockFile> {
    const value = jsonObject(await this.text("locks", id, signal)) ?? {};
    const { time, exclusive, hostname, username, pid, pidSpace } = value;
    if (typeof time !== "string" || Number.isNaN(Date.parse(time)))
      throw damagedFile(fileKey("locks", id), new Error("it has no time"));
    return {
      time,
      exclusive: exclusive === true,
      hostname: typeof hostname === "string" ? hostname : "",
      username: typeof username === "string" ? username : "",
      pid: typeof pid === "number" && Number.isSafeInteger(pid) ? pid : 0,
      pidSpace: typeof pidSpace === "string" ? pidSpace : "",
    };
  }
}

/** A whole file, whose content is what its name says. Fetched twice at most, should bytes be turned on the way. */
export async function fetchFile(
  storage: Storage,
  type: FileType,
  id: string,
  signal: AbortSignal,
  maxBytes = maxFileBytes,
): Promise<Bytes> {
  const key = fileKey(type, id);
  for (let attempt = 1; ; attempt++) {
    const bytes = await fetchBounded(storage, key, signal, maxBytes);
    if (sha256Hex(bytes) === id) return bytes;
    if (attempt === 2) throw damagedFile(key, new Error("its content is not what its name says"));
  }
}

/** A whole file, unverified, or undefined if there is none. */
export async function fetchIfThere(
  storage: Storage,
  key: string,
  signal: AbortSignal,
): Promise<Bytes | undefined> {
  try {
    return await fetchBounded(storage, key, signal);
  } catch (error) {
    if (isStorageError(error, "not-found")) return undefined;
    throw error;
  }
}

/** A whole file, unverified. Fails with `damaged` on one of absurd size. */
async function fetchBounded(
  storage: Storage,
  key: string,
  signal: AbortSignal,
  maxBytes = maxFileBytes,
): Promise<Bytes> {
  const bytes = await storage.read(
    key,
    async ({ info, body }) => (info.size > maxBytes ? undefined : await collected(body)),
    { signal },
  );
  if (!bytes) throw damagedFile(key, new Error("it is too large"));
  return bytes;
}
