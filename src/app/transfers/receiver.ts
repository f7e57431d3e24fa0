import { type Bytes, joined } from "../../base/bytes.ts";
import type { PartialFile } from "../../engine/disk/partialFile.ts";
import { StorageError } from "../../storage/errors.ts";
import type { ObjectInfo } from "../../storage/objects.ts";
import { readInRanges } from "../../storage/rangedRead.ts";
import type { ReadReply } from "../../storage/requests.ts";
import type { Origin } from "./items.ts";
import { largeBytes, type Work } from "./work.ts";

type RemoteOrigin = Extract<Origin, { type: "remote" }>;

/** From here on several requests at once are faster than one. */
const inRangesBytes = 32 * 1024 * 1024;

/** So much is taken into memory; the rest grows on the disk. */
export const smallBytes = 1024 * 1024;

/** Brings a small object into memory; nothing if it is not small any more. */
export async function receiveSmall(
  { storage, at }: RemoteOrigin,
  { signal, onBytes, onSize }: Work,
): Promise<{ readonly info: ObjectInfo; readonly bytes: Bytes } | undefined> {
  let counted = 0;
  const read = async ({ info, body }: ReadReply) => {
    // It may have been read before, up to where it broke.
    onBytes(-counted);
    counted = 0;
    if (info.size > smallBytes) return undefined;
    onSize(info.size);
    const pieces: Bytes[] = [];
    for await (const piece of body) {
      signal.throwIfAborted();
      pieces.push(piece);
      counted += piece.length;
      onBytes(piece.length);
      // Whoever compares the sizes will see that it is wrong; memory must not pay for it.
      if (counted > info.size) break;
    }
    return { info, bytes: joined(pieces) };
  };
  return await storage.read(at.key, read, { signal });
}

/** The reading is to begin anew, from where the partial file ends. */
class BeginAgain extends Error {}

/** Brings an object into a partial file, over interruptions and restarts. */
export class Receiver {
  readonly #from: RemoteOrigin;
  readonly #partial: PartialFile;
  readonly #work: Work;
  #version: string | undefined;
  #isKept: boolean;

  constructor(from: RemoteOrigin, partial: PartialFile, work: Work, version: string | undefined) {
    this.#from = from;
    this.#partial = partial;
    this.#work = work;
    this.#version = version;
    this.#isKept = partial.size > 0;
  }

  /** Whether somebody remembers the partial file. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Resolves once all of it has arrived. */
  async receive(): Promise<ObjectInfo> {
    this.#work.onBytes(this.#partial.size);
    if (this.#partial.size > 0 && !this.#canContinue) await this.#restart();
    for (;;) {
      try {
        return (await this.#arrivedBefore()) ?? (await this.#read(this.#partial.size));
      } catch (error) {
        if (!(error instanceof BeginAgain)) throw error;
      }
    }
  }

  /** Whether there is nothing left to ask for. What is of another version is thrown away. */
  async #arrivedBefore(): Promise<ObjectInfo | undefined> {
    if (this.#partial.size === 0) return undefined;
    const info = await this.#from.storage.stat(this.#from.at.key, { signal: this.#work.signal });
    this.#work.onSize(info.size);
    if (info.version === this.#version && info.size === this.#partial.size) return info;
    if (info.version !== this.#version || info.size < this.#partial.size) await this.#restart();
    return undefined;
  }

  async #read(begunAt: number): Promise<ObjectInfo> {
    const { signal } = this.#work;
    return await this.#readFrom(begunAt, async ({ info, body }) => {
      // The layers would have it all again; a range brings only what is missing.
      if (this.#partial.size > begunAt && info.version === this.#version && this.#canContinue)
        throw new BeginAgain();
      if (begunAt > 0 && info.version !== this.#version) {
        await this.#restart();
        throw new BeginAgain();
      }
      if (begunAt === 0) await this.#begin(info);
      for await (const chunk of body) {
        signal.throwIfAborted();
        await this.#partial.append(chunk);
        this.#work.onBytes(chunk.length);
        // It would fill the disk.
        if (this.#partial.size > info.size)
          throw new StorageError("corrupt", "more bytes arrive than the object has");
      }
      return info;
    });
  }

  async #readFrom<T>(start: number, use: (reply: ReadReply) => Promise<T>): Promise<T> {
    const { storage, at, info } = this.#from;
    const { signal, held } = this.#work;
    if (storage.capabilities.range && (info?.size ?? 0) - start >= inRangesBytes)
      return await readInRanges(storage, at.key, use, { start, signal, held });
    const range = start > 0 ? { range: { start } } : {};
    return await storage.read(at.key, use, { signal, ...range });
  }

  get #canContinue(): boolean {
    return this.#from.storage.capabilities.range && this.#version !== undefined;
  }

  async #begin(info: ObjectInfo): Promise<void> {
    if (this.#partial.size > 0) await this.#restart();
    this.#version = info.version;
    this.#work.onSize(info.size);
    if (info.size < largeBytes || !this.#canContinue || info.version === undefined) return;
    this.#isKept = true;
    await this.#work.keep({ type: "download", path: this.#partial.path, version: info.version });
  }

  async #restart(): Promise<void> {
    this.#work.onBytes(-this.#partial.size);
    await this.#partial.restart();
  }
}
