import assert from "node:assert/strict";
import { readWhole, RemoteBlob } from "../../../src/app/objects/remoteBlob.ts";
import { never } from "../../../src/base/abort.ts";
import type { Bytes } from "../../../src/base/bytes.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { retry, withLayers } from "../../../src/storage/layers.ts";
import { readInRanges } from "../../../src/storage/rangedRead.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { pattern } from "../../storage/conformance/test.ts";

const content = pattern(1000);

/** Its answers bring so many bytes more than they should, or fewer, and end as if they were whole. */
function lying(by: number, isLying: () => boolean = () => true): Driver {
  const plain = memoryDriver();
  return {
    ...plain,
    read: async (request, use) =>
      await plain.read(request, async ({ info, body }) => {
        if (!isLying()) return await use({ info, body });
        const bytes = new Uint8Array(await new Response(body).arrayBuffer());
        const told = new Uint8Array(Math.max(0, bytes.length + by));
        told.set(bytes.subarray(0, told.length));
        return await use({ info, body: new Blob([told]).stream() });
      }),
  };
}

async function filled(driver: Driver): Promise<Storage> {
  const storage = new Storage(driver);
  await storage.write("a", content);
  return storage;
}

/** Every way in which an object comes into memory, or passes through it. */
const ways: Readonly<Record<string, (storage: Storage) => Promise<Bytes>>> = {
  "read at once": async (storage) => await storage.bytes("a"),
  "read in part": async (storage) => await storage.bytes("a", { range: { start: 0, end: 1000 } }),
  "copied through memory": async (storage) =>
    await readWhole(storage, await storage.stat("a"), never),
  "sent on as it is read": async (storage) =>
    await new RemoteBlob(storage, await storage.stat("a"), never).bytes(),
  "sent on in part": async (storage) => {
    const blob = new RemoteBlob(storage, await storage.stat("a"), never);
    return new Uint8Array([
      ...(await blob.slice(0, 500).bytes()),
      ...(await blob.slice(500).bytes()),
    ]);
  },
  "read in ranges": async (storage) =>
    await readInRanges(
      storage,
      "a",
      async ({ body }) => new Uint8Array(await new Response(body).arrayBuffer()),
      { rangeBytes: 300 },
    ),
};

describe("an object whose answer ends early, or late", () => {
  for (const [way, read] of Object.entries(ways)) {
    it(`is not taken for whole when it is ${way}`, async () => {
      assert.deepEqual(await read(await filled(lying(0))), content);
      await assert.rejects(read(await filled(lying(-1))), { kind: "unreachable" });
      await assert.rejects(read(await filled(lying(-1000))), { kind: "unreachable" });
      await assert.rejects(read(await filled(lying(1))), { kind: "corrupt" });
    });

    it(`is asked for again when it is ${way}`, async () => {
      let times = 0;
      const driver = lying(-7, () => times++ === 0);
      const storage = await filled(withLayers(driver, retry({ attempts: 2, baseMs: 1 })));
      assert.deepEqual(await read(storage), content);
    });
  }
});
