import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type { Driver } from "../../src/storage/driver.ts";
import { isStorageError, StorageError } from "../../src/storage/errors.ts";
import { limit, rate, retry, trace, withLayers } from "../../src/storage/layers.ts";
import { Pace } from "../../src/storage/pace.ts";
import { memoryDriver } from "../../src/storage/providers/memory.ts";
import { Storage } from "../../src/storage/storage.ts";

const quick = { baseMs: 1 };

/** A driver whose `stat` fails with each of `failures` in turn, and then tells of an object. */
function failing(...failures: unknown[]): { driver: Driver; sent: number[] } {
  const sent: number[] = [];
  const driver: Driver = {
    ...memoryDriver(),
    stat: async ({ key }) => {
      sent.push(performance.now());
      if (failures.length > 0) throw failures.shift();
      return { key, size: 1 };
    },
  };
  return { driver, sent };
}

describe("The retry layer", () => {
  it("sends what may pass again, and hands over the answer", async () => {
    const { driver, sent } = failing(
      new StorageError("throttled", "slow down"),
      new StorageError("unreachable", "cut"),
    );
    const storage = new Storage(withLayers(driver, retry(quick)));
    assert.equal((await storage.stat("x")).size, 1);
    assert.equal(sent.length, 3);
  });

  it("sends nothing again that cannot pass", async () => {
    for (const failure of [
      new StorageError("denied", "no"),
      new StorageError("not-found", "gone"),
      new StorageError("unreachable", "untrusted", { retryable: false }),
      new TypeError("a bug"),
    ]) {
      const { driver, sent } = failing(failure);
      await assert.rejects(new Storage(withLayers(driver, retry(quick))).stat("x"), failure);
      assert.equal(sent.length, 1);
    }
  });

  it("gives up after its attempts, with the last failure", async () => {
    const failures = Array.from({ length: 9 }, (_, i) => new StorageError("unreachable", `${i}`));
    const { driver, sent } = failing(...failures);
    const storage = new Storage(withLayers(driver, retry({ ...quick, attempts: 3 })));
    await assert.rejects(storage.stat("x"), { kind: "unreachable", message: "2" });
    assert.equal(sent.length, 3);
  });

  it("waits as long as the server asks", async () => {
    const { driver, sent } = failing(
      new StorageError("throttled", "slow down", { retryAfterMs: 120 }),
    );
    await new Storage(withLayers(driver, retry(quick))).stat("x");
    const [first = 0, second = 0] = sent;
    assert.ok(second - first >= 115, `waited only ${second - first} ms`);
  });

  it("passes on the refusal of a server that asks for too much patience", async () => {
    const { driver, sent } = failing(
      new StorageError("throttled", "tomorrow", { retryAfterMs: 3_600_000 }),
    );
    const storage = new Storage(withLayers(driver, retry(quick)));
    await assert.rejects(storage.stat("x"), { kind: "throttled" });
    assert.equal(sent.length, 1);
  });

  it("ends at once, with the signal's own reason, when aborted between attempts", async () => {
    const { driver, sent } = failing(
      new StorageError("throttled", "slow down", { retryAfterMs: 30_000 }),
    );
    const controller = new AbortController();
    // The server asks for longer than this test may take.
    const pending = new Storage(withLayers(driver, retry(quick))).stat("x", {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await assert.rejects(pending, /^Error: enough$/);
    assert.equal(sent.length, 1);
  });

  it("sends a read again when it breaks half way, and holds its slot until the end", async () => {
    const inner = memoryDriver();
    await new Storage(inner).write("big", new Uint8Array(10));
    let breaks = 1;
    let under = 0;
    let most = 0;
    const flaky: Driver = {
      ...inner,
      read: (request, use) =>
        inner.read(request, async (reply) => {
          most = Math.max(most, ++under);
          try {
            if (breaks-- > 0) throw new StorageError("unreachable", "connection reset");
            await wait(5);
            return await use(reply);
          } finally {
            under--;
          }
        }),
    };
    const storage = new Storage(withLayers(flaky, limit(2), retry(quick)));
    const all = await Promise.all(Array.from({ length: 6 }, () => storage.bytes("big")));
    assert.deepEqual(
      all.map((bytes) => bytes.length),
      [10, 10, 10, 10, 10, 10],
    );
    assert.equal(most, 2);
  });
});

describe("A conditional write whose first answer was lost", () => {
  /** Carries the first write out, but loses the answer; `meanwhile` happens before the second. */
  function losing(inner: Driver, meanwhile: () => Promise<unknown> = async () => {}): Driver {
    let lost = false;
    return {
      ...inner,
      write: async (request) => {
        const info = await inner.write(request);
        if (lost) return info;
        lost = true;
        await meanwhile();
        throw new StorageError("unreachable", "connection reset");
      },
    };
  }

  it("is accepted where it conflicts with nothing but itself", async () => {
    const inner = memoryDriver();
    const storage = new Storage(withLayers(losing(inner), retry(quick)), undefined, "root/");
    const info = await storage.write("k", new Uint8Array([1, 2]), { ifAbsent: true });
    assert.deepEqual([info.key, info.size], ["k", 2]);
  });

  it("is accepted where it replaced the version it was to replace", async () => {
    const inner = memoryDriver();
    const { version = "" } = await new Storage(inner).write("k", new Uint8Array([1]));
    const storage = new Storage(withLayers(losing(inner), retry(quick)));
    const info = await storage.write("k", new Uint8Array([2]), { ifMatch: version });
    assert.notEqual(info.version, version);
  });

  it("stays a conflict where somebody else's object is there", async () => {
    for (const other of [new Uint8Array([9, 9]), new Uint8Array([1, 2, 3])]) {
      const inner = memoryDriver();
      const overwrite = () => new Storage(inner).write("k", other);
      const storage = new Storage(withLayers(losing(inner, overwrite), retry(quick)));
      await assert.rejects(
        storage.write("k", new Uint8Array([1, 2]), { ifAbsent: true }),
        (error) => isStorageError(error, "conflict") && error.place?.key === "k",
      );
      assert.deepEqual(await storage.bytes("k"), other);
    }
  });

  it("stays a conflict at the first attempt, even where the content is the same", async () => {
    const storage = new Storage(withLayers(memoryDriver(), retry(quick)));
    await storage.write("k", new Uint8Array([1]), { ifAbsent: true });
    await assert.rejects(storage.write("k", new Uint8Array([1]), { ifAbsent: true }), {
      kind: "conflict",
    });
  });
});

describe("A move or copy whose first answer was lost", () => {
  /** A file server in memory; its first answer is lost, and `meanwhile` happens before the second. */
  function losing(meanwhile: (others: Storage) => Promise<unknown> = async () => {}): Driver {
    const inner = memoryDriver();
    let isLost = false;
    const once = async <T>(work: Promise<T>): Promise<T> => {
      const done = await work;
      if (isLost) return done;
      isLost = true;
      await meanwhile(new Storage(inner));
      throw new StorageError("unreachable", "connection reset");
    };
    const states = new Map<string, Date | undefined>();
    return {
      ...inner,
      // A file keeps its time under another name.
      stat: async (request) => {
        const { version: _, ...info } = await inner.stat(request);
        return { ...info, modified: states.get(request.key) ?? info.modified ?? new Date(0) };
      },
      copy: async (request) => await once(inner.copy!(request)),
      move: async ({ from, to, ifAbsent = false, signal }) =>
        await once(
          inner.stat({ key: from, signal }).then(async ({ modified }) => {
            await inner.copy!({ from, to, ifAbsent, signal });
            states.set(to, modified);
            await inner.delete({ keys: [from], signal });
          }),
        ),
    };
  }

  async function opened(driver: Driver): Promise<Storage> {
    const storage = new Storage(withLayers(driver, retry(quick)), undefined, "root/");
    await storage.write("a", new Uint8Array([1, 2]));
    return storage;
  }

  it("is accepted where it met with nothing but itself", async () => {
    const moving = await opened(losing());
    const source = await moving.stat("a");
    await moving.move("a", "b", { source, ifAbsent: true });
    assert.deepEqual([await moving.exists("a"), await moving.exists("b")], [false, true]);
    const copying = await opened(losing());
    const { key, size } = await copying.copy("a", "b", { ifAbsent: true });
    assert.deepEqual([key, size], ["b", 2]);
  });

  it("is not taken for done where somebody else's object is there", async () => {
    const overwrite = (others: Storage) => others.write("root/b", new Uint8Array([9, 9, 9]));
    const moving = await opened(losing(overwrite));
    const source = await moving.stat("a");
    await assert.rejects(moving.move("a", "b", { source, ifAbsent: true }), { kind: "not-found" });
    const copying = await opened(losing(overwrite));
    await assert.rejects(copying.copy("a", "b", { ifAbsent: true }), { kind: "conflict" });
  });

  it("is not taken for done at the first attempt", async () => {
    const storage = await opened({
      ...memoryDriver(),
      move: async () => {
        throw new StorageError("not-found", "no such file");
      },
    });
    await storage.write("b", new Uint8Array([1, 2]));
    await assert.rejects(storage.move("c", "b"), { kind: "not-found" });
  });
});

describe("The limit layer", () => {
  it("lets a request give up while it waits for a slot", async () => {
    const inner = memoryDriver();
    await new Storage(inner).write("x", new Uint8Array(1));
    const storage = new Storage(withLayers(inner, limit(1)));
    let release = () => {};
    const held = storage.read("x", () => new Promise<void>((resolve) => (release = resolve)));
    const impatient = storage.stat("x", { signal: AbortSignal.timeout(10) });
    await assert.rejects(impatient, { name: "TimeoutError" });
    release();
    await held;
    assert.equal((await storage.stat("x")).size, 1);
  });

  it("serves in the order of asking", async () => {
    const served: string[] = [];
    const inner: Driver = {
      ...memoryDriver(),
      stat: async ({ key }) => {
        served.push(key);
        await wait(1);
        return { key, size: 0 };
      },
    };
    const storage = new Storage(withLayers(inner, limit(1)));
    await Promise.all(["a", "b", "c", "d"].map((key) => storage.stat(key)));
    assert.deepEqual(served, ["a", "b", "c", "d"]);
  });

  it("frees the slot of a request that failed", async () => {
    const { driver } = failing(new StorageError("denied", "no"));
    const storage = new Storage(withLayers(driver, limit(1)));
    await assert.rejects(storage.stat("x"));
    await storage.stat("x");
  });
});

describe("The rate layer", () => {
  it("keeps writes and reads to the rate", async () => {
    const storage = new Storage(withLayers(memoryDriver(), rate(new Pace(() => 100_000))));
    const started = performance.now();
    await storage.write("a", new Uint8Array(10_000));
    await storage.write("b", new Uint8Array(10_000));
    await storage.bytes("a");
    await storage.stat("a");
    const tookMs = performance.now() - started;
    assert.ok(tookMs >= 195, `took ${tookMs} ms`);
  });

  it("lets a large body pass in small pieces", async () => {
    const sizes: number[] = [];
    const plain = memoryDriver();
    const driver: Driver = {
      ...plain,
      write: async ({ key, body }) => {
        for await (const piece of body.stream()) sizes.push(piece.length);
        return { key, size: body.size };
      },
    };
    const storage = new Storage(withLayers(driver, rate(new Pace(() => 10_000_000))));
    await storage.write("a", new Uint8Array(1_000_000));
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      1_000_000,
    );
    assert.ok(Math.max(...sizes) <= 65_536, sizes.join());
  });

  it("ends at once when aborted while it waits", async () => {
    const storage = new Storage(withLayers(memoryDriver(), rate(new Pace(() => 10))));
    await storage.write("a", new Uint8Array(1000));
    const second = storage.write("b", new Uint8Array(1), { signal: AbortSignal.timeout(10) });
    await assert.rejects(second, { name: "TimeoutError" });
    assert.equal(await storage.exists("b"), false);
  });
});

describe("A pace", () => {
  it("lets everything through while there is no limit, and those that wait once there is none", async () => {
    let limit: number | undefined;
    const pace = new Pace(() => limit);
    const signal = AbortSignal.timeout(60_000);
    assert.equal(pace.mayLimit, false);
    await pace.pass(1e12, signal);
    limit = 1;
    await pace.pass(1e6, signal);
    const waiting = pace.pass(1, signal);
    limit = Infinity;
    await waiting;
  });

  it("goes on behind a waiter that gives up", async () => {
    const limits = { perSecond: 1 };
    const pace = new Pace(() => limits.perSecond);
    await pace.pass(1e6, AbortSignal.timeout(60_000));
    const impatient = pace.pass(1, AbortSignal.timeout(10));
    const patient = pace.pass(1, AbortSignal.timeout(60_000));
    await assert.rejects(impatient, { name: "TimeoutError" });
    limits.perSecond = Infinity;
    await patient;
  });
});

describe("The trace layer", () => {
  it("writes a line for each request sent, and no more than where it went and how it ended", async () => {
    const lines: string[] = [];
    const { driver } = failing(
      new StorageError("throttled", "slow down", { status: 503, requestId: "r1" }),
    );
    const storage = new Storage(
      withLayers(
        driver,
        trace((line) => lines.push(line.replace(/\d+ ms$/, "_ ms"))),
        retry(quick),
      ),
    );
    await storage.stat('odd\n"key');
    await storage.write("w", new Uint8Array(3));
    await storage.bytes("w", { range: { start: 1 } });
    await storage.page("dir/", { shallow: true });
    assert.deepEqual(lines, [
      'stat "odd\\n\\"key" throttled 503 request r1 (slow down) _ ms',
      'stat "odd\\n\\"key" ok _ ms',
      'write "w" 3 bytes ok _ ms',
      'read "w" 1- ok _ ms',
      'list "dir/" ok _ ms',
    ]);
  });
});
