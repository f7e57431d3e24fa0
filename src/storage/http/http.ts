import type { Bytes } from "../../base/bytes.ts";
import { failureToReach } from "./failures.ts";
import { sendByFetch } from "./byFetch.ts";
import type {
  ArrivingBody,
  ArrivingReply,
  HttpHeaders,
  HttpReply,
  HttpRequest,
} from "./messages.ts";
import { NodeHttp } from "./byNode.ts";
import { HttpWatch } from "./watch.ts";

/**
 * Sends one request and gives back whatever the server answers: no redirect is followed, nothing
 * is sent again, and the body is not decoded. Fails with a `StorageError` if no answer comes, or
 * with the signal's own reason.
 */
export type Http = (request: HttpRequest) => Promise<HttpReply>;

export interface HttpOptions {
  /** False accepts any certificate. */
  readonly verifyTls: boolean;
  /** How long the server may stay silent. */
  readonly timeoutMs: number;
  /** The field to name where the address seems to be wrong. */
  readonly addressField: string;
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
  { verifyTls, timeoutMs, addressField }: HttpOptions,
  node: Pick<NodeHttp, "send" | "keepsConnections"> = new NodeHttp(verifyTls),
): Http {
  const mustGoByNode = ({ url }: HttpRequest) =>
    (!verifyTls && url.startsWith("https:")) || isAltered(url);

  const send = async (request: HttpRequest, watch: HttpWatch): Promise<ArrivingReply> => {
    if (mustGoByNode(request) || node.keepsConnections(request.url))
      return await node.send(request, watch);
    const reply = await sendByFetch(request, watch);
    if (!isDecoded(request, reply)) return reply;
    await reply.body?.stream().cancel();
    return await node.send(request, watch);
  };

  return async (request) => {
    const watch = new HttpWatch(request, timeoutMs);
    const failure = (error: unknown) =>
      watch.over ? watch.over.reason : failureToReach(request.url, error, addressField);
    try {
      const { body, ...head } = await send(request, watch);
      if (body && isShort(head.headers))
        return { ...head, body: await arrived(body, watch, failure) };
      if (body) return { ...head, body: watched(body.stream(), watch, failure) };
      watch.end();
      return head;
    } catch (error) {
      watch.end();
      throw failure(error);
    }
  };
}

/** Whether `fetch` has unpacked what is stored packed. */
function isDecoded({ method }: HttpRequest, { status, headers }: ArrivingReply): boolean {
  const stored = headers.get("content-encoding");
  const isRead = method === "GET" && status >= 200 && status < 300;
  return isRead && stored !== null && stored !== "identity";
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

/** As `watched`, for a body that arrives in one piece anyway: a stream around it takes longer than that. */
async function arrived(
  body: ArrivingBody,
  watch: HttpWatch,
  failure: (error: unknown) => unknown,
): Promise<ReadableStream<Bytes>> {
  const pieces: Bytes[] = [];
  let end = (controller: ReadableStreamDefaultController<Bytes>) => controller.close();
  try {
    watch.wait();
    await body.take((piece) => {
      watch.wait();
      pieces.push(piece);
    });
  } catch (error) {
    const reason = failure(error);
    end = (controller) => controller.error(reason);
  }
  watch.end();
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        if (pieces.length === 0) end(controller);
      },
    },
    { highWaterMark: 0 },
  );
}

function watched(
  body: ReadableStream<Bytes>,
  watch: HttpWatch,
  failure: (error: unknown) => unknown,
): ReadableStream<Bytes> {
  const reader = body.getReader();
  watch.pause();
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        watch.wait();
        try {
          const { done, value } = await reader.read();
          watch.pause();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          watch.end();
          controller.close();
        } catch (error) {
          watch.end();
          controller.error(failure(error));
        }
      },
      async cancel(reason) {
        watch.end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
