import assert from "node:assert/strict";
import { bucketContents, emptyBucket, isEmpty } from "../../../src/app/buckets/contents.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { versionedStore } from "../objects/versionedStore.ts";

describe("the contents of a bucket", () => {
  it("are objects, what was before them, and what never became one", async () => {
    const { storage, put, remove, begin } = versionedStore();
    await put("a", "one");
    await put("a", "three");
    await put("b", "four");
    await remove("b");
    begin("c", new Date(0));
    const { objects, earlier, bytes, uploads, isMore } = await bucketContents(storage);
    assert.deepEqual(
      { objects, earlier, bytes, isMore },
      {
        objects: 1,
        earlier: 3,
        bytes: 12,
        isMore: false,
      },
    );
    assert.equal(uploads.length, 1);
  });

  it("go with all versions, marks and uploads, so that the bucket is empty", async () => {
    const { storage, put, remove, begin } = versionedStore();
    for (const key of ["a", "b", "c"]) await put(key, key);
    await put("a", "again");
    await remove("b");
    begin("d", new Date(0));
    const told: number[] = [];
    await emptyBucket(storage, await bucketContents(storage), {
      onDeleted: (done) => told.push(done),
    });
    assert.ok(isEmpty(await bucketContents(storage)));
    assert.equal(told.at(-1), 6);
  });

  it("go but for what is locked, which is named and stops nothing else", async () => {
    const { storage, put, locked, asked } = versionedStore();
    for (const key of ["a", "b", "c", "d", "e"]) await put(key, key);
    locked.add("b");
    const contents = await bucketContents(storage);
    const told: number[] = [];
    for (const isMore of [false, true]) {
      const agreed = { ...contents, isMore };
      const onDeleted = (done: number) => told.push(done);
      asked.length = 0;
      const failures = await emptyBucket(storage, agreed, { onDeleted });
      assert.deepEqual(
        failures.map(({ key, error }) => [key, error.kind]),
        [["b", "denied"]],
      );
      assert.equal(asked.filter((line) => line.startsWith("versions.deleteMany")).length, 3);
    }
    assert.equal(told.at(2), 4);
    assert.equal((await bucketContents(storage)).objects, 1);
  });

  it("go a batch at a time where no versions are kept", async () => {
    const { storage, put, asked } = versionedStore({ versioned: false });
    for (const key of ["a", "b", "c"]) await put(key, key);
    const contents = await bucketContents(storage);
    asked.length = 0;
    await emptyBucket(storage, contents);
    assert.deepEqual(asked, ["delete a b", "delete c"]);
    assert.ok(isEmpty(await bucketContents(storage)));
  });

  it("never include what came after somebody had looked", async () => {
    const { storage, put } = versionedStore();
    await put("a", "seen");
    const agreed = await bucketContents(storage);
    await put("a", "came later");
    await put("b", "came later");
    await emptyBucket(storage, agreed);
    const left = await bucketContents(storage);
    assert.equal(left.objects, 2);
    assert.equal(new TextDecoder().decode(await storage.bytes("a")), "came later");
  });

  it("are found in a storage that knows neither versions nor uploads", async () => {
    const storage = new Storage(memoryDriver());
    await storage.write("a/b", new Blob(["one"]));
    const contents = await bucketContents(storage);
    assert.equal(contents.objects, 1);
    await emptyBucket(storage, contents);
    assert.ok(isEmpty(await bucketContents(storage)));
  });

  it("stay as they are when it is called off", async () => {
    const { storage, put } = versionedStore();
    await put("a", "one");
    const contents = await bucketContents(storage);
    const called = AbortSignal.abort();
    await assert.rejects(emptyBucket(storage, contents, { signal: called }));
    assert.equal((await bucketContents(storage)).objects, 1);
  });
});
