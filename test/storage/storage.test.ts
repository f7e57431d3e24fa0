import assert from "node:assert/strict";
import { never } from "../../src/base/abort.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../src/storage/errors.ts";
import { memoryDriver, type MemoryOptions } from "../../src/storage/providers/memory.ts";
import { Storage } from "../../src/storage/storage.ts";
import { failsWith } from "./failsWith.ts";

/** Counts what reaches the driver. */
function counted(options: MemoryOptions = {}): { driver: Driver; sent: string[] } {
  const inner = memoryDriver(options);
  const sent: string[] = [];
  const driver: Driver = {
    ...inner,
    write: (request) => {
      sent.push("write");
      return inner.write(request);
    },
    read: (request, use) => {
      sent.push("read");
      return inner.read(request, use);
    },
    delete: (request) => {
      sent.push(`delete ${request.keys.length}`);
      return inner.delete(request);
    },
  };
  return { driver, sent };
}

describe("Storage", () => {
  it("asks the server for nothing that it cannot do", async () => {
    const { driver, sent } = counted({
      ifAbsent: false,
      ifMatch: false,
      range: false,
      maxObjectBytes: 10,
    });
    const storage = new Storage(driver);
    await failsWith({ kind: "unsupported" }, storage.write("k", utf8("x"), { ifAbsent: true }));
    await failsWith({ kind: "unsupported" }, storage.write("k", utf8("x"), { ifMatch: "1" }));
    await failsWith({ kind: "unsupported" }, storage.write("k", new Uint8Array(11)));
    await failsWith({ kind: "unsupported" }, storage.bytes("k", { range: { start: 0, end: 1 } }));
    assert.deepEqual(sent, []);
  });

  it("asks for no range that holds no byte", async () => {
    const { driver, sent } = counted();
    const storage = new Storage(driver);
    for (const range of [
      { start: 5, end: 5 },
      { start: 5, end: 2 },
      { start: -1 },
      { start: 0.5 },
      { start: Number.NaN },
    ])
      await failsWith({ kind: "invalid" }, storage.bytes("k", { range }));
    assert.deepEqual(sent, []);
  });

  it("deletes in batches as large as the server takes", async () => {
    const { driver, sent } = counted({ deleteBatch: 4 });
    const storage = new Storage(driver);
    await storage.delete(Array.from({ length: 10 }, (_, i) => `k${i}`));
    assert.deepEqual(sent, ["delete 4", "delete 4", "delete 2"]);
  });

  for (const circle of [["again"], ["1", "2"], ["1", "2", "3", "4", "5"]])
    it(`refuses a listing that leads in a circle of ${circle.length}`, async () => {
      const driver: Driver = {
        ...memoryDriver(),
        list: async ({ cursor = "" }) => ({
          entries: [],
          cursor: circle[(circle.indexOf(cursor) + 1) % circle.length] ?? "",
        }),
      };
      await failsWith({ kind: "unexpected" }, Array.fromAsync(new Storage(driver).list()));
    });

  it("refuses a listing of something else than was asked for", async () => {
    const inner = memoryDriver();
    // As a server does that takes the plus sign of "a+b/" for a space.
    const driver: Driver = {
      ...inner,
      list: (request) => inner.list({ ...request, prefix: request.prefix.replaceAll("+", " ") }),
    };
    const storage = new Storage(driver);
    for (const key of ["a+b/mine", "a b/theirs"]) await storage.write(key, utf8(key));
    await failsWith({ kind: "unexpected" }, Array.fromAsync(storage.list("a+b/")));
    await failsWith({ kind: "unexpected" }, storage.within("a+b/").page(""));
  });

  it("fetches pages only as they are consumed", async () => {
    const inner = memoryDriver({ pageSize: 2 });
    let pages = 0;
    const driver: Driver = {
      ...inner,
      list: (request) => {
        pages++;
        return inner.list(request);
      },
    };
    const storage = new Storage(driver);
    for (const key of ["a", "b", "c", "d", "e"]) await storage.write(key, utf8(key));
    for await (const { key } of storage.list()) if (key === "c") break;
    assert.equal(pages, 2);
  });

  it("shows a folder as if it were all there is", async () => {
    const whole = new Storage(memoryDriver());
    const part = whole.within("a/").within("b/");
    await part.write("c", utf8("x"));
    await part.copy("c", "d");
    await part.makeFolder("e/");
    assert.deepEqual(await keys(whole), ["a/b/c", "a/b/d", "a/b/e/"]);
    assert.deepEqual(await keys(part), ["c", "d", "e/"]);
    assert.equal((await part.stat("c")).key, "c");
    await part.read("c", async ({ info }) => assert.equal(info.key, "c"));
    await part.delete(["c", "d", "e/"]);
    assert.deepEqual(await keys(whole), []);
  });

  it("says once where an error happened", async () => {
    const storage = new Storage(memoryDriver(), "My bucket", "a/").within("b/");
    await assert.rejects(storage.stat("c"), (error) => {
      assert.ok(error instanceof StorageError);
      assert.deepEqual(error.place, { operation: "stat", key: "a/b/c", connection: "My bucket" });
      return true;
    });
  });

  it("says of an extra that only looks or reads that looking or reading failed", async () => {
    const refused = async () => await Promise.reject(new StorageError("denied", "no"));
    const details = { get: refused, set: refused, tags: refused, setTags: refused };
    const { extras } = new Storage({ ...memoryDriver(), extras: { details } });
    const operationOf = async (asked: Promise<unknown> | undefined) =>
      await asked?.catch((error: unknown) => isStorageError(error) && error.place?.operation);
    const request = { key: "k", signal: never };
    assert.equal(await operationOf(extras.details?.get(request)), "stat");
    assert.equal(await operationOf(extras.details?.setTags({ ...request, tags: {} })), "extra");
  });

  it("knows no empty key", async () => {
    const whole = new Storage(memoryDriver());
    for (const storage of [whole, whole.within("a/")]) {
      await failsWith({ kind: "invalid" }, storage.write("", utf8("x")));
      await failsWith({ kind: "invalid" }, storage.stat(""));
      await failsWith({ kind: "invalid" }, storage.delete([""]));
    }
  });
});

async function keys(storage: Storage): Promise<string[]> {
  return await Array.fromAsync(storage.list(), ({ key }) => key);
}
