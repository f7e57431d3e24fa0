import assert from "node:assert/strict";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import type { Details } from "../../../src/storage/extras.ts";
import type { NewDetails } from "../../../src/storage/objects.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Each } from "./test.ts";
import { fails } from "../failsWith.ts";

const signal = never;

/** What `Details` promises. */
export function detailsConformance(each: Each): void {
  each("tells what is known of an object", async (storage) => {
    const key = "known/ü %+#?&.txt";
    const written = await storage.write(key, utf8("hello"), { contentType: "text/plain" });
    const details = await detailsOf(storage).get({ key, signal });
    assert.equal(details.info.key, key);
    assert.equal(details.info.size, 5);
    assert.equal(details.info.version, written.version);
    assert.equal(details.headers["content-type"], "text/plain");
    assert.deepEqual(details.metadata, {});
    await fails("not-found", detailsOf(storage).get({ key: "missing", signal }));
  });

  each("takes details along with the bytes", async (storage) => {
    const details = {
      headers: { "content-type": "text/markdown", "cache-control": "max-age=60" },
      metadata: { author: "somebody", odd: "ü 日本 🗝" },
    };
    await storage.write("new", utf8("x"), { contentType: "text/plain", details });
    await writeInParts(storage, "in parts", details);
    for (const key of ["new", "in parts"]) {
      const { headers, metadata } = await detailsOf(storage).get({ key, signal });
      assert.deepEqual({ headers, metadata }, details);
    }
    const odd = { headers: { "x-else": "1" }, metadata: {} };
    await fails("invalid", storage.write("odd", utf8("x"), { details: odd }));
    assert.equal(await storage.exists("odd"), false);
  });

  each("takes tags along with the bytes", async (storage) => {
    const tags = { project: "offsite", "two words": oddTag, empty: "" };
    const details = { headers: {}, metadata: {}, tags };
    await storage.write("new", utf8("x"), { details });
    assert.deepEqual(await detailsOf(storage).tags({ key: "new", signal }), tags);
    await storage.write("new", utf8("y"));
    assert.deepEqual(await detailsOf(storage).tags({ key: "new", signal }), {});
  });

  each("changes headers and metadata and leaves the content", async (storage) => {
    const details = detailsOf(storage);
    const { version = "" } = await storage.write("set", utf8("content stays"));
    const headers = {
      "content-type": "text/markdown",
      "cache-control": "max-age=60",
      "content-disposition": 'attachment; filename="a b.md"',
      "content-language": "de",
    };
    const metadata = { author: "somebody", odd: "ü 日本 🗝", plain: "a=b; c" };
    await details.set({ key: "set", headers, metadata, ifMatch: version, signal });
    const first = await details.get({ key: "set", signal });
    assert.deepEqual(first.headers, headers);
    assert.deepEqual(first.metadata, metadata);
    assert.equal(text(await storage.bytes("set")), "content stays");
    // What is left out is gone, and only that.
    const made = await details.set({
      key: "set",
      headers: { "content-type": "text/markdown" },
      metadata: { plain: "a=b; c" },
      signal,
    });
    assert.equal(made.size, 13);
    const second = await details.get({ key: "set", signal });
    assert.deepEqual(second.headers, { "content-type": "text/markdown" });
    assert.deepEqual(second.metadata, { plain: "a=b; c" });
    assert.equal(text(await storage.bytes("set")), "content stays");
  });

  each("changes details only of the object it was shown", async (storage) => {
    const details = detailsOf(storage);
    const { version = "" } = await storage.write("shown", utf8("shown"));
    await storage.write("shown", utf8("somebody else's"));
    const change = { key: "shown", headers: {}, metadata: { mine: "1" }, signal };
    await fails("conflict", details.set({ ...change, ifMatch: version }));
    assert.deepEqual((await details.get({ key: "shown", signal })).metadata, {});
    assert.equal(text(await storage.bytes("shown")), "somebody else's");
    await fails("not-found", details.set({ ...change, key: "missing" }));
  });

  each("refuses details that cannot be kept", async (storage) => {
    const details = detailsOf(storage);
    await storage.write("refused", utf8("x"));
    const change = { key: "refused", headers: {}, metadata: {}, signal };
    await fails("invalid", details.set({ ...change, metadata: { "a b": "1" } }));
    await fails("invalid", details.set({ ...change, headers: { "x-else": "1" } }));
    await fails("invalid", details.set({ ...change, headers: { "content-type": "a\r\nb: c" } }));
  });

  each("keeps tags, also when details change", async (storage) => {
    const details = detailsOf(storage);
    const key = "tagged ü";
    await storage.write(key, utf8("x"));
    assert.deepEqual(await details.tags({ key, signal }), {});
    const tags = { project: "offsite", "two words": oddTag, empty: "" };
    await details.setTags({ key, tags, signal });
    assert.deepEqual(await details.tags({ key, signal }), tags);
    await details.set({ key, headers: {}, metadata: { note: "1" }, signal });
    assert.deepEqual(await details.tags({ key, signal }), tags);
    await details.setTags({ key, tags: { project: "else" }, signal });
    assert.deepEqual(await details.tags({ key, signal }), { project: "else" });
    await details.setTags({ key, tags: {}, signal });
    assert.deepEqual(await details.tags({ key, signal }), {});
    await fails("not-found", details.setTags({ key: "missing", tags, signal }));
  });

  each("keeps a tag of other characters, or says that it cannot", async (storage) => {
    const details = detailsOf(storage);
    await storage.write("odd", utf8("x"));
    const tags = { odd: "a & b <c>" };
    try {
      await details.setTags({ key: "odd", tags, signal });
      assert.deepEqual(await details.tags({ key: "odd", signal }), tags);
    } catch (error) {
      assert.ok(isStorageError(error, "invalid"), String(error));
    }
  });
}

/** All the signs that Amazon takes in a tag. */
const oddTag = "ü a+b = c-d_e.f:g/h@i";

async function writeInParts(
  { extras: { uploads } }: Storage,
  key: string,
  details: NewDetails,
): Promise<void> {
  assert.ok(uploads);
  const { id } = await uploads.begin({ key, size: 5, details, signal });
  const part = await uploads.part({ key, id, number: 1, body: new Blob(["12345"]), signal });
  await uploads.complete({ key, id, size: 5, parts: [part], signal });
}

function detailsOf({ extras: { details } }: Storage): Details {
  assert.ok(details);
  return details;
}
