/** Bytes in memory that belong to one owner (never a view of shared memory), as `Blob` and `fetch` want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

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

/** Everything `stream` holds. What comes as one piece with memory of its own is not copied. */
export async function collected(stream: ReadableStream<Bytes>): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for await (const piece of stream) pieces.push(piece);
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
