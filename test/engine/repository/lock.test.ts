import assert from "node:assert/strict";
import { never, pause } from "../../../src/base/abort.ts";
import {
  withLock,
  type LockedWork,
  type LockRequest,
} from "../../../src/engine/repository/lock.ts";
import type { LockFile, LockFiles, LockTimes } from "../../../src/engine/repository/lockFiles.ts";
import { RepositoryError } from "../../../src/engine/errors.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import type { ObjectInfo } from "../../../src/storage/objects.ts";

// As the real ones, a thousand times faster, and ticking by a clock that the test moves.
const times: LockTimes = {
  refreshMs: 300,
  staleMs: 1800,
  lostMs: 1350,
  settleMs: 1,
  tickMs: 1,
  retryMs: { first: 1, most: 5 },
};

describe("a lock", () => {
  it("is there while the work runs, and gone afterwards", async () => {
    const locks = new MemoryLocks();
    await locks.with("shared", async () => {
      assert.deepEqual(locks.held(), [{ hostname: "desk", exclusive: false }]);
    });
    assert.deepEqual(locks.held(), []);
  });

  it("is gone also when the work fails", async () => {
    const locks = new MemoryLocks();
    await assert.rejects(
      locks.with("exclusive", async () => {
        throw new Error("stop");
      }),
      /stop/,
    );
    assert.deepEqual(locks.held(), []);
  });

  it("is gone also when the work is cancelled", async () => {
    const locks = new MemoryLocks();
    const cancel = new AbortController();
    const work = locks.with("shared", ({ signal }) => pause(10_000, signal), {
      signal: cancel.signal,
    });
    setTimeout(() => cancel.abort(new Error("cancelled")), 5);
    await assert.rejects(work, /cancelled/);
    assert.deepEqual(locks.held(), []);
  });

  const table = [
    { mine: "shared", other: "shared", passes: true },
    { mine: "shared", other: "exclusive", passes: false },
    { mine: "exclusive", other: "shared", passes: false },
    { mine: "exclusive", other: "exclusive", passes: false },
  ] as const;
  for (const { mine, other, passes } of table)
    it(`that is ${mine} ${passes ? "passes" : "stops at"} one that is ${other}`, async () => {
      const locks = new MemoryLocks();
      locks.put({ exclusive: other === "exclusive", hostname: "laptop" });
      const work = locks.with(mine, async () => "done");
      if (passes) assert.equal(await work, "done");
      else await assert.rejects(work, { kind: "locked" });
      assert.deepEqual(locks.held(), [{ hostname: "laptop", exclusive: other === "exclusive" }]);
    });

  it("names who is in the way", async () => {
    const locks = new MemoryLocks();
    locks.put({ exclusive: true, hostname: "laptop" });
    await assert.rejects(
      locks.with("shared", async () => undefined),
      (error: { details?: { holder?: { hostname: string } } }) =>
        error.details?.holder?.hostname === "laptop",
    );
  });

  it("removes a lock that nobody can hold any more", async () => {
    const locks = new MemoryLocks();
    locks.put({ exclusive: true, hostname: "laptop", ageMs: times.staleMs + 1 });
    await locks.with("exclusive", async () => undefined);
    assert.deepEqual(locks.held(), []);
  });

  it("removes a lock whose process on this machine has ended", async () => {
    const locks = new MemoryLocks();
    // Process numbers end at 2^22 on Linux, and far lower elsewhere.
    locks.put({ exclusive: true, hostname: "desk", pid: 2 ** 22 + 1 });
    await locks.with("exclusive", async () => undefined);
    assert.deepEqual(locks.held(), []);
  });

  it("leaves a lock of this machine whose process numbers are others than ours", async () => {
    // A container, or Linux under Windows, may have the name of the computer that it runs on.
    for (const pidSpace of ["another", ""]) {
      const locks = new MemoryLocks();
      locks.put({ exclusive: true, hostname: "desk", pid: 2 ** 22 + 1, pidSpace });
      await assert.rejects(
        locks.with("shared", async () => undefined),
        { kind: "locked" },
      );
      assert.equal(locks.held().length, 1);
    }
  });

  it("judges age by the server's clock where it can, whatever this computer's says", async () => {
    const locks = new MemoryLocks();
    locks.put({ exclusive: true, hostname: "laptop", time: "1999-12-31T23:59:59Z" });
    await assert.rejects(
      locks.with("shared", async () => undefined),
      { kind: "locked" },
    );
  });

  it("passes over a lock that is released between looking and reading", async () => {
    const locks = new MemoryLocks();
    const id = locks.put({ exclusive: true, hostname: "laptop" });
    locks.vanish = id;
    await locks.with("shared", async () => undefined);
  });

  it("respects one that it cannot read, until it is old", async () => {
    const locks = new MemoryLocks();
    locks.unreadable = locks.put({});
    await assert.rejects(
      locks.with("shared", async () => undefined),
      { kind: "locked" },
    );
    locks.nowMs += times.staleMs + 1;
    await locks.with("shared", async () => undefined);
    assert.deepEqual(locks.held(), []);
  });

  it("is written anew in time, and then the old one deleted", async () => {
    const locks = new MemoryLocks();
    await locks.with("shared", async () => {
      const first = [...locks.files.keys()];
      locks.nowMs += times.refreshMs;
      await until(() => locks.files.size === 1 && locks.files.keys().next().value !== first[0]);
    });
    assert.deepEqual(locks.held(), []);
  });

  it("that cannot be refreshed stops the work", async () => {
    const locks = new MemoryLocks();
    await assert.rejects(
      locks.with("shared", async ({ signal }) => {
        locks.refuse = true;
        locks.nowMs += times.lostMs - 1;
        await pause(5, signal);
        locks.nowMs += 1;
        await pause(10_000, signal);
      }),
      { kind: "lost-lock" },
    );
  });

  it("backs off when a slow listing shows an exclusive one only later", async () => {
    const locks = new MemoryLocks();
    await assert.rejects(
      locks.with("shared", async ({ signal }) => {
        locks.put({ exclusive: true, hostname: "laptop" });
        await pause(10_000, signal);
      }),
      { kind: "locked" },
    );
  });
});

describe("a lock on a storage whose listings lag", () => {
  it("that is exclusive waits until it sees itself, and so those before it", async () => {
    const locks = new MemoryLocks();
    locks.put({ hostname: "laptop" });
    locks.late = 3;
    await assert.rejects(
      locks.with("exclusive", async () => undefined),
      { kind: "locked" },
    );
    assert.deepEqual(locks.held(), [{ hostname: "laptop", exclusive: false }]);
  });

  it("that is exclusive is not had where it never sees itself", async () => {
    const locks = new MemoryLocks();
    locks.late = Infinity;
    await assert.rejects(
      locks.with("exclusive", async () => undefined),
      { kind: "unsettled" },
    );
    assert.deepEqual(locks.held(), []);
  });

  it("that is shared goes on looking, and backs off from one that shows late", async () => {
    const locks = new MemoryLocks();
    locks.put({ hostname: "laptop", exclusive: true });
    locks.late = 3;
    await assert.rejects(
      locks.with("shared", async ({ signal }) => await pause(10_000, signal)),
      { kind: "locked" },
    );
  });

  it("looks once more when asked to", async () => {
    const locks = new MemoryLocks();
    const work = locks.with("exclusive", async (lock) => {
      await lock.lookAgain();
      locks.put({ hostname: "laptop" });
      await lock.lookAgain();
    });
    await assert.rejects(work, { kind: "locked" });
  });
});

describe("a lock with patience", () => {
  const patienceMs = 10_000;

  it("is had by each of many that come at the same moment", async () => {
    const locks = new MemoryLocks();
    let inside = 0;
    const works = Array.from({ length: 5 }, async () => {
      await locks.with(
        "exclusive",
        async () => {
          inside += 1;
          await pause(2, never);
          assert.equal(inside, 1);
          inside -= 1;
        },
        { patienceMs },
      );
    });
    await Promise.all(works);
    assert.deepEqual(locks.held(), []);
  });

  it("waits no longer than it has, and then names who is in the way", async () => {
    const locks = new MemoryLocks();
    locks.put({ exclusive: true, hostname: "laptop" });
    await assert.rejects(
      locks.with("shared", async () => undefined, { patienceMs: 20 }),
      { kind: "locked" },
    );
  });

  it("stops waiting when it is cancelled, and leaves nothing behind", async () => {
    const locks = new MemoryLocks();
    locks.put({ exclusive: true, hostname: "laptop" });
    const cancel = new AbortController();
    const more = { patienceMs, signal: cancel.signal };
    const work = locks.with("shared", async () => undefined, more);
    setTimeout(() => cancel.abort(new Error("cancelled")), 5);
    await assert.rejects(work, /cancelled/);
    assert.deepEqual(locks.held(), [{ hostname: "laptop", exclusive: true }]);
  });
});

/** Lock files in memory, with a clock. */
class MemoryLocks implements LockFiles {
  readonly files = new Map<string, { lock: LockFile; modified: Date }>();
  nowMs = Date.UTC(2026, 0, 1);
  refuse = false;
  vanish: string | undefined;
  unreadable: string | undefined;
  /** Listings that show nothing yet. */
  late = 0;

  async with<T>(
    mode: "shared" | "exclusive",
    work: LockedWork<T>,
    more: Partial<LockRequest> = {},
  ): Promise<T> {
    return await withLock(
      {
        files: this,
        holder: { hostname: "desk", username: "ann", pid: process.pid, pidSpace: "ours" },
        mode,
        now: () => new Date(this.nowMs),
        signal: never,
        times,
        ...more,
      },
      work,
    );
  }

  put({
    exclusive = false,
    hostname = "laptop",
    pid = 1,
    pidSpace = "ours",
    ageMs = 0,
    time = new Date(this.nowMs).toISOString(),
  }): string {
    const id = `lock ${this.files.size} ${Math.random()}`;
    this.files.set(id, {
      lock: { time, exclusive, hostname, username: "bob", pid, pidSpace },
      modified: new Date(this.nowMs - ageMs),
    });
    return id;
  }

  held(): readonly { hostname: string; exclusive: boolean }[] {
    return [...this.files.values()].map(({ lock: { hostname, exclusive } }) => ({
      hostname,
      exclusive,
    }));
  }

  async list(): Promise<ReadonlyMap<string, ObjectInfo>> {
    if (this.late-- > 0) return new Map();
    return new Map(
      [...this.files].map(([id, { modified }]) => [id, { key: id, size: 1, modified }]),
    );
  }

  async load(id: string): Promise<LockFile> {
    const found = this.files.get(id);
    if (!found || id === this.vanish) throw new StorageError("not-found", "no such lock");
    if (id === this.unreadable) throw new RepositoryError("damaged", "rubbish");
    return found.lock;
  }

  async save(lock: LockFile): Promise<string> {
    if (this.refuse) throw new StorageError("unreachable", "no network");
    const id = `own ${this.files.size} ${Math.random()}`;
    this.files.set(id, { lock, modified: new Date(this.nowMs) });
    return id;
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.files.delete(id);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(1, never);
}
