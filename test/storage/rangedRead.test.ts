import assert from "node:assert/strict";
import { collected } from "../../src/base/bytes.ts";
import { Slots } from "../../src/base/slots.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { StorageError } from "../../src/storage/errors.ts";
import { memoryDriver } from "../../src/storage/providers/memory.ts";
import { readInRanges } from "../../src/storage/rangedRead.ts";
import { Storage } from "../../src/storage/storage.ts";
import { pattern } from "./conformance/test.ts";
import { fails } from "./failsWith.ts";

describe("Reading in ranges", () => {
  const bytes = pattern(10_000);
  let asked: string[];
  let underWay: number;
  let mostAtOnce: number;
  let onRead: (start: number) => Promise<void>;

  const storageWith = async (): Promise<Storage> => {
    const inner = memoryDriver();
    const driver: Driver = {
      ...inner,
      read: async (request, use) => {
        const { start = -1, end } = request.range ?? {};
        asked.push(`${start}-${end}`);
        mostAtOnce = Math.max(mostAtOnce, ++underWay);
        try {
          await onRead(start);
          return await inner.read(request, use);
        } finally {
          underWay--;
        }
      },
    };
    const storage = new Storage(driver);
    await storage.write("large", bytes);
    return storage;
  };

  beforeEach(() => {
    asked = [];
    underWay = 0;
    mostAtOnce = 0;
    onRead = async (start) => await new Promise((resolve) => setTimeout(resolve, 9 - (start % 7)));
  });

  const whole = async (storage: Storage, options: Parameters<typeof readInRanges>[3]) =>
    await readInRanges(storage, "large", async ({ body }) => await collected(body), options);

  it("gives the bytes in their order, whichever comes first", async () => {
    const storage = await storageWith();
    for (const [rangeBytes, start] of [
      [999, 0],
      [5000, 0],
      [10_000, 0],
      [99_999, 0],
      [999, 1234],
      [999, 9999],
    ] as const) {
      const read = await whole(storage, { rangeBytes, start });
      assert.ok(Buffer.from(read).equals(bytes.subarray(start)), `${rangeBytes} from ${start}`);
    }
  });

  it("shares memory with others who read, however early one of them ends", async () => {
    const storage = await storageWith();
    const held = new Slots(4000);
    const options = { rangeBytes: 1000, held };
    onRead = async (start) => {
      if (start === 7000 && asked.length > 20) throw new StorageError("unexpected", "no");
    };
    const early = readInRanges(storage, "large", async () => {}, options);
    const all = await Promise.allSettled([1, 2, 3].map(() => whole(storage, options)));
    await early;
    assert.equal(mostAtOnce, 4);
    assert.ok(all.some(({ status }) => status === "rejected"));
    onRead = async () => {};
    assert.ok(Buffer.from(await whole(storage, options)).equals(bytes));
    const leave = await held.take(AbortSignal.timeout(1000), 4000);
    leave();
  });

  it("asks for each range once, and for few ahead of its reader", async () => {
    const storage = await storageWith();
    await readInRanges(
      storage,
      "large",
      async ({ info, body }) => {
        assert.equal(info.size, 10_000);
        const reader = body[Symbol.asyncIterator]();
        await reader.next();
        while (asked.length < 7) await new Promise((resolve) => setTimeout(resolve, 1));
        await new Promise((resolve) => setTimeout(resolve, 30));
        assert.equal(asked.length, 7, "one was read, six wait");
        while ((await reader.next()).done !== true);
      },
      { rangeBytes: 1000, atOnce: 3 },
    );
    assert.equal(asked.length, 10);
    assert.equal(new Set(asked).size, 10);
    assert.equal(mostAtOnce, 3);
  });

  it("fails if the object changes meanwhile", async () => {
    const storage = await storageWith();
    const reading = readInRanges(
      storage,
      "large",
      async ({ body }) => {
        await storage.write("large", pattern(10_000));
        return await collected(body);
      },
      { rangeBytes: 1000, atOnce: 2 },
    );
    await fails("conflict", reading);
    assert.equal(underWay, 0);
  });

  it("ends with nothing under way when a range fails, or when asked", async () => {
    const storage = await storageWith();
    onRead = async (start) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (start === 2000) throw new StorageError("denied", "not this one");
    };
    await fails("denied", whole(storage, { rangeBytes: 1000 }));
    assert.equal(underWay, 0);
    const signal = AbortSignal.timeout(15);
    onRead = async () => await new Promise((resolve) => setTimeout(resolve, 10));
    await assert.rejects(whole(storage, { rangeBytes: 100, signal }), { name: "TimeoutError" });
    assert.equal(underWay, 0);
  });

  it("fails for what is not there, or empty", async () => {
    const storage = await storageWith();
    await storage.write("empty", new Uint8Array());
    const read = async (key: string) =>
      await readInRanges(storage, key, async ({ body }) => await collected(body));
    await fails("not-found", read("missing"));
    await fails("invalid", read("empty"));
  });
});
