import assert from "node:assert/strict";
import { bringBack, deletedObjects, versionsOf } from "../../src/app/versions.ts";
import { versionedStore, type VersionedStore } from "./versionedStore.ts";

describe("versions of an object", () => {
  it("come newest first, page by page, and are its own only", async () => {
    const { storage, put } = versionedStore({ pageSize: 2 });
    for (const text of ["one", "two", "three"]) await put("a", text);
    await put("ab", "another object");
    const first = await versionsOf(storage, "a");
    assert.equal(first.versions.length, 2);
    assert.ok(first.versions[0]?.isLatest);
    const second = await versionsOf(storage, "a", { cursor: first.cursor ?? "" });
    assert.equal(second.versions.length, 1);
    assert.equal(second.cursor, undefined, "behind another key there is nothing more");
  });
});

describe("deleted objects", () => {
  it("are found over the edges of pages, with their last content", async () => {
    const store = versionedStore({ pageSize: 2 });
    for (const text of ["one", "two", "three"]) await store.put("b", text);
    await store.put("a", "stays");
    await store.put("c", "goes, too");
    await store.remove("b");
    await store.remove("c");
    assert.deepEqual(await deletedKeys(store), ["b", "c"]);
  });

  it("are not those that were written again, nor those without content", async () => {
    const store = versionedStore();
    await store.put("a", "one");
    await store.remove("a");
    await store.put("a", "again");
    await store.remove("never was");
    assert.deepEqual(await deletedKeys(store), []);
  });

  it("come back with what they held, also when they were deleted twice", async () => {
    const store = versionedStore();
    await store.put("a/b", "precious");
    await store.remove("a/b");
    await store.remove("a/b");
    for await (const { found } of deletedObjects(store.storage, "a/"))
      await bringBack(store.storage, found);
    assert.equal(new TextDecoder().decode(await store.storage.bytes("a/b")), "precious");
    assert.deepEqual(await deletedKeys(store), []);
  });

  it("tells how far it has looked, and looks no further than it is asked to", async () => {
    const store = versionedStore({ pageSize: 2 });
    for (const key of ["a", "b", "c", "d", "e"]) await store.put(key, key);
    const looking = deletedObjects(store.storage, "");
    const { value } = await looking.next();
    assert.deepEqual(value, { looked: 2, found: [] });
    assert.equal(store.asked.length, 1);
  });
});

async function deletedKeys({ storage }: VersionedStore): Promise<readonly string[]> {
  const pages = await Array.fromAsync(deletedObjects(storage, ""));
  return pages.flatMap(({ found }) => found.map(({ key }) => key));
}
