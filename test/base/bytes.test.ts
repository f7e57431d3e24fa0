import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { blobOf, collected, utf8 } from "../../src/base/bytes.ts";

describe("a blob of bytes", () => {
  const bytes = utf8("0123456789");
  const same = new Blob([bytes]);

  it("is what a Blob of the same bytes is", async () => {
    const blob = blobOf(bytes);
    assert.ok(blob instanceof Blob);
    assert.equal(blob.size, same.size);
    assert.equal(blob.type, same.type);
    assert.equal(await blob.text(), await same.text());
    assert.deepEqual(await blob.arrayBuffer(), await same.arrayBuffer());
    assert.deepEqual(await collected(blob.stream()), bytes);
    assert.deepEqual(await collected(blob.stream()), bytes, "it can be read again");
    assert.equal(await blobOf(new Uint8Array(0)).text(), "");
  });

  it("is cut as a Blob is, wherever the cuts are", async () => {
    for (const [start, end] of [[0, 4], [3], [-4], [2, -2], [8, 4], [5, 99], [99]] as const)
      assert.equal(
        await blobOf(bytes).slice(start, end).text(),
        await same.slice(start, end).text(),
        `${start} to ${end}`,
      );
    assert.equal(await blobOf(bytes).slice(2, 8).slice(1, 3).text(), "34");
  });

  it("is sent by fetch with its length", async () => {
    const server = createServer((request, response) => {
      request
        .setEncoding("utf8")
        .on("data", (part) => response.write(`${request.headers["content-length"]} ${part}`));
      request.on("end", () => response.end());
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      // A server that listens on a port has an address of this kind.
      const { port } = server.address() as AddressInfo;
      const reply = await fetch(`http://127.0.0.1:${port}/`, {
        method: "PUT",
        body: blobOf(bytes),
      });
      assert.equal(await reply.text(), "10 0123456789");
    } finally {
      server.close();
    }
  });

  it("makes a Blob of a Buffer that shares its memory with others", async () => {
    const part = Buffer.from("before and after").subarray(7, 10);
    assert.equal(new TextDecoder().decode(await blobOf(part).arrayBuffer()), "and");
  });
});
