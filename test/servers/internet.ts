import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import type { AddressInfo } from "node:net";

export interface Internet {
  stop(): Promise<void>;
}

const askedHeader = "x-asked-of-the-internet";

/**
 * Stands in for every host but this one: what this process sends to any of them, by either way, is
 * answered by `answer`. It comes in the way of requests where VS Code does, too.
 */
export async function startInternet(
  answer: (request: Request) => Response | Promise<Response>,
): Promise<Internet> {
  const server = createServer((request, response) => {
    requestOf(request)
      .then(answer)
      .then(async (answered) => {
        response.writeHead(answered.status, Object.fromEntries(answered.headers));
        response.end(Buffer.from(await answered.arrayBuffer()));
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const originals = { fetch: globalThis.fetch, http: http.request, https: https.request };
  const divert = (original: typeof http.request) =>
    ((options: https.RequestOptions) => {
      const { protocol, hostname, port: asked, path, headers } = options;
      if (isHere(String(hostname))) return original(options);
      const url = `${protocol}//${hostname}${asked ? `:${asked}` : ""}${path}`;
      // Ours are never an array.
      const all = { ...(headers as OutgoingHttpHeaders), [askedHeader]: url };
      const here = { protocol: "http:", hostname: "127.0.0.1", port };
      return originals.http({ ...options, ...here, headers: all });
      // Ours is the only way in which it is called.
    }) as typeof http.request;
  http.request = divert(originals.http);
  https.request = divert(originals.https);
  globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (isHere(new URL(url).hostname)) return await originals.fetch(input, init);
    const headers = new Headers(init?.headers);
    headers.set(askedHeader, url);
    return await originals.fetch(`http://127.0.0.1:${port}/`, { ...init, headers });
  };
  syncBuiltinESMExports();
  return {
    stop: async () => {
      http.request = originals.http;
      https.request = originals.https;
      globalThis.fetch = originals.fetch;
      syncBuiltinESMExports();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isHere(hostname: string): boolean {
  return hostname === "127.0.0.1" || hostname === "localhost";
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const { method = "", headers } = incoming;
  const { [askedHeader]: url, ...rest } = headers;
  const body = Buffer.concat(await incoming.toArray());
  // Names that a request must not have are not read by anybody either.
  return new Request(String(url), {
    method,
    headers: Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
    ...(body.length > 0 && { body }),
  });
}
