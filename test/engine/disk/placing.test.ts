import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../../../src/base/bytes.ts";
import { openPartial, stateAt } from "../../../src/engine/disk/partialFile.ts";
import { PlacingQueue } from "../../../src/engine/threads/placingQueue.ts";
import { openTargetFolder, type TargetFolder } from "../../../src/engine/disk/targetFolder.ts";
import { kernels } from "../openRepository.ts";

describe("putting files in their place", () => {
  let home: string;
  let root: string;
  let folder: TargetFolder;
  let placing: PlacingQueue;

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "offsite-placing-"));
    root = join(home, "root");
    mkdirSync(root);
    folder = await openTargetFolder(root, ["a", "b"], new Date());
    placing = new PlacingQueue(kernels);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const place = async (name: string, text: string, more: { modified?: Date } = {}) =>
    await placing.place(folder, { name, content: utf8(text), expected: "nothing", ...more });
  const grown = async (text: string) => {
    const partial = await openPartial({ root, segments: ["a", "b"], withMd5: false });
    await partial.append(utf8(text));
    await partial.close();
    return partial.path;
  };
  const path = (...names: readonly string[]) => join(root, "a", "b", ...names);

  it("writes each whole, with its time, and leaves nothing else", async () => {
    const names = Array.from({ length: 50 }, (_, i) => `${i}`);
    const modified = new Date("2020-01-02T03:04:05Z");
    await Promise.all(names.map(async (name) => await place(name, `text ${name}`, { modified })));
    assert.deepEqual(readdirSync(path()).toSorted(), names.toSorted());
    for (const name of names) assert.equal(readFileSync(path(name), "utf8"), `text ${name}`);
    assert.deepEqual(statSync(path("7")).mtime, modified);
  });

  it("makes an empty file of no bytes", async () => {
    await place("empty", "");
    assert.equal(statSync(path("empty")).size, 0);
  });

  it("replaces nothing that it was not told of", async () => {
    writeFileSync(path("a.txt"), "old");
    await assert.rejects(place("a.txt", "new"), { kind: "appeared" });
    const there = await stateAt(path("a.txt"));
    assert.ok(there);
    utimesSync(path("a.txt"), 1000, 1000);
    const file = { name: "a.txt", content: utf8("new") };
    await assert.rejects(placing.place(folder, { ...file, expected: there }), { kind: "appeared" });
    assert.equal(readFileSync(path("a.txt"), "utf8"), "old");
    assert.deepEqual(readdirSync(path()), ["a.txt"]);
  });

  it("replaces what it was told of", async () => {
    const file = { name: "a.txt", content: utf8("new") };
    for (const expected of ["anything", "what is there"] as const) {
      writeFileSync(path("a.txt"), "old");
      const there = (await stateAt(path("a.txt"))) ?? assert.fail();
      await placing.place(folder, {
        ...file,
        expected: expected === "anything" ? expected : there,
      });
      assert.equal(readFileSync(path("a.txt"), "utf8"), "new");
    }
    assert.deepEqual(readdirSync(path()), ["a.txt"]);
  });

  it("leaves the rights of what it replaces as they were", async () => {
    for (const mode of [0o700, 0o600, 0o640]) {
      writeFileSync(path("script"), "old");
      chmodSync(path("script"), mode);
      const content = { small: utf8("new"), large: await grown("new") };
      for (const [name, bytes] of Object.entries(content)) {
        await placing.place(folder, { name: "script", content: bytes, expected: "anything" });
        assert.equal(statSync(path("script")).mode & 0o777, mode, name);
      }
    }
  });

  it("writes nothing through a link that has taken a folder's place", async () => {
    mkdirSync(join(home, "outside", "b"), { recursive: true });
    renameSync(join(root, "a"), join(root, "was a"));
    symlinkSync(join(home, "outside"), join(root, "a"));
    await assert.rejects(place("a.txt", "new"), { kind: "outside" });
    assert.deepEqual(readdirSync(join(home, "outside", "b")), []);
    assert.deepEqual(readdirSync(join(root, "was a", "b")), []);
  });

  it("takes no unfinished file from behind such a link either", async () => {
    const partial = await openPartial({ root, segments: ["a", "b"], withMd5: false });
    await partial.append(utf8("ours"));
    await partial.close();
    renameSync(join(root, "a"), join(home, "outside"));
    symlinkSync(join(home, "outside"), join(root, "a"));
    const file = { name: "a.txt", content: partial.path, expected: "nothing" } as const;
    await assert.rejects(placing.place(folder, file), { kind: "outside" });
    assert.equal(readdirSync(join(home, "outside", "b")).includes("a.txt"), false);
  });

  it("makes a folder anew that somebody has deleted", async () => {
    rmSync(join(root, "a"), { recursive: true });
    await place("a.txt", "new");
    assert.equal(readFileSync(path("a.txt"), "utf8"), "new");
  });

  it("goes on with the others when one fails, and tells the system's reason", async () => {
    const long = "x".repeat(300);
    const results = await Promise.allSettled(
      ["1", long, "2"].map(async (name) => await place(name, name)),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    await assert.rejects(place(long, "x"), { code: "ENAMETOOLONG", path: path(long) });
    assert.deepEqual(readdirSync(path()).toSorted(), ["1", "2"]);
  });

  it("gives a file its name that has grown beside it", async () => {
    const content = await grown("grown");
    const modified = new Date("2020-01-02T03:04:05Z");
    const file = { name: "a.txt", content, expected: "nothing", modified } as const;
    await placing.place(folder, file);
    assert.deepEqual(readdirSync(path()), ["a.txt"]);
    assert.deepEqual(statSync(path("a.txt")).mtime, modified);
  });
});

describe("a target folder", () => {
  it("knows what may be there, however it is written", async () => {
    const root = mkdtempSync(join(tmpdir(), "offsite-placing-"));
    writeFileSync(join(root, "R\u00e9sum\u00e9"), "");
    const folder = await openTargetFolder(root, [], new Date());
    assert.deepEqual(
      ["R\u00e9sum\u00e9", "Re\u0301sume\u0301", "R\u00c9SUM\u00c9", "other"].map((name) =>
        folder.mayHold(name),
      ),
      [true, true, true, false],
    );
    rmSync(root, { recursive: true });
  });
});
