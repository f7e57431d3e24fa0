import type { Body } from "../base/bytes.ts";
import { throughBlob, type Through } from "../base/throughBlob.ts";
import type { Driver } from "./driver.ts";
import { StorageError } from "./errors.ts";
import { aroundExtras, isReading, type ExtraOperation, type ExtraRequest } from "./extras.ts";
import type { Pace } from "./pace.ts";
import type {
  CopyRequest,
  DeleteRequest,
  KeyRequest,
  ListRequest,
  MoveRequest,
  ReadRequest,
  WriteRequest,
} from "./requests.ts";
import { retrying, type RetryOptions } from "./retry.ts";

type Asked =
  | { readonly operation: "list"; readonly request: ListRequest }
  | { readonly operation: "stat" | "makeFolder"; readonly request: KeyRequest }
  | { readonly operation: "read"; readonly request: ReadRequest }
  | { readonly operation: "write"; readonly request: WriteRequest }
  | { readonly operation: "delete"; readonly request: DeleteRequest }
  | { readonly operation: "copy"; readonly request: CopyRequest }
  | { readonly operation: "move"; readonly request: MoveRequest }
  | {
      readonly operation: "extra";
      readonly extra: ExtraOperation;
      readonly request: ExtraRequest;
    };

/**
 * One request on its way to the driver. `send` passes it on and may be called more than once; what
 * it is given is put between the body of a read and its reader.
 */
export type Call<T> = Asked & { readonly send: (through?: Through) => Promise<T> };

/** Something done around every request: retry it, delay it, write it down. */
export type Layer = <T>(call: Call<T>) => Promise<T>;

/** Wraps `driver`; the first layer is the innermost, nearest to the network. */
export function withLayers(driver: Driver, ...layers: readonly Layer[]): Driver {
  return layers.reduce(wrap, driver);
}

function wrap(inner: Driver, layer: Layer): Driver {
  const { copy, move, makeFolder, extras } = inner;
  return {
    capabilities: inner.capabilities,
    list: (request) => layer({ operation: "list", request, send: () => inner.list(request) }),
    stat: (request) => layer({ operation: "stat", request, send: () => inner.stat(request) }),
    read: (request, use) =>
      layer({
        operation: "read",
        request,
        send: (through) =>
          inner.read(
            request,
            through ? ({ info, body }) => use({ info, body: through(body) }) : use,
          ),
      }),
    write: (request) =>
      layer({
        operation: "write",
        request,
        send: (through) =>
          inner.write(through ? { ...request, body: throughBlob(request.body, through) } : request),
      }),
    delete: (request) => layer({ operation: "delete", request, send: () => inner.delete(request) }),
    ...(copy && {
      copy: (request) => layer({ operation: "copy", request, send: () => copy(request) }),
    }),
    ...(move && {
      move: (request) => layer({ operation: "move", request, send: () => move(request) }),
    }),
    ...(makeFolder && {
      makeFolder: (request) =>
        layer({ operation: "makeFolder", request, send: () => makeFolder(request) }),
    }),
    ...(extras && {
      extras: aroundExtras(extras, (extra, request, send) =>
        layer({ operation: "extra", extra, request, send }),
      ),
    }),
  };
}

/** Sends what may pass the next time again. See `retrying`. */
export function retry(options?: Partial<RetryOptions>): Layer {
  return ({ request, send }) => retrying(request.signal, send, options);
}

/** Lets at most `slots` requests be under way at once; a read holds its slot until its last byte. */
export function limit(slots: number): Layer {
  let free = slots;
  const waiting = new Set<() => void>();

  const enter = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (free > 0) {
        free--;
        resolve();
        return;
      }
      const go = () => {
        waiting.delete(go);
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(go);
        reject(signal.reason);
      };
      waiting.add(go);
      signal.addEventListener("abort", giveUp, { once: true });
    });

  const leave = () => {
    const [next] = waiting;
    if (next) next();
    else free++;
  };

  return async ({ request, send }) => {
    request.signal.throwIfAborted();
    await enter(request.signal);
    try {
      return await send();
    } finally {
      leave();
    }
  };
}

/** A body up to this size waits as a whole; a larger one is slowed on its way, in such pieces. */
const pieceBytes = 64 * 1024;

/** Keeps the traffic to the pace, which others may share: bodies pass as fast as it lets their bytes. */
export function rate(pace: Pace): Layer {
  return async ({ operation, request, send }) => {
    if (!pace.mayLimit) return await send();
    const { signal } = request;
    const body = operation === "write" || operation === "extra" ? request.body : undefined;
    if (body && body.size <= pieceBytes) {
      await pace.pass(body.size, signal);
      return await send();
    }
    return operation === "read" || body
      ? await send((bytes) => paced(bytes, pace, signal))
      : await send();
  };
}

async function* paced(body: Body, pace: Pace, signal: AbortSignal): Body {
  for await (const chunk of body)
    // A large piece at once would be followed by a silence that servers do not wait for.
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const piece = chunk.subarray(at, at + pieceBytes);
      await pace.pass(piece.length, signal);
      yield piece;
    }
}

/** Refuses what would change anything: the user has said that nothing here may change. */
export const readOnly: Layer = async (call) => {
  const { operation, send } = call;
  if (operation === "list" || operation === "stat" || operation === "read") return await send();
  if (operation === "extra" && isReading(call.extra)) return await send();
  throw new StorageError("denied", "the connection is read-only", { reason: "read-only" });
};

/** Writes one line for each request that reaches the driver: what, on which key, how it ended, how long it took. */
export function trace(log: (line: string) => void): Layer {
  return async (call) => {
    const startedMs = performance.now();
    const line = (outcome: string) =>
      log(`${subject(call)} ${outcome} ${Math.round(performance.now() - startedMs)} ms`);
    try {
      const reply = await call.send();
      line("ok");
      return reply;
    } catch (error) {
      line(call.request.signal.aborted ? "cancelled" : outcomeOf(error));
      throw error;
    }
  };
}

function subject(asked: Asked): string {
  const { operation, request } = asked;
  switch (operation) {
    case "list":
      return `list ${JSON.stringify(request.prefix)}${request.shallow ? "" : " deep"}`;
    case "delete":
      return `delete ${request.keys.length}: ${JSON.stringify(request.keys[0])}`;
    case "copy":
    case "move":
      return `${operation} ${JSON.stringify(request.from)} to ${JSON.stringify(request.to)}`;
    case "write":
      return `write ${JSON.stringify(request.key)} ${request.body.size} bytes`;
    case "read":
      return `read ${JSON.stringify(request.key)}${rangeText(request)}`;
    case "stat":
    case "makeFolder":
      return `${operation} ${JSON.stringify(request.key)}`;
    case "extra":
      return extraSubject(asked);
  }
}

function rangeText({ range }: ReadRequest): string {
  return range ? ` ${range.start}-${range.end ?? ""}` : "";
}

function extraSubject({ extra, request }: Extract<Asked, { operation: "extra" }>): string {
  return `${extra} ${JSON.stringify(request.key ?? "")}`;
}

function outcomeOf(error: unknown): string {
  if (!(error instanceof StorageError))
    return `failed in its caller: ${error instanceof Error ? error.name : typeof error}`;
  const { status, reason, requestId } = error.details;
  return [error.kind, reason, status, requestId && `request ${requestId}`, `(${error.message})`]
    .filter((part) => part !== undefined)
    .join(" ");
}
