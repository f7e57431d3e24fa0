import assert from "node:assert/strict";
import { Browse, type Row } from "../../../src/app/browsing/browse.ts";
import { locationAt, nameOf, parentOf, pathOf } from "../../../src/app/location.ts";
import { never } from "../../../src/base/abort.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { memoryProvider } from "../../../src/storage/providers/memory.ts";
import { newProfile } from "../connectionPorts.ts";

/** A connection over a memory provider, and the levels of its tree. */
async function tree(
  options: { answers?: object; provider?: ReturnType<typeof memoryProvider> } = {},
) {
  const { connections } = newProfile(options.provider ?? memoryProvider()).open();
  const answers = { ...(options.answers ?? { container: "photos" }) };
  const { id } = await connections.save({ name: "Photos", provider: "memory", answers });
  const browse = new Browse(connections);
  const below = async (...names: readonly string[]): Promise<readonly Row[]> => {
    let rows = await browse.rows();
    for (const name of ["Photos", ...names])
      rows = await browse.rows(rows.find((row) => labelOf(row) === name));
    return rows;
  };
  return { connections, id, browse, below };
}

function labelOf(row: Row): string {
  if (row.type === "connection") return row.connection.name;
  return "name" in row ? row.name : `(${row.type})`;
}

const labels = (rows: readonly Row[]) => rows.map(labelOf);

describe("browse", () => {
  it("shows folders first, then objects, in the order people count", async () => {
    const { connections, id, below } = await tree();
    const storage = await connections.open(id);
    for (const key of ["10.txt", "9.txt", "b/x", "a/x", "a.txt"])
      await storage.write(key, new Blob(["x"]));
    assert.deepEqual(labels(await below()), ["a", "b", "9.txt", "10.txt", "a.txt"]);
    assert.deepEqual(labels(await below("a")), ["x"]);
  });

  it("reaches objects whose names no file could have", async () => {
    const { connections, id, below } = await tree();
    const storage = await connections.open(id);
    for (const key of ["a//b", "c/../d", "a", "e/"]) await storage.write(key, new Blob(["x"]));
    assert.deepEqual(labels(await below()), ["a", "c", "e", "a"]);
    assert.deepEqual(labels(await below("a")), ["/"]);
    assert.deepEqual(labels(await below("a", "/")), ["b"]);
    assert.deepEqual(labels(await below("c")), [".."]);
    assert.deepEqual(labels(await below("e")), ["(none)"]);
  });

  it("shows a thousand rows after one page, and the rest on demand, each exactly once", async () => {
    let pages = 0;
    const provider = counting(memoryProvider({ pageSize: 1000 }), () => pages++);
    const { connections, id, browse, below } = await tree({ provider });
    const storage = await connections.open(id);
    for (let i = 0; i < 2500; i++) await storage.write(`f${i}`, new Blob(["x"]));
    const first = await below();
    assert.equal(pages, 1);
    assert.equal(first.length, 1001);
    for (let row = first.at(-1); row?.type === "more"; row = (await below()).at(-1))
      await browse.loadMore(row.parent);
    const all = await below();
    assert.equal(pages, 3);
    assert.equal(new Set(labels(all)).size, 2500);
  });

  it("makes a row once, also when more are shown below it", async () => {
    const provider = memoryProvider({ pageSize: 1000 });
    const { connections, id, browse, below } = await tree({ provider });
    const storage = await connections.open(id);
    for (let i = 0; i < 1500; i++) await storage.write(`f${i}`, new Blob(["x"]));
    const before = (await below()).slice(0, 1000);
    await browse.loadMore({ connection: id, key: "" });
    const after = await below();
    assert.equal(after.length, 1500);
    assert.ok(before.every((row, index) => row === after[index]));
  });

  it("shows no more than a thousand at once of what came in one page", async () => {
    const { connections, id, browse, below } = await tree({
      provider: memoryProvider({ pageSize: 9999 }),
    });
    const storage = await connections.open(id);
    for (let i = 0; i < 1500; i++) await storage.write(`f${i}`, new Blob(["x"]));
    const first = await below();
    const more = first.at(-1);
    assert.ok(first.length === 1001 && more?.type === "more" && more.shown === 1000);
    await browse.loadMore(more.parent);
    assert.equal((await below()).length, 1500);
  });

  it("goes past pages without anything in them", async () => {
    const provider = changing(memoryProvider(), (driver) => ({
      list: async (request) => {
        if (request.cursor === undefined) return { entries: [], cursor: "1" };
        const { cursor: _, ...rest } = request;
        return await driver.list(rest);
      },
    }));
    const { connections, id, below } = await tree({ provider });
    await (await connections.open(id)).write("a", new Blob(["x"]));
    assert.deepEqual(labels(await below()), ["a"]);
  });

  it("shows a failure as a row, marks the connection, and recovers on retry", async () => {
    let broken = true;
    const provider = changing(memoryProvider(), (driver) => ({
      list: async (request) => {
        if (broken) throw new StorageError("denied", "no");
        return await driver.list(request);
      },
    }));
    const { id, browse, below } = await tree({ provider });
    const [failure] = await below();
    assert.equal(failure?.type, "failure");
    assert.ok(browse.failureOf(id) instanceof StorageError);
    broken = false;
    assert.deepEqual(labels(await below()), ["(failure)"], "asks again only when told to");
    if (failure?.type === "failure") browse.refresh(failure.parent);
    assert.deepEqual(labels(await below()), ["(none)"]);
    assert.equal(browse.failureOf(id), undefined);
  });

  it("keeps the rows it has when the next page fails", async () => {
    let broken = false;
    const provider = changing(memoryProvider({ pageSize: 2 }), (driver) => ({
      list: async (request) => {
        if (broken) throw new StorageError("denied", "no");
        return await driver.list(request);
      },
    }));
    const { connections, id, browse, below } = await tree({ provider });
    const storage = await connections.open(id);
    for (const key of ["a", "b", "c"]) await storage.write(key, new Blob(["x"]));
    const more = (await below()).at(-1);
    assert.equal(more?.type, "more");
    broken = true;
    if (more?.type === "more") await browse.loadMore(more.parent);
    assert.deepEqual(labels(await below()), ["a", "b", "(failure)"]);
  });

  it("lists buckets where the connection is not tied to one", async () => {
    const { connections, id, below } = await tree({ answers: {} });
    await connections.open(id, "b");
    await (await connections.open(id, "a")).write("x", new Blob(["x"]));
    assert.deepEqual(labels(await below()), ["a", "b"]);
    assert.deepEqual(labels(await below("a")), ["x"]);
  });

  it("asks for a bucket's name where they may not be listed, and remembers it", async () => {
    const provider = {
      ...memoryProvider(),
      containers: async () => {
        throw new StorageError("denied", "no");
      },
    };
    const { connections, id, below } = await tree({ answers: {}, provider });
    assert.deepEqual(labels(await below()), ["(ask)"]);
    await connections.addContainer(id, "mine");
    assert.deepEqual(labels(await below()), ["mine", "(ask)"]);
  });

  it("asks only once for what is shown twice, and anew after a refresh", async () => {
    let pages = 0;
    const provider = counting(memoryProvider(), () => pages++);
    const { browse, below } = await tree({ provider });
    await Promise.all([below(), below()]);
    assert.equal(pages, 1);
    browse.refresh();
    await below();
    assert.equal(pages, 2);
  });
});

describe("finding one's way in a large folder", () => {
  async function large(pageSize = 1000) {
    const asked: string[] = [];
    const provider = changing(memoryProvider({ pageSize }), (driver) => ({
      list: async (request) => {
        asked.push(request.prefix);
        return await driver.list(request);
      },
    }));
    const opened = await tree({ provider });
    const storage = await opened.connections.open(opened.id);
    for (let i = 0; i < 1500; i++) await storage.write(`f${1000 + i}`, new Blob(["x"]));
    await storage.write("z/y/deep.txt", new Blob(["x"]));
    const at = (key: string) => ({ connection: opened.id, key });
    return { ...opened, asked, at };
  }

  it("shows only what begins with the filter, and lets the storage do the choosing", async () => {
    const { browse, below, asked, at } = await large();
    browse.filter(at(""), "f249");
    assert.deepEqual(
      labels(await below()),
      Array.from({ length: 10 }, (_, i) => `f249${i}`),
    );
    assert.deepEqual(asked, ["f249"]);
    assert.equal(browse.filterOf(at("")), "f249");
    browse.filter(at(""));
    assert.equal((await below()).length, 1001);
  });

  it("says so when there is nothing in a place", async () => {
    const { id, below } = await tree();
    assert.deepEqual(await below(), [{ type: "none", parent: { connection: id, key: "" } }]);
  });

  it("says so when nothing passes the filter", async () => {
    const { browse, below, at } = await large();
    browse.filter(at(""), "nothing");
    assert.deepEqual(await below(), [{ type: "none", parent: at(""), filter: "nothing" }]);
  });

  it("goes to an object far down a listing without loading what is before it", async () => {
    const { browse, below, asked, at } = await large();
    const row = await browse.goTo(at("f2499"), never);
    assert.equal(row.type, "object");
    const rows = await below();
    assert.deepEqual(labels(rows).slice(0, 1), ["f2499"]);
    assert.equal(asked.length, 1);
    const [first, second] = rows;
    assert.deepEqual(
      [first, second].map((one) => one?.type === "object" && one.isAhead),
      [true, undefined],
    );
    const more = rows.at(-1);
    assert.equal(more?.type, "more");
    const added = more?.type === "more" ? await browse.loadMore(more.parent) : undefined;
    assert.deepEqual(added && labels([added]), labels(await below()).slice(1000, 1001));
    assert.equal(labels(await below()).filter((label) => label === "f2499").length, 1);
  });

  it("has no place drawn anew in which that is shown already what is gone to", async () => {
    const { browse, below, at } = await large();
    await below();
    const drawn: (string | undefined)[] = [];
    browse.onDidChange((place) => drawn.push(place?.key));
    await browse.goTo(at("f1000"), never);
    assert.deepEqual(drawn, []);
    await browse.goTo(at("f2499"), never);
    assert.deepEqual(drawn, [""]);
  });

  it("keeps nothing of what was gone to before under a filter", async () => {
    const { browse, below, at } = await large();
    await browse.goTo(at("f2499"), never);
    browse.filter(at(""), "f100");
    assert.ok(!labels(await below()).includes("f2499"));
  });

  it("goes to a folder, with or without the slash, and shows the folders above it", async () => {
    const { browse, below, at } = await large();
    for (const key of ["z/y", "z/y/"]) {
      browse.refresh();
      assert.equal((await browse.goTo(at(key), never)).type, "folder");
      assert.equal(labels(await below())[0], "z");
      assert.deepEqual(labels(await below("z")), ["y"]);
    }
  });

  it("draws nothing anew to go to what is shown already", async () => {
    const { browse, below, at } = await large();
    await below();
    let drawn = 0;
    browse.onDidChange(() => drawn++);
    assert.equal(browse.placeAt(at("z/"))?.type, "folder");
    assert.equal(drawn, 1, "z comes after the first page");
    await below();
    assert.equal(browse.placeAt(at("z/"))?.type, "folder");
    assert.equal((await browse.goTo(at("f1001"), never)).type, "object");
    assert.equal(drawn, 1);
  });

  it("fails with not-found where there is nothing", async () => {
    const { browse, at } = await large();
    for (const key of ["nothing", "nothing/"])
      await assert.rejects(browse.goTo(at(key), never), (error) =>
        isStorageError(error, "not-found"),
      );
  });

  it("asks anew only of the connection that has changed", async () => {
    const { browse, connections, below, asked } = await large();
    await below();
    const pages = asked.length;
    await connections.save({ name: "Another", provider: "memory", answers: { container: "b" } });
    await below();
    assert.equal(asked.length, pages);
    const [photos] = connections.list().filter(({ name }) => name === "Photos");
    await connections.addContainer(photos?.id ?? "", "c");
    await below();
    assert.equal(asked.length, pages + 1);
    assert.equal((await browse.rows()).length, 2);
  });

  it("keeps what a folder holds until it is asked for anew", async () => {
    const { browse, at } = await large();
    browse.keepSize(at("z/"), { objects: 1, bytes: 1, billedBytes: 1 });
    assert.deepEqual(browse.sizeOf(at("z/")), { objects: 1, bytes: 1, billedBytes: 1 });
    browse.refresh(at("z/"));
    assert.equal(browse.sizeOf(at("z/")), undefined);
  });
});

describe("a location", () => {
  const keys = ["a", "a/b.txt", "a//b", "/a", "a/../b", ".", "~", "~a/~/..", "a b/ü#?%.txt", "~~"];
  for (const container of [undefined, "bucket", "~odd"])
    for (const key of keys)
      it(`survives being an address: ${container ?? "-"} ${key}`, () => {
        const at = { connection: "id", key, ...(container !== undefined && { container }) };
        const path = pathOf(at);
        assert.deepEqual(locationAt("id", path), at);
        // Nobody on the way may take a part for "this folder" or "the one above".
        const encoded = path.split("/").map(encodeURIComponent).join("/");
        assert.equal(new URL(`https://id${encoded}`).pathname, encoded);
      });

  it("has a name and a folder", () => {
    assert.deepEqual(["a/b", "a/b/", "a", "a//"].map(nameOf), ["b", "b", "a", "/"]);
    const folder = (key: string) => parentOf({ connection: "id", key }).key;
    assert.deepEqual(["a/b", "a/b/", "a", "a/", "a//b"].map(folder), ["a/", "a/", "", "", "a//"]);
  });
});

type Provider = ReturnType<typeof memoryProvider>;

function changing(provider: Provider, changes: (driver: Driver) => Partial<Driver>): Provider {
  return {
    ...provider,
    open: async (answers) => {
      const driver = await provider.open(answers);
      return { ...driver, ...changes(driver) };
    },
  };
}

function counting(provider: Provider, count: () => void): Provider {
  return changing(provider, (driver) => ({
    list: async (request) => {
      count();
      return await driver.list(request);
    },
  }));
}
