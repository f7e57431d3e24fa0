import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** What VS Code's `--extensionDevelopmentPath` and `--extensionTestsPath` say on the desktop. */
export interface Development {
  /** Folders of extensions to run in development mode. */
  readonly extensions: readonly string[];
  /** A module that exports `run(): Promise<void>`, loaded in the extension host. */
  readonly tests?: string;
}

/**
 * Stands between browser and server and adds the development options to the workbench's page. The
 * product itself only takes them from its address together with its smoke-test driver, and under
 * that no notification is ever shown.
 */
export async function startDevelopmentProxy(
  port: number,
  serverPort: number,
  development: Development,
): Promise<{ stop(): Promise<void> }> {
  const sockets = new Set<Duplex>();
  const server = createServer((incoming, outgoing) => forward(incoming, outgoing));
  server.on("connection", (socket) => sockets.add(socket));
  server.on("upgrade", (incoming, socket, head) => {
    const inner = connect(serverPort, "127.0.0.1", () => {
      inner.write(headOf(incoming));
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    for (const end of [inner, socket]) {
      end.on("error", () => {
        inner.destroy();
        socket.destroy();
      });
    }
  });
  await listening(server, port);
  return {
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const isPage = new URL(incoming.url ?? "/", "http://localhost").pathname === "/";
    const headers = { ...incoming.headers };
    if (isPage) delete headers["accept-encoding"];
    const inner = request(
      { host: "127.0.0.1", port: serverPort, path: incoming.url, method: incoming.method, headers },
      (reply) => {
        if (isPage && reply.statusCode === 200) return void sendPage(reply, outgoing);
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(outgoing);
      },
    );
    inner.on("error", () => outgoing.destroy());
    incoming.pipe(inner);
  }

  async function sendPage(reply: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks = await Array.fromAsync<Buffer>(reply);
    const page = withDevelopment(Buffer.concat(chunks).toString(), port, development);
    const { "content-length": _, ...headers } = reply.headers;
    outgoing.writeHead(200, headers).end(page);
  }
}

/** The page with the development options in the configuration it carries in a `<meta>` element. */
function withDevelopment(page: string, port: number, { extensions, tests }: Development): string {
  const remote = (path: string) => ({
    scheme: "vscode-remote",
    authority: `127.0.0.1:${port}`,
    path,
  });
  const pattern = /(id="vscode-workbench-web-configuration" data-settings=")([^"]*)"/;
  return page.replace(pattern, (_, start: string, escaped: string) => {
    const text = escaped.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
    const configuration = {
      ...JSON.parse(text),
      developmentOptions: {
        extensions: extensions.map(remote),
        ...(tests ? { extensionTestsPath: remote(tests) } : {}),
      },
    };
    const changed = JSON.stringify(configuration);
    return `${start}${changed.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`;
  });
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let i = 0; i < rawHeaders.length; i += 2)
    lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

async function listening(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}
