/** Bytes in memory that belong to one owner (never a view of shared memory), as `Blob` and `fetch` want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes as they come, to be had once. A web stream is one, too, and takes much longer to go through. */
export type Body = AsyncIterable<Bytes>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false });

/** The UTF-8 bytes of `text`. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** `bytes` read as UTF-8; what is not UTF-8 becomes U+FFFD. */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Everything `body` holds. What comes as one piece with memory of its own is not copied. */
export async function collected(body: Body): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for await (const piece of body) pieces.push(piece);
  return joined(pieces);
}

/** All of them as one. What is one already, with memory of its own, is not copied. */
export function joined(pieces: readonly Bytes[]): Bytes {
  const [first] = pieces;
  const isWhole = pieces.length === 1 && first?.length === first?.buffer.byteLength;
  return first && isWhole ? new Uint8Array(first.buffer) : concatenated(pieces);
}

function concatenated(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((bytes, piece) => bytes + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Less is soon collected, and may be part of memory that Node shares out. */
const heldBytes = 128 * 1024;

/**
 * Gives large memory back at once that nobody reads any more: the collector comes by after tens of
 * megabytes, in each thread. `bytes` must be all that is of use in it, and are empty afterwards.
 */
export function release({ buffer }: Bytes): void {
  if (buffer.byteLength >= heldBytes) buffer.transfer(0);
}

/**
 * `bytes` as a Blob that is not a copy of them, unlike `new Blob([bytes])`: they must stay as they are
 * while it is in use. A backup hands over megabytes at a time, and each copy would take as long as
 * encrypting them.
 */
export function blobOf(bytes: Bytes): Blob {
  return new BytesBlob(bytes);
}

/** So much of a blob is sent at once: whoever counts what has gone sees it move. */
const pieceBytes = 1024 * 1024;

/** Inheritance, because `fetch` takes nothing for a body that is not an instance of Blob. */
class BytesBlob extends Blob {
  override readonly size: number;
  readonly #bytes: Bytes;

  constructor(bytes: Bytes) {
    super([]);
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  override stream(): ReadableStream<Bytes> {
    const bytes = this.#bytes;
    let at = 0;
    return new ReadableStream({
      pull: (controller) => {
        if (at < bytes.length) controller.enqueue(bytes.subarray(at, (at += pieceBytes)));
        if (at >= bytes.length) controller.close();
      },
    });
  }

  override slice(start?: number, end?: number): Blob {
    return new BytesBlob(this.#bytes.subarray(start, end));
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    // Not `slice`: of a Buffer that is no copy, and its memory may be shared with others.
    return new Uint8Array(this.#bytes).buffer;
  }

  /** No copy either. */
  override async bytes(): Promise<Bytes> {
    return this.#bytes;
  }

  override async text(): Promise<string> {
    return text(this.#bytes);
  }
}
