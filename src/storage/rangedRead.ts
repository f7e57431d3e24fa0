import { never, tiedTo } from "../base/abort.ts";
import type { Body, Bytes } from "../base/bytes.ts";
import { StorageError } from "./errors.ts";
import type { ObjectInfo } from "./objects.ts";
import type { ReadReply } from "./requests.ts";
import type { Storage } from "./storage.ts";
import { wholeBody } from "./wholeBody.ts";

export interface RangedReadOptions {
  readonly signal?: AbortSignal;
  /** Where to begin. */
  readonly start?: number;
  /** Ranges under way, at most; as many more may have arrived and wait to be read. */
  readonly atOnce?: number;
  readonly rangeBytes?: number;
}

/** Large enough that asking costs little, small enough that what waits costs little memory. */
const usualRangeBytes = 8 * 1024 * 1024;

/**
 * Reads a large object as `Storage.read` does, by several requests at once: a server gives one
 * reader much less than the line could carry. The body comes in order; what waits for its turn
 * takes at most twice `atOnce` times `rangeBytes` of memory. Each range is asked for again by itself if it
 * fails, and `use` is called once. Fails with `conflict` if the object changes meanwhile, and with
 * `invalid` if it ends before `start`, or is empty.
 */
export async function readInRanges<T>(
  storage: Storage,
  key: string,
  use: (reply: ReadReply) => Promise<T>,
  { signal = never, start = 0, atOnce = 4, rangeBytes = usualRangeBytes }: RangedReadOptions = {},
): Promise<T> {
  const tie = tiedTo(signal);
  const ask = async (from: number): Promise<Range> => {
    const range = { start: from, end: from + rangeBytes };
    const use = async (reply: ReadReply) => ({
      info: reply.info,
      bytes: await wholeBody(reply, range),
    });
    return await storage.read(key, use, { range, signal: tie.signal });
  };
  const waiting: Promise<Range>[] = [];
  let next = start;
  let underWay = 0;
  let known = start + 1;
  const askFor = (size: number) => {
    known = size;
    while (next < size && underWay < atOnce && waiting.length < 2 * atOnce) {
      underWay++;
      const range = ask(next).finally(() => underWay--);
      // Whoever waits for it is told; nobody may be waiting for it yet. A later one need not wait
      // until the reader has come so far.
      range.then(
        () => askFor(known),
        () => {},
      );
      waiting.push(range);
      next += rangeBytes;
    }
  };
  try {
    // Only its answer tells how much there is.
    askFor(start + 1);
    const { info } = await (waiting[0] ?? ask(start));
    const body = async function* (): Body {
      for (;;) {
        askFor(info.size);
        const range = await waiting.shift();
        if (!range) return;
        expectSame(info, range.info);
        askFor(info.size);
        yield range.bytes;
      }
    };
    return await use({ info, body: body() });
  } finally {
    known = 0;
    tie.cut();
    await Promise.allSettled(waiting);
  }
}

interface Range {
  readonly info: ObjectInfo;
  readonly bytes: Bytes;
}

function expectSame(first: ObjectInfo, now: ObjectInfo): void {
  if (first.version === now.version && first.size === now.size) return;
  throw new StorageError("conflict", "the object has changed while it was read");
}
