import assert from "node:assert/strict";
import { createServer, request as sendOn, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { ConfigurationTarget, workspace } from "vscode";
import { never } from "../../src/base/abort.ts";
import { openHttp } from "../../src/storage/http/http.ts";
import { textOf } from "../../src/storage/http/answers.ts";

describe("HTTP in VS Code", function () {
  this.timeout(30_000);
  const connections = new Set<Socket>();
  const servers: Server[] = [];
  const http = openHttp({ verifyTls: true, timeoutMs: 5000, addressField: "endpoint" });

  const serve = async (server: Server): Promise<number> => {
    servers.push(server.on("connection", (socket) => connections.add(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const ask = async (url: string) =>
    await textOf((await http({ method: "GET", url, headers: {}, signal: never })).body);
  const askOften = async (url: string) => {
    for (let round = 0; round < 10; round++)
      await Promise.all([1, 2, 3, 4].map(async () => await ask(url)));
  };
  const useProxy = async (url: string | undefined) =>
    await workspace.getConfiguration("http").update("proxy", url, ConfigurationTarget.Global);

  afterEach(async () => {
    await useProxy(undefined);
    connections.clear();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("keeps its connections", async () => {
    const port = await serve(createServer((_, response) => response.end("here")));
    await askOften(`http://127.0.0.1:${port}/`);
    assert.equal(connections.size, 4);
  });

  it("takes the proxy that is set, and keeps the connections to that", async () => {
    const server = createServer((_, response) => response.end("here"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const proxy = createServer((request, response) => {
      const { pathname } = new URL(String(request.url));
      const { method, headers } = request;
      const target = { host: "127.0.0.1", port, path: pathname, method, headers, agent: false };
      const sent = sendOn(target, (answer) => {
        response.writeHead(Number(answer.statusCode), answer.headers);
        answer.pipe(response);
      });
      request.pipe(sent);
    }).on("connect", (_, socket) => {
      const tunnel = connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connected\r\n\r\n");
        tunnel.pipe(socket).pipe(tunnel);
      });
      for (const end of [tunnel, socket]) end.on("error", () => tunnel.destroy());
    });
    const proxyPort = await serve(proxy);
    await useProxy(`http://127.0.0.1:${proxyPort}`);
    const url = "http://offsite.test/";
    // VS Code hands the setting round.
    while ((await ask(url).catch(() => "")) !== "here") await wait(50);
    await askOften(url);
    assert.ok(connections.size < 20, `${connections.size} connections for 40 requests`);
  });
});
