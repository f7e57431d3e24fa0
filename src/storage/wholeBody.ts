import { type Bytes, joined } from "../base/bytes.ts";
import { StorageError } from "./errors.ts";
import type { ReadReply, ReadRequest } from "./requests.ts";

/**
 * What an answer brings, in memory, if it is as long as the object, or the range of it that was asked
 * for. Proxies that take an answer's length away end a broken one as if it were whole: that is
 * `unreachable`, and may be asked again. Memory never holds more than was announced.
 */
export async function wholeBody(
  { info, body }: ReadReply,
  range: ReadRequest["range"] = { start: 0 },
): Promise<Bytes> {
  const wanted = Math.max(0, Math.min(range.end ?? info.size, info.size) - range.start);
  const pieces: Bytes[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length > wanted) throw new StorageError("corrupt", `more than ${wanted} bytes have come`);
  }
  if (length < wanted)
    throw new StorageError("unreachable", `the answer ended after ${length} of ${wanted} bytes`);
  return joined(pieces);
}
