import assert from "node:assert/strict";
import { utf8 } from "../../../src/base/bytes.ts";
import { forEachPooled } from "../../../src/base/pool.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import type { Extras } from "../../../src/storage/extras.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { detailsConformance } from "./details.ts";
import { linksConformance } from "./links.ts";
import { movesConformance } from "./moves.ts";
import { rulesConformance } from "./rules.ts";
import { type Each, pattern } from "./test.ts";
import { uploadsConformance } from "./uploads.ts";
import { versionsConformance } from "./versions.ts";
import { fails } from "../failsWith.ts";

export interface ConformanceOptions {
  /** Folders are real: keys are paths, and what is no path is refused. */
  readonly fileLike?: boolean;
  /** How many entries the server puts on one page; two pages are then demanded of a listing. */
  readonly pageSize?: number;
  /** The same server with a container that does not exist. */
  readonly openMissing?: () => Promise<Storage>;
  /** What it offers beyond the rest. */
  readonly extras?: readonly (keyof Extras)[];
  /**
   * What this server is known not to do: the title of a test → why. Such a test must fail: one
   * that passes is a limit to be struck off.
   */
  readonly limits?: Readonly<Record<string, string>>;
  /** The server is the newest there is each time, so a limit may be gone: it is skipped, if it holds. */
  readonly isNewest?: boolean;
}

/** Keys that any storage holds. */
const paths = [
  "a",
  "a/b c/ü%+#?&;=@:!$'()*,~.txt",
  "%2F",
  "100%",
  "+",
  "日本/語 🗝",
  "e\u0301 is not é",
  ".hidden/..dots/...",
  "back\\slash",
  "deep/".repeat(20) + "x",
  `${"l".repeat(200)}/${"n".repeat(200)}`,
];

/** Keys that only an object store holds; anything else refuses them as `invalid`. */
const oddKeys = ["/a", "//", "a//b", "a/../b", "./x/../y", "..", ".", "a/./b", "a/.."];

/**
 * The contract every driver keeps. `open` gives an empty container of its own to each test, as
 * the rest of the program would see it: behind all layers.
 */
export function conformance(
  name: string,
  open: () => Promise<Storage>,
  {
    fileLike = false,
    pageSize,
    openMissing,
    extras = [],
    limits = {},
    isNewest = false,
  }: ConformanceOptions = {},
): void {
  const titles = new Set<string>();

  const each = (title: string, run: (storage: Storage) => Promise<void>): void => {
    titles.add(title);
    const reason = limits[title];
    if (reason === undefined) {
      it(title, async () => run(await open()));
      return;
    }
    it(`${title} (not here: ${reason})`, async function () {
      if (isNewest) return await run(await open()).catch(() => this.skip());
      await assert.rejects(run(await open()), () => true, "this limit is no longer needed");
    });
  };

  describe(`${name} keeps the driver contract`, function () {
    this.timeout(60_000);

    for (const [i, key] of paths.entries())
      each(`keeps the key ${i} ${key.slice(0, 30)}`, async (storage) => keepsKey(storage, key));

    for (const [i, key] of oddKeys.entries())
      each(`keeps or refuses the odd key ${i} ${key}`, async (storage) => {
        if (!fileLike) {
          await keepsKey(storage, key);
          return;
        }
        await fails("invalid", storage.write(key, utf8("x")));
        await fails("invalid", storage.bytes(key));
        await fails("invalid", storage.delete([key]));
      });

    if (!fileLike)
      each("keeps an object beside a folder of the same name", async (storage) => {
        await storage.write("a", utf8("object"));
        await storage.write("a/b", utf8("below"));
        assert.deepEqual(await keysOf(storage), ["a", "a/b"]);
        assert.deepEqual(await shallow(storage, ""), ["folder a/", "object a"]);
        assert.deepEqual(await storage.bytes("a"), utf8("object"));
      });

    contents(each);
    listings(each, fileLike, pageSize);
    folders(each, fileLike);
    conditions(each);
    movesConformance(each, fileLike);
    cancelling(each);
    for (const extra of extras) extraParts[extra]?.(each);

    each("offers the extras it is said to offer", async (storage) => {
      assert.deepEqual(Object.keys(storage.extras).toSorted(), extras.toSorted());
    });

    each("reports a missing object as not-found", async (storage) => {
      await storage.write("there/is", utf8("something"));
      for (const key of ["missing", "missing/deeper", "there/is-not", "there"]) {
        await fails("not-found", storage.stat(key));
        await fails("not-found", storage.bytes(key));
      }
      assert.equal(await storage.exists("missing"), false);
    });

    if (openMissing) {
      it("reports a missing container as not-found", async () => {
        const storage = await openMissing();
        await fails("not-found", storage.page(""));
        await fails("not-found", storage.stat("key"));
        await fails("not-found", storage.bytes("key"));
        await fails("not-found", storage.write("key", utf8("x")));
      });
    }

    it("has no limit that names no test", () => {
      assert.deepEqual(
        Object.keys(limits).filter((title) => !titles.has(title)),
        [],
      );
    });
  });
}

/** The parts of the suite for what only some protocols can do. */
const extraParts: Partial<Record<keyof Extras, (each: Each) => void>> = {
  details: detailsConformance,
  links: linksConformance,
  rules: rulesConformance,
  uploads: uploadsConformance,
  versions: versionsConformance,
};

function contents(each: Each): void {
  each("tells size, time and version of what was written", async (storage) => {
    const written = await storage.write("told", utf8("hello"), { contentType: "text/plain" });
    const info = await storage.stat("told");
    assert.equal(written.key, "told");
    assert.equal(written.size, 5);
    assert.equal(info.key, "told");
    assert.equal(info.size, 5);
    assert.ok(info.modified && Math.abs(Date.now() - info.modified.getTime()) < 5 * 60_000);
    assert.equal(info.version, written.version ?? info.version);
    const [listed] = await Array.fromAsync(storage.list());
    assert.ok(listed?.type === "object" && listed.size === 5);
    assert.equal(listed.version, info.version);
    await storage.read("told", async (reply) => {
      assert.equal(reply.info.key, "told");
      assert.equal(reply.info.size, 5);
      assert.equal(reply.info.version, info.version);
    });
  });

  each("reads an empty object", async (storage) => {
    await storage.write("empty", new Uint8Array());
    assert.equal((await storage.stat("empty")).size, 0);
    assert.equal((await storage.bytes("empty")).length, 0);
  });

  each("carries twenty megabytes unharmed", async (storage) => {
    const big = pattern(20_000_000);
    await storage.write("big", big);
    assert.equal((await storage.stat("big")).size, big.length);
    assert.ok(Buffer.from(await storage.bytes("big")).equals(big));
  });

  each("shows an overwritten object at once", async (storage) => {
    for (const text of ["first and long", "second", ""]) {
      await storage.write("over", utf8(text));
      assert.deepEqual(await storage.bytes("over"), utf8(text));
    }
  });

  each("changes the version whenever the content changes", async (storage) => {
    const first = await storage.write("v", utf8("one"));
    const second = await storage.write("v", utf8("three"));
    if (first.version !== undefined) assert.notEqual(first.version, second.version);
  });

  each("reads part of an object", async (storage) => {
    await storage.write("digits", utf8("0123456789"));
    if (!storage.capabilities.range) {
      await fails("unsupported", storage.bytes("digits", { range: { start: 2, end: 5 } }));
      return;
    }
    for (const [range, expected] of [
      [{ start: 2, end: 5 }, "234"],
      [{ start: 8 }, "89"],
      [{ start: 0, end: 1 }, "0"],
      [{ start: 0 }, "0123456789"],
      [{ start: 9, end: 10 }, "9"],
      [{ start: 7, end: 99 }, "789"],
    ] as const) {
      assert.deepEqual(await storage.bytes("digits", { range }), utf8(expected));
    }
    await storage.read(
      "digits",
      async ({ info }) => assert.equal(info.size, 10, "the size is the whole object's"),
      { range: { start: 2, end: 5 } },
    );
  });

  each("refuses a range that starts behind the end", async (storage) => {
    if (!storage.capabilities.range) return;
    await storage.write("digits", utf8("0123456789"));
    await fails("invalid", storage.bytes("digits", { range: { start: 10 } }));
    await fails("invalid", storage.bytes("digits", { range: { start: 99, end: 100 } }));
  });

  each("leaves a body half read", async (storage) => {
    await storage.write("half", new Uint8Array(5_000_000));
    for (let time = 0; time < 5; time++)
      await storage.read("half", async ({ body }) => {
        await body[Symbol.asyncIterator]().next();
      });
    await storage.read("half", async () => {});
    assert.equal((await storage.stat("half")).size, 5_000_000);
  });

  each("passes on what its reader throws", async (storage) => {
    await storage.write("thrown", new Uint8Array(5_000_000));
    await assert.rejects(
      storage.read("thrown", async () => {
        throw new TypeError("the reader's own");
      }),
      { name: "TypeError", message: "the reader's own" },
    );
  });

  each("serves many at once", async (storage) => {
    const names = Array.from({ length: 40 }, (_, i) => `many/${i % 5}/${i}`);
    await Promise.all(names.map((key) => storage.write(key, utf8(key))));
    const bodies = await Promise.all(names.map((key) => storage.bytes(key)));
    assert.deepEqual(
      bodies,
      names.map((key) => utf8(key)),
    );
  });

  each("lets the last of many writers win whole", async (storage) => {
    const writers = Array.from({ length: 8 }, (_, i) => new Uint8Array(300_000 + i).fill(i));
    await Promise.all(writers.map((body) => storage.write("contended", body)));
    const left = await storage.bytes("contended");
    assert.ok(writers.some((body) => Buffer.from(body).equals(left)));
  });

  each("deletes many, missing ones too", async (storage) => {
    const names = Array.from({ length: 12 }, (_, i) => `gone/${i} &<>"'%`);
    for (const key of names) await storage.write(key, utf8(key));
    await storage.write("kept", utf8("kept"));
    await storage.delete([...names, "never/was", "kept/below"]);
    await storage.delete(names);
    await storage.delete([]);
    assert.deepEqual(
      (await keysOf(storage)).filter((key) => !key.endsWith("/")),
      ["kept"],
    );
  });
}

function listings(each: Each, fileLike: boolean, pageSize: number | undefined): void {
  each("lists nothing where nothing is", async (storage) => {
    assert.deepEqual(await keysOf(storage), []);
    assert.deepEqual(await keysOf(storage, "no/such/"), []);
    assert.deepEqual(await shallow(storage, "no/such/"), []);
  });

  each("lists what a prefix begins, also within a name", async (storage) => {
    for (const key of ["ab", "abc/d", "abc/e/f", "b", "a"]) await storage.write(key, utf8("x"));
    const objects = async (prefix: string) =>
      (await keysOf(storage, prefix)).filter((key) => !key.endsWith("/"));
    assert.deepEqual(await objects("ab"), ["ab", "abc/d", "abc/e/f"]);
    assert.deepEqual(await objects("abc/"), ["abc/d", "abc/e/f"]);
    assert.deepEqual(await objects("abc/e"), ["abc/e/f"]);
    assert.deepEqual(await shallow(storage, "ab"), ["folder abc/", "object ab"]);
    assert.deepEqual(await shallow(storage, "abc/"), ["folder abc/e/", "object abc/d"]);
  });

  each("folds deeper keys when listing shallowly", async (storage) => {
    for (const key of ["top", "dir ü&/one", "dir ü&/sub/two", "dir ü&/sub/three"])
      await storage.write(key, utf8("x"));
    assert.deepEqual(await shallow(storage, ""), ["folder dir ü&/", "object top"]);
    assert.deepEqual(await shallow(storage, "dir ü&/"), [
      "folder dir ü&/sub/",
      "object dir ü&/one",
    ]);
  });

  if (fileLike)
    each("reports directories in deep listings too", async (storage) => {
      await storage.write("one/two/three", utf8("x"));
      assert.deepEqual(await keysOf(storage), ["one/", "one/two/", "one/two/three"]);
    });

  each("keeps its word on listings that begin in the middle", async (storage) => {
    for (const key of ["data/1", "data/2", "index/1", "locks/1"])
      await storage.write(key, utf8(key));
    const { listAfter = false } = storage.capabilities;
    const later = Array.fromAsync(storage.list("", { after: "data/g" }));
    if (!listAfter) await fails("unsupported", later);
    else
      assert.deepEqual(
        (await later).map(({ key }) => key),
        ["index/1", "locks/1"],
      );
  });

  if (pageSize !== undefined)
    each("lists every page exactly once", async (storage) => {
      const name = (i: number) => `pages/${String(i).padStart(5, "0")} &+%41`;
      const names = Array.from({ length: pageSize }, (_, i) => name(i));
      await forEachPooled(names, 16, async (folder) => {
        await storage.write(`${folder}/x`, utf8("x"));
      });
      const folders = names.map((folder) => `${folder}/`);
      const objects = names.map((folder) => `${folder}/x`);
      const last = name(pageSize);
      for (const [more, foldersNow, objectsNow] of [
        [undefined, folders, objects],
        [`${last}/x`, [...folders, `${last}/`], [...objects, `${last}/x`]],
      ] as const) {
        if (more !== undefined) await storage.write(more, utf8("x"));
        assert.deepEqual(
          (await keysOf(storage, "pages/")).filter((key) => !key.endsWith("/")),
          objectsNow,
        );
        assert.deepEqual(
          await shallow(storage, "pages/"),
          foldersNow.map((key) => `folder ${key}`),
        );
      }
      const first = await storage.page("pages/", { shallow: true });
      assert.ok(first.cursor !== undefined, "a second page was expected");
      assert.equal(first.entries.length, pageSize);
    });
}

function folders(each: Each, fileLike: boolean): void {
  each("makes a folder that is there while empty", async (storage) => {
    await storage.makeFolder("new ü/");
    await storage.makeFolder("new ü/inner/");
    await storage.makeFolder("new ü/");
    assert.deepEqual(await shallow(storage, ""), ["folder new ü/"]);
    const inner = (await shallow(storage, "new ü/")).filter((line) => line !== "object new ü/");
    assert.deepEqual(inner, ["folder new ü/inner/"]);
    assert.equal(await storage.exists("new ü/"), !fileLike);
  });

  each("deletes an empty folder", async (storage) => {
    await storage.makeFolder("empty/");
    await storage.delete(["empty/", "never/"]);
    assert.deepEqual(await shallow(storage, ""), []);
  });

  if (fileLike)
    each("keeps a folder that is not empty", async (storage) => {
      await storage.write("full/one", utf8("1"));
      await fails("conflict", storage.delete(["full/"]));
      assert.deepEqual(await storage.bytes("full/one"), utf8("1"));
    });
}

function conditions(each: Each): void {
  each("keeps its word on ifAbsent", async (storage) => {
    const { ifAbsent } = storage.capabilities;
    await storage.write("lock", utf8("1"), ifAbsent ? { ifAbsent: true } : {});
    const second = storage.write("lock", utf8("2"), { ifAbsent: true });
    await fails(ifAbsent ? "conflict" : "unsupported", second);
    assert.deepEqual(await storage.bytes("lock"), utf8("1"));
  });

  each("keeps its word on ifMatch", async (storage) => {
    const { ifMatch } = storage.capabilities;
    await storage.write("m", utf8("1"));
    const { version = "" } = await storage.stat("m");
    if (ifMatch) await storage.write("m", utf8("2"), { ifMatch: version });
    const late = storage.write("m", utf8("3"), { ifMatch: version });
    await fails(ifMatch ? "conflict" : "unsupported", late);
    assert.deepEqual(await storage.bytes("m"), utf8(ifMatch ? "2" : "1"));
  });

  each("keeps its word on ifMatch for what is gone", async (storage) => {
    if (!storage.capabilities.ifMatch) return;
    const { version = "" } = await storage.write("m", utf8("1"));
    await storage.delete(["m"]);
    await fails("conflict", storage.write("m", utf8("2"), { ifMatch: version }));
    assert.equal(await storage.exists("m"), false);
  });

  each("lets exactly one of many writers be first", async (storage) => {
    if (!storage.capabilities.ifAbsent) return;
    const writers = Array.from({ length: 16 }, (_, i) => utf8(String(i)));
    const outcomes = await Promise.allSettled(
      writers.map((body) => storage.write("first", body, { ifAbsent: true })),
    );
    const winners = outcomes.flatMap((o, i) => (o.status === "fulfilled" ? [i] : []));
    assert.equal(winners.length, 1, `${winners.length} writers were told they were first`);
    assert.deepEqual(await storage.bytes("first"), writers[winners[0] ?? -1]);
  });
}

function cancelling(each: Each): void {
  each("stops when asked before it begins", async (storage) => {
    await storage.write("there", utf8("x"));
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(storage.write("never", utf8("x"), { signal }), /^Error: enough$/);
    await assert.rejects(storage.delete(["there"], { signal }), /^Error: enough$/);
    await assert.rejects(storage.bytes("there", { signal }), /^Error: enough$/);
    await assert.rejects(storage.page("", { signal }), /^Error: enough$/);
    assert.equal(await storage.exists("never"), false);
    assert.equal(await storage.exists("there"), true);
  });

  each("leaves all or nothing of an aborted write", async (storage) => {
    const body = new Blob([pattern(30_000_000)]);
    for (const ms of [1, 10, 40]) {
      const key = `aborted after ${ms}`;
      const controller = new AbortController();
      const writing = storage.write(key, body, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error("enough")), ms);
      const finished = await writing.then(
        () => true,
        (error: unknown) => {
          assert.equal(error, controller.signal.reason);
          return false;
        },
      );
      await settled(storage, key, finished ? [body.size] : [body.size, "nothing"]);
    }
    const left = await keysOf(storage);
    assert.deepEqual(
      left.filter((key) => !key.startsWith("aborted after")),
      [],
      "debris",
    );
  });

  each("keeps the old object when its replacement is aborted", async (storage) => {
    const old = utf8("the old one");
    await storage.write("kept", old);
    const body = new Blob([pattern(30_000_000)]);
    const controller = new AbortController();
    const writing = storage.write("kept", body, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 15);
    const finished = await writing.then(
      () => true,
      () => false,
    );
    await settled(storage, "kept", finished ? [body.size] : [body.size, old.length]);
  });

  each("stops in the middle of a read", async (storage) => {
    await storage.write("long", new Uint8Array(20_000_000));
    const controller = new AbortController();
    const reading = storage.read(
      "long",
      async ({ body }) => {
        let bytes = 0;
        for await (const chunk of body) {
          bytes += chunk.length;
          controller.abort(new Error("enough"));
        }
        return bytes;
      },
      { signal: controller.signal },
    );
    await assert.rejects(reading, /^Error: enough$/);
  });
}

/** An aborted request may have reached the server whole; what counts is that no part ever shows. */
async function settled(
  storage: Storage,
  key: string,
  allowed: readonly (number | "nothing")[],
): Promise<void> {
  for (let look = 0; look < 3; look++) {
    const size = await storage.stat(key).then(
      (info) => info.size,
      (error: unknown) => {
        if (isStorageError(error, "not-found")) return "nothing" as const;
        throw error;
      },
    );
    assert.ok(allowed.includes(size), `${size} is neither of ${allowed.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function keepsKey(storage: Storage, key: string): Promise<void> {
  await storage.write(key, utf8(key));
  const objects = (await keysOf(storage)).filter(
    (listed) => listed === key || !listed.endsWith("/"),
  );
  assert.deepEqual(objects, [key]);
  assert.equal((await storage.stat(key)).key, key);
  assert.deepEqual(await storage.bytes(key), utf8(key));
  await storage.delete([key]);
  assert.equal(await storage.exists(key), false);
}

async function keysOf(storage: Storage, prefix = ""): Promise<string[]> {
  return (await Array.fromAsync(storage.list(prefix), ({ key }) => key)).toSorted();
}

async function shallow(storage: Storage, prefix: string): Promise<string[]> {
  const entries = await Array.fromAsync(storage.list(prefix, { shallow: true }));
  return entries.map(({ type, key }) => `${type} ${key}`).toSorted();
}
