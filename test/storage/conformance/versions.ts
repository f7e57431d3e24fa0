import assert from "node:assert/strict";
import { never } from "../../../src/base/abort.ts";
import { collected, text, utf8 } from "../../../src/base/bytes.ts";
import type { ObjectVersion, VersionListRequest, Versions } from "../../../src/storage/extras.ts";
import type { DeletionMark } from "../../../src/storage/objects.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Each } from "./test.ts";
import { fails } from "../failsWith.ts";

const signal = never;

/** What `Versions` promises of a container that keeps them. */
export function versionsConformance(each: Each): void {
  each("lists what was overwritten and deleted, newest first", async (storage) => {
    const versions = await kept(storage);
    for (const body of ["one", "two!", "three"]) await storage.write("v/a", utf8(body));
    await storage.delete(["v/a"]);
    await storage.write("v/b", utf8("other"));
    const all = await every(versions, { prefix: "v/", signal });
    assert.deepEqual(
      all.map(({ key, size, isLatest, isDeletion }) => [key, size, isLatest, isDeletion]),
      [
        ["v/a", 0, true, true],
        ["v/a", 5, false, false],
        ["v/a", 4, false, false],
        ["v/a", 3, false, false],
        ["v/b", 5, true, false],
      ],
    );
    assert.equal(new Set(all.map(({ id }) => id)).size, 5);
    for (const { modified } of all)
      assert.ok(modified && Math.abs(Date.now() - modified.getTime()) < 5 * 60_000);
  });

  each(
    "tells which marks a deletion has made, and no others bring the objects back",
    async (storage) => {
      const versions = await kept(storage);
      const keys = ["m/one", "m/a+b & ü.txt", "m/three"];
      for (const key of keys) await storage.write(key, utf8(key));
      const marks: DeletionMark[] = [];
      const onMark = (mark: DeletionMark) => marks.push(mark);
      await storage.delete(keys.slice(0, 1), { onMark });
      await storage.delete(keys.slice(1), { onMark });
      assert.deepEqual(marks.map(({ key }) => key).toSorted(), keys.toSorted());
      for (const { key, id } of marks) await versions.delete({ key, id, signal });
      for (const key of keys) assert.equal(text(await storage.bytes(key)), key);
    },
  );

  each("reads every version, whole and in part", async (storage) => {
    const versions = await kept(storage);
    for (const body of ["0123456789", "abcdefghij"]) await storage.write("read", utf8(body));
    const [newest, oldest] = await every(versions, { prefix: "read", signal });
    assert.ok(newest && oldest);
    assert.equal(await read(versions, oldest), "0123456789");
    assert.equal(await read(versions, newest), "abcdefghij");
    const part = await versions.read(
      { key: "read", id: oldest.id, range: { start: 2, end: 5 }, signal },
      async ({ info, body }) => `${text(await collected(body))} of ${info.size}`,
    );
    assert.equal(part, "234 of 10");
    await fails("not-found", read(versions, { ...oldest, key: "never" }));
  });

  each("brings back an earlier version without taking any away", async (storage) => {
    const versions = await kept(storage);
    const first = await storage.write("back", utf8("good"), { contentType: "text/x-good" });
    await storage.write("back", utf8("bad one"));
    await storage.delete(["back"]);
    const before = await every(versions, { prefix: "back", signal });
    const good = before.at(-1);
    assert.ok(good);
    const made = await versions.restore({ key: "back", id: good.id, signal });
    assert.equal(made.size, 4);
    assert.equal(made.version, first.version);
    assert.equal(text(await storage.bytes("back")), "good");
    const details = await storage.extras.details?.get({ key: "back", signal });
    if (details) assert.equal(details.headers["content-type"], "text/x-good");
    const after = await every(versions, { prefix: "back", signal });
    assert.equal(after.length, before.length + 1);
    assert.equal(after[0]?.isLatest, true);
    assert.equal(await read(versions, good), "good");
  });

  each("brings back nothing over what somebody has written since", async (storage) => {
    const versions = await kept(storage);
    const first = await storage.write("since", utf8("first"));
    const second = await storage.write("since", utf8("second"));
    const [, old] = await every(versions, { prefix: "since", signal });
    assert.ok(old);
    const request = { key: "since", id: old.id, signal };
    await fails("conflict", versions.restore({ ...request, ifMatch: first.version ?? "" }));
    await fails("conflict", versions.restore({ ...request, ifAbsent: true }));
    assert.equal(text(await storage.bytes("since")), "second");
    await storage.delete(["since"]);
    await fails("conflict", versions.restore({ ...request, ifMatch: second.version ?? "" }));
    await versions.restore({ ...request, ifAbsent: true });
    await versions.restore({ ...request, ifMatch: first.version ?? "" });
    assert.equal(text(await storage.bytes("since")), "first");
  });

  each("has nothing to read or bring back of a deletion", async (storage) => {
    const versions = await kept(storage);
    await storage.write("marked", utf8("x"));
    await storage.delete(["marked"]);
    const [mark] = await every(versions, { prefix: "marked", signal });
    assert.ok(mark?.isDeletion);
    await fails("not-found", read(versions, mark));
    await fails("not-found", versions.restore({ key: "marked", id: mark.id, signal }));
  });

  each("deletes one version for ever, and a deletion to undo it", async (storage) => {
    const versions = await kept(storage);
    await storage.write("undo", utf8("older"));
    await storage.write("undo", utf8("newer"));
    await storage.delete(["undo"]);
    await fails("not-found", storage.stat("undo"));
    const [mark, newer] = await every(versions, { prefix: "undo", signal });
    assert.ok(mark?.isDeletion && newer);
    // Swift never answers.
    const patience = AbortSignal.timeout(15_000);
    await versions.delete({ key: "undo", id: mark.id, signal: patience });
    assert.equal(text(await storage.bytes("undo")), "newer");
    await versions.delete({ key: "undo", id: newer.id, signal });
    assert.equal(text(await storage.bytes("undo")), "older");
    assert.equal((await every(versions, { prefix: "undo", signal })).length, 1);
    await fails("not-found", read(versions, newer));
  });

  each("deletes many versions by one request, and no others", async (storage) => {
    const versions = await kept(storage);
    for (const key of ["many/a &<", "many/b", "many/ü+%41"])
      for (const body of ["one", "two", "three"]) await storage.write(key, utf8(body));
    await storage.delete(["many/b"]);
    const all = await every(versions, { prefix: "many/", signal });
    assert.equal(all.length, 10);
    const doomed = all.filter(({ isLatest }) => !isLatest);
    assert.deepEqual(await versions.deleteMany({ versions: doomed, signal }), []);
    // What is gone counts as deleted.
    assert.deepEqual(await versions.deleteMany({ versions: doomed.slice(0, 2), signal }), []);
    const left = await every(versions, { prefix: "many/", signal });
    assert.deepEqual(
      left.map(({ key, id }) => `${key} ${id}`),
      all.filter(({ isLatest }) => isLatest).map(({ key, id }) => `${key} ${id}`),
    );
  });

  each("lists only the next level where it is asked to", async (storage) => {
    const versions = await kept(storage);
    for (const key of ["top", "top", "dir/below", "dir/deeper/still"])
      await storage.write(key, utf8("x"));
    const level = async (prefix: string) =>
      (await every(versions, { prefix, shallow: true, signal })).map(({ key }) => key);
    assert.deepEqual(await level(""), ["top", "top"]);
    assert.deepEqual(await level("dir/"), ["dir/below"]);
  });

  each("deletes versions of keys that XML cannot carry", async (storage) => {
    const versions = await kept(storage);
    const keys = ["line\nbreak", "line\nbreak too"];
    for (const key of keys) for (const body of ["one", "two"]) await storage.write(key, utf8(body));
    const all = await every(versions, { prefix: "line\n", signal });
    assert.equal(all.length, 4);
    const doomed = all.filter(({ isLatest }) => !isLatest);
    assert.equal(await read(versions, doomed[0]), "one");
    assert.deepEqual(await versions.deleteMany({ versions: doomed, signal }), []);
    const left = await every(versions, { prefix: "", signal });
    assert.deepEqual(
      left.map(({ key, isLatest }) => [key, isLatest]),
      keys.map((key) => [key, true]),
    );
  });

  each("lists versions of any key", async (storage) => {
    const versions = await kept(storage);
    const keys = ["a b+c%2F&<>\"'.txt", "a//b", "ü/日本 🗝"];
    for (const key of keys) {
      await storage.write(key, utf8("first"));
      await storage.write(key, utf8("second"));
    }
    for (const key of keys) {
      const found = await every(versions, { prefix: key, signal });
      assert.deepEqual(
        found.map((version) => version.key),
        [key, key],
      );
      assert.equal(await read(versions, found[1]), "first");
    }
  });

  each("lists every page of versions exactly once", async (storage) => {
    const versions = await kept(storage);
    const keys = Array.from({ length: 1010 }, (_, i) => `page/${String(i).padStart(5, "0")} &+%41`);
    for (let i = 0; i < keys.length; i += 101)
      await Promise.all(keys.slice(i, i + 101).map((key) => storage.write(key, utf8("x"))));
    const last = keys[1005] ?? "";
    for (let time = 0; time < 4; time++) await storage.write(last, utf8("again"));
    const first = await versions.list({ prefix: "page/", signal });
    assert.ok(first.cursor !== undefined, "a second page was expected");
    const all = await every(versions, { prefix: "page/", signal });
    assert.equal(all.length, 1014);
    assert.equal(new Set(all.map(({ key, id }) => `${key}\n${id}`)).size, 1014);
  });
}

/** The versions of a container that keeps them from now on. */
async function kept({ extras: { versions, rules } }: Storage): Promise<Versions> {
  assert.ok(versions && rules, "versions and rules are offered");
  await rules.setVersioning({ on: true, signal });
  return versions;
}

async function every(versions: Versions, request: VersionListRequest): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await versions.list({ ...request, ...(cursor !== undefined && { cursor }) });
    found.push(...page.versions);
    if (page.cursor === undefined) return found;
    assert.notEqual(page.cursor, cursor, "the listing does not advance");
    ({ cursor } = page);
  }
}

async function read(versions: Versions, version: ObjectVersion | undefined): Promise<string> {
  assert.ok(version);
  const { key, id } = version;
  return await versions.read({ key, id, signal }, async ({ body }) => text(await collected(body)));
}
