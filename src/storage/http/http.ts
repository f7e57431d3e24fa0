import type { Body, Bytes } from "../../base/bytes.ts";
import { failureToReach } from "./failures.ts";
import { sendByFetch } from "./byFetch.ts";
import type {
  ArrivingBody,
  ArrivingReply,
  HttpBody,
  HttpHeaders,
  HttpReply,
  HttpRequest,
} from "./messages.ts";
import { NodeHttp } from "./byNode.ts";
import { HttpWatch } from "./watch.ts";

/**
 * Sends one request and gives back whatever the server answers: no redirect is followed, and the
 * body is not decoded. Only a GET or HEAD whose connection was just being given up is sent once more.
 * Fails with a `StorageError` if no answer comes, or with the signal's own reason.
 */
export type Http = (request: HttpRequest) => Promise<HttpReply>;

/** Told of each request that is about to go out, whatever it is for; may let it wait. */
export type BeforeRequest = (signal: AbortSignal) => Promise<void> | undefined;

export interface HttpOptions {
  /** False accepts any certificate. */
  readonly verifyTls: boolean;
  /** How long the server may stay silent. */
  readonly timeoutMs: number;
  /** The field to name where the address seems to be wrong. */
  readonly addressField: string;
  readonly beforeRequest?: BeforeRequest;
}

/**
 * There are two ways, both patched by VS Code for proxies and the system's certificates. Requests go
 * through `node:http(s)`, which takes a fraction of the processor, as long as that keeps its
 * connections; else through the global `fetch`, which keeps them through proxies, too. Three things
 * only `node:http(s)` can do: accept any certificate (`fetch` has no such option, and the
 * patched one drops a dispatcher), send a path with dot segments (the URL standard removes them, even
 * percent-encoded), and read a stored `Content-Encoding: gzip` as the bytes it is.
 */
export function openHttp(
  { verifyTls, timeoutMs, addressField, beforeRequest }: HttpOptions,
  node: Pick<NodeHttp, "send" | "keepsConnections"> = new NodeHttp(verifyTls),
): Http {
  const mustGoByNode = ({ url }: HttpRequest) =>
    (!verifyTls && url.startsWith("https:")) || isAltered(url);

  const send = async (request: HttpRequest, watch: HttpWatch): Promise<ArrivingReply> => {
    if (mustGoByNode(request) || node.keepsConnections(request.url))
      return await node.send(request, watch);
    return (await sendByFetch(request, watch)) ?? (await node.send(request, watch));
  };

  return async (request) => {
    await beforeRequest?.(request.signal);
    const watch = new HttpWatch(request, timeoutMs);
    const failure = (error: unknown) =>
      watch.over ? watch.over.reason : failureToReach(request.url, error, addressField);
    try {
      const { body, ...head } = await send(request, watch);
      if (body && isShort(head.headers))
        return { ...head, body: await arrived(body, watch, failure) };
      if (body) return { ...head, body: watched(body.pieces, watch, failure) };
      watch.end();
      return head;
    } catch (error) {
      watch.end();
      throw failure(error);
    }
  };
}

function isAltered(url: string): boolean {
  return /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i.test(url);
}

/** A shorter body is read at once. */
const shortBytes = 64 * 1024;

function isShort(headers: HttpHeaders): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= shortBytes;
}

/** As `watched`, for a body that arrives in one piece anyway. */
async function arrived(
  body: ArrivingBody,
  watch: HttpWatch,
  failure: (error: unknown) => unknown,
): Promise<HttpBody> {
  const pieces: Bytes[] = [];
  let broken: { readonly reason: unknown } | undefined;
  try {
    watch.wait();
    await body.take((piece) => {
      watch.wait();
      pieces.push(piece);
    });
  } catch (error) {
    broken = { reason: failure(error) };
  }
  watch.end();
  return {
    async *[Symbol.asyncIterator]() {
      for (const piece of pieces) yield piece;
      if (broken) throw broken.reason;
    },
    cancel() {},
  };
}

/** The server is waited for while somebody waits for the next piece. */
function watched(pieces: Body, watch: HttpWatch, failure: (error: unknown) => unknown): HttpBody {
  watch.pause();
  return {
    async *[Symbol.asyncIterator]() {
      try {
        watch.wait();
        for await (const piece of pieces) {
          watch.pause();
          yield piece;
          watch.wait();
        }
      } catch (error) {
        throw failure(error);
      } finally {
        watch.end();
      }
    },
    cancel: () => watch.stop(),
  };
}
