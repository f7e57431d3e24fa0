import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { inspect } from "node:util";
import { utf8 } from "../../src/base/bytes.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers, Provider } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../src/storage/providers/webdav/webdav.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type Scripted, startScripted } from "../servers/scripted.ts";

const password = "Gr33n-Sl33ves+pw/x";
const token = "tok3n.Wh1sper~of/rain==";
const basic = Buffer.from(`ann:${password}`).toString("base64");

/** The ways in which servers, and what stands before them, repeat what they were told. */
const echoes: Readonly<Record<string, (headers: Readonly<Record<string, string>>) => string>> = {
  "as they came": (headers) => lines(headers, (name, value) => `${name}: ${value}`),
  "in capitals": (headers) => lines(headers, (name, value) => `${name.toUpperCase()}=${value}`),
  "as JSON": (headers) => JSON.stringify({ headers }),
  "as JSON with lists": (headers) =>
    JSON.stringify(Object.fromEntries(Object.entries(headers).map(([n, v]) => [n, [v]]))),
  "as Go does": (headers) => `map[${lines(headers, (name, value) => `${name}:[${value}]`, " ")}]`,
  "as PHP does": (headers) => lines(headers, (name, value) => `[${name}] => ${value}`),
  "as Python does": (headers) =>
    `{${lines(headers, (name, value) => `'${name}': '${value}'`, ", ")}}`,
  "as elements": (headers) =>
    `<Error><Code>Odd</Code><Message>${lines(headers, (name, value) => `<${name}>${value}</${name}>`)}</Message></Error>`,
  "in cells": (headers) =>
    `<html><table>${lines(headers, (name, value) => `<tr><td>${name}</td><td>${value}</td></tr>`)}</table>`,
  "escaped in a message": (headers) =>
    `<Error><Code>Odd</Code><Message>${lines(headers, (name, value) => `&quot;${name}&quot;: &quot;${value}&quot;`)}</Message></Error>`,
  "by their values alone": (headers) => `you said ${headers["authorization"]}, which is odd`,
};

function lines(
  headers: Readonly<Record<string, string>>,
  line: (name: string, value: string) => string,
  between = "\n",
): string {
  // First those that matter: messages are cut.
  const names = Object.keys(headers).toSorted((a, b) => Number(isSecret(b)) - Number(isSecret(a)));
  return names.map((name) => line(name, headers[name] ?? "")).join(between);
}

function isSecret(name: string): boolean {
  return name === "authorization" || name === "x-amz-security-token";
}

const statuses = [200, 207, 301, 401, 403, 412, 500, 507];

const key = { accessKeyId: "ann", secretAccessKey: password, sessionToken: token, bucket: "b" };
const accounts: Readonly<Record<string, (url: string) => readonly [Provider, Answers]>> = {
  S3: (url) => [s3, { endpoint: url, region: "eu", addressing: "path", ...key }],
  "S3 by its old signature": (url) => [
    s3,
    { endpoint: url, region: "eu", addressing: "path", signature: "v2", ...key },
  ],
  "WebDAV by password": (url) => [webdav, { url, user: "ann", password }],
  "WebDAV by digest": (url) => [webdav, { url, user: "ann", password, auth: "digest" }],
  "WebDAV by token": (url) => [webdav, { url, auth: "bearer", token }],
};

const asked: readonly ((storage: Storage) => Promise<unknown>)[] = [
  async (storage) => await storage.page("", { shallow: true }),
  async (storage) => await storage.stat("a"),
  async (storage) => await storage.bytes("a"),
  async (storage) => await storage.write("a", utf8("x")),
  async (storage) => await storage.delete(["a", "b"]),
  async (storage) => await storage.copy("a", "b"),
  async (storage) => await storage.move("a", "b"),
  async (storage) => await storage.makeFolder("a/"),
];

describe("A server that repeats what it was told", function () {
  this.timeout(60_000);
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let server: Scripted;

  before(async () => {
    server = await startScripted((request, response) => {
      request.resume();
      answer(request, response);
    });
  });
  after(async () => await server.stop());

  for (const [account, answersFor] of Object.entries(accounts))
    for (const [manner, echo] of Object.entries(echoes))
      it(`gets no secret of ${account} into a message or the log: ${manner}`, async () => {
        const said: string[] = [];
        for (const status of statuses) {
          answer = ({ headers }, response) => {
            const text = echo(headers as Readonly<Record<string, string>>);
            const flat = text.replaceAll(/[^\x20-\x7e]/g, " ");
            response.writeHead(status, {
              "content-type": "text/plain",
              location: `/elsewhere?${flat}`,
              "x-request-id": flat,
              "www-authenticate": `Basic realm="${flat}"`,
            });
            response.end(text);
          };
          const [provider, answers] = answersFor(server.url);
          const storage = await openStorage({ provider, answers }, (line) => said.push(line), {
            attempts: 1,
          });
          for (const ask of asked)
            await ask(storage).catch((error: unknown) => {
              said.push(String(error), inspect(error, { depth: 6 }));
            });
        }
        assert.ok(said.length > 0);
        for (const line of said)
          for (const secret of [password, token, basic])
            assert.ok(!line.includes(secret), line.slice(0, 500));
      });
});
