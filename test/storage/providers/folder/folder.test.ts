import assert from "node:assert/strict";
import {
  chmod,
  link,
  lstat,
  mkdtemp,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../../../../src/base/bytes.ts";
import { folder } from "../../../../src/storage/providers/folder/folder.ts";
import { failure } from "../../../../src/storage/providers/folder/errors.ts";
import { claimByMark } from "../../../../src/storage/providers/folder/writing.ts";
import { isOtherCase } from "../../../../src/storage/paths.ts";
import { localNameProblem } from "../../../../src/storage/providers/folder/paths.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import { Storage } from "../../../../src/storage/storage.ts";
import { conformance } from "../../conformance/conformance.ts";
import { toldAs } from "../../failsWith.ts";

const homes: string[] = [];
after(async () => {
  for (const home of homes) await rm(home, { recursive: true });
});

for (const name of ["offsite-", "offsite with spaces & ünïcode "]) {
  const emptyFolder = async (): Promise<string> => {
    const home = await mkdtemp(join(tmpdir(), name));
    homes.push(home);
    return home;
  };
  const open = async (path: string): Promise<Storage> =>
    await openStorage({ provider: folder, answers: { path } }, () => {});
  conformance(`a folder called ${name}`, async () => await open(await emptyFolder()), {
    fileLike: true,
    pageSize: 1000,
    openMissing: async () => await open(join(await emptyFolder(), "missing")),
  });
}

describe("a folder", () => {
  let home: string;
  let path: string;
  let storage: Storage;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "offsite folder ü "));
    path = join(home, "base");
    await mkdir(path);
    storage = new Storage(await folder.open({ path }));
  });
  afterEach(async () => {
    await rm(home, { recursive: true });
  });

  const keys = async (prefix = "", shallow = false) =>
    await Array.fromAsync(storage.list(prefix, { shallow }), (entry) => entry.key);

  it("keeps a file where other programs expect it", async () => {
    await storage.write("sub/name.txt", utf8("hello"));
    assert.equal(await readFile(join(path, "sub/name.txt"), "utf8"), "hello");
    assert.deepEqual(await readdir(join(path, "sub")), ["name.txt"]);
  });

  for (const [code, kind, details] of [
    ["ENOSPC", "full", { reason: "disk-full" }],
    ["EDQUOT", "full", { reason: "disk-full" }],
    ["EACCES", "denied", { reason: "file-rights" }],
    ["EROFS", "denied", { reason: "read-only-disk" }],
    ["ENAMETOOLONG", "invalid", { reason: "invalid-name" }],
    ["EMFILE", "throttled", {}],
    ["ESTALE", "unreachable", {}],
    ["EISDIR", "conflict", { reason: "in-the-way" }],
    ["EWHAT", "unexpected", {}],
  ] as const)
    it(`tells ${code} as ${kind}`, () => {
      const error = Object.assign(new Error("no"), { code, syscall: "open" });
      toldAs(kind, details)(failure(error, "key", "conflict"));
    });

  it("lets what is not the file system's pass untouched", () => {
    const error = new Error("enough");
    assert.equal(failure(error, "key"), error);
  });

  it("takes ~/ for the home of the user", async () => {
    const real = process.env["HOME"];
    process.env["HOME"] = home;
    try {
      const storage = new Storage(await folder.open({ path: "~/base" }));
      await storage.write("a", utf8("a"));
    } finally {
      process.env["HOME"] = real;
    }
    assert.deepEqual(await readdir(path), ["a"]);
  });

  it("refuses a path that is not absolute", async () => {
    for (const path of ["somewhere", "./here", "~other/x", "/a\0b", ""])
      assert.deepEqual(
        folder.problems({ path }).map(({ field }) => field),
        ["path"],
        path,
      );
    assert.deepEqual(folder.problems({ path: "~/x" }), []);
    await assert.rejects(folder.open({ path: "somewhere" }), toldAs("invalid", { field: "path" }));
  });

  it("does not make its base folder, which may be a share that is not mounted", async () => {
    const gone = new Storage(await folder.open({ path: join(home, "gone") }));
    const isGone = toldAs("not-found", { reason: "no-container", field: "path" });
    await assert.rejects(gone.write("a/b", utf8("x")), isGone);
    await assert.rejects(Array.fromAsync(gone.list()), isGone);
    await assert.rejects(gone.stat("a"), isGone);
    await assert.rejects(gone.bytes("a"), isGone);
    await assert.rejects(gone.delete(["a"]), isGone);
    await assert.rejects(gone.makeFolder("a/"), isGone);
    assert.deepEqual(await readdir(home), ["base"]);
  });

  it("lists in the order of keys, page by page, while files come and go", async () => {
    const names = Array.from({ length: 2500 }, (_, i) => `n${String(i).padStart(4, "0")}`);
    for (const name of names) await writeFile(join(path, name), "");
    const first = await storage.page("", { shallow: true });
    assert.equal(first.entries.length, 1000);
    await rm(join(path, "n0999"));
    await rm(join(path, "n1500"));
    // A driver that never saw the first page goes on from its cursor all the same.
    for (const other of [storage, new Storage(await folder.open({ path }))]) {
      const rest: string[] = [];
      let { cursor } = first;
      while (cursor !== undefined) {
        const page = await other.page("", { shallow: true, cursor });
        rest.push(...page.entries.map((entry) => entry.key));
        cursor = page.cursor;
      }
      assert.deepEqual(
        rest,
        names.slice(1000).filter((name) => name !== "n1500"),
      );
    }
  });

  it("goes on in the middle of a tree from a cursor alone", async () => {
    const expected: string[] = [];
    for (const folderName of ["a", "b", "c"]) {
      await mkdir(join(path, folderName));
      expected.push(`${folderName}/`);
      for (let i = 1000; i < 1700; i++) {
        await writeFile(join(path, folderName, String(i)), "");
        expected.push(`${folderName}/${i}`);
      }
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const fresh = new Storage(await folder.open({ path }));
      const page = await fresh.page("", cursor === undefined ? {} : { cursor });
      seen.push(...page.entries.map((entry) => entry.key));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, expected);
  });

  it("lists what begins with a prefix that ends in the middle of a name", async () => {
    for (const key of ["dir/abc", "dir/abd/x", "dir/b", "dir2/abc"])
      await storage.write(key, utf8("x"));
    assert.deepEqual(await keys("dir/ab"), ["dir/abc", "dir/abd/", "dir/abd/x"]);
    assert.deepEqual(await keys("dir/ab", true), ["dir/abc", "dir/abd/"]);
    assert.deepEqual(await keys("dir", true), ["dir/", "dir2/"]);
    assert.deepEqual(await keys("missing/"), []);
    assert.deepEqual(await keys("dir/b/"), []);
  });

  it("refuses keys that would leave the folder or that no file can have", async () => {
    for (const key of ["../x", "a/../../x", "/x", "a//b", "./a", "a/.", "..", "a\0b", "a\ud800"]) {
      await assert.rejects(storage.write(key, utf8("x")), toldAs("invalid"), key);
      await assert.rejects(storage.stat(key), toldAs("invalid"), key);
      await assert.rejects(storage.bytes(key), toldAs("invalid"), key);
      await assert.rejects(storage.delete([key]), toldAs("invalid"), key);
      await assert.rejects(storage.makeFolder(`${key}/`), toldAs("invalid"), key);
      await assert.rejects(storage.copy(key, "y"), toldAs("invalid"), key);
    }
    for (const prefix of ["../", "a/../", "/", "a//", "./"])
      await assert.rejects(keys(prefix), toldAs("invalid"), prefix);
    await assert.rejects(storage.write("n".repeat(256), utf8("x")), toldAs("invalid"));
    assert.deepEqual(await readdir(home), ["base"]);
  });

  for (const [title, name] of [
    ["a colon", "a:b"],
    ["a backslash", "a\\b"],
    ["a trailing dot", "a."],
    ["a trailing space", "a "],
    ["a device", "NUL"],
    ["a device with an ending", "com1.txt"],
    ["a control character", "a\nb"],
  ] as const) {
    it(`refuses ${title} in a name on Windows`, () => {
      assert.match(localNameProblem(name, "win32") ?? "", / on Windows$/);
      assert.equal(localNameProblem(name, "linux"), undefined);
    });
  }

  it("knows an answer for another name on a disk that does not tell upper from lower case", () => {
    assert.equal(isOtherCase("/base/readme", "/base/README"), true);
    assert.equal(isOtherCase("/base/README", "/base/README"), false);
    assert.equal(isOtherCase("/base/elsewhere", "/base/link"), false);
    assert.equal(isOtherCase("/base/u\u0308", "/base/ü"), false);
  });

  it("never leaves through a symbolic link", async () => {
    await mkdir(join(home, "outside"));
    await writeFile(join(home, "outside/secret"), "secret");
    await symlink(join(home, "outside"), join(path, "way"));
    await symlink("../outside/secret", join(path, "file"));
    const isDenied = toldAs("denied");
    for (const key of ["way/secret", "file"]) {
      await assert.rejects(storage.bytes(key), isDenied);
      await assert.rejects(storage.stat(key), isDenied);
    }
    await assert.rejects(storage.write("way/new", utf8("x")), isDenied);
    await assert.rejects(storage.write("way/deep/new", utf8("x")), isDenied);
    await assert.rejects(storage.write("way/new", utf8("x"), { ifAbsent: true }), isDenied);
    await assert.rejects(storage.copy("file", "taken"), isDenied);
    await assert.rejects(storage.delete(["way/secret"]), isDenied);
    await assert.rejects(storage.makeFolder("way/folder/"), isDenied);
    await assert.rejects(keys("way/"), isDenied);
    assert.deepEqual(await keys(), []);
    await storage.write("file", utf8("mine"));
    assert.equal(await readFile(join(home, "outside/secret"), "utf8"), "secret");
    assert.deepEqual(await readdir(join(home, "outside")), ["secret"]);
    await storage.delete(["way"]);
    assert.deepEqual(await readdir(path), ["file"]);
  });

  it("moves no symbolic link, which may mean another file elsewhere", async () => {
    await storage.write("deep/file", utf8("content"));
    await symlink("deep/file", join(path, "link"));
    await symlink("deep", join(path, "way"));
    const isUnsupported = toldAs("unsupported");
    await assert.rejects(storage.move("link", "deep/link"), isUnsupported);
    await assert.rejects(storage.move("way/", "else/"), isUnsupported);
    await assert.rejects(storage.move("way/missing", "else"), toldAs("not-found"));
    assert.deepEqual((await readdir(path)).toSorted(), ["deep", "link", "way"]);
  });

  it("ends a move that was cut off between two names", async () => {
    await storage.write("old", utf8("content"));
    await link(join(path, "old"), join(path, "new"));
    await assert.rejects(storage.move("old", "new", { ifAbsent: true }), toldAs("conflict"));
    assert.deepEqual((await readdir(path)).toSorted(), ["new", "old"]);
    await storage.move("old", "new");
    assert.deepEqual(await readdir(path), ["new"]);
    assert.deepEqual(await storage.bytes("new"), utf8("content"));
  });

  it("takes back a name it has claimed in vain, where there are no links", async () => {
    await mkdir(join(path, "unfinished"));
    const target = join(path, "target");
    // Of a folder no system makes a link, and none puts it in the place of a file.
    await assert.rejects(claimByMark(join(path, "unfinished"), target));
    await assert.rejects(lstat(target), { code: "ENOENT" });
    await writeFile(target, "theirs");
    await assert.rejects(claimByMark(join(path, "unfinished"), target), { code: "EEXIST" });
    assert.equal(await readFile(target, "utf8"), "theirs");
    await writeFile(join(path, "file"), "ours");
    await claimByMark(join(path, "file"), join(path, "free"));
    assert.equal(await readFile(join(path, "free"), "utf8"), "ours");
  });

  it("shows the time it is given for a file", async () => {
    const modified = new Date("2019-09-09T09:09:09.090Z");
    const written = await storage.write("dated", utf8("x"), { modified });
    assert.deepEqual(written.modified, modified);
    assert.deepEqual((await storage.stat("dated")).modified, modified);
    await storage.write("dated", utf8("y"));
    assert.notDeepEqual((await storage.stat("dated")).modified, modified);
  });

  it("does not write through a link that leads nowhere", async () => {
    await symlink(join(home, "not there"), join(path, "way"));
    await symlink("ring", join(path, "ring"));
    await assert.rejects(storage.write("way/new", utf8("x")));
    await assert.rejects(storage.write("ring/new", utf8("x")), toldAs("denied"));
    await assert.rejects(storage.stat("way"), toldAs("not-found"));
    assert.deepEqual(await keys(), []);
    assert.deepEqual(await readdir(home), ["base"]);
  });

  it("follows links within the folder, and walks no ring", async () => {
    await storage.write("real/file", utf8("x"));
    await symlink("real", join(path, "same"));
    await symlink("..", join(path, "real/up"));
    await symlink("real/file", join(path, "shortcut"));
    assert.deepEqual(await keys(), ["real/", "real/file", "real/up/", "same/", "shortcut"]);
    assert.deepEqual(await keys("same/", true), ["same/file", "same/up/"]);
    assert.deepEqual(await storage.bytes("same/file"), utf8("x"));
    assert.deepEqual(await storage.bytes("shortcut"), utf8("x"));
    await storage.write("same/other", utf8("y"));
    assert.deepEqual(await storage.bytes("real/other"), utf8("y"));
  });

  it("keeps a link when it replaces what that leads to", async () => {
    await storage.write("real/file", utf8("x"));
    await symlink("real/file", join(path, "shortcut"));
    await storage.write("shortcut", utf8("new"));
    assert.deepEqual(await storage.bytes("real/file"), utf8("new"));
    assert.ok((await lstat(join(path, "shortcut"))).isSymbolicLink());
    assert.deepEqual(await readdir(join(path, "real")), ["file"]);
    // One that leads out is replaced itself: what is outside is not ours.
    await writeFile(join(home, "outside"), "secret");
    await symlink("../outside", join(path, "away"));
    await storage.write("away", utf8("mine"));
    assert.equal(await readFile(join(home, "outside"), "utf8"), "secret");
    assert.equal(await readFile(join(path, "away"), "utf8"), "mine");
  });

  it("leaves a file as secret and as executable as it was", async function () {
    if (process.platform === "win32") this.skip();
    const mode = async (name: string) => (await lstat(join(path, name))).mode & 0o7777;
    for (const [name, rights] of [
      ["secret", 0o600],
      ["script", 0o755],
      ["shared", 0o664],
    ] as const) {
      await writeFile(join(path, name), "old");
      await chmod(join(path, name), rights);
      await storage.write(name, utf8("new"));
      assert.equal(await mode(name), rights, name);
    }
    await storage.write("other", utf8("x"));
    await storage.copy("other", "secret");
    assert.equal(await mode("secret"), 0o600);
  });

  it("hides unfinished uploads, and removes those of writers that died long ago", async () => {
    const [old, fresh] = [`.~offsite-${"0".repeat(24)}`, `.~offsite-${"1".repeat(24)}`];
    await storage.makeFolder("dir/");
    for (const name of [old, fresh]) await writeFile(join(path, "dir", name), "half");
    await writeFile(join(path, "dir", ".~offsite-mine"), "not ours");
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const name of [old, ".~offsite-mine"])
      await utimes(join(path, "dir", name), longAgo, longAgo);
    assert.deepEqual(await keys("dir/"), ["dir/.~offsite-mine"]);
    assert.deepEqual((await readdir(join(path, "dir"))).toSorted(), [fresh, ".~offsite-mine"]);
    await assert.rejects(storage.write(`dir/${fresh}`, utf8("x")), toldAs("invalid"));
  });

  it("takes no copy of an old file for one that was abandoned when that was changed", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `${index}.jpg`);
    let isDone = false;
    const modified = new Date("2020-02-02T20:20:20Z");
    const writing = Promise.all(
      names.map(async (name) => await storage.write(name, utf8(name), { modified })),
    ).finally(() => (isDone = true));
    while (!isDone) await keys();
    await writing;
    assert.deepEqual((await keys()).toSorted(), names.toSorted());
  });

  it("removes nothing where nothing may change", async () => {
    const old = `.~offsite-${"0".repeat(24)}`;
    await writeFile(join(path, old), "half");
    await utimes(join(path, old), 1e9, 1e9);
    const target = { provider: folder, answers: { path }, readOnly: true };
    const reading = await openStorage(target, () => {});
    assert.deepEqual(await Array.fromAsync(reading.list()), []);
    assert.deepEqual(await readdir(path), [old]);
  });

  it("deletes a folder in which only a dead writer's leftover lies", async () => {
    const name = `.~offsite-${"0".repeat(24)}`;
    await mkdir(join(path, "dir"));
    await writeFile(join(path, "dir", name), "half");
    await assert.rejects(storage.delete(["dir/"]), toldAs("conflict"));
    await utimes(join(path, "dir", name), 1, 1);
    await storage.delete(["dir/"]);
    assert.deepEqual(await readdir(path), []);
  });

  it("is not held up by a named pipe", async () => {
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [join(path, "pipe")]);
    await assert.rejects(storage.bytes("pipe"), toldAs("not-found"));
    assert.deepEqual(await keys(), []);
  });

  it("tells a file from a folder of the same name", async () => {
    await storage.write("file", utf8("x"));
    await storage.write("dir/file", utf8("x"));
    await assert.rejects(storage.write("file/below", utf8("x")), toldAs("conflict"));
    await assert.rejects(storage.write("dir", utf8("x")), toldAs("conflict"));
    await assert.rejects(storage.write("dir", utf8("x"), { ifAbsent: true }), toldAs("conflict"));
    await assert.rejects(storage.makeFolder("file/"), toldAs("conflict"));
    await assert.rejects(storage.stat("dir"), toldAs("not-found"));
    await assert.rejects(storage.stat("file/below"), toldAs("not-found"));
    await storage.delete(["dir", "file/", "file/below"]);
    assert.deepEqual(await keys(), ["dir/", "dir/file", "file"]);
  });

  it("says so when a source changes while it is read, and leaves nothing", async () => {
    const { openAsBlob } = await import("node:fs");
    const source = join(home, "source");
    await writeFile(source, "before");
    const body = await openAsBlob(source);
    await writeFile(source, "after, and longer");
    await assert.rejects(
      storage.write("copy", body),
      (error) => error instanceof DOMException && error.name === "NotReadableError",
    );
    assert.deepEqual(await readdir(path), []);
  });

  it("leaves the old file when writing is cancelled", async () => {
    await storage.write("file", utf8("old"));
    const stop = new AbortController();
    const body = new Blob([new Uint8Array(40 * 1024 * 1024)]);
    const writing = storage.write("file", body, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 5);
    await assert.rejects(writing, /enough/);
    assert.deepEqual(await readdir(path), ["file"]);
    assert.deepEqual(await storage.bytes("file"), utf8("old"));
  });

  it("reports a file that becomes shorter while it is read", async () => {
    await storage.write("file", new Uint8Array(30 * 1024 * 1024));
    const reading = storage.read("file", async ({ body }) => {
      let pieces = 0;
      for await (const _ of body) if (++pieces === 1) await writeFile(join(path, "file"), "short");
    });
    await assert.rejects(reading, toldAs("unreachable"));
  });
});
