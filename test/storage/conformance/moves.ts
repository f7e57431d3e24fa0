import assert from "node:assert/strict";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Each } from "./test.ts";
import { fails } from "../failsWith.ts";

/** What `copy` and `move` promise, and that who does not have them says so. */
export function movesConformance(each: Each, fileLike: boolean): void {
  copies(each);

  each("moves exactly if it is said to", async (storage) => {
    assert.equal(storage.canMove, fileLike);
    if (storage.canMove) return;
    await storage.write("a", utf8("x"));
    await fails("unsupported", storage.move("a", "b"));
    assert.deepEqual(await contents(storage), { a: "x" });
  });
  if (!fileLike) return;
  moves(each);
  folderMoves(each);
}

function copies(each: Each): void {
  each("copies an object", async (storage) => {
    const from = "from/ü %+#?&.txt";
    await storage.write(from, utf8("copied"));
    if (!storage.canCopy) {
      await fails("unsupported", storage.copy(from, "to"));
      return;
    }
    const copy = await storage.copy(from, "to/ü %+#?&.txt");
    assert.equal(copy.key, "to/ü %+#?&.txt");
    assert.equal(copy.size, 6);
    assert.deepEqual(await contents(storage), { [from]: "copied", "to/ü %+#?&.txt": "copied" });
    await fails("not-found", storage.copy("missing", "to/missing"));
  });

  each("copies only what it was shown", async (storage) => {
    if (!storage.canCopy) return;
    await storage.write("shown", utf8("shown"));
    const source = await storage.stat("shown");
    await storage.copy("shown", "first", { source });
    await storage.write("shown", utf8("somebody else's"));
    await fails("conflict", storage.copy("shown", "second", { source }));
    assert.deepEqual(await contents(storage), { first: "shown", shown: "somebody else's" });
  });

  each("keeps its word on copying only if absent", async (storage) => {
    if (!storage.canCopy) return;
    const { copyIfAbsent = false } = storage.capabilities;
    for (const key of ["a", "b"]) await storage.write(key, utf8(key));
    const ifAbsent = true;
    if (copyIfAbsent) await storage.copy("a", "free", { ifAbsent });
    const second = storage.copy("a", "b", { ifAbsent });
    await fails(copyIfAbsent ? "conflict" : "unsupported", second);
    const free = copyIfAbsent ? { free: "a" } : {};
    assert.deepEqual(await contents(storage), { a: "a", b: "b", ...free });
  });

  each("lets exactly one of many copies be first", async (storage) => {
    if (storage.capabilities.copyIfAbsent !== true) return;
    const names = Array.from({ length: 8 }, (_, i) => `from ${i}`);
    await Promise.all(names.map((key) => storage.write(key, utf8(key))));
    const outcomes = await Promise.allSettled(
      names.map((key) => storage.copy(key, "to", { ifAbsent: true })),
    );
    const winners = outcomes.flatMap((o, i) => (o.status === "fulfilled" ? [names[i]] : []));
    assert.deepEqual(winners, [text(await storage.bytes("to"))]);
  });
}

function moves(each: Each): void {
  each("moves an object", async (storage) => {
    const from = "from/ü %+#?&.txt";
    const to = "to/deeper/ü %+#?&.txt";
    await storage.write(from, utf8("moved"));
    await storage.move(from, to, { ifAbsent: true, source: await storage.stat(from) });
    assert.deepEqual(await contents(storage), { [to]: "moved" });
    await fails("not-found", storage.move(from, "else"));
    await fails("not-found", storage.move("missing", "else", { ifAbsent: true }));
    await fails("invalid", storage.move(to, "a/../b"));
    await fails("invalid", storage.move("a/../b", to));
    await fails("invalid", storage.move(to, "folder/"));
    assert.deepEqual(await contents(storage), { [to]: "moved" });
  });

  each("moves over another object only if it may", async (storage) => {
    for (const key of ["a", "b", "folder/c"]) await storage.write(key, utf8(key));
    await fails("conflict", storage.move("a", "b", { ifAbsent: true }));
    await fails("conflict", storage.move("a", "folder"));
    await fails("conflict", storage.move("a", "folder", { ifAbsent: true }));
    assert.deepEqual(await contents(storage), { a: "a", b: "b", "folder/c": "folder/c" });
    await storage.move("a", "b");
    assert.deepEqual(await contents(storage), { b: "a", "folder/c": "folder/c" });
  });

  each("lets exactly one of many moves be first", async (storage) => {
    const names = Array.from({ length: 8 }, (_, i) => `from ${i}`);
    await Promise.all(names.map((key) => storage.write(key, utf8(key))));
    const outcomes = await Promise.allSettled(
      names.map((key) => storage.move(key, "to", { ifAbsent: true })),
    );
    const winners = outcomes.flatMap((o, i) => (o.status === "fulfilled" ? [names[i] ?? ""] : []));
    assert.deepEqual(winners, [text(await storage.bytes("to"))]);
    const others = names.filter((key) => !winners.includes(key));
    assert.deepEqual(Object.keys(await contents(storage)), [...others, "to"]);
  });
}

function folderMoves(each: Each): void {
  each("moves a folder with all in it", async (storage) => {
    for (const key of ["a b/1", "a b/ü/2", "a c"]) await storage.write(key, utf8(key));
    await storage.makeFolder("a b/empty/");
    await storage.move("a b/", "new/ü %+#?&/");
    const keys = await Array.fromAsync(storage.list(), ({ key }) => key);
    const folder = "new/ü %+#?&/";
    const inside = ["", "1", "empty/", "ü/", "ü/2"].map((name) => folder + name);
    assert.deepEqual(keys.toSorted(), ["a c", "new/", ...inside].toSorted());
    assert.equal(text(await storage.bytes(`${folder}ü/2`)), "a b/ü/2");
    // Whatever is remembered of the place it has left is forgotten.
    await storage.write("a b/ü/2", utf8("again"));
    assert.equal(text(await storage.bytes("a b/ü/2")), "again");
    await fails("not-found", storage.move("missing/", "else/"));
  });

  each("moves no folder over anything", async (storage) => {
    for (const key of ["a/1", "b/2", "file"]) await storage.write(key, utf8(key));
    await fails("conflict", storage.move("a/", "b/"));
    await fails("conflict", storage.move("a/", "file/"));
    assert.deepEqual(await contents(storage), { "a/1": "a/1", "b/2": "b/2", file: "file" });
  });
}

/** Every object, with what is in it. */
async function contents(storage: Storage): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  const entries = await Array.fromAsync(storage.list());
  for (const { type, key } of entries.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
    if (type === "object") found[key] = text(await storage.bytes(key));
  return found;
}
