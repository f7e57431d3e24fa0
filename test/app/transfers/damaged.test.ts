/** What becomes of an object that has not arrived as it was sent. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { md5OfBytes } from "../../../src/base/digest.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { withLayers } from "../../../src/storage/layers.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import type { Transfer } from "../../../src/app/transfers/state.ts";
import { pattern } from "../../storage/conformance/test.ts";
import { at, carried, copy, TransferBench, until, upload } from "./queue.ts";
import { storeWithUploads } from "./uploads.ts";

/** As S3: its versions are MD5s of the content. What is written while `isBad` is damaged on its way. */
function damaging(isBad: () => boolean): Driver {
  const { copy: _, ...plain } = memoryDriver();
  const versions = new Map<string, string>();
  const versioned = <T extends { readonly key: string; readonly version?: string }>(
    info: T,
  ): T => ({
    ...info,
    version: versions.get(info.version ?? "") ?? info.version,
  });
  const unasked = async () => assert.fail("nobody should ask for this");
  return {
    ...plain,
    write: async (request) => {
      const bytes = new Uint8Array((await request.body.arrayBuffer()).slice());
      if (isBad()) bytes[0]! ^= 1;
      const info = await plain.write({ ...request, body: new Blob([bytes]) });
      versions.set(info.version ?? "", md5OfBytes(bytes));
      return versioned(info);
    },
    stat: async (request) => versioned(await plain.stat(request)),
    extras: {
      details: {
        get: async ({ key, signal }) => ({
          info: await plain.stat({ key, signal }),
          headers: {},
          metadata: {},
        }),
        tags: async () => ({}),
        set: unasked,
        setTags: unasked,
      },
    },
  };
}

function reasonOf({ failures: [first] }: Transfer): string | undefined {
  return isStorageError(first?.error, "corrupt") ? first.error.details.reason : undefined;
}

describe("an object that was damaged on its way", () => {
  let bench: TransferBench;
  let isBad = true;
  let driver: Driver;

  beforeEach(() => {
    bench = new TransferBench();
    isBad = true;
    driver = damaging(() => isBad);
    writeFileSync(bench.local("a"), "content");
  });
  afterEach(async () => await bench.dispose());

  it("does not stay where nothing was before, and a retry brings it whole", async () => {
    const storage = bench.storage("s", driver);
    const queue = bench.queue();
    const failed = await carried(queue, upload([bench.local("a")], at("s")));
    assert.equal(reasonOf(failed), "damaged-removed");
    assert.equal(await storage.exists("a"), false);
    isBad = false;
    queue.resume(failed.id);
    await until(queue, failed.id, ({ status }) => status === "done");
    assert.equal(text(await storage.bytes("a")), "content");
    assert.deepEqual(bench.questions, []);
  });

  it("stays where it has replaced something, and that is said", async () => {
    const storage = bench.storage("s", driver);
    await storage.write("a", utf8("old"));
    const failed = await carried(bench.queue(), upload([bench.local("a")], at("s"), "replace"));
    assert.equal(reasonOf(failed), "damaged-left");
    assert.ok(await storage.exists("a"));
  });

  it("stays where somebody else has written there since", async () => {
    const others = new Storage(driver);
    const storage = withLayers(driver, async (call) => {
      const reply = await call.send();
      if (call.operation !== "write") return reply;
      isBad = false;
      await others.write("a", utf8("precious"));
      return reply;
    });
    bench.storage("s", storage);
    const failed = await carried(bench.queue(), upload([bench.local("a")], at("s")));
    assert.equal(reasonOf(failed), "damaged-left");
    assert.equal(text(await others.bytes("a")), "precious");
  });

  it("stays where it cannot be deleted", async () => {
    const remove = async () => {
      throw new StorageError("denied", "no");
    };
    bench.storage("s", { ...driver, delete: remove });
    const failed = await carried(bench.queue(), upload([bench.local("a")], at("s")));
    assert.equal(reasonOf(failed), "damaged-left");
  });

  it("is removed by a move, whose source stays", async () => {
    const source = bench.storage("from", memoryDriver());
    await source.write("a", utf8("content"));
    const target = bench.storage("s", driver);
    const queue = bench.queue();
    const failed = await carried(queue, copy([at("from", "a")], at("s"), "move"));
    assert.equal(reasonOf(failed), "damaged-removed");
    assert.deepEqual([await source.exists("a"), await target.exists("a")], [true, false]);
    isBad = false;
    queue.resume(failed.id);
    await until(queue, failed.id, ({ status }) => status === "done");
    assert.deepEqual([await source.exists("a"), await target.exists("a")], [false, true]);
    assert.deepEqual(bench.questions, []);
  });

  it("stays where its parts were put together to something else, perhaps somebody else's", async () => {
    const { driver: store } = storeWithUploads();
    const { uploads = assert.fail() } = store.extras ?? {};
    const complete: typeof uploads.complete = async (request) => {
      await uploads.complete(request);
      throw new StorageError("corrupt", "not what was sent");
    };
    const storage = bench.storage("s", { ...store, extras: { uploads: { ...uploads, complete } } });
    writeFileSync(bench.local("big"), pattern(17_000_000));
    const failed = await carried(bench.queue(), upload([bench.local("big")], at("s")));
    assert.equal(reasonOf(failed), "damaged-left");
    assert.ok(await storage.exists("big"));
  });
});
