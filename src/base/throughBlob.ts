import { type Body, type Bytes, collected, text } from "./bytes.ts";

/** What is put between bytes and their reader. It may look at them and delay them, not change them. */
export type Through = (body: Body) => Body;

/** `blob` with `through` put before its readers: each time it is read, and each part of it. */
export function throughBlob(blob: Blob, through: Through): Blob {
  return new ThroughBlob(blob, through);
}

/** `blob`, and `onBytes` is told what is read of it; of a reading that starts over, the difference. */
export function meteredBlob(blob: Blob, onBytes: (bytes: number) => void): Blob {
  let counted = 0;
  return throughBlob(blob, async function* (body) {
    if (counted > 0) onBytes(-counted);
    counted = 0;
    for await (const piece of body) {
      counted += piece.length;
      onBytes(piece.length);
      yield piece;
    }
  });
}

/** Inheritance, because `fetch` takes nothing for a body that is not an instance of Blob. */
class ThroughBlob extends Blob {
  override readonly size: number;
  readonly #blob: Blob;
  readonly #through: Through;

  constructor(blob: Blob, through: Through) {
    super([]);
    this.size = blob.size;
    this.#blob = blob;
    this.#through = through;
  }

  override stream(): ReadableStream<Bytes> {
    return ReadableStream.from(this.#body);
  }

  override slice(start?: number, end?: number): Blob {
    return new ThroughBlob(this.#blob.slice(start, end), this.#through);
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return (await collected(this.#through(atOnce(this.#blob)))).buffer;
  }

  /** Without `through`: for a checksum that is made before anything is sent. */
  override async bytes(): Promise<Bytes> {
    return (await this.#blob.bytes()) as Bytes; // No blob's memory is shared.
  }

  override async text(): Promise<string> {
    return text(await collected(this.#body));
  }

  get #body(): Body {
    return this.#through(this.#blob.stream());
  }
}

async function* atOnce(blob: Blob): Body {
  yield (await blob.bytes()) as Bytes; // No blob's memory is shared.
}
