/** What is remembered of transfers, by one window and the next, or two at once. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TransferPlan } from "../../../src/app/transfers/plan.ts";
import { fractionDone } from "../../../src/app/transfers/state.ts";
import type { TransferStore } from "../../../src/app/transfers/store.ts";
import { TransferFiles } from "../../../src/engine/disk/transferFiles.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { at, carried, download, gated, TransferBench, until, upload } from "./queue.ts";

describe("the list of transfers", () => {
  let bench: TransferBench;

  beforeEach(() => {
    bench = new TransferBench();
  });
  afterEach(async () => await bench.dispose());

  it("comes back with the next window, without what is done and with what has failed", async () => {
    const storage = bench.storage("s", memoryDriver());
    writeFileSync(bench.local("a"), "a");
    const first = bench.queue();
    await carried(first, upload([bench.local("a")], at("s")));
    await carried(first, upload([bench.local("missing")], at("s")));
    await first.close();
    const next = bench.queue();
    await next.restore(true);
    const [only, ...others] = next.state.transfers;
    assert.deepEqual([only?.status, only?.counts.failed, others.length], ["failed", 1, 0]);
    assert.equal(only?.failures[0]?.name, "missing");
    writeFileSync(bench.local("missing"), "found");
    next.resume(only.id);
    await until(next, only.id, ({ status }) => status === "done");
    assert.equal((await storage.stat("missing")).size, 5);
  });

  it("still says in the next window why a transfer failed", async () => {
    bench.storage("s", {
      ...memoryDriver(),
      list: async () => {
        throw new StorageError("signed-out", "no");
      },
    });
    const first = bench.queue();
    await carried(first, download([at("s", "f/")], bench.root));
    await first.close();
    const next = bench.queue();
    await next.restore(true);
    const [only] = next.state.transfers;
    assert.equal(only?.status, "failed");
    assert.ok(isStorageError(only.error, "signed-out"));
  });

  it("writes down once what was chosen, however much it is, and knows all of it again", async () => {
    const { driver, writes } = gated(memoryDriver());
    bench.storage("s", driver);
    writeFileSync(bench.local("a"), "a");
    const sources = Array.from({ length: 2000 }, (_, i) => ({
      path: bench.local("a"),
      name: `${i}`,
    }));
    const [store] = twoWindows(bench.local("state"));
    let plans = 0;
    const { savePlan } = store;
    store.savePlan = async (id, plan) => {
      plans++;
      await savePlan(id, plan);
    };
    const queue = bench.queue({ store });
    const plan: TransferPlan = { kind: "upload", existing: "ask", target: at("s"), sources };
    const { id } = queue.add(plan);
    await until(queue, id, ({ running }) => running.length > 0 && writes() > 0);
    await queue.pause(id);
    assert.equal(plans, 1);
    const { size } = statSync(bench.local("state", `${id}.json`));
    assert.ok(size < 1000, `what is written each second takes ${size} bytes`);
    const next = bench.queue();
    await next.restore(false);
    assert.deepEqual(next.state.transfers[0]?.plan.sources, sources);
    await next.cancel(id);
    assert.deepEqual(readdirSync(bench.local("state")), []);
  });

  it("survives records that somebody has damaged", async () => {
    mkdirSync(bench.local("state"));
    const records = ["", "{", "[]", '{"version":1}', '{"version":1,"id":"x","plan":{"kind":"up"}}'];
    for (const [index, text] of records.entries())
      writeFileSync(bench.local("state", `${index}.json`), text);
    const queue = bench.queue();
    await queue.restore(true);
    assert.deepEqual(queue.state.transfers, []);
  });

  it("leaves to another window what that one is at, and takes it over when it is gone", async () => {
    bench.storage("s", memoryDriver());
    const files = new TransferFiles(bench.local("state"));
    const plan = upload([bench.local("a")], at("s"));
    writeFileSync(bench.local("a"), "a");
    await files.save("x", { version: 1, id: "x", plan, status: "running" });
    // The parent process lives as long as we do.
    const lock = join(bench.local("state"), "x.lock");
    writeFileSync(lock, String(process.ppid));
    const queue = bench.queue();
    await queue.restore(true);
    await until(queue, "x", ({ isElsewhere }) => isElsewhere === true);
    assert.equal(queue.state.transfers[0]?.counts.found, 0);
    const record = readFileSync(join(bench.local("state"), "x.json"), "utf8");
    assert.equal(JSON.parse(record).counts, undefined, "its record is not ours to write");
    utimesSync(lock, 1000, 1000);
    const { isElsewhere } = await until(queue, "x", ({ status }) => status === "done");
    assert.equal(isElsewhere, undefined);
  });

  it("keeps nothing of what ends while it is written down", async () => {
    const { driver, open } = gated(memoryDriver(), ({ key }) => key === "b");
    bench.storage("s", driver);
    for (const name of ["a", "b"]) writeFileSync(bench.local(name), name);
    const [store] = twoWindows(bench.local("state"));
    const written = Promise.withResolvers<void>();
    const writing = new Promise<void>((resolve) => {
      store.addDone = async () => {
        resolve();
        await written.promise;
      };
    });
    const queue = bench.queue({ store });
    const { id } = queue.add(upload([bench.local("a"), bench.local("b")], at("s")));
    await writing;
    open();
    await until(queue, id, ({ status }) => status === "done");
    written.resolve();
    await queue.close();
    assert.deepEqual(readdirSync(bench.local("state")), []);
  });

  it("lets go of what another window has taken for dead, and waits for it", async () => {
    const storage = bench.storage("s", gated(memoryDriver()).driver);
    writeFileSync(bench.local("a"), "a");
    const queue = bench.queue();
    const { id } = queue.add(upload([bench.local("a")], at("s")));
    await until(queue, id, ({ running }) => running.length > 0);
    // As after a night's sleep: the parent process lives as long as we do.
    writeFileSync(bench.local("state", `${id}.lock`), String(process.ppid));
    const record = () => readFileSync(bench.local("state", `${id}.json`), "utf8");
    const theirs = record();
    await until(queue, id, ({ running }) => running.length === 0);
    assert.equal(await storage.exists("a"), false);
    assert.equal(record(), theirs, "its record is not ours to write");
    await queue.cancel(id);
    assert.equal(record(), theirs, "nor to take away");
  });

  it("belongs to whoever takes it up, once it was paused", async () => {
    const { driver, open, writes } = gated(memoryDriver());
    bench.storage("s", driver);
    writeFileSync(bench.local("a"), "a");
    const [first, second] = twoWindows(bench.local("state"));
    const one = bench.queue({ store: first });
    const { id } = one.add(upload([bench.local("a")], at("s"), "rename"));
    await until(one, id, ({ running }) => running.length > 0);
    await one.pause(id);
    const other = bench.queue({ store: second });
    await other.restore(false);
    other.resume(id);
    await until(other, id, ({ running }) => running.length > 0);
    one.resume(id);
    open();
    await until(other, id, ({ status }) => status === "done");
    await new Promise<void>((resolve) => {
      const look = () => one.state.transfers.length === 0 && resolve();
      one.onDidChange(look);
      look();
    });
    assert.equal(writes(), 2, "one that was paused, and one that was carried out");
  });

  it("shows how far another window is, and stays paused when it is paused there", async () => {
    const { driver, writes } = gated(memoryDriver(), ({ key }) => key !== "a");
    bench.storage("s", driver);
    for (const name of ["a", "b"]) writeFileSync(bench.local(name), name);
    const [first, second] = twoWindows(bench.local("state"));
    const one = bench.queue({ store: first });
    const { id } = one.add(upload([bench.local("a"), bench.local("b")], at("s")));
    await until(one, id, ({ counts }) => counts.done === 1);
    const other = bench.queue({ store: second });
    await other.restore(false);
    await until(other, id, ({ isElsewhere, counts }) => isElsewhere === true && counts.done === 1);
    assert.deepEqual([...other.state.transfers].map(fractionDone), [0.5]);
    await one.pause(id);
    const { isElsewhere } = await until(other, id, ({ status }) => status === "paused");
    assert.deepEqual([isElsewhere, writes()], [undefined, 2]);
    const added = one.add(upload([bench.local("a")], at("s", "more/")));
    await until(one, added.id, ({ running }) => running.length === 1);
    await other.restore(false);
    await until(other, added.id, (transfer) => transfer.isElsewhere === true);
    assert.equal(other.state.transfers.length, 2);
  });

  it("waits for other windows without being in the way of its own transfers", async () => {
    const { driver, open, writes } = gated(memoryDriver(), ({ key }) => key.startsWith("held/"));
    const storage = bench.storage("s", driver);
    writeFileSync(bench.local("a"), "a");
    const [first, second] = twoWindows(bench.local("state"));
    const one = bench.queue({ store: first, filesAtOnce: 8 });
    const held = (i: number) => one.add(upload([bench.local("a")], at("s", `held/${i}/`)));
    for (let i = 0; i < 4; i++) await until(one, held(i).id, ({ running }) => running.length === 1);
    // One that waits for its turn is not up to others either.
    const { id: waiting } = held(4);
    while (!readdirSync(bench.local("state")).includes(`${waiting}.lock`))
      await new Promise(setImmediate);
    const other = bench.queue({ store: second });
    await other.restore(true);
    const { status } = await carried(other, upload([bench.local("a")], at("s", "own/")));
    assert.equal(status, "done");
    await other.pauseAll();
    assert.ok(other.state.transfers.slice(0, 5).every(({ isElsewhere }) => isElsewhere === true));
    open();
    for (const { id } of one.state.transfers) await until(one, id, (it) => it.status === "done");
    assert.ok(await storage.exists("held/4/a"));
    assert.equal(writes(), 6);
  });
});

/** What is kept in one folder, as two processes have it. */
function twoWindows(folder: string): readonly [TransferStore, TransferStore] {
  const holders = new Map<string, number>();
  const window = (me: number): TransferStore => {
    const files = new TransferFiles(folder);
    return {
      load: async (isWanted) => await files.load(isWanted),
      look: async (id) => await files.look(id),
      save: async (id, record) => await files.save(id, record),
      savePlan: async (id, plan) => await files.savePlan(id, plan),
      saveCheckpoints: async (id, begun) => await files.saveCheckpoints(id, begun),
      remove: async (id) => await files.remove(id),
      addDone: async (id, items) => await files.addDone(id, items),
      done: async (id) => await files.done(id),
      claim: async (id) => {
        const claimed = await files.claim(id);
        if (claimed !== "gone" && !holders.has(id)) holders.set(id, me);
        return claimed === "gone" || holders.get(id) === me ? claimed : "theirs";
      },
      release: async (id) => {
        if (holders.get(id) !== me) return;
        holders.delete(id);
        await files.release(id);
      },
    };
  };
  return [window(1), window(2)];
}
