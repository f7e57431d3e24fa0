import assert from "node:assert/strict";
import { compareNodes, diff } from "../../../src/engine/snapshots/diff.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import type { Node } from "../../../src/engine/format/tree.ts";
import { initRepository, memoryStorage } from "../openRepository.ts";
import { saveTree, type SampleFolder } from "../sampleSnapshot.ts";

describe("the difference of two snapshots", () => {
  let repository: Repository;

  before(async () => {
    const storage = await memoryStorage();
    repository = await initRepository(storage);
  });

  const changes = async (before: SampleFolder | undefined, after: SampleFolder | undefined) => {
    const one = before && (await saveTree(repository, before)).tree;
    const other = after && (await saveTree(repository, after)).tree;
    const found = await Array.fromAsync(diff(repository, { before: one, after: other }));
    return found.map(({ type, path }) => `${type} ${path.join("/")}`);
  };

  it("is what was added, removed and changed, folders before what is in them", async () => {
    const before = { a: "1", gone: { x: "1", y: { z: "1" } }, same: { s: "1" }, sub: { b: "1" } };
    const after = { a: "2", same: { s: "1" }, sub: { b: "1", c: "1" }, young: { n: "1" } };
    assert.deepEqual(await changes(before, after), [
      "changed a",
      "removed gone",
      "added young",
      "removed gone/x",
      "removed gone/y",
      "removed gone/y/z",
      "added sub/c",
      "added young/n",
    ]);
  });

  it("is nothing between equals", async () => {
    assert.deepEqual(await changes({ a: "1", b: { c: "2" } }, { a: "1", b: { c: "2" } }), []);
  });

  it("tells a file that became a folder", async () => {
    assert.deepEqual(await changes({ a: "1" }, { a: { b: "1" } }), ["retyped a", "added a/b"]);
    assert.deepEqual(await changes({ a: { b: "1" } }, { a: "1" }), ["retyped a", "removed a/b"]);
  });

  it("is everything where there was nothing", async () => {
    assert.deepEqual(await changes(undefined, { a: "1" }), ["added a"]);
    assert.deepEqual(await changes({ a: "1" }, undefined), ["removed a"]);
  });

  it("ends when it is cancelled", async () => {
    const signal = AbortSignal.abort(new Error("cancelled"));
    const { tree } = await saveTree(repository, { a: "1" });
    const run = Array.fromAsync(diff(repository, { before: undefined, after: tree, signal }));
    await assert.rejects(run, /cancelled/);
  });

  const node: Node = {
    type: "file",
    name: "a",
    mode: 0o644,
    mtime: "2026-01-01T00:00:00Z",
    size: 1,
    content: ["1"],
  };
  const table: readonly (readonly [string, Partial<Node>, string | undefined])[] = [
    ["nothing that matters", { atime: "2026-01-02T00:00:00Z", inode: "7" }, undefined],
    ["its time", { mtime: "2026-01-02T00:00:00Z" }, "metadata"],
    ["its mode", { mode: 0o600 }, "metadata"],
    ["its content", { content: ["1", "2"] }, "changed"],
    ["its content and time", { content: ["2"], mtime: "2026-01-02T00:00:00Z" }, "changed"],
    ["its type", { type: "symlink", linktarget: "b" }, "retyped"],
  ];
  for (const [title, change, type] of table)
    it(`of a node that changed ${title} is ${type ?? "nothing"}`, () => {
      assert.equal(compareNodes(["a"], node, { ...node, ...change })?.type, type);
    });
});
