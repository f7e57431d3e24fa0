import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { moveStored } from "../../../src/app/transfers/moving.ts";
import type { TransfersOptions } from "../../../src/app/transfers/transfers.ts";
import { never } from "../../../src/base/abort.ts";
import { readLocal } from "../../../src/engine/disk/localFiles.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { withLayers } from "../../../src/storage/layers.ts";
import { folderDriver } from "../../../src/storage/providers/folder/folder.ts";
import { openStorage } from "../../../src/storage/open.ts";
import type { Answers } from "../../../src/storage/provider.ts";
import { memoryDriver, memoryProvider } from "../../../src/storage/providers/memory.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { explain } from "../../../src/ui/messages.ts";
import { toldAs } from "../../storage/failsWith.ts";
import { plain } from "../../ui/translate.ts";
import { at, carried, copy, download, TransferBench, until, upload } from "./queue.ts";

const mib = 1024 * 1024;

let bench: TransferBench;

/** In a `describe`: a bench for each of its tests. */
function withBench(): void {
  beforeEach(() => {
    bench = new TransferBench();
  });
  afterEach(async () => await bench.dispose());
}

async function fill(storage: Storage, objects: Readonly<Record<string, string>>): Promise<Storage> {
  for (const [key, text] of Object.entries(objects)) await storage.write(key, new Blob([text]));
  return storage;
}

async function keys(storage: Storage): Promise<readonly string[]> {
  const all = await Array.fromAsync(storage.list());
  return all
    .filter(({ type, key }) => type === "object" && !key.endsWith("/"))
    .map(({ key }) => key)
    .toSorted();
}

async function textAt(storage: Storage, key: string): Promise<string> {
  return new TextDecoder().decode(await storage.bytes(key));
}

/** Storages that a tree may show: one that only knows keys, and one with real folders. */
const kinds: Readonly<Record<string, () => Driver>> = {
  "an object store": () => memoryDriver(),
  "a file server": () => {
    mkdirSync(bench.local("server"));
    return folderDriver({ path: bench.local("server") });
  },
};

for (const [kind, driver] of Object.entries(kinds))
  describe(`a transfer with ${kind}`, () => {
    withBench();
    it("downloads an object and a folder under their own names, and counts files only", async () => {
      const objects = { "a/b/c.txt": "c", "a/d.txt": "d", "e/f.txt": "f" };
      await fill(bench.storage("s", driver()), objects);
      mkdirSync(bench.local("here"));
      const plan = download([at("s", "a/"), at("s", "e/f.txt")], bench.local("here"));
      const { status, counts } = await carried(bench.queue(), plan);
      assert.equal(status, "done");
      assert.deepEqual(
        [counts.done, counts.found, counts.bytesDone, counts.bytesFound],
        [3, 3, 3, 3],
      );
      assert.equal(bench.text("here", "a", "b", "c.txt"), "c");
      assert.equal(bench.text("here", "a", "d.txt"), "d");
      assert.equal(bench.text("here", "f.txt"), "f");
    });

    it("uploads files and a folder with all in it", async () => {
      const storage = bench.storage("s", driver());
      mkdirSync(bench.local("up", "deep", "empty"), { recursive: true });
      writeFileSync(bench.local("up", "deep", "x.txt"), "x");
      writeFileSync(bench.local("y.txt"), "y");
      const plan = upload([bench.local("up"), bench.local("y.txt")], at("s", "in/"));
      const { status, counts } = await carried(bench.queue(), plan);
      assert.deepEqual([status, counts.done, counts.bytesDone], ["done", 2, 2]);
      assert.deepEqual(await keys(storage), ["in/up/deep/x.txt", "in/y.txt"]);
      const { entries } = await storage.page("in/up/deep/", { shallow: true });
      assert.ok(entries.some(({ key }) => key === "in/up/deep/empty/"));
    });

    it("copies to another storage, and moves within its own", async () => {
      const storage = await fill(bench.storage("s", driver()), {
        "a/b.txt": "b",
        "a/c/d.txt": "d",
      });
      const other = bench.storage("other", memoryDriver());
      const moves: string[] = [];
      const queue = bench.queue({ onMoved: (from, to) => moves.push(`${from.key} → ${to.key}`) });
      await carried(queue, copy([at("s", "a/")], at("other", "x/")));
      assert.deepEqual(await keys(other), ["x/a/b.txt", "x/a/c/d.txt"]);
      const moved = await carried(queue, copy([at("s", "a/")], at("s", "z/"), "move"));
      assert.equal(moved.status, "done");
      assert.deepEqual(await keys(storage), ["z/a/b.txt", "z/a/c/d.txt"]);
      const each = ["a/b.txt → z/a/b.txt", "a/c/d.txt → z/a/c/d.txt"];
      assert.deepEqual(moves.toSorted(), storage.canMove ? ["a/ → z/a/"] : each);
      assert.equal(await textAt(storage, "z/a/c/d.txt"), "d");
      const { entries } = await storage.page("", { shallow: true });
      assert.ok(!entries.some(({ key }) => key === "a/"), "the emptied folder is gone");
    });

    it("asks about what is there already, and does what was answered for all", async () => {
      const storage = bench.storage("s", driver());
      await fill(storage, { "a.txt": "old", "b.txt": "old", "c.txt": "old" });
      const names = ["a.txt", "b.txt", "c.txt", "new.txt"];
      for (const name of names) writeFileSync(bench.local(name), "new!");
      const paths = names.map((name) => bench.local(name));
      bench.answer = ({ name }) =>
        name === "a.txt"
          ? { choice: "replace", forAll: false }
          : { choice: "rename", forAll: true };
      const { counts } = await carried(bench.queue({ filesAtOnce: 1 }), upload(paths, at("s")));
      assert.deepEqual([counts.done, counts.skipped, bench.questions.length], [4, 0, 2]);
      assert.deepEqual(await keys(storage), [
        "a.txt",
        "b (2).txt",
        "b.txt",
        "c (2).txt",
        "c.txt",
        "new.txt",
      ]);
      assert.equal(await textAt(storage, "a.txt"), "new!");
      assert.equal(await textAt(storage, "b.txt"), "old");
    });
  });

describe("a download", () => {
  withBench();
  it("asks before it overwrites, and can skip, replace or keep both", async () => {
    await fill(bench.storage("s", memoryDriver()), { "a.txt": "newer", "b.txt": "new" });
    writeFileSync(bench.local("a.txt"), "old");
    const queue = bench.queue();
    const sources = [at("s", "a.txt"), at("s", "b.txt")];
    const skipped = await carried(queue, download(sources, bench.root));
    assert.deepEqual([skipped.counts.done, skipped.counts.skipped], [1, 1]);
    assert.deepEqual([bench.text("a.txt"), bench.text("b.txt")], ["old", "new"]);
    const { renamed } = await carried(queue, download(sources, bench.root, "rename"));
    assert.deepEqual([bench.text("a.txt"), bench.text("a (2).txt")], ["old", "newer"]);
    assert.equal(renamed, "a (2).txt", "which is where its row leads to");
    const up = upload([bench.local("a.txt"), bench.local("b.txt")], at("s"), "rename");
    assert.equal((await carried(queue, up)).renamed, "a (2).txt");
    const moved = copy([at("s", "a (2).txt")], at("s", "sub/"), "move", "rename");
    assert.equal((await carried(queue, moved)).renamed, undefined);
    await carried(queue, download(sources, bench.root, "replace"));
    assert.equal(bench.text("a.txt"), "newer");
  });

  it("replaces only what is older, if that was chosen", async () => {
    await fill(bench.storage("s", memoryDriver()), { "a.txt": "remote", "b.txt": "remote" });
    writeFileSync(bench.local("a.txt"), "old");
    writeFileSync(bench.local("b.txt"), "newer here");
    utimesSync(bench.local("a.txt"), 1000, 1000);
    utimesSync(bench.local("b.txt"), 5_000_000_000, 5_000_000_000);
    const sources = [at("s", "a.txt"), at("s", "b.txt")];
    await carried(bench.queue(), download(sources, bench.root, "newer"));
    assert.deepEqual([bench.text("a.txt"), bench.text("b.txt")], ["remote", "newer here"]);
  });

  it("pauses when its question is put aside, and asks again when it goes on", async () => {
    await fill(bench.storage("s", memoryDriver()), { "a.txt": "new" });
    writeFileSync(bench.local("a.txt"), "old!");
    const queue = bench.queue();
    bench.answer = () => undefined;
    const paused = await carried(queue, download([at("s", "a.txt")], bench.root));
    assert.equal(paused.status, "paused");
    bench.answer = () => ({ choice: "replace", forAll: false });
    queue.resume(paused.id);
    await until(queue, paused.id, ({ status }) => status === "done");
    assert.equal(bench.text("a.txt"), "new");
  });

  it("takes an object whose name ends in a slash for what it is", async () => {
    const notes = { "a/": "notes", "a/b/": "more", "a/b/c.txt": "c" };
    const storage = await fill(bench.storage("s", memoryDriver()), notes);
    const queue = bench.queue();
    mkdirSync(bench.local("here"));
    const { counts, failures } = await carried(
      queue,
      download([at("s", "a/")], bench.local("here")),
    );
    assert.deepEqual([counts.done, counts.failed], [1, 2]);
    assert.deepEqual(failures.map(({ name }) => name).toSorted(), ["a/", "a/b/"]);
    assert.match(explain(failures[0]?.error, plain)?.text ?? "", /ends in a slash/);
    await carried(queue, copy([at("s", "a/")], at("s", "x/"), "move"));
    const all = await Array.fromAsync(storage.list());
    assert.deepEqual(all.map(({ key }) => key).toSorted(), ["x/a/", "x/a/b/", "x/a/b/c.txt"]);
    assert.equal(await textAt(storage, "x/a/b/"), "more");
  });

  it("puts no two folders of one name into each other unasked", async () => {
    const objects = { "a/data/x": "of a", "b/data/x": "of b", "b/data": "object" };
    const storage = await fill(bench.storage("s", memoryDriver()), objects);
    const plan = copy([at("s", "a/data/"), at("s", "b/data/")], at("s", "z/"), "move");
    const { counts } = await carried(bench.queue(), { ...plan, existing: "replace" });
    assert.deepEqual([counts.done, counts.failed], [1, 1]);
    assert.equal(await textAt(storage, "z/data/x"), "of a");
    assert.equal(await textAt(storage, "b/data/x"), "of b");
  });

  it("leaves the folders of a source that hides names", async () => {
    const driver = memoryDriver({ hidesNames: true });
    const storage = await fill(bench.storage("s", driver), { "a/b/": "", "a/b/1": "one" });
    const other = bench.storage("other", memoryDriver());
    await carried(bench.queue(), copy([at("s", "a/")], at("other", "x/"), "move"));
    assert.equal(await textAt(other, "x/a/b/1"), "one");
    const left = await Array.fromAsync(storage.list());
    assert.deepEqual(
      left.map(({ key }) => key),
      ["a/b/"],
    );
  });

  it("never writes outside its folder, whatever the keys say", async () => {
    const hostile = { "f/../../escape": "x", "f/ok": "x", "f//absolute": "x", "f/./dot": "x" };
    await fill(bench.storage("s", memoryDriver()), hostile);
    mkdirSync(bench.local("in", "side"), { recursive: true });
    const plan = download([at("s", "f/")], bench.local("in", "side"));
    const { counts, failures, status } = await carried(bench.queue(), plan);
    assert.deepEqual([status, counts.done, counts.failed], ["failed", 1, 3]);
    assert.deepEqual(failures.map(({ name }) => name).toSorted(), [
      "f/../../escape",
      "f/./dot",
      "f//absolute",
    ]);
    assert.deepEqual(readdirSync(bench.local("in")), ["side"]);
    assert.ok(!readdirSync(bench.root).includes("escape"));
  });

  it("leaves out on Windows what Windows cannot hold or tell apart, and says which and why", async () => {
    const own = Object.getOwnPropertyDescriptor(process, "platform") ?? assert.fail();
    const [composed, decomposed] = ["caf\u{e9}", "cafe\u{301}"];
    const odd = ["aux.log", "a:b", "dot.", "tab\t"];
    const objects = ["Report.txt", "report.TXT", composed, decomposed, ...odd, "fine"];
    const contents = Object.fromEntries(objects.map((name) => [`f/${name}`, name]));
    const storage = await fill(bench.storage("s", memoryDriver()), contents);
    mkdirSync(bench.local("in"));
    Object.defineProperty(process, "platform", { ...own, value: "win32" });
    try {
      const plan = download([at("s", "f/")], bench.local("in"));
      const { counts, failures } = await carried(bench.queue(), plan);
      assert.deepEqual([counts.done, counts.failed], [3, 6]);
      const said = failures.map(({ name, error }) => [name, explain(error, plain)?.text] as const);
      assert.deepEqual(Object.fromEntries(said), {
        "f/report.TXT": "It was left out: another here has this name.",
        [`f/${composed}`]: "It was left out: another here has this name.",
        "f/aux.log": "It was left out: Windows keeps its name for a device.",
        "f/a:b": 'It was left out: Windows allows no ":" in a name.',
        "f/dot.": "It was left out: Windows allows no dot or space at the end of a name.",
        "f/tab\t": 'It was left out: Windows allows no "\\t" in a name.',
      });
    } finally {
      Object.defineProperty(process, "platform", own);
    }
    const there = readdirSync(bench.local("in", "f")).toSorted();
    assert.deepEqual(there, ["Report.txt", decomposed, "fine"]);
    assert.equal(bench.text("in/f/Report.txt"), "Report.txt");
    assert.equal((await keys(storage)).length, objects.length);
  });

  it("does not follow a link out of its folder", async () => {
    await fill(bench.storage("s", memoryDriver()), { "f/out/x.txt": "x" });
    mkdirSync(bench.local("outside"));
    mkdirSync(bench.local("in", "f"), { recursive: true });
    symlinkSync(bench.local("outside"), bench.local("in", "f", "out"));
    const plan = download([at("s", "f/")], bench.local("in"));
    const { failures } = await carried(bench.queue(), plan);
    assert.deepEqual(
      failures.map(({ name }) => name),
      ["f/out/x.txt"],
    );
    assert.deepEqual(readdirSync(bench.local("outside")), []);
  });

  it("leaves the old file and no remains when it breaks half-way", async () => {
    const driver: Driver = {
      ...memoryDriver(),
      read: async (_, use) => {
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull(controller) {
            controller.enqueue(new Uint8Array(10));
            controller.error(new StorageError("unreachable", "cut"));
          },
        });
        return await use({ info: { key: "a.txt", size: 20 }, body });
      },
    };
    bench.storage("s", driver);
    mkdirSync(bench.local("in"));
    writeFileSync(bench.local("in", "a.txt"), "old");
    const plan = download([at("s", "a.txt")], bench.local("in"), "replace");
    const { failures } = await carried(bench.queue(), plan);
    assert.ok(isStorageError(failures[0]?.error, "unreachable"));
    assert.equal(bench.text("in", "a.txt"), "old");
    assert.deepEqual(readdirSync(bench.local("in")), ["a.txt"]);
  });

  it("keeps the old file when fewer bytes arrive than were promised", async () => {
    const plain = memoryDriver();
    bench.storage("s", {
      ...plain,
      read: (request, use) =>
        plain.read(request, ({ info, body }) => use({ info: { ...info, size: 99 }, body })),
    });
    await plain.write({ key: "a.txt", body: new Blob(["short"]), signal: never });
    mkdirSync(bench.local("in"));
    writeFileSync(bench.local("in", "a.txt"), "old");
    const plan = download([at("s", "a.txt")], bench.local("in"), "replace");
    const { failures } = await carried(bench.queue(), plan);
    assert.ok(isStorageError(failures[0]?.error, "corrupt"));
    assert.deepEqual(readdirSync(bench.local("in")), ["a.txt"]);
    assert.equal(bench.text("in", "a.txt"), "old");
  });

  it("does not let a server that never ends fill the disk", async () => {
    const plain = memoryDriver();
    const body = () => new ReadableStream({ pull: (end) => end.enqueue(new Uint8Array(65_536)) });
    bench.storage("s", {
      ...plain,
      read: (request, use) => plain.read(request, ({ info }) => use({ info, body: body() })),
    });
    await plain.write({ key: "a.txt", body: new Blob(["short"]), signal: never });
    mkdirSync(bench.local("in"));
    const { failures } = await carried(
      bench.queue(),
      download([at("s", "a.txt")], bench.local("in")),
    );
    assert.ok(isStorageError(failures[0]?.error, "corrupt"));
    assert.deepEqual(readdirSync(bench.local("in")), []);
  });

  it("keeps the time of the last change, and knows such a copy again", async () => {
    const modified = new Date("2020-01-02T03:04:05Z");
    const plain = memoryDriver();
    const dated = <T extends { readonly modified?: Date }>(info: T): T => ({ ...info, modified });
    const storage = bench.storage("s", {
      ...plain,
      stat: async (request) => dated(await plain.stat(request)),
      read: (request, use) =>
        plain.read(request, ({ info, body }) => use({ info: dated(info), body })),
    });
    await fill(storage, { "a.txt": "a" });
    const queue = bench.queue();
    await carried(queue, download([at("s", "a.txt")], bench.root));
    assert.deepEqual(statSync(bench.local("a.txt")).mtime, modified);
    const again = await carried(queue, download([at("s", "a.txt")], bench.root));
    assert.deepEqual([again.counts.skipped, bench.questions.length], [1, 0]);
  });
});

describe("an upload", () => {
  withBench();
  it("does not overwrite unasked what somebody else has put there meanwhile", async () => {
    const plain = memoryDriver();
    const storage = bench.storage("s", {
      ...plain,
      // They are a moment faster.
      write: async (request) => {
        if (bench.questions.length === 0)
          await plain.write({ key: "a.txt", body: new Blob(["theirs"]), signal: never });
        return await plain.write(request);
      },
    });
    writeFileSync(bench.local("a.txt"), "new");
    const { counts } = await carried(bench.queue(), upload([bench.local("a.txt")], at("s")));
    assert.deepEqual([counts.skipped, bench.questions.length], [1, 1]);
    assert.equal(await textAt(storage, "a.txt"), "theirs");
  });

  for (const ifAbsent of [true, false])
    for (const [filesAtOnce, ...names] of [
      [1, "a.txt", "a (2).txt"],
      [1, "a (2).txt", "a.txt"],
      [2, "a.txt", "a (2).txt"],
      [2, "a (2).txt", "a.txt"],
    ] as const)
      it(`gives no name twice, ${filesAtOnce} at once: ${names.join(", ")}${ifAbsent ? "" : ", without conditions"}`, async () => {
        const storage = bench.storage("s", memoryDriver({ ifAbsent }));
        await storage.write("a.txt", new Blob(["theirs"]));
        for (const name of names) writeFileSync(bench.local(name), `ours: ${name}`);
        const paths = names.map((name) => bench.local(name));
        const plan = upload(paths, at("s"), "rename");
        const { counts } = await carried(bench.queue({ filesAtOnce }), plan);
        assert.equal(counts.done, 2);
        const all = await keys(storage);
        const texts = await Promise.all(all.map(async (key) => await textAt(storage, key)));
        const wanted = ["theirs", ...names.map((name) => `ours: ${name}`)];
        assert.deepEqual(texts.toSorted(), wanted.toSorted(), all.join(", "));
      });

  it("replaces nothing that has changed while somebody was asked about it", async () => {
    for (const ifMatch of [true, false]) {
      const storage = bench.storage("s", memoryDriver({ ifMatch }));
      await fill(storage, { "a.txt": "old" });
      writeFileSync(bench.local("a.txt"), "new");
      const sizes: number[] = [];
      const ask: TransfersOptions["ask"] = async (_, { there }) => {
        sizes.push(there.size);
        if (sizes.length > 1) return { choice: "skip", forAll: false };
        await fill(storage, { "a.txt": "theirs" });
        return { choice: "replace", forAll: false };
      };
      await carried(bench.queue({ ask }), upload([bench.local("a.txt")], at("s")));
      assert.deepEqual(sizes, [3, 6], "asked again, about what is there now");
      assert.equal(await textAt(storage, "a.txt"), "theirs");
    }
  });

  it("goes on without a file that cannot be read, and says so", async () => {
    const storage = bench.storage("s", memoryDriver());
    writeFileSync(bench.local("b.txt"), "b");
    const plan = upload([bench.local("missing.txt"), bench.local("b.txt")], at("s"));
    const { counts, status } = await carried(bench.queue(), plan);
    assert.deepEqual([status, counts.done, counts.failed], ["failed", 1, 1]);
    assert.deepEqual(await keys(storage), ["b.txt"]);
  });

  it("names links and does not follow them", async () => {
    const storage = bench.storage("s", memoryDriver());
    mkdirSync(bench.local("up"));
    writeFileSync(bench.local("secret.txt"), "secret");
    symlinkSync(bench.local("secret.txt"), bench.local("up", "link.txt"));
    const { counts } = await carried(bench.queue(), upload([bench.local("up")], at("s")));
    assert.equal(counts.failed, 1);
    assert.deepEqual(await keys(storage), []);
  });

  it("names what is no file, and does not wait for what it may say", async function () {
    if (process.platform === "win32") this.skip();
    const storage = bench.storage("s", memoryDriver());
    mkdirSync(bench.local("up"));
    for (const name of ["pipe", "up/pipe"]) execFileSync("mkfifo", [bench.local(name)]);
    const plan = upload([bench.local("up"), bench.local("pipe")], at("s"));
    const { failures } = await carried(bench.queue(), plan);
    assert.deepEqual(failures.map(({ name }) => name).toSorted(), ["pipe", "up/pipe"]);
    for (const { error } of failures)
      assert.match(explain(error, plain)?.text ?? "", /it is no file/);
    // Nor where one takes a file's place at the last moment.
    await assert.rejects(readLocal(bench.local("pipe")));
    assert.deepEqual(await keys(storage), []);
  });

  it("lists a folder that is there once, and one that is not there never", async () => {
    const plain = memoryDriver();
    const listed: string[] = [];
    bench.storage("s", {
      ...plain,
      list: async (request) => {
        listed.push(request.prefix);
        return await plain.list(request);
      },
    });
    mkdirSync(bench.local("up", "deep"), { recursive: true });
    for (const name of ["a", "b", "deep/c", "deep/d"]) writeFileSync(bench.local("up", name), name);
    await carried(bench.queue(), upload([bench.local("up")], at("s", "in/")));
    assert.deepEqual(listed, ["in/"]);
  });
});

describe("a copy", () => {
  withBench();
  it("refuses to put a folder into itself", async () => {
    const storage = await fill(bench.storage("s", memoryDriver()), { "a/b": "b" });
    const { status } = await carried(bench.queue(), copy([at("s", "a/")], at("s", "a/x/")));
    assert.equal(status, "failed");
    assert.deepEqual(await keys(storage), ["a/b"]);
  });

  it("refuses to put a folder into itself over another connection to the same place", async () => {
    const provider = memoryProvider();
    const opened = async (answers: Answers) =>
      await openStorage({ provider, answers: { container: "c", ...answers } }, () => {});
    const storage = await fill(bench.add("s", await opened({})), { "a/b": "b", "ab/c": "c" });
    bench.add("t", await opened({ folder: "a" }));
    bench.add("other", await opened({ container: "other" }));
    const { status, failures } = await carried(
      bench.queue(),
      copy([at("s", "a/"), at("s", "ab/")], at("t", "x/")),
    );
    assert.deepEqual([status, failures.map(({ name }) => name)], ["failed", ["a"]]);
    assert.deepEqual(await keys(storage), ["a/b", "a/x/ab/c", "ab/c"]);
    const elsewhere = await carried(bench.queue(), copy([at("s", "a/")], at("other", "a/")));
    assert.equal(elsewhere.status, "done");
  });

  it("moves nothing out of a folder that a link leads to", async function () {
    if (process.platform === "win32") this.skip();
    mkdirSync(bench.local("server"));
    const disk = bench.storage("d", folderDriver({ path: bench.local("server") }));
    const storage = await fill(disk, { "2026/a": "a", "to/b": "b" });
    symlinkSync("2026", bench.local("server", "latest"));
    const { status, failures } = await carried(
      bench.queue(),
      copy([at("d", "latest/")], at("d", "to/"), "move"),
    );
    assert.deepEqual([status, failures.length], ["failed", 1]);
    const ends = [
      { storage, key: "latest/" },
      { storage, key: "newest/" },
    ] as const;
    await assert.rejects(moveStored(...ends, { signal: never }), toldAs("unsupported"));
    assert.deepEqual(await keys(storage), ["2026/a", "to/b"]);
  });

  it("holds no more in memory than is allowed, however many are on their way", async () => {
    const from = bench.storage("from", memoryDriver());
    const bytes = new Uint8Array(15 * mib);
    for (let i = 0; i < 12; i++) await from.write(`f/${i}`, bytes);
    let underWay = 0;
    let most = 0;
    bench.storage("to", {
      ...memoryDriver(),
      write: async ({ key, body }) => {
        most = Math.max(most, (underWay += body.size));
        // The others would come meanwhile.
        for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
        underWay -= body.size;
        return { key, size: body.size };
      },
    });
    const plan = copy([at("from", "f/")], at("to"));
    const { counts } = await carried(bench.queue({ filesAtOnce: 12 }), plan);
    assert.equal(counts.done, 12);
    assert.ok(most <= 128 * mib, `${most / mib} MiB`);
  });

  it("streams what is too large for memory, and starts over where it breaks", async () => {
    const plain = memoryDriver();
    let reads = 0;
    const text = "0123456789abcdef".repeat(1_200_000);
    await plain.write({ key: "big", body: new Blob([text]), signal: never });
    bench.storage("s", {
      ...plain,
      // As the layers do it: what broke half-way is sent again from its beginning.
      read: async (request, use) => {
        reads++;
        await plain
          .read(request, async ({ info, body }) => {
            const cut = async function* () {
              let left = 5_000_000;
              for await (const chunk of body) {
                left -= chunk.length;
                if (left < 0) throw new StorageError("unreachable", "cut");
                yield chunk;
              }
            };
            return await use({ info, body: cut() });
          })
          .catch(() => undefined);
        return await plain.read(request, use);
      },
    });
    const other = bench.storage("other", memoryDriver());
    const { status } = await carried(bench.queue(), copy([at("s", "big")], at("other")));
    assert.equal(status, "done");
    assert.equal(reads, 1);
    assert.ok((await textAt(other, "big")) === text);
  });

  it("moves a folder in one step where the server can, and into another one file by file", async () => {
    mkdirSync(bench.local("server"));
    const asked: string[] = [];
    const driver = withLayers(folderDriver({ path: bench.local("server") }), async (call) => {
      asked.push(call.operation);
      return await call.send();
    });
    const storage = await fill(bench.storage("s", driver), { "a/1": "1", "a/b/2": "2" });
    asked.length = 0;
    const first = await carried(bench.queue(), copy([at("s", "a/")], at("s", "to/"), "move"));
    assert.deepEqual([first.status, first.counts.found, first.counts.done], ["done", 1, 1]);
    assert.deepEqual(await keys(storage), ["to/a/1", "to/a/b/2"]);
    assert.equal(asked.filter((operation) => operation === "move").length, 1);

    await fill(storage, { "a/1": "other", "a/3": "3" });
    bench.answer = () => ({ choice: "replace", forAll: true });
    const second = await carried(bench.queue(), copy([at("s", "a/")], at("s", "to/"), "move"));
    assert.deepEqual([second.status, second.counts.found], ["done", 2]);
    assert.deepEqual(await keys(storage), ["to/a/1", "to/a/3", "to/a/b/2"]);
    assert.equal(await textAt(storage, "to/a/1"), "other");
    const { entries } = await storage.page("", { shallow: true });
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["to/"],
    );
  });

  it("moves nothing whose source has changed since it was copied", async () => {
    const plain = memoryDriver();
    const storage = bench.storage("s", {
      ...plain,
      copy: async (request) => {
        const copied = await plain.copy?.(request);
        await plain.write({ key: "a", body: new Blob(["changed!"]), signal: never });
        if (!copied) throw new Error("memory can copy");
        return copied;
      },
    });
    await fill(storage, { a: "a" });
    const { status } = await carried(bench.queue(), copy([at("s", "a")], at("s", "to/"), "move"));
    assert.equal(status, "failed");
    assert.equal(await textAt(storage, "a"), "changed!");
  });
});
