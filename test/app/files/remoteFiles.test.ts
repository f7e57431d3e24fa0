import assert from "node:assert/strict";
import { pathOf, pathOfObject } from "../../../src/app/location.ts";
import { Polling } from "../../../src/app/files/polling.ts";
import {
  type Address,
  type RemoteChange,
  RemoteFiles,
} from "../../../src/app/files/remoteFiles.ts";
import { RemoteFileError } from "../../../src/app/files/refusals.ts";
import { Watches } from "../../../src/app/files/watches.ts";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { withLayers } from "../../../src/storage/layers.ts";
import type { Provider } from "../../../src/storage/provider.ts";
import { memoryProvider } from "../../../src/storage/providers/memory.ts";
import { oddKeys } from "../../storage/oddKeys.ts";
import { newProfile } from "../connectionPorts.ts";
import { handClock, memoryMemento } from "../ports.ts";

/** A connection over a memory provider, seen as files. */
async function mounted(
  objects: Readonly<Record<string, string>> = {},
  {
    container = "photos",
    provider = memoryProvider(),
  }: { container?: string; provider?: Provider } = {},
) {
  let requests = 0;
  const counted: Provider = {
    ...provider,
    open: async (...given) =>
      withLayers(await provider.open(...given), async ({ send }) => {
        requests++;
        return await send();
      }),
  };
  const { connections } = newProfile(counted).open();
  const answers = container === "" ? {} : { container };
  const { id } = await connections.save({ name: "Photos", provider: "memory", answers });
  const storage = await connections.open(id, container === "" ? "photos" : undefined);
  for (const [key, content] of Object.entries(objects))
    await storage.write(key, new Blob([content]));
  const clock = handClock();
  const files = new RemoteFiles({ connections, memento: memoryMemento(), clock });
  const changes: string[] = [];
  const said = (all: readonly RemoteChange[]) =>
    all.map(({ type, address }) => `${type} ${address.path}`);
  files.onDidChange((all) => changes.push(...said(all)));
  const at = (key: string): Address => ({ connection: id, path: pathOf({ connection: id, key }) });
  const counting = async <T>(work: Promise<T>): Promise<number> => {
    requests = 0;
    await work;
    return requests;
  };
  return { files, connections, storage, id, at, clock, changes, said, counting };
}

const over = { create: true, overwrite: true };
const moving = { signal: never };

function refuses(kind: string) {
  return (error: unknown) =>
    error instanceof RemoteFileError
      ? error.kind === kind
      : isStorageError(error) && error.kind === kind;
}

describe("a connection as files", () => {
  it("tells files from folders, and both from nothing", async () => {
    const { files, storage, at } = await mounted({ "a/b.txt": "b" });
    await storage.makeFolder("empty/");
    assert.equal((await files.stat(at(""))).type, "folder");
    assert.equal((await files.stat(at("a"))).type, "folder");
    assert.equal((await files.stat(at("empty"))).type, "folder");
    assert.deepEqual(
      { ...(await files.stat(at("a/b.txt"))), mtime: 0 },
      { type: "file", size: 1, mtime: 0, readOnly: false },
    );
    for (const key of ["x", "a/b", "emp"])
      await assert.rejects(files.stat(at(key)), refuses("not-found"));
  });

  it("reaches an object and the folder of the same name", async () => {
    const { files, at, id, storage } = await mounted({ a: "object", "a/b": "below", "a.txt": "" });
    const names = (await files.list(at(""))).map(({ name, type }) => `${type} ${name}`);
    assert.deepEqual(names.toSorted(), ["file a", "file a.txt", "folder ~a"]);
    const folder = { connection: id, path: "/~/~a" };
    assert.equal((await files.stat(at("a"))).type, "file");
    assert.equal((await files.stat(folder)).type, "folder");
    assert.deepEqual(
      (await files.list(folder)).map(({ name }) => name),
      ["b"],
    );
    assert.equal(text(await files.read({ ...folder, path: "/~/~a/b" })), "below");
    await assert.rejects(files.write(folder, utf8("x"), over), refuses("is-folder"));
    await files.delete(folder, { recursive: true });
    assert.equal(text(await storage.bytes("a")), "object");
    assert.equal(await storage.exists("a/b"), false);
  });

  it("reaches all that an object store holds by the names it lists", async () => {
    const keys = [...oddKeys, "///x", "three///slashes", "~/~~", "back\\slash", "Case", "case"];
    const { files, id, storage } = await mounted(
      Object.fromEntries(keys.map((key) => [key, `content of ${key}`])),
    );
    await storage.makeFolder("marked/");
    const found = new Map<string, Address>();
    const walk = async (folder: Address) => {
      for (const { name, type } of await files.list(folder)) {
        const address = { connection: id, path: `${folder.path}/${name}` };
        assert.equal((await files.stat(address)).type, type, address.path);
        if (type === "folder") await walk(address);
        else found.set(text(await files.read(address)), address);
      }
    };
    await walk({ connection: id, path: "/~" });
    assert.deepEqual(
      [...found.keys()].toSorted(),
      keys.map((key) => `content of ${key}`).toSorted(),
    );
    for (const address of found.values()) await files.write(address, utf8("new"), over);
    for (const key of keys) assert.equal(text(await storage.bytes(key)), "new", key);
    for (const address of found.values()) await files.delete(address, { recursive: false });
    const left = await Array.fromAsync(storage.list(), ({ key }) => key);
    assert.deepEqual(left, ["marked/"]);
  });

  it("reads each of them by the address that a row has for it", async () => {
    const keys = [...oddKeys, "a", "a/", "a/b", "x/", "y", "y/"];
    const { files, id } = await mounted(Object.fromEntries(keys.map((key) => [key, key])));
    for (const key of keys) {
      const path = pathOfObject({ connection: id, key });
      assert.equal(text(await files.read({ connection: id, path })), key);
    }
  });

  it("tells the folder whose name is empty from the top that it lies in", async () => {
    const { files, at, id, storage } = await mounted({ "/a": "a", "/b/c": "c", x: "x" });
    const nameless = { connection: id, path: "/~/~" };
    assert.deepEqual(files.addressOf({ connection: id, key: "/" }), nameless);
    assert.equal((await files.stat(nameless)).type, "folder");
    await files.copy(nameless, at("copy"), moving);
    await files.move(at("copy"), { ...nameless, path: "/~/~/copy" }, moving);
    await files.delete({ ...nameless, path: "/~/~/b" }, { recursive: true });
    const keys = async () => await Array.fromAsync(storage.list(), ({ key }) => key);
    assert.deepEqual(await keys(), ["/a", "/copy/a", "/copy/b/c", "x"]);
    await assert.rejects(files.write(nameless, utf8("no"), over), refuses("is-folder"));
    await assert.rejects(files.makeFolder(nameless), refuses("conflict"));
    await files.move(nameless, at("named"), moving);
    assert.deepEqual(await keys(), ["named/a", "named/copy/a", "named/copy/b/c", "x"]);
    await assert.rejects(files.stat(nameless), refuses("not-found"));
    await assert.rejects(files.list(nameless), refuses("not-found"));
    await storage.write("/again", new Blob(["again"]));
    files.listings.distrust();
    await files.delete(nameless, { recursive: true });
    assert.deepEqual(await keys(), ["named/a", "named/copy/a", "named/copy/b/c", "x"]);
  });

  it("says what it has changed", async () => {
    const { files, at, changes } = await mounted({ "a.txt": "a" });
    await files.stat(at("a.txt"));
    await files.write(at("a.txt"), utf8("b"), over);
    await files.write(at("new.txt"), utf8("n"), { create: true, overwrite: false });
    await files.makeFolder(at("folder"));
    await files.move(at("new.txt"), at("folder/moved.txt"), moving);
    await files.copy(at("folder"), at("other"), moving);
    await files.delete(at("folder"), { recursive: true });
    assert.deepEqual(changes, [
      "changed /~/a.txt",
      "created /~/new.txt",
      "created /~/folder",
      "deleted /~/new.txt",
      "created /~/folder/moved.txt",
      "created /~/other",
      "deleted /~/folder",
    ]);
  });

  it("tells both ends of a move at once, so that their folder is drawn anew once", async () => {
    const { files, at } = await mounted({ "a.txt": "a" });
    const told: string[][] = [];
    files.onDidChange((changes) => told.push(changes.map(({ type }) => type)));
    await files.move(at("a.txt"), at("b.txt"), moving);
    assert.deepEqual(told, [["deleted", "created"]]);
  });

  it("changes nothing of a read-only connection, and asks it for nothing", async () => {
    const { files, connections, id, at, counting } = await mounted({ "a.txt": "a" });
    await connections.save({
      id,
      name: "Photos",
      provider: "memory",
      answers: { container: "photos" },
      readOnly: true,
    });
    assert.equal((await files.stat(at("a.txt"))).readOnly, true);
    const sent = await counting(
      (async () => {
        await assert.rejects(files.write(at("a.txt"), utf8("x"), over), refuses("denied"));
        await assert.rejects(files.makeFolder(at("f")), refuses("denied"));
      })(),
    );
    assert.equal(sent, 0);
    await assert.rejects(files.delete(at("a.txt"), { recursive: true }), refuses("denied"));
    await assert.rejects(files.move(at("a.txt"), at("b"), moving), refuses("denied"));
    assert.equal(text(await files.read(at("a.txt"))), "a");
  });

  it("shows the buckets of a connection at its top", async () => {
    const { files, connections, id } = await mounted({ "a.txt": "a" }, { container: "" });
    await connections.open(id, "music");
    const top = { connection: id, path: "/" };
    const names = (await files.list(top)).map(({ name, type }) => `${type} ${name}`);
    assert.deepEqual(names.toSorted(), ["folder music", "folder photos"]);
    assert.equal((await files.stat(top)).type, "folder");
    assert.equal((await files.stat({ ...top, path: "/photos" })).type, "folder");
    await assert.rejects(files.stat({ ...top, path: "/.vscode" }), refuses("not-found"));
    assert.equal(text(await files.read({ ...top, path: "/photos/a.txt" })), "a");
    for (const work of [
      files.makeFolder({ ...top, path: "/new" }),
      files.write({ ...top, path: "/new" }, utf8("x"), over),
      files.delete({ ...top, path: "/photos" }, { recursive: true }),
    ])
      await assert.rejects(work, refuses("holds-containers"));
    await files.move(
      { ...top, path: "/photos/a.txt" },
      { ...top, path: "/music/b.txt" },
      { ...moving },
    );
    assert.equal(text(await files.read({ ...top, path: "/music/b.txt" })), "a");
  });

  it("shows the buckets it has been told of where they may not be listed", async () => {
    const containers = async () => await Promise.reject(new StorageError("denied", "no"));
    const provider = { ...memoryProvider(), containers };
    const { files, connections, id } = await mounted({ a: "a" }, { container: "", provider });
    const top = { connection: id, path: "/" };
    assert.deepEqual(await files.list(top), []);
    await connections.addContainer(id, "photos");
    assert.deepEqual(
      (await files.list(top)).map(({ name }) => name),
      ["photos"],
    );
    assert.equal(text(await files.read({ ...top, path: "/photos/a" })), "a");
  });

  it("lists of a huge folder as much as the Explorer can bear, and says so", async () => {
    const objects = Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`a/${i}`, ""]));
    const { files, at, counting } = await mounted(objects);
    const cut: string[] = [];
    files.onDidCut(({ path }) => cut.push(path));
    assert.ok((await counting(files.list(at("a")))) <= 11);
    assert.equal((await files.list(at("a"))).length, 10_000);
    assert.deepEqual([...new Set(cut)], ["/~/a"]);
    assert.deepEqual(files.listings.folders(), []);
  });

  it("reads no more than was announced, however much a server sends", async () => {
    const provider = memoryProvider();
    const mebibyte = new Uint8Array(1024 * 1024);
    const { files, at } = await mounted(
      { "endless.txt": "short" },
      {
        provider: {
          ...provider,
          open: async (...given) => {
            const driver = await provider.open(...given);
            const body = () => new ReadableStream({ pull: (end) => end.enqueue(mebibyte) });
            const read: typeof driver.read = async (request, use) =>
              await driver.read(request, async ({ info }) => await use({ info, body: body() }));
            return { ...driver, read };
          },
        },
      },
    );
    await assert.rejects(files.read(at("endless.txt")), { kind: "corrupt" });
  });

  it("asks for little", async () => {
    const { files, at, clock, counting } = await mounted({ "a/b.txt": "b" });
    assert.equal(await counting(files.stat(at("a/b.txt"))), 1);
    assert.equal(await counting(files.write(at("a/b.txt"), utf8("c"), over)), 1);
    assert.equal(await counting(files.stat(at("a/b.txt"))), 0, "right after a save");
    clock.pass(60_000);
    assert.equal(await counting(files.stat(at("a/x.txt")).catch(() => {})), 2);
    assert.equal(await counting(files.write(at("a/x.txt"), utf8("x"), over)), 1, "after a look");
    await files.list(at(""));
    assert.equal(await counting(files.stat(at("a"))), 0, "right after a listing");
  });

  it("asks once for what VS Code asks about again and again", async () => {
    const { files, storage, at, clock, counting } = await mounted({ "a/b.txt": "b" });
    const both = ["a/.idea", "a/.idea"].map((key) => files.stat(at(key)));
    assert.equal(await counting(Promise.allSettled(both)), 2, "by two at the same time");
    const probe = async (key: string) => await counting(files.stat(at(key)).catch(() => {}));
    assert.equal(await probe("a/.vscode/settings.json"), 1, "for the folder");
    assert.equal(await probe("a/.vscode/launch.json"), 0, "a moment ago");
    const reading = files.read(at("a/.vscode/settings.json"));
    assert.equal(await counting(assert.rejects(reading, refuses("not-found"))), 0);
    clock.pass(3_000);
    await files.list(at("a"));
    assert.equal(await probe("a/.vscode/tasks.json"), 0, "there is no such folder");
    assert.equal(await probe("a/other.txt"), 0, "there is no such file");
    assert.equal(await probe("a"), 0);
    clock.pass(6_000);
    assert.equal(await probe("a"), 1, "a folder, as before");
    assert.equal(await probe("a/.vscode/tasks.json"), 0, "nobody but VS Code looks for it");
    assert.equal(await probe("a/other.txt"), 2, "too long ago");
    clock.pass(30_000);
    assert.equal(await probe("a/.vscode/tasks.json"), 1, "too long ago for settings, too");
    await storage.write("a/.vscode/tasks.json", new Blob(["{}"]));
    await files.list(at("a"));
    assert.equal((await files.stat(at("a/.vscode/tasks.json"))).type, "file");
    await files.write(at("a/new/x.txt"), utf8("x"), over);
    assert.equal((await files.stat(at("a/new"))).type, "folder", "which a save has made");
  });
});

describe("looking for others' changes", () => {
  it("finds them in listed folders and open documents", async () => {
    const { files, storage, at, said, clock } = await mounted({
      "a/1": "1",
      "a/2": "2",
      "b/3": "3",
    });
    await files.list(at("a"));
    await files.stat(at("b/3"));
    const polling = new Polling(files);
    const round = async () =>
      said(
        await polling.round({ documents: [at("b/3")], isWatched: () => true, requests: 20 }),
      ).toSorted();
    assert.deepEqual(await round(), []);
    await storage.write("a/1", new Blob(["1!"]));
    await storage.write("a/new/4", new Blob(["4"]));
    await storage.write("b/3", new Blob(["3!"]));
    await storage.delete(["a/2"]);
    clock.pass(60_000);
    assert.deepEqual(await round(), [
      "changed /~/a/1",
      "changed /~/b/3",
      "created /~/a/new",
      "deleted /~/a/2",
    ]);
    await storage.delete(["b/3"]);
    assert.deepEqual(await round(), ["deleted /~/b/3"]);
    await storage.delete(["a/1", "a/new/4"]);
    clock.pass(60_000);
    const gone = ["/~/a", "/~/a/1", "/~/a/new", "/~/b/3"].map((path) => `deleted ${path}`);
    assert.deepEqual(await round(), gone);
    assert.deepEqual(files.listings.folders(), []);
  });

  it("finds them also where somebody has listed the folder since", async () => {
    const { files, storage, at, said } = await mounted({ "a/1": "1", "a/2": "2" });
    await files.list(at("a"));
    await files.read(at("a/1"));
    await storage.write("a/1", new Blob(["1!"]));
    await storage.delete(["a/2"]);
    // The Explorer draws its names anew, and leaves editors alone.
    await files.list(at("a"));
    const polling = new Polling(files);
    const round = { documents: [at("a/1")], isWatched: () => true, requests: 20 };
    assert.deepEqual(said(await polling.round(round)), ["changed /~/a/1"]);
    assert.deepEqual(said(await polling.round(round)), []);
  });

  it("finds what has gone with a folder that could not be deleted as a whole", async () => {
    const provider = memoryProvider();
    const { files, at, said } = await mounted(
      { "a/1": "1", "a/b/2": "2", "a/b/kept": "3" },
      {
        provider: {
          ...provider,
          open: async (...given) => {
            const driver = await provider.open(...given);
            return {
              ...driver,
              delete: async (request) => {
                const keys = request.keys.filter((key) => !key.endsWith("kept"));
                await driver.delete({ ...request, keys });
                if (keys.length < request.keys.length)
                  throw new StorageError("denied", "kept", { key: "a/b/kept" });
              },
            };
          },
        },
      },
    );
    for (const key of ["a", "a/b"]) await files.list(at(key));
    await files.delete(at("a"), { recursive: true }).catch(() => {});
    const round = { documents: [], isWatched: () => true, requests: 20 };
    const changes = said(await new Polling(files).round(round));
    assert.deepEqual(changes.toSorted(), ["deleted /~/a/1", "deleted /~/a/b/2"]);
  });

  it("leaves it to the editor to learn of them before it saves", async () => {
    const { files, storage, at } = await mounted({ "b/3": "3" });
    const { mtime } = await files.stat(at("b/3"));
    await storage.write("b/3", new Blob(["theirs"]));
    await new Polling(files).round({ documents: [at("b/3")], isWatched: () => true, requests: 20 });
    await assert.rejects(files.write(at("b/3"), utf8("mine"), over), { name: "SaveConflict" });
    assert.ok((await files.stat(at("b/3"))).mtime > mtime);
  });

  it("keeps to its budget, and leaves nobody out for ever", async () => {
    const objects = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}/x`, "x"]));
    const { files, at, storage, clock, counting } = await mounted(objects);
    for (let i = 0; i < 30; i++) {
      await files.list(at(String(i)));
      clock.pass(1);
    }
    for (let i = 0; i < 30; i++) await storage.write(`${i}/new`, new Blob(["n"]));
    const polling = new Polling(files);
    const found: RemoteChange[] = [];
    const documents = [at("other/a"), at("other/b")];
    for (let rounds = 0; rounds < 4; rounds++) {
      clock.pass(60_000);
      const round = polling
        .round({ documents, isWatched: () => true, requests: 10 })
        .then((changes) => found.push(...changes));
      assert.ok((await counting(round)) <= 10);
    }
    assert.equal(found.length, 30);
  });

  it("calls nothing deleted in a folder that has grown too large to be listed", async () => {
    const { files, storage, at, counting } = await mounted({ "a/~last": "x" });
    await files.list(at("a"));
    for (let i = 0; i < 10_000; i++) await storage.write(`a/${i}`, new Blob([]));
    const polling = new Polling(files);
    const round = { documents: [], isWatched: () => true, requests: 20 };
    assert.deepEqual(await polling.round(round), []);
    assert.equal(await counting(polling.round(round)), 0);
  });

  it("asks nothing for folders that are excluded from watching", async () => {
    const { files, at, storage, counting, said } = await mounted({
      "a/1": "1",
      ".git/objects/4f/2": "2",
      ".git/refs/3": "3",
    });
    const all = ["a", ".git", ".git/objects", ".git/objects/4f", ".git/refs"].map(at);
    for (const folder of all) await files.list(folder);
    const watches = new Watches();
    watches.add(at(""), { recursive: true, excludes: ["**/.git/objects/**"] });
    const polling = new Polling(files);
    const changes: RemoteChange[] = [];
    const round = async () => {
      const isWatched = (folder: Address) => watches.want(folder);
      changes.push(...(await polling.round({ documents: [], isWatched, requests: 20 })));
    };
    for (const key of ["a/new", ".git/refs/new", ".git/objects/4f/new"])
      await storage.write(key, new Blob(["new"]));
    assert.equal(await counting(round()), 3);
    assert.deepEqual(said(changes).toSorted(), ["created /~/.git/refs/new", "created /~/a/new"]);
  });

  /** Looks at two places of a connection that fails as long as `failure` is there; counts requests. */
  async function failing() {
    const provider = memoryProvider();
    const now: { failure?: StorageError | undefined } = {};
    const { files, at, counting } = await mounted(
      { "a/1": "1", "b/2": "2" },
      {
        provider: {
          ...provider,
          open: async (...given) =>
            withLayers(await provider.open(...given), async ({ send }) => {
              if (now.failure) throw now.failure;
              return await send();
            }),
        },
      },
    );
    await files.list(at("a"));
    await files.stat(at("b/2"));
    const polling = new Polling(files);
    const round = { documents: [at("b/2")], isWatched: () => true, requests: 20 };
    const rounds = async (count: number) => {
      const requests: number[] = [];
      while (requests.length < count) requests.push(await counting(polling.round(round)));
      return requests;
    };
    return { now, polling, rounds };
  }

  it("leaves a connection alone for longer and longer that lets nobody in", async () => {
    const { now, polling, rounds } = await failing();
    now.failure = new StorageError("signed-out", "the password has changed");
    assert.deepEqual(await rounds(16), [1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    now.failure = undefined;
    assert.equal((await rounds(16)).at(-1), 2, "as before, once it lets us in");
    now.failure = new StorageError("signed-out", "the password has changed again");
    await rounds(8);
    now.failure = undefined;
    polling.restNoMore();
    assert.deepEqual(await rounds(1), [2], "at once, where somebody has entered another password");
  });

  it("looks soon again at what could not be reached", async () => {
    const { now, rounds } = await failing();
    now.failure = new StorageError("unreachable", "no network", { retryable: false });
    assert.deepEqual(await rounds(9), [1, 0, 1, 0, 0, 0, 1, 0, 0]);
    now.failure = undefined;
    assert.deepEqual(await rounds(3), [0, 2, 2]);
  });

  it("asks nothing for what nobody watches, and is quiet when the network is gone", async () => {
    const { files, at, connections, id, counting } = await mounted({ "a/1": "1" });
    await files.list(at("a"));
    const polling = new Polling(files);
    const round = (isWatched: boolean) =>
      polling.round({ documents: [], isWatched: () => isWatched, requests: 10 });
    assert.equal(await counting(round(false)), 0);
    await connections.forget(id);
    assert.deepEqual(await round(true), []);
  });
});
