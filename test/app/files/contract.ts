/**
 * What VS Code asks of a file system (`FileSystemProvider` in vscode.d.ts), and what its own for the
 * disk does where that leaves something open. To be run on an object store and on real folders.
 */
import assert from "node:assert/strict";
import { type Address, type RemoteFiles } from "../../../src/app/files/remoteFiles.ts";
import { RemoteFileError } from "../../../src/app/files/refusals.ts";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";

export interface Contracted {
  readonly files: RemoteFiles;
  readonly at: (key: string) => Address;
  /** The same place as somebody else sees it. */
  readonly storage: Storage;
}

interface Case extends Contracted {
  /** What was told of changes, without their folder. */
  readonly told: readonly string[];
  /** All files below, and what is in them. */
  readonly content: () => Promise<Readonly<Record<string, string>>>;
}

/** How VS Code is to be refused; `ui/files/fileErrors.ts` gives each of them VS Code's own code. */
type Refusal = "FileNotFound" | "FileExists" | "FileIsADirectory" | "FileNotADirectory" | "other";

const over = { create: true, overwrite: true };
const moving = { signal: never };

/** Each begins with `a.txt` ("a"), `b.txt` ("b"), `full/c.txt` ("c") and the empty folder `empty`. */
const cases: Readonly<Record<string, (one: Case) => Promise<void>>> = {
  "stat tells a file, a full and an empty folder, and nothing": async ({ files, at }) => {
    assert.equal((await files.stat(at("a.txt"))).type, "file");
    assert.equal((await files.stat(at("full"))).type, "folder");
    assert.equal((await files.stat(at("empty"))).type, "folder");
    await refused("FileNotFound", files.stat(at("missing")));
    await refused("FileNotFound", files.stat(at("full/missing")));
  },
  "readDirectory gives names of one folder only": async ({ files, at }) => {
    const names = async (key: string) => (await files.list(at(key))).map(({ name }) => name);
    assert.deepEqual(await names("full"), ["c.txt"]);
    assert.deepEqual(await names("empty"), []);
  },
  "readDirectory of nothing, and of a file": async ({ files, at }) => {
    await refused("FileNotFound", files.list(at("missing")));
    await refused("FileNotFound", files.list(at("full/missing")));
    await refused("FileNotADirectory", files.list(at("a.txt")));
  },
  "createDirectory makes it, and says so": async ({ files, at, told }) => {
    await files.makeFolder(at("new"));
    assert.equal((await files.stat(at("new"))).type, "folder");
    assert.deepEqual(await files.list(at("new")), []);
    assert.deepEqual(told, ["created new"]);
  },
  "createDirectory where something is": async ({ files, at }) => {
    for (const key of ["full", "empty", "a.txt"])
      await refused("FileExists", files.makeFolder(at(key)));
  },
  "readFile of nothing, and of a folder": async ({ files, at }) => {
    await refused("FileNotFound", files.read(at("missing.txt")));
    await refused("FileIsADirectory", files.read(at("full")));
    await refused("FileIsADirectory", files.read(at("empty")));
  },
  "writeFile replaces only if it may": async ({ files, at, told }) => {
    const keeping = { create: true, overwrite: false };
    await refused("FileExists", files.write(at("a.txt"), utf8("x"), keeping));
    await files.write(at("a.txt"), utf8("new"), { create: false, overwrite: true });
    assert.equal(text(await files.read(at("a.txt"))), "new");
    assert.deepEqual(told, ["changed a.txt"]);
  },
  "writeFile creates only if it may": async ({ files, at, told, content }) => {
    const replacing = { create: false, overwrite: true };
    await refused("FileNotFound", files.write(at("new.txt"), utf8("x"), replacing));
    await files.write(at("new.txt"), utf8("new"), { create: true, overwrite: false });
    assert.equal((await content())["new.txt"], "new");
    assert.deepEqual(told, ["created new.txt"]);
  },
  "writeFile onto a folder": async ({ files, at }) => {
    await refused("FileIsADirectory", files.write(at("full"), utf8("x"), over));
    await refused("FileIsADirectory", files.write(at("empty"), utf8("x"), over));
  },
  // Where folders are no more than names there is nothing that could be missing.
  "writeFile into a folder that is missing makes it": async ({ files, at, content }) => {
    await files.write(at("new/deep/d.txt"), utf8("d"), over);
    assert.equal((await content())["new/deep/d.txt"], "d");
    assert.equal((await files.stat(at("new/deep"))).type, "folder");
  },
  "delete of a file, and of nothing": async ({ files, at, told }) => {
    await files.delete(at("a.txt"), { recursive: false });
    await refused("FileNotFound", files.stat(at("a.txt")));
    await refused("FileNotFound", files.delete(at("a.txt"), { recursive: false }));
    await refused("FileNotFound", files.delete(at("missing"), { recursive: true }));
    assert.deepEqual(told, ["deleted a.txt"]);
  },
  "delete of a folder takes what is in it only if it may": async ({ files, at, told, content }) => {
    await refused("other", files.delete(at("full"), { recursive: false }));
    assert.equal((await content())["full/c.txt"], "c");
    await files.delete(at("empty"), { recursive: false });
    await files.delete(at("full"), { recursive: true });
    for (const key of ["empty", "full"]) await refused("FileNotFound", files.list(at(key)));
    assert.deepEqual(told.slice(-2), ["deleted empty", "deleted full"]);
  },
  "rename moves a file and says both": async ({ files, at, told, content }) => {
    await files.move(at("a.txt"), at("full/d.txt"), moving);
    assert.deepEqual(await content(), { "b.txt": "b", "full/c.txt": "c", "full/d.txt": "a" });
    assert.deepEqual(told, ["deleted a.txt", "created full/d.txt"]);
  },
  "rename of nothing": async ({ files, at }) => {
    await refused("FileNotFound", files.move(at("missing"), at("x"), moving));
  },
  "rename and copy replace only if they may": async ({ files, at, content }) => {
    const before = await content();
    await refused("FileExists", files.move(at("a.txt"), at("b.txt"), moving));
    await refused("FileExists", files.copy(at("a.txt"), at("b.txt"), moving));
    await refused("FileExists", files.move(at("full"), at("empty"), moving));
    assert.deepEqual(await content(), before);
    await files.copy(at("a.txt"), at("b.txt"), { ...moving, overwrite: true });
    assert.deepEqual(await content(), { ...before, "b.txt": "a" });
    await files.move(at("a.txt"), at("b.txt"), { ...moving, overwrite: true });
    assert.deepEqual(await content(), { "b.txt": "a", "full/c.txt": "c" });
  },
  "rename of a file onto a folder, and of a folder onto a file": async (one) => {
    const { files, at, content } = one;
    const before = await content();
    const replacing = { ...moving, overwrite: true };
    await refused("FileIsADirectory", files.move(at("a.txt"), at("full"), replacing));
    await refused("FileNotADirectory", files.move(at("full"), at("a.txt"), replacing));
    assert.deepEqual(await content(), before);
  },
  "rename and copy onto itself do nothing": async ({ files, at, content, told }) => {
    const before = await content();
    for (const overwrite of [false, true])
      for (const key of ["a.txt", "full", "empty"]) {
        await files.move(at(key), at(key), { ...moving, overwrite });
        await files.copy(at(key), at(key), { ...moving, overwrite });
      }
    assert.deepEqual(await content(), before);
    assert.equal((await files.stat(at("empty"))).type, "folder");
    assert.deepEqual(told, []);
  },
  "rename of a folder into itself": async ({ files, at, content }) => {
    const before = await content();
    for (const overwrite of [false, true])
      await refused("other", files.move(at("full"), at("full/deep"), { ...moving, overwrite }));
    assert.deepEqual(await content(), before);
  },
  "rename to other letters of the same name": async ({ files, at, content }) => {
    await files.move(at("a.txt"), at("A.txt"), moving);
    await files.move(at("full"), at("Full"), moving);
    assert.deepEqual(await content(), { "A.txt": "a", "b.txt": "b", "Full/c.txt": "c" });
  },
  "rename and copy into a folder that is missing make it": async ({ files, at, content }) => {
    await files.copy(at("a.txt"), at("new/a.txt"), moving);
    await files.move(at("full"), at("other/full"), moving);
    assert.deepEqual(await content(), {
      "a.txt": "a",
      "b.txt": "b",
      "new/a.txt": "a",
      "other/full/c.txt": "c",
    });
  },
  "the time and length of what is written are others than before": async ({ files, at }) => {
    const before = await files.stat(at("a.txt"));
    await files.write(at("a.txt"), utf8("longer"), over);
    const after = await files.stat(at("a.txt"));
    assert.ok(after.mtime > before.mtime);
    assert.equal(Math.floor(after.size), 6);
  },
  "the top is a folder that stays": async ({ files, at, content }) => {
    const before = await content();
    assert.equal((await files.stat(at(""))).type, "folder");
    await refused("FileExists", files.makeFolder(at("")));
    await refused("FileIsADirectory", files.read(at("")));
    await refused("FileIsADirectory", files.write(at(""), utf8("x"), over));
    await refused("other", files.delete(at(""), { recursive: true }));
    await refused("other", files.move(at(""), at("x"), moving));
    assert.deepEqual(await content(), before);
  },
};

/** Declares a test for each line of the contract; `open` gives a place with nothing in it. */
export function fileContract(open: (context: Mocha.Context) => Promise<Contracted>): void {
  for (const [title, check] of Object.entries(cases))
    it(title, async function () {
      const place = await open(this);
      const { files, storage, at } = place;
      for (const [key, content] of [
        ["a.txt", "a"],
        ["b.txt", "b"],
        ["full/c.txt", "c"],
      ] as const)
        await storage.write(key, new Blob([content]));
      await storage.makeFolder("empty/");
      const told: string[] = [];
      const top = `${at("").path.replace(/\/$/, "")}/`;
      const listening = files.onDidChange((changes) => {
        for (const { type, address } of changes)
          told.push(`${type} ${address.path.slice(top.length)}`);
      });
      await check({ ...place, told, content: async () => await contentOf(storage) });
      listening.dispose();
    });
}

async function contentOf(storage: Storage): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (const { type, key } of storage.list())
    if (type === "object" && !key.endsWith("/")) found[key] = text(await storage.bytes(key));
  return found;
}

async function refused(as: Refusal, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.equal(refusalOf(error), as, String(error));
    return true;
  });
}

function refusalOf(error: unknown): Refusal {
  if (isStorageError(error, "not-found")) return "FileNotFound";
  if (isStorageError(error) && error.details.reason === "exists") return "FileExists";
  if (!(error instanceof RemoteFileError)) return "other";
  if (error.kind === "is-folder") return "FileIsADirectory";
  return error.kind === "not-folder" ? "FileNotADirectory" : "other";
}
