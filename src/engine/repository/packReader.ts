import { collected, type Bytes } from "../../base/bytes.ts";
import type { Storage } from "../../storage/storage.ts";
import type { BlobPlace } from "../format/blobIndex.ts";
import type { FileCache } from "./cache.ts";
import { fileKey } from "../format/layout.ts";

/** A pack of trees larger than this is read piecewise. Writers close packs at 16 MiB, by choice up to 128. */
const maxWholeBytes = 160 * 1024 * 1024;

/** Packs held in memory: for good where there is no cache, else while folders are walked through. */
const maxHeldBytes = 64 * 1024 * 1024;

/** Who reads so many folders of one pack will read more; each takes three calls to the disk. */
const readsOfWalk = 8;
const holdMs = 10_000;

/**
 * Reads stored bytes out of packs, unverified. Packs of trees are fetched whole and kept, in the
 * cache or, without one, some in memory: folders are read one by one, and a request for each
 * would make browsing and comparing crawl.
 */
export class PackReader {
  readonly #storage: Storage;
  readonly #cache: FileCache | undefined;
  readonly #fetching = new Map<string, Promise<Bytes | undefined>>();
  /** The least recently read first. */
  readonly #held = new Map<string, Bytes>();
  /** How often packs were read in a while, where there is a cache. */
  readonly #reads = new Map<string, number>();
  #letGo: NodeJS.Timeout | undefined;

  constructor(storage: Storage, cache: FileCache | undefined) {
    this.#storage = storage;
    this.#cache = cache;
  }

  /** The stored bytes of one blob. */
  async blob(place: BlobPlace, signal: AbortSignal): Promise<Bytes> {
    const end = place.offset + place.length;
    if (place.kind === "data") return await this.range(place.pack, place.offset, end, signal);
    const held = this.#held.get(place.pack) ?? (await this.#heldFromCache(place.pack));
    if (held) return this.#hold(place.pack, held).slice(place.offset, end);
    const cached = await this.#cache?.readRange("data", place.pack, place.offset, place.length);
    if (cached) return cached;
    const whole = await this.#whole(place.pack, signal);
    return whole
      ? whole.slice(place.offset, end)
      : await this.range(place.pack, place.offset, end, signal);
  }

  /** Bytes `start` up to but not including `end` of a pack, straight from the storage. */
  async range(pack: string, start: number, end: number, signal: AbortSignal): Promise<Bytes> {
    const key = fileKey("data", pack);
    if (this.#storage.capabilities.range)
      return await this.#storage.bytes(key, { range: { start, end }, signal });
    return (await this.#storage.bytes(key, { signal })).slice(start, end);
  }

  /** Forgets copies of a pack, because they turned out to be wrong. */
  async drop(pack: string): Promise<void> {
    this.#held.delete(pack);
    await this.#cache?.drop("data", pack);
  }

  /** The whole pack, if it is in the cache and so much is asked of it that each folder would cost time. */
  async #heldFromCache(pack: string): Promise<Bytes | undefined> {
    if (!this.#cache) return undefined;
    const reads = (this.#reads.get(pack) ?? 0) + 1;
    this.#reads.set(pack, reads);
    return reads === readsOfWalk ? await this.#cache.read("data", pack) : undefined;
  }

  /** The whole pack, fetched once however many ask; undefined if it is too large to hold. */
  async #whole(pack: string, signal: AbortSignal): Promise<Bytes | undefined> {
    const held = this.#held.get(pack);
    if (held) return this.#hold(pack, held);
    for (;;) {
      const running = this.#fetching.get(pack);
      if (!running) return await this.#fetch(pack, signal);
      try {
        return await running;
      } catch {
        // Whoever asked first may have been cancelled, or have failed: now it is our turn.
        signal.throwIfAborted();
      }
    }
  }

  async #fetch(pack: string, signal: AbortSignal): Promise<Bytes | undefined> {
    const running = this.#storage.read(
      fileKey("data", pack),
      async ({ info, body }) => (info.size > maxWholeBytes ? undefined : await collected(body)),
      { signal },
    );
    this.#fetching.set(pack, running);
    try {
      const bytes = await running;
      if (!bytes) return undefined;
      if (!this.#cache) return this.#hold(pack, bytes);
      await this.#cache.write("data", pack, bytes);
      return bytes;
    } finally {
      this.#fetching.delete(pack);
    }
  }

  #hold(pack: string, bytes: Bytes): Bytes {
    this.#held.delete(pack);
    this.#held.set(pack, bytes);
    if (this.#cache) this.#letGoLater();
    let total = 0;
    for (const { length } of this.#held.values()) total += length;
    for (const [oldest, { length }] of this.#held) {
      if (total <= maxHeldBytes || oldest === pack) break;
      this.#held.delete(oldest);
      total -= length;
    }
    return bytes;
  }

  /** The cache has it all: memory that an idle window holds is another program's. */
  #letGoLater(): void {
    if (this.#letGo) this.#letGo.refresh();
    else
      this.#letGo = setTimeout(() => {
        this.#letGo = undefined;
        this.#held.clear();
        this.#reads.clear();
      }, holdMs).unref();
  }
}
