import assert from "node:assert/strict";
import { readProperties, saveProperties } from "../../../src/app/objects/properties.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { failsWith } from "../../storage/failsWith.ts";
import { versionedStore } from "./versionedStore.ts";

const html = { headers: { "content-type": "text/html" }, metadata: { author: "Ada" } };

describe("properties", () => {
  it("are saved with one look and one change, and leave the rest as it is", async () => {
    const { storage, asked, put } = versionedStore();
    await put("page", "hello", html);
    const before = await readProperties(storage, "page");
    asked.length = 0;
    const { details, tags } = before;
    await saveProperties(storage, before, {
      headers: { "content-type": "text/plain" },
      metadata: details.metadata,
      ...(tags && { tags }),
    });
    assert.deepEqual(asked, ["details.get page", "details.set page"]);
    const after = await readProperties(storage, "page");
    assert.deepEqual(after.details.headers, { "content-type": "text/plain" });
    assert.deepEqual(after.details.metadata, { author: "Ada" });
    assert.equal(new TextDecoder().decode(await storage.bytes("page")), "hello");
  });

  it("need no copy of the object when only its tags change", async () => {
    const { storage, asked, put } = versionedStore();
    await put("page", "hello", html);
    const before = await readProperties(storage, "page");
    await saveProperties(storage, before, { ...html, tags: { project: "garden" } });
    assert.ok(!asked.includes("details.set page"));
    assert.deepEqual((await readProperties(storage, "page")).tags, { project: "garden" });
  });

  it("are not saved over an object that was written meanwhile", async () => {
    const { storage, asked, put } = versionedStore();
    await put("page", "hello", html);
    const before = await readProperties(storage, "page");
    await put("page", "somebody else's", html);
    await failsWith(
      { kind: "conflict" },
      saveProperties(storage, before, { headers: {}, metadata: {} }),
    );
    assert.ok(!asked.includes("details.set page"));
  });

  it("are not saved over headers or tags that were changed meanwhile", async () => {
    const { storage, put } = versionedStore();
    await put("page", "hello", html);
    const before = await readProperties(storage, "page");
    const theirs = { ...html, tags: { theirs: "yes" } };
    await saveProperties(storage, before, theirs);
    const ours = saveProperties(storage, before, { ...html, tags: { ours: "yes" } });
    await failsWith({ kind: "conflict" }, ours);
    assert.deepEqual((await readProperties(storage, "page")).tags, { theirs: "yes" });
  });

  it("can be saved again after half of it failed", async () => {
    const { storage, put } = versionedStore();
    await put("page", "hello", html);
    const before = await readProperties(storage, "page");
    const edited = { headers: {}, metadata: {}, tags: { a: "b" } };
    await saveProperties(storage, before, { headers: {}, metadata: {} });
    await saveProperties(storage, before, edited);
    assert.deepEqual((await readProperties(storage, "page")).tags, { a: "b" });
  });

  it("are refused where a storage keeps nothing but content", async () => {
    const plain = new Storage(memoryDriver());
    await plain.write("page", new Blob(["hello"]));
    await failsWith({ kind: "unsupported" }, readProperties(plain, "page"));
  });
});
