import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { isOver } from "../../../src/app/transfers/state.ts";
import { never } from "../../../src/base/abort.ts";
import { PlacingQueue } from "../../../src/engine/threads/placingQueue.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { kernels } from "../../engine/openRepository.ts";
import { pattern } from "../../storage/conformance/test.ts";
import { at, carried, copy, download, gated, TransferBench, until, upload } from "./queue.ts";
import { storeWithUploads } from "./uploads.ts";

const mib = 1024 * 1024;

let bench: TransferBench;

/** In a `describe`: a bench for each of its tests. */
function withBench(): void {
  beforeEach(() => {
    bench = new TransferBench();
  });
  afterEach(async () => await bench.dispose());
}

/** Its body breaks once after so many bytes of it. */
function breaking(
  plain: Driver,
  after: number,
): { readonly driver: Driver; readonly reads: number[] } {
  const reads: number[] = [];
  let isBroken = false;
  const driver: Driver = {
    ...plain,
    read: async (request, use) => {
      reads.push(request.range?.start ?? 0);
      if (isBroken) return await plain.read(request, use);
      isBroken = true;
      return await plain.read(request, async ({ info, body }) => {
        const whole = new Uint8Array(await new Response(body).arrayBuffer());
        let passed = 0;
        const cut = new ReadableStream<Uint8Array<ArrayBuffer>>(
          {
            pull(controller) {
              if (passed >= after) controller.error(new StorageError("unreachable", "cut"));
              else controller.enqueue(whole.slice(passed, (passed += mib)));
            },
          },
          { highWaterMark: 0 },
        );
        return await use({ info, body: cut });
      });
    },
  };
  return { driver, reads };
}

describe("an upload in parts", () => {
  withBench();
  const bytes = pattern(22 * mib);
  beforeEach(() => writeFileSync(bench.local("big"), bytes));

  it("pauses, and goes on with what is missing", async () => {
    const store = storeWithUploads();
    const storage = bench.storage("s", store.driver);
    const queue = bench.queue();
    const { id } = queue.add(upload([bench.local("big")], at("s")));
    store.onPart = (count) => (count === 2 ? void queue.pause(id) : undefined);
    await until(queue, id, ({ status }) => status === "paused");
    const sent = store.calls.filter((call) => call.startsWith("part ")).length;
    assert.equal(await storage.exists("big"), false);
    store.onPart = () => undefined;
    queue.resume(id);
    const { status, counts } = await until(queue, id, (one) => isOver(one.status));
    assert.deepEqual([status, counts.bytesDone], ["done", bytes.length]);
    assert.equal(store.calls.filter((call) => call === "begin").length, 1);
    assert.ok(store.calls.filter((call) => call.startsWith("part ")).length <= 5, `${sent} before`);
    assert.ok(Buffer.from(await storage.bytes("big")).equals(bytes));
  });

  it("has no more under way than has arrived and one part more, which is what a pause loses", async () => {
    const store = storeWithUploads();
    const { uploads = assert.fail() } = store.driver.extras ?? {};
    const { part } = uploads;
    const underWay: number[] = [];
    let begun = 0;
    let arrived = 0;
    const counted: Driver = {
      ...store.driver,
      extras: {
        uploads: {
          ...uploads,
          part: async (request) => {
            underWay.push(++begun - arrived);
            assert.ok(begun - arrived <= arrived + 1);
            const sent = await part(request);
            arrived++;
            return sent;
          },
        },
      },
    };
    bench.storage("s", counted);
    await carried(bench.queue(), upload([bench.local("big")], at("s")));
    assert.deepEqual([underWay[0], Math.max(...underWay) > 1, arrived], [1, true, 5]);
  });

  it("goes on in the next window", async () => {
    const store = storeWithUploads();
    const storage = bench.storage("s", store.driver);
    const first = bench.queue();
    const { id } = first.add(upload([bench.local("big")], at("s")));
    const closed = new Promise<void>((resolve) => {
      store.onPart = (count) => (count === 3 ? resolve() : undefined);
    });
    await closed;
    await first.close();
    store.onPart = () => undefined;
    const next = bench.queue();
    await next.restore(false);
    assert.deepEqual(
      next.state.transfers.map(({ status }) => status),
      ["paused"],
    );
    next.resume(id);
    await until(next, id, ({ status }) => status === "done");
    assert.equal(store.calls.filter((call) => call === "begin").length, 1);
    assert.ok(Buffer.from(await storage.bytes("big")).equals(bytes));
  });

  it("is given up when it is cancelled, so that nobody pays for its parts", async () => {
    const store = storeWithUploads();
    const storage = bench.storage("s", store.driver);
    const queue = bench.queue();
    const { id } = queue.add(upload([bench.local("big")], at("s")));
    const begun = new Promise<void>((resolve) => {
      store.onPart = () => resolve();
    });
    await begun;
    await queue.cancel(id);
    assert.equal(store.pending.size, 0);
    assert.equal(await storage.exists("big"), false);
    assert.deepEqual(readdirSync(bench.local("state")), []);
  });

  it("begins anew when the file has changed, and gives the old one up", async () => {
    const store = storeWithUploads();
    const storage = bench.storage("s", store.driver);
    const queue = bench.queue();
    const { id } = queue.add(upload([bench.local("big")], at("s")));
    store.onPart = (count) => (count === 2 ? void queue.pause(id) : undefined);
    await until(queue, id, ({ status }) => status === "paused");
    store.onPart = () => undefined;
    const changed = pattern(21 * mib);
    writeFileSync(bench.local("big"), changed);
    queue.resume(id);
    await until(queue, id, ({ status }) => status === "done");
    assert.ok(store.calls.includes("abort upload 1"));
    assert.ok(Buffer.from(await storage.bytes("big")).equals(changed));
  });

  it("never mixes two states of a file that changes before its turn comes", async () => {
    const store = storeWithUploads();
    const { driver, open } = gated(store.driver, ({ key }) => key === "first");
    const storage = bench.storage("s", driver);
    writeFileSync(bench.local("first"), "1");
    const queue = bench.queue();
    const { id } = queue.add(upload([bench.local("first"), bench.local("big")], at("s")));
    store.onPart = (count) => (count === 2 ? void queue.pause(id) : undefined);
    await until(queue, id, ({ status }) => status === "paused");
    store.onPart = () => undefined;
    queue.filesAtOnce = 1;
    queue.resume(id);
    await until(queue, id, ({ counts, running }) => counts.found === 2 && running.length === 1);
    const changed = Buffer.from(bytes).fill(7);
    writeFileSync(bench.local("big"), changed);
    open();
    await until(queue, id, ({ status }) => status === "done");
    assert.ok(Buffer.from(await storage.bytes("big")).equals(changed));
  });

  it("asks before it completes over what has appeared meanwhile, and sends nothing twice", async () => {
    const store = storeWithUploads();
    const storage = bench.storage("s", store.driver);
    store.onPart = async (count) => {
      if (count === 5) await storage.write("big", new Blob(["theirs"]));
    };
    bench.answer = () => ({ choice: "replace", forAll: false });
    await carried(bench.queue(), upload([bench.local("big")], at("s")));
    assert.equal(bench.questions.length, 1);
    assert.deepEqual(store.calls.filter((call) => call.startsWith("part ")).length, 5);
    assert.ok(Buffer.from(await storage.bytes("big")).equals(bytes));
    bench.answer = () => ({ choice: "skip", forAll: false });
    store.onPart = () => undefined;
    await storage.delete(["big"]);
    store.onPart = async (count) => {
      if (count === 5) await storage.write("big", new Blob(["theirs"]));
    };
    const { counts } = await carried(bench.queue(), upload([bench.local("big")], at("s")));
    assert.equal(counts.skipped, 1);
    assert.equal(store.pending.size, 0, "what was sent for nothing is given up");
  });
});

describe("a download that breaks", () => {
  withBench();
  const bytes = pattern(20 * mib);

  it("is continued where it broke, by a ranged read", async () => {
    const plain = memoryDriver();
    await plain.write({ key: "big", body: new Blob([bytes]), signal: never });
    const { driver, reads } = breaking(plain, 12 * mib);
    bench.storage("s", driver);
    mkdirSync(bench.local("in"));
    const queue = bench.queue();
    const failed = await carried(queue, download([at("s", "big")], bench.local("in")));
    assert.ok(isStorageError(failed.failures[0]?.error, "unreachable"));
    assert.match(readdirSync(bench.local("in")).join(), /^\.offsite-.*\.part$/);
    queue.resume(failed.id);
    await until(queue, failed.id, ({ status }) => status === "done");
    assert.equal(reads.length, 2);
    assert.ok((reads[1] ?? 0) > 11 * mib, reads.join());
    assert.deepEqual(readdirSync(bench.local("in")), ["big"]);
    assert.ok(readFileSync(bench.local("in", "big")).equals(bytes));
  });

  it("starts over where the object has changed meanwhile", async () => {
    const plain = memoryDriver();
    await plain.write({ key: "big", body: new Blob([bytes]), signal: never });
    bench.storage("s", breaking(plain, 12 * mib).driver);
    mkdirSync(bench.local("in"));
    const queue = bench.queue();
    const { id } = await carried(queue, download([at("s", "big")], bench.local("in")));
    const changed = Buffer.from(bytes).reverse();
    await plain.write({ key: "big", body: new Blob([changed]), signal: never });
    queue.resume(id);
    await until(queue, id, ({ status }) => status === "done");
    assert.ok(readFileSync(bench.local("in", "big")).equals(changed));
  });

  it("leaves nothing behind once it is cleared from the list", async () => {
    const plain = memoryDriver();
    await plain.write({ key: "big", body: new Blob([bytes]), signal: never });
    bench.storage("s", breaking(plain, 12 * mib).driver);
    mkdirSync(bench.local("in"));
    const queue = bench.queue();
    const { id } = await carried(queue, download([at("s", "big")], bench.local("in")));
    await queue.clear();
    assert.equal(queue.state.transfers.length, 1, "what has failed can still be retried");
    await queue.clear([id]);
    assert.deepEqual(readdirSync(bench.local("in")), []);
    assert.deepEqual(queue.state.transfers, []);
  });

  it("removes what others have abandoned long ago, and nothing else", async () => {
    bench.storage("s", memoryDriver());
    mkdirSync(bench.local("in"));
    const name = (digit: string) => `.offsite-${digit.repeat(8)}-0000-4000-8000-000000000000.part`;
    const soon = new Date(Date.now() + 15 * 24 * 60 * 60 * 1000);
    for (const one of [name("a"), name("b"), "precious.part"]) {
      writeFileSync(bench.local("in", one), "x");
      const time = one === name("b") ? soon : new Date(1000);
      utimesSync(bench.local("in", one), time, time);
    }
    const plain = memoryDriver();
    await plain.write({ key: "a", body: new Blob(["a"]), signal: never });
    bench.storage("s", plain);
    const target = bench.local("in");
    await carried(bench.queue(), download([at("s", "a")], target));
    // One that has just arrived has the time of its object already.
    assert.equal(readdirSync(target).length, 4);
    const clock = { now: () => soon };
    await carried(bench.queue({ clock }), download([at("s", "a")], target, "replace"));
    assert.deepEqual(readdirSync(target).toSorted(), [name("b"), "a", "precious.part"]);
  });
});

describe("a download of small files", () => {
  withBench();
  /** An object store in memory; `onRead` comes between an object's arrival and its way to the disk. */
  async function storeWith(keys: readonly string[], onRead: (key: string) => void): Promise<void> {
    const plain = memoryDriver();
    for (const key of keys) await plain.write({ key, body: new Blob([key]), signal: never });
    bench.storage("s", {
      ...plain,
      read: async (request, use) => {
        onRead(request.key);
        return await plain.read(request, use);
      },
    });
    mkdirSync(bench.local("in"));
  }

  for (const code of ["ENOSPC", "EDQUOT"])
    it(`stops at the first one that the disk has no room for (${code})`, async () => {
      const reads: string[] = [];
      const plain = memoryDriver();
      const storage = bench.storage("s", {
        ...plain,
        read: async (request, use) => {
          reads.push(request.key);
          return await plain.read(request, use);
        },
      });
      for (let i = 0; i < 300; i++) await storage.write(`f/${i}`, new Blob(["x"]));
      const full = async (_: string, files: readonly unknown[]) =>
        files.map(() => ({ type: "failed", message: code, code }));
      // Of the one task that is asked for here.
      const placing = new PlacingQueue({ parallelTasks: 1, run: full as typeof kernels.run });
      const queue = bench.queue({ placing, filesAtOnce: 1 });
      const { error } = await carried(queue, download([at("s", "f/")], bench.root));
      assert.equal(error instanceof Error && "code" in error && error.code, code);
      assert.ok(reads.length < 300, `${reads.length} were asked for`);
    });

  it("writes nothing outside when a folder becomes a link meanwhile", async () => {
    mkdirSync(bench.local("outside", "g"), { recursive: true });
    await storeWith(["f/g/a", "f/g/b"], () => {
      if (lstatSync(bench.local("in", "f")).isSymbolicLink()) return;
      rmSync(bench.local("in", "f"), { recursive: true });
      symlinkSync(bench.local("outside"), bench.local("in", "f"));
    });
    const plan = download([at("s", "f/")], bench.local("in"));
    const { counts, failures } = await carried(bench.queue(), plan);
    assert.equal(counts.failed, 2);
    assert.match(String(failures[0]?.error), /a link leads out of the folder/);
    assert.deepEqual(readdirSync(bench.local("outside", "g")), []);
  });

  it("asks about what appears meanwhile, and keeps what it was not told to replace", async () => {
    await storeWith(["f/a", "f/b"], (key) => {
      if (key === "f/a") writeFileSync(bench.local("in", "f", "a"), "theirs");
    });
    const plan = download([at("s", "f/")], bench.local("in"));
    const { counts } = await carried(bench.queue(), plan);
    assert.deepEqual([counts.done, counts.skipped, bench.questions.length], [1, 1, 1]);
    assert.equal(bench.text("in", "f", "a"), "theirs");
    assert.deepEqual(readdirSync(bench.local("in", "f")).toSorted(), ["a", "b"]);
  });

  it("asks for nothing that it could not write", async () => {
    const read: string[] = [];
    await storeWith(["f/a", "f/b", "g"], (key) => read.push(key));
    writeFileSync(bench.local("in", "f"), "no folder");
    const plan = download([at("s", "f/"), at("s", "g")], bench.local("in"));
    const { counts } = await carried(bench.queue(), plan);
    assert.deepEqual([counts.done, counts.failed, read], [1, 2, ["g"]]);
  });

  it("waits for a slow disk before it has taken much into memory", async () => {
    const read: string[] = [];
    const keys = Array.from({ length: 100 }, (_, i) => `f/${i}`);
    await storeWith(keys, (key) => read.push(key));
    let goOn = () => {};
    const isReady = new Promise<void>((resolve) => (goOn = resolve));
    class SlowDisk extends PlacingQueue {
      override async place(...file: Parameters<PlacingQueue["place"]>): Promise<void> {
        await isReady;
        await super.place(...file);
      }
    }
    const queue = bench.queue({ placing: new SlowDisk(kernels) });
    const { id } = queue.add(download([at("s", "f/")], bench.local("in")));
    while (read.length < 68) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(read.length, 68, "those that wait for the disk, and four on the way");
    goOn();
    await until(queue, id, ({ status }) => status === "done");
    assert.equal(readdirSync(bench.local("in", "f")).length, 100);
  });

  it("takes an object that has grown since it was listed", async () => {
    const plain = memoryDriver();
    await plain.write({ key: "f/a", body: new Blob(["small"]), signal: never });
    const bytes = pattern(3 * mib);
    let reads = 0;
    bench.storage("s", {
      ...plain,
      read: async (request, use) => {
        if (++reads === 1)
          await plain.write({ key: "f/a", body: new Blob([bytes]), signal: never });
        return await plain.read(request, use);
      },
    });
    const { status, counts } = await carried(bench.queue(), download([at("s", "f/")], bench.root));
    assert.deepEqual([status, counts.bytesDone, reads], ["done", bytes.length, 2]);
    assert.ok(readFileSync(bench.local("f", "a")).equals(bytes));
  });
});

describe("a listing", () => {
  withBench();
  it("that ends early fails the transfer; a retry carries what is missing, and no more", async () => {
    const plain = memoryDriver({ pageSize: 2 });
    const wrote: string[] = [];
    let pages = 0;
    const storage = bench.storage("s", {
      ...plain,
      list: async (request) => {
        if (++pages === 2) throw new StorageError("unreachable", "gone");
        return await plain.list(request);
      },
    });
    const other = memoryDriver();
    bench.storage("other", {
      ...other,
      write: async (request) => {
        wrote.push(request.key);
        return await other.write(request);
      },
    });
    for (const key of ["f/a", "f/b", "f/c", "f/d"]) await storage.write(key, new Blob([key]));
    const queue = bench.queue();
    const failed = await carried(queue, copy([at("s", "f/")], at("other")));
    assert.deepEqual([failed.status, failed.counts.done], ["failed", 2]);
    assert.ok(isStorageError(failed.error, "unreachable"));
    queue.resume(failed.id);
    const { counts } = await until(queue, failed.id, ({ status }) => status === "done");
    assert.deepEqual([counts.done, counts.found], [4, 4]);
    assert.deepEqual(wrote, ["f/a", "f/b", "f/c", "f/d"]);
  });

  it("is read ahead only so far, however much there is", async () => {
    let pages = 0;
    const plain = memoryDriver();
    bench.storage("s", {
      ...plain,
      list: async ({ prefix }) => {
        const from = pages++ * 1000;
        const entries = Array.from({ length: 1000 }, (_, i) => ({
          type: "object" as const,
          key: `${prefix}${String(from + i).padStart(7, "0")}`,
          size: 1,
        }));
        return { entries, cursor: String(pages) };
      },
      // It never comes to the second file.
      read: async ({ signal }) =>
        await new Promise<never>((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    });
    bench.storage("other", memoryDriver());
    const queue = bench.queue();
    const { id } = queue.add(copy([at("s", "f/")], at("other")));
    await until(queue, id, ({ counts }) => counts.found >= 10_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(pages <= 12, `${pages} pages`);
    await queue.cancel(id);
  });
});

describe("what arrived although nobody was told", () => {
  withBench();

  /** Does what it is asked, and does not say so until it is called off. */
  function silent(plain: Driver): Driver {
    let isSilent = true;
    return {
      ...plain,
      write: async (request) => {
        const written = await plain.write(request);
        if (!isSilent) return written;
        isSilent = false;
        const { signal } = request;
        return await new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      },
    };
  }

  for (const [kind, planOf] of [
    ["an upload", () => upload([bench.local("a")], at("s"))],
    ["a copy", () => copy([at("from", "a")], at("s"))],
  ] as const)
    it(`is known again by ${kind} that goes on, also in the next window`, async () => {
      const plain = memoryDriver();
      const storage = bench.storage("s", silent(plain));
      writeFileSync(bench.local("a"), "one");
      utimesSync(bench.local("a"), 1000, 1000);
      await bench.storage("from", memoryDriver()).write("a", new Blob(["one"]));
      const first = bench.queue();
      const { id } = first.add(planOf());
      await until(first, id, ({ running }) => running.length > 0);
      while (!(await storage.exists("a"))) await new Promise(setImmediate);
      await first.pause(id);
      await first.close();
      const next = bench.queue();
      await next.restore(false);
      next.resume(id);
      const { counts } = await until(next, id, ({ status }) => isOver(status));
      assert.deepEqual([counts.done, counts.skipped, bench.questions.length], [1, 0, 0]);
    });

  it("is asked about all the same if it is not what was sent", async () => {
    const plain = memoryDriver();
    const storage = bench.storage("s", silent(plain));
    writeFileSync(bench.local("a"), "one");
    const queue = bench.queue();
    const { id } = queue.add(upload([bench.local("a")], at("s")));
    while (!(await storage.exists("a"))) await new Promise(setImmediate);
    await queue.pause(id);
    await storage.write("a", new Blob(["two"]));
    queue.resume(id);
    const { counts } = await until(queue, id, ({ status }) => isOver(status));
    assert.deepEqual([counts.done, counts.skipped, bench.questions.length], [0, 1, 1]);
  });
});
