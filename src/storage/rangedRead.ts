import { never, tiedTo } from "../base/abort.ts";
import type { Body, Bytes } from "../base/bytes.ts";
import type { Slots } from "../base/slots.ts";
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
  /** Bytes in memory, which others may share; without it, as much as it takes. */
  readonly held?: Slots;
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
  {
    signal = never,
    start = 0,
    atOnce = 4,
    rangeBytes = usualRangeBytes,
    held,
  }: RangedReadOptions = {},
): Promise<T> {
  const tie = tiedTo(signal);
  const ask = async (from: number): Promise<Range> => {
    const range = { start: from, end: from + rangeBytes };
    // In their order, so that the one that is read next never waits for those behind it.
    const leave = await held?.take(tie.signal, rangeBytes);
    const use = async (reply: ReadReply) => ({
      info: reply.info,
      bytes: await wholeBody(reply, range),
      leave,
    });
    try {
      return await storage.read(key, use, { range, signal: tie.signal });
    } catch (error) {
      leave?.();
      throw error;
    }
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
        try {
          expectSame(info, range.info);
          askFor(info.size);
          yield range.bytes;
        } finally {
          range.leave?.();
        }
      }
    };
    return await use({ info, body: body() });
  } finally {
    known = 0;
    tie.cut();
    for (const range of await Promise.allSettled(waiting))
      if (range.status === "fulfilled") range.value.leave?.();
  }
}

interface Range {
  readonly info: ObjectInfo;
  readonly bytes: Bytes;
  readonly leave: (() => void) | undefined;
}

function expectSame(first: ObjectInfo, now: ObjectInfo): void {
  if (first.version === now.version && first.size === now.size) return;
  throw new StorageError("conflict", "the object has changed while it was read");
}
