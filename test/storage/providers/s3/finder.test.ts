import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { never } from "../../../../src/base/abort.ts";
import { endpointOfKey } from "../../../../src/storage/providers/s3/finder.ts";
import { s3Presets } from "../../../../src/storage/providers/s3/presets.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import { startScripted } from "../../../servers/scripted.ts";
import { failsWith } from "../../failsWith.ts";

const service = s3Presets.find(({ id }) => id === "idrive")?.service ?? assert.fail();
const { finder } = service;

/** IDrive e2 as it documents itself, or as it should not be. */
async function asked(status: number, answer: string, signal = never) {
  let sent = "";
  const server = await startScripted((request, response) => {
    void collected(request).then((body) => {
      sent = `${request.method} ${request.headers["content-type"]} ${body}`;
      response.writeHead(status, { "content-type": "application/json" }).end(answer);
    });
  });
  const { hosts } = finder ?? assert.fail();
  const local = { ...service, finder: { url: server.url, hosts } };
  try {
    return { sent: () => sent, answers: await endpointOfKey("KEY", signal, local) };
  } finally {
    await server.stop();
  }
}

async function collected(request: IncomingMessage): Promise<string> {
  const chunks = await Array.fromAsync(request);
  return Buffer.concat(chunks).toString();
}

describe("the endpoint of an access key", () => {
  it("is asked for with the key alone, and is the account's own", async () => {
    const { answers, sent } = await asked(
      200,
      '{"resp_code":0,"resp_msg":"Success","domain_name":"a1b2.la.idrivee2-12.com"}',
    );
    assert.deepEqual(answers, { endpoint: "https://a1b2.la.idrivee2-12.com" });
    assert.equal(sent(), 'POST application/json {"access_key":"KEY"}');
  });

  it("is a region where the address is the usual one", async () => {
    const { answers } = await asked(
      200,
      '{"resp_code":0,"domain_name":"s3.eu-west-4.idrivee2.com"}',
    );
    assert.deepEqual(answers, { endpoint: "", region: "eu-west-4" });
  });

  it("is not told for a key that nobody knows", async () => {
    const answer = '{"resp_code":-1,"resp_msg":"invalid access key"}';
    await failsWith({ kind: "signed-out", field: "accessKeyId" }, asked(200, answer));
  });

  it("is no host but the service's own: requests are signed for whoever is named", async () => {
    for (const host of [
      "evil.com",
      "idrivee2.com.evil.com",
      "evil.com/.idrivee2.com",
      "x@evil.com#.idrivee2.com",
      "evilidrivee2.com",
      "",
      null,
      7,
    ])
      await failsWith(
        { kind: "unexpected" },
        asked(200, JSON.stringify({ resp_code: 0, domain_name: host })),
      );
  });

  it("is not made up from an answer that makes no sense", async () => {
    for (const answer of ["", "[]", "null", "<html>", "{}", "x".repeat(100_000)])
      await failsWith({ kind: "unexpected" }, asked(200, answer));
    await failsWith({ kind: "unreachable" }, asked(500, "{}"));
    await failsWith({ kind: "throttled" }, asked(429, "{}"));
  });

  it("is asked for by nobody without a key, nor of a service that cannot be asked", async () => {
    const noKey = s3.lookUp?.({ accessKeyId: " " }, never, "idrive") ?? assert.fail();
    await failsWith({ kind: "invalid", field: "accessKeyId" }, noKey);
    const cannot = s3.lookUp?.({ accessKeyId: "KEY" }, never, "b2") ?? assert.fail();
    await failsWith({ kind: "unsupported" }, cannot);
  });
});
