import assert from "node:assert/strict";
import {
  bringBack,
  deletedObjects,
  restoreVersion,
  versionsOf,
} from "../../../src/app/objects/versions.ts";
import { failsWith } from "../../storage/failsWith.ts";
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

describe("an earlier version", () => {
  it("comes back unless somebody has written since it was shown", async () => {
    const { storage, put, remove, asked } = versionedStore({ pageSize: 9 });
    await put("a", "one");
    await put("a", "two");
    const shown = async () => (await versionsOf(storage, "a")).versions;
    const before = await shown();
    const [, old] = before;
    assert.ok(old);
    await put("a", "theirs");
    await failsWith({ kind: "conflict" }, restoreVersion(storage, old, before));
    await restoreVersion(storage, old, await shown());
    assert.equal(new TextDecoder().decode(await storage.bytes("a")), "one");
    await remove("a");
    await failsWith({ kind: "conflict" }, restoreVersion(storage, old, before));
    await restoreVersion(storage, old, await shown());
    assert.equal(asked.filter((line) => line.startsWith("versions.restore")).length, 4);
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
