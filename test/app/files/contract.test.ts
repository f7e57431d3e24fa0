import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folder } from "../../../src/storage/providers/folder/folder.ts";
import { memoryProvider } from "../../../src/storage/providers/memory.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import { Polling } from "../../../src/app/files/polling.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import { fileContract } from "./contract.ts";
import { people } from "./people.ts";

describe("files of an object store, as VS Code's file systems are", () => {
  fileContract(async () => await people(memoryProvider(), { container: "files" }));

  it("are gone with the last of them, but for a folder of the workspace", async () => {
    const mounted = await people(
      memoryProvider(),
      { container: "files" },
      { isMounted: ({ path }) => path === "/~/work" },
    );
    const { files, at, storage } = mounted;
    await storage.write("work/deep/a.txt", new Blob(["a"]));
    await files.list(at("work"));
    await files.list(at("work/deep"));
    await storage.delete(["work/deep/a.txt"]);
    files.listings.distrust();
    assert.deepEqual(await files.list(at("work")), []);
    assert.equal((await files.stat(at("work"))).type, "folder");
    await assert.rejects(files.list(at("work/deep")), (error) =>
      isStorageError(error, "not-found"),
    );
  });
});

describe("files of this computer, as VS Code's file systems are", () => {
  let home = "";
  let places = 0;

  before(async () => (home = await mkdtemp(join(tmpdir(), "offsite-contract-"))));
  after(async () => await rm(home, { recursive: true, force: true }));

  async function place() {
    const path = join(home, String(places++));
    await mkdir(path);
    return await people(folder, { path });
  }

  fileContract(place);

  it("are not gone with a share that is not mounted for a while", async () => {
    const { files, at, storage } = await place();
    const path = join(home, String(places - 1));
    await storage.write("a.txt", new Blob(["a"]));
    await files.read(at("a.txt"));
    await files.editing.edited({ connection: at("").connection, key: "a.txt" });
    await rename(path, `${path} away`);
    const polling = new Polling(files);
    const round = { documents: [at("a.txt")], isWatched: () => true, requests: 20 };
    const isAway = (error: unknown) =>
      isStorageError(error, "not-found") && error.details.reason === "no-container";
    const over = { create: true, overwrite: true };
    await assert.rejects(files.stat(at("a.txt")), isAway);
    assert.deepEqual(await polling.round(round), []);
    await assert.rejects(files.write(at("a.txt"), utf8("mine"), over), isAway);
    await rename(`${path} away`, path);
    assert.deepEqual(await polling.round(round), []);
    await files.write(at("a.txt"), utf8("mine"), over);
    assert.equal(text(await storage.bytes("a.txt")), "mine");
  });

  it("are told of when they come back, to the editor that they had gone from", async () => {
    const { files, at, storage } = await place();
    await storage.write("a.txt", new Blob(["a"]));
    await files.read(at("a.txt"));
    await storage.delete(["a.txt"]);
    const polling = new Polling(files);
    const round = async () => {
      const documents = [at("a.txt")];
      const found = await polling.round({ documents, isWatched: () => true, requests: 20 });
      return found.map(({ type }) => type);
    };
    assert.deepEqual(await round(), ["deleted"]);
    await assert.rejects(files.stat(at("a.txt")), (error) => isStorageError(error, "not-found"));
    assert.deepEqual(await round(), []);
    await storage.write("a.txt", new Blob(["theirs"]));
    assert.deepEqual(await round(), ["created"]);
    assert.deepEqual(await round(), []);
  });

  it("finds an empty folder behind a thousand names that begin as its own", async () => {
    const { files, at, storage } = await place();
    await storage.makeFolder("photo/");
    for (let i = 0; i < 1100; i++) await storage.makeFolder(`photo-${i}/`);
    assert.equal((await files.stat(at("photo"))).type, "folder");
    assert.deepEqual(await files.list(at("photo")), []);
  });
});
