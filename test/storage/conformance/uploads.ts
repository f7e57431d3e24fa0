import assert from "node:assert/strict";
import { never } from "../../../src/base/abort.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import type { UploadedPart, Uploads } from "../../../src/storage/extras.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { type Each, pattern } from "./test.ts";
import { fails } from "../failsWith.ts";

const signal = never;

/** What `Uploads` promises. */
export function uploadsConformance(each: Each): void {
  each("takes an upload up again where it was left", async (storage) => {
    const uploads = uploadsOf(storage);
    const key = "resumed/ü %+#?&.bin";
    const bytes = pattern(36_000_000);
    const { id, partBytes } = await uploads.begin({ key, size: bytes.length, signal });
    assert.ok(partBytes < bytes.length, "one part is no test");
    const send = async (number: number) => {
      const start = (number - 1) * partBytes;
      const body = new Blob([bytes.subarray(start, start + partBytes)]);
      return await uploads.part({ key, id, number, body, signal });
    };
    const count = Math.ceil(bytes.length / partBytes);
    await send(count);
    await send(1);
    assert.equal(await storage.exists(key), false, "a part shows under the final name");

    const arrived = await uploads.parts({ key, id, signal });
    assert.deepEqual(
      arrived.map(({ number }) => number),
      [1, count],
    );
    const rest: UploadedPart[] = [];
    for (let number = 2; number < count; number++) rest.push(await send(number));
    const parts = [...rest, ...arrived];
    const made = await uploads.complete({ key, id, size: bytes.length, parts, signal });
    assert.equal(made.key, key);
    assert.equal(made.size, bytes.length);
    assert.ok(Buffer.from(await storage.bytes(key)).equals(bytes));
    assert.equal((await storage.stat(key)).version, made.version ?? "");
    assert.deepEqual((await uploads.list({ prefix: "", signal })).uploads, []);
  });

  each("replaces a part that is sent again", async (storage) => {
    const uploads = uploadsOf(storage);
    const { id } = await uploads.begin({ key: "twice", size: 5, signal });
    for (const text of ["first", "again"])
      await uploads.part({ key: "twice", id, number: 1, body: new Blob([text]), signal });
    const parts = await uploads.parts({ key: "twice", id, signal });
    assert.equal(parts.length, 1);
    await uploads.complete({ key: "twice", id, size: 5, parts, signal });
    assert.equal(Buffer.from(await storage.bytes("twice")).toString(), "again");
  });

  each("makes an empty object of an empty part", async (storage) => {
    const uploads = uploadsOf(storage);
    const { id } = await uploads.begin({ key: "empty", size: 0, signal });
    const part = await uploads.part({ key: "empty", id, number: 1, body: new Blob([]), signal });
    await uploads.complete({ key: "empty", id, size: 0, parts: [part], signal });
    assert.equal((await storage.stat("empty")).size, 0);
  });

  each("knows its own work when a completion is sent again", async (storage) => {
    const uploads = uploadsOf(storage);
    const { key, id, size, part } = await begun(uploads, "completed");
    const request = { key, id, size, parts: [part], signal };
    const first = await uploads.complete(request);
    const second = await uploads.complete(request);
    assert.equal(second.size, first.size);
    assert.equal(second.version, first.version);
  });

  each("takes nobody else's object for the work of an upload that is gone", async (storage) => {
    const uploads = uploadsOf(storage);
    const { key, id, size, part } = await begun(uploads, "replaced");
    await uploads.abort({ key, id, signal });
    const parts = [part];
    await fails("not-found", uploads.complete({ key, id, size, parts, signal }));
    await storage.write(key, new Uint8Array(size));
    await fails("not-found", uploads.complete({ key, id, size, parts, signal }));
    const other = await uploads.begin({ key, size, signal });
    const body = new Blob([new Uint8Array(size).fill(7)]);
    const theirs = await uploads.part({ key, id: other.id, number: 1, body, signal });
    await uploads.complete({ key, id: other.id, size, parts: [theirs], signal });
    await fails("not-found", uploads.complete({ key, id, size, parts, signal }));
  });

  each(
    "is completed only on its condition, and loses nothing where that fails",
    async (storage) => {
      const uploads = uploadsOf(storage);
      const { key, id, size, part } = await begun(uploads, "conditional");
      const request = { key, id, size, parts: [part], signal };
      const gone = { ...request, ifMatch: "0".repeat(32) };
      await fails("conflict", uploads.complete(gone));
      const theirs = await storage.write(key, new Uint8Array([1, 2, 3]));
      await fails("conflict", uploads.complete({ ...request, ifAbsent: true }));
      await fails("conflict", uploads.complete(gone));
      assert.deepEqual([...(await storage.bytes(key))], [1, 2, 3]);
      assert.deepEqual(await uploads.parts({ key, id, signal }), [part]);
      const made = await uploads.complete({ ...request, ifMatch: theirs.version ?? "" });
      assert.equal((await storage.stat(key)).version, made.version);
      assert.equal((await storage.stat(key)).size, size);
      const other = await begun(uploads, "nothing there");
      await uploads.complete({ ...other, parts: [other.part], ifAbsent: true, signal });
      assert.equal(await storage.exists(other.key), true);
    },
  );

  each("knows no upload that never was, or is given up", async (storage) => {
    const uploads = uploadsOf(storage);
    const { key, id, size, part } = await begun(uploads, "given up");
    await uploads.abort({ key, id, signal });
    await uploads.abort({ key, id, signal });
    const body = new Blob(["x"]);
    for (const gone of [id, "never-was"]) {
      await fails("not-found", uploads.parts({ key, id: gone, signal }));
      await fails("not-found", uploads.part({ key, id: gone, number: 1, body, signal }));
      await fails("not-found", uploads.complete({ key, id: gone, size, parts: [part], signal }));
    }
    assert.equal(await storage.exists(key), false);
    assert.deepEqual((await uploads.list({ prefix: "", signal })).uploads, []);
  });

  each("lists what was begun and not ended", async (storage) => {
    const uploads = uploadsOf(storage);
    const keys = ["a/one", "a/one", "a/ü %+#?&", "b/two"];
    const ids = new Map<string, string>();
    for (const key of keys) ids.set((await uploads.begin({ key, size: 9, signal })).id, key);
    const listed = async (prefix: string) => {
      const { uploads: found } = await uploads.list({ prefix, signal });
      for (const { key, id } of found) assert.equal(ids.get(id), key);
      return found.map(({ key }) => key).toSorted();
    };
    assert.deepEqual(await listed(""), keys.toSorted());
    assert.deepEqual(await listed("a/"), keys.slice(0, 3).toSorted());
    assert.deepEqual(await listed("c/"), []);
  });

  each("tells when an upload was begun, if at all", async (storage) => {
    const uploads = uploadsOf(storage);
    await uploads.begin({ key: "now", size: 9, signal });
    const [{ begun: at } = {}] = (await uploads.list({ prefix: "", signal })).uploads;
    assert.ok(at === undefined || Math.abs(Date.now() - at.getTime()) < 5 * 60_000);
  });

  each("stops an upload when asked, and keeps what has arrived", async (storage) => {
    const uploads = uploadsOf(storage);
    const { key, id, part } = await begun(uploads, "stopped");
    const controller = new AbortController();
    const body = new Blob([pattern(16_000_000)]);
    const sending = uploads.part({ key, id, number: 2, body, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 5);
    await sending.catch((error: unknown) => assert.equal(error, controller.signal.reason));
    const [first] = await uploads.parts({ key, id, signal });
    assert.deepEqual(first, part);
    const again = await storage.stat(key).catch((error: unknown) => isStorageError(error));
    assert.equal(again, true, "a part shows under the final name");
  });
}

function uploadsOf({ extras }: Storage): Uploads {
  assert.ok(extras.uploads, "it offers no uploads");
  return extras.uploads;
}

/** An upload of one part that has arrived. */
async function begun(uploads: Uploads, key: string) {
  const body = new Blob(["the only part"]);
  const { size } = body;
  const { id } = await uploads.begin({ key, size, signal });
  const part = await uploads.part({ key, id, number: 1, body, signal });
  return { key, id, size, part };
}
