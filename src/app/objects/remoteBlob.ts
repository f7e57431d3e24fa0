import { type Bytes, collected, text } from "../../base/bytes.ts";
import { md5OfBlob } from "../../base/digest.ts";
import { StorageError } from "../../storage/errors.ts";
import { type ObjectInfo, isSameState } from "../../storage/objects.ts";
import type { ReadReply } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import { wholeBody } from "../../storage/wholeBody.ts";

/** The source of a copy is no longer what it was when the copy began. */
export class SourceChangedError extends StorageError {
  constructor(key: string) {
    super("conflict", `changed while it was copied: ${key}`);
    this.place = { operation: "copy", key };
  }
}

/** The whole object in memory, in the state that is wanted. */
export async function readWhole(
  storage: Storage,
  wanted: ObjectInfo,
  signal: AbortSignal,
): Promise<Bytes> {
  const read = async (reply: ReadReply) => {
    if (!isSameState(reply.info, wanted)) throw new SourceChangedError(wanted.key);
    return await wholeBody(reply);
  };
  return await storage.read(wanted.key, read, { signal });
}

/** Whether both hold the same; reads them from end to end if they are of one length. */
export async function areSameBytes(a: Blob, b: Blob): Promise<boolean> {
  return a.size === b.size && (await md5OfBlob(a)) === (await md5OfBlob(b));
}

/**
 * An object of a storage as the body of a write to another one: read as it is sent, never held.
 * Inheritance, because `fetch` takes nothing for a body that is not an instance of Blob.
 */
export class RemoteBlob extends Blob {
  override readonly size: number;
  readonly #storage: Storage;
  readonly #info: ObjectInfo;
  readonly #signal: AbortSignal;
  readonly #start: number;

  constructor(storage: Storage, info: ObjectInfo, signal: AbortSignal, start = 0, end = info.size) {
    super([]);
    this.size = end - start;
    this.#storage = storage;
    this.#info = info;
    this.#signal = signal;
    this.#start = start;
  }

  override stream(): ReadableStream<Bytes> {
    const { readable, writable } = new TransformStream<Bytes, Bytes>();
    const writer = writable.getWriter();
    // Whoever reads the other end is told how this ends.
    this.#pump(writer)
      .then(
        async () => await writer.close(),
        async (error: unknown) => await writer.abort(error),
      )
      .catch(() => undefined);
    return readable;
  }

  override slice(start = 0, end = this.size): Blob {
    const from = this.#start + Math.min(start, this.size);
    const to = this.#start + Math.min(end, this.size);
    return new RemoteBlob(this.#storage, this.#info, this.#signal, from, to);
  }

  override async bytes(): Promise<Bytes> {
    return await collected(this.stream());
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  override async text(): Promise<string> {
    return text(await collected(this.stream()));
  }

  async #pump(writer: WritableStreamDefaultWriter<Bytes>): Promise<void> {
    if (this.size === 0) return;
    let passed = 0;
    const isPart = this.size < this.#info.size;
    const range = { start: this.#start, end: this.#start + this.size };
    await this.#storage.read(
      this.#info.key,
      async ({ info, body }) => {
        if (!isSameState(info, this.#info)) throw new SourceChangedError(info.key);
        // A reading that starts over after a failure leaves out what has been passed on.
        let toSkip = passed;
        for await (const chunk of body) {
          const rest = chunk.subarray(Math.min(toSkip, chunk.length));
          toSkip -= chunk.length - rest.length;
          if (rest.length === 0) continue;
          if (passed + rest.length > this.size)
            throw new StorageError("corrupt", `more than ${this.size} bytes have come`);
          await writer.ready;
          await writer.write(rest);
          passed += rest.length;
        }
        // As `wholeBody` has it; a server need not hold us to the length that we have announced.
        if (passed < this.size)
          throw new StorageError("unreachable", `the answer ended after ${passed} bytes`);
      },
      { signal: this.#signal, ...(isPart && { range }) },
    );
  }
}
