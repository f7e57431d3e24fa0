import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Scripted {
  /** Ends in `/`. */
  readonly url: string;
  /** What was asked, oldest first, as `METHOD /path`. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** A server in this process that says what no well-made server would say. */
export async function startScripted(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Scripted> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  // A server that listens on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
