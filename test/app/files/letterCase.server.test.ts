/** On servers of Windows and macOS, `A` and `a` are one file: VS Code asks as if they were two. */
import assert from "node:assert/strict";
import type { Address, RemoteFiles } from "../../../src/app/files/remoteFiles.ts";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import { webdav } from "../../../src/storage/providers/webdav/webdav.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { at, carried, copy, TransferBench, upload } from "../transfers/queue.ts";
import { mkdirSync, writeFileSync } from "node:fs";
import { orSkip, type FolderServer } from "../../servers/process.ts";
import { startSabreDav } from "../../servers/sabreDav.ts";
import { fileContract } from "./contract.ts";
import { people } from "./people.ts";

describe("remote files where case does not count", function () {
  this.timeout(60_000);
  let server: FolderServer | undefined;
  let places = 0;

  before(async function () {
    server = await orSkip(this, () => startSabreDav({ ignoresCase: true }));
  });
  after(async () => await server?.stop());

  /** A folder of its own, which one sees by its files and another by the storage. */
  async function place() {
    const { url, ...account } = server?.answers ?? {};
    const top = await people(webdav, { ...account, url });
    await top.storage.makeFolder(`place ${++places}/`);
    return await people(webdav, { ...account, url: `${String(url)}place ${places}/` });
  }

  async function filled(objects: Readonly<Record<string, string>>) {
    const one = await place();
    for (const [key, content] of Object.entries(objects))
      await one.storage.write(key, utf8(content));
    const content = async () => {
      const found: Record<string, string> = {};
      for await (const { type, key } of one.storage.list())
        if (type === "object") found[key] = text(await one.storage.bytes(key));
      return found;
    };
    /** As the Explorer does, a while ago. */
    const listed = async (...keys: readonly string[]) => {
      for (const key of keys) await one.files.list(one.at(key));
      one.files.listings.distrust();
    };
    return { ...one, content, listed };
  }

  fileContract(place);

  for (const isListed of [true, false])
    for (const overwrite of [false, true])
      it(`are renamed to other letters as VS Code does it${isListed ? "" : ", unlisted"}${overwrite ? ", which may overwrite" : ""}`, async () => {
        const { files, at, content, listed } = await filled({
          "readme.md": "one",
          "dir/x.txt": "x",
        });
        if (isListed) await listed("", "dir");
        for (const [from, to] of [
          ["readme.md", "README.md"],
          ["dir", "Dir"],
        ] as const)
          // What has not been listed may be refused, but never lost.
          await moveAsVsCode(files, at(from), at(to), overwrite).catch((error: unknown) => {
            if (isListed) throw error;
          });
        const found = await content();
        assert.deepEqual(Object.values(found).toSorted(), ["one", "x"]);
        if (isListed) assert.deepEqual(Object.keys(found), ["Dir/x.txt", "README.md"]);
      });

  it("are not deleted by a name that is not theirs", async () => {
    const { files, at, content, listed } = await filled({ "README.md": "one", "dir/x": "x" });
    for (const isListed of [false, true]) {
      if (isListed) await listed("");
      for (const key of ["Readme.md", "DIR"])
        await assert.rejects(files.delete(at(key), { recursive: true }), (error) =>
          isStorageError(error, "not-found"),
        );
    }
    assert.deepEqual(await content(), { "README.md": "one", "dir/x": "x" });
  });

  it("are not replaced by a new file in other letters", async () => {
    const { files, at, content, listed } = await filled({ "README.md": "one" });
    await listed("");
    // VS Code has asked whether it is there, and says then that it may overwrite.
    await assert.rejects(files.stat(at("Readme.md")), (error) =>
      isStorageError(error, "not-found"),
    );
    const asVsCode = { create: true, overwrite: true };
    await assert.rejects(
      files.write(at("Readme.md"), utf8("new"), asVsCode),
      (error) => isStorageError(error) && error.details.reason === "exists",
    );
    assert.deepEqual(await content(), { "README.md": "one" });
  });

  it("are copied to other letters of their name by nobody", async () => {
    const { files, at, content, listed } = await filled({ "a.txt": "a", "b.txt": "b" });
    await listed("");
    await assert.rejects(
      files.copy(at("a.txt"), at("A.txt"), { signal: never }),
      (error) => isStorageError(error) && error.details.reason === "exists",
    );
    assert.deepEqual(await content(), { "a.txt": "a", "b.txt": "b" });
  });

  it("are found in other letters once somebody else has renamed them", async () => {
    const { files, at, storage, listed } = await filled({ "a.txt": "a" });
    await listed("");
    await storage.move("a.txt", "A.txt", { ifAbsent: true });
    assert.equal((await files.stat(at("A.txt"))).type, "file");
    await listed("");
    await assert.rejects(files.stat(at("a.txt")), (error) => isStorageError(error, "not-found"));
  });

  it("are not replaced by another of the same transfer, and no source of it is lost", async () => {
    const bench = new TransferBench();
    try {
      const { storage, content } = await filled({ "old.txt": "old" });
      const source = new Storage(memoryDriver(), "source");
      for (const key of ["f/README.md", "f/Readme.md", "f/sub/x", "f/Sub/X"])
        await source.write(key, utf8(key));
      bench.add("source", source);
      bench.add("target", storage);
      mkdirSync(bench.local("up"));
      for (const name of ["README.md", "Readme.md"])
        writeFileSync(bench.local("up", name), `up/${name}`);
      const target = at("target");
      for (const plan of [
        copy([at("source", "f/")], target, "move", "replace"),
        upload([bench.local("up")], target, "replace"),
      ])
        assert.equal((await carried(bench.queue(), plan)).status, "failed");
      assert.deepEqual(await content(), {
        "f/README.md": "f/README.md",
        "f/Sub/X": "f/Sub/X",
        "old.txt": "old",
        "up/README.md": "up/README.md",
      });
      const { entries } = await source.page("");
      assert.deepEqual(
        entries.map(({ key }) => key),
        ["f/Readme.md", "f/sub/x"],
      );
    } finally {
      await bench.dispose();
    }
  });
});

/** `FileService.move` of VS Code, for a file system that tells letters apart. */
async function moveAsVsCode(files: RemoteFiles, from: Address, to: Address, overwrite: boolean) {
  const isThere = await files.stat(to).then(
    () => true,
    () => false,
  );
  if (isThere && !overwrite) throw new Error("VS Code says that there is one");
  if (isThere) await files.delete(to, { recursive: true });
  await files.move(from, to, { signal: never, overwrite });
}
