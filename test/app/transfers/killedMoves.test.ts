/** Moves whose process dies, at each of their requests, and the next one that takes them up. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { TransferPlan } from "../../../src/app/transfers/plan.ts";
import { isOver, type Transfer } from "../../../src/app/transfers/state.ts";
import type { TransferStore } from "../../../src/app/transfers/store.ts";
import { largeBytes } from "../../../src/app/transfers/work.ts";
import { TransferFiles } from "../../../src/engine/disk/transferFiles.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import { isReading } from "../../../src/storage/extras.ts";
import { withLayers, type Layer } from "../../../src/storage/layers.ts";
import { folderDriver } from "../../../src/storage/providers/folder/folder.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { pattern } from "../../storage/conformance/test.ts";
import { at, carried, copy, TransferBench, until } from "./queue.ts";
import { storeWithUploads } from "./uploads.ts";

interface Ends {
  readonly from: Driver;
  readonly to: Driver;
  readonly isInParts?: true;
}

const small = pattern(5000);
const large = pattern(largeBytes + 1);

/** How objects come from one end to the other. */
const ways: Readonly<Record<string, (bench: TransferBench) => Ends>> = {
  "by the server's copy": () => within(memoryDriver()),
  "by the copy of a server that holds no conditions": () =>
    within(memoryDriver({ copyIfAbsent: false, ifAbsent: false, ifMatch: false })),
  "by the server's move": (bench) => {
    mkdirSync(bench.local("server"));
    return within(folderDriver({ path: bench.local("server") }));
  },
  "to another storage": () => ({ from: memoryDriver(), to: memoryDriver() }),
  "to a storage that tells no versions": () => ({ from: memoryDriver(), to: unversioned() }),
  "in parts": () => ({ from: memoryDriver(), to: storeWithUploads().driver, isInParts: true }),
};

function within(driver: Driver): Ends {
  return { from: driver, to: driver };
}

function unversioned(): Driver {
  const plain = memoryDriver({ ifMatch: false });
  return {
    ...plain,
    write: async (request) => {
      const { key, size } = await plain.write(request);
      return { key, size };
    },
    stat: async (request) => {
      const { version: _, ...info } = await plain.stat(request);
      return info;
    },
  };
}

const readings: ReadonlySet<string> = new Set(["list", "stat", "read"]);

/** A process, and what it remembers, until it has sent so many requests. */
class Process {
  readonly #life: number;
  readonly #isEffective: boolean;
  #sent = 0;
  #last: "reading" | "writing" = "writing";

  /** `isEffective` if its last request is carried out; that its answer never comes is sure. */
  constructor(life: number, isEffective: boolean) {
    this.#life = life;
    this.#isEffective = isEffective;
  }

  get isDead(): boolean {
    return this.#sent >= this.#life;
  }

  /** Whether it makes a difference if its last request arrived. */
  get diedWriting(): boolean {
    return this.#last === "writing";
  }

  readonly layer: Layer = async (call) => {
    this.#sent++;
    if (!this.isDead) return await call.send();
    if (this.#sent === this.#life) {
      const isExtra = call.operation === "extra";
      const reads = isExtra ? isReading(call.extra) : readings.has(call.operation);
      this.#last = reads ? "reading" : "writing";
      if (this.#isEffective) await call.send();
    }
    throw new StorageError("unreachable", "killed", { retryable: false });
  };

  store(files: TransferFiles): TransferStore {
    const unlessDead =
      <A extends readonly unknown[]>(act: (...given: A) => Promise<void>) =>
      async (...given: A) =>
        this.isDead ? undefined : await act(...given);
    return {
      load: async (isWanted) => await files.load(isWanted),
      look: async (id) => await files.look(id),
      done: async (id) => await files.done(id),
      claim: async (id) => await files.claim(id),
      save: unlessDead(async (...given) => await files.save(...given)),
      savePlan: unlessDead(async (...given) => await files.savePlan(...given)),
      saveCheckpoints: unlessDead(async (...given) => await files.saveCheckpoints(...given)),
      remove: unlessDead(async (...given) => await files.remove(...given)),
      release: unlessDead(async (...given) => await files.release(...given)),
      addDone: unlessDead(async (...given) => await files.addDone(...given)),
    };
  }
}

describe("a move whose process dies", function () {
  this.timeout(60_000);
  let bench: TransferBench;

  beforeEach(() => {
    bench = new TransferBench();
  });
  afterEach(async () => await bench.dispose());

  /** Moves an object and a folder; gives the ends, and whether the process came to its end. */
  async function killed(way: string, existing: TransferPlan["existing"], process: Process) {
    const ends = ways[way]?.(bench) ?? assert.fail();
    const from = new Storage(ends.from);
    await from.write("a", ends.isInParts ? large : small);
    await from.write("dir/in/b", new Blob(["b"]));
    const dying = new Storage(withLayers(ends.from, process.layer));
    bench.add("from", dying);
    const isOne = ends.from === ends.to;
    bench.add("to", isOne ? dying : new Storage(withLayers(ends.to, process.layer)));
    const store = process.store(new TransferFiles(bench.local("state")));
    const queue = bench.queue({ store, filesAtOnce: 1 });
    const plan = copy([at("from", "a"), at("from", "dir/")], at("to", "new/"), "move", existing);
    const { status } = await carried(queue, plan);
    await queue.close();
    return { ends, isWhole: status === "done" && !process.isDead };
  }

  /** What the next window makes of it. */
  async function takenUp({ from, to }: Ends): Promise<Transfer | undefined> {
    const healthy = bench.add("from", new Storage(from));
    bench.add("to", from === to ? healthy : new Storage(to));
    const queue = bench.queue();
    await queue.restore(true);
    const [{ id } = { id: "" }] = queue.state.transfers;
    const transfer = id === "" ? undefined : await until(queue, id, (one) => isOver(one.status));
    await queue.close();
    return transfer;
  }

  async function assertMoved({ from, to, isInParts }: Ends, label: string): Promise<void> {
    const target = new Storage(to);
    const moved = Buffer.from(await target.bytes("new/a"));
    assert.ok(moved.equals(isInParts ? large : small), label);
    assert.equal(text(await target.bytes("new/dir/in/b")), "b", label);
    const found: string[] = [];
    for (const driver of new Set([from, to]))
      for await (const { key } of new Storage(driver).list()) found.push(key);
    const isFolder = (key: string) => key.startsWith("new/") && key.endsWith("/");
    const areReal = found.includes("new/");
    const objects = found.filter((key) => !(areReal && isFolder(key)));
    assert.deepEqual(objects.toSorted(), ["new/a", "new/dir/in/b"], label);
  }

  for (const way of Object.keys(ways))
    for (const existing of way === "in parts"
      ? (["ask"] as const)
      : (["ask", "skip", "replace"] as const))
      it(`goes on with its own copy: ${way}, where others' are to "${existing}"`, async () => {
        // What is lost of the parts before they are completed is sent again, as in every upload.
        const first = way === "in parts" ? 10 : 1;
        for (let life = first, isOver = false; !isOver; life++)
          for (const isEffective of [true, false]) {
            const label = `died at request ${life}${isEffective ? "" : ", which never arrived"}`;
            const process = new Process(life, isEffective);
            const { ends, isWhole } = await killed(way, existing, process);
            isOver = isWhole;
            if (isWhole) break;
            const transfer = await takenUp(ends);
            assert.deepEqual(bench.questions, [], label);
            assert.equal(transfer?.status, "done", label);
            await assertMoved(ends, label);
            await bench.dispose();
            bench = new TransferBench();
            if (!process.diedWriting) break;
          }
      });

  /** Of a process that died right before it would have deleted "a": stat, list, copy, stat, delete. */
  async function copied(existing: TransferPlan["existing"]): Promise<Ends> {
    const { ends } = await killed("by the server's copy", existing, new Process(5, false));
    const both = new Storage(ends.from);
    assert.ok((await both.exists("a")) && (await both.exists("new/a")));
    return ends;
  }

  it("replaces its own copy without a question where the source has changed since", async () => {
    const ends = await copied("skip");
    const newer = utf8("newer");
    await new Storage(ends.from).write("a", newer);
    assert.equal((await takenUp(ends))?.status, "done");
    assert.deepEqual(await new Storage(ends.from).bytes("new/a"), newer);
    assert.deepEqual(bench.questions, []);
  });

  it("asks about what somebody else has put in the place of its copy", async () => {
    const ends = await copied("ask");
    await new Storage(ends.from).write("new/a", utf8("precious"));
    bench.answer = () => ({ choice: "skip", forAll: false });
    assert.equal((await takenUp(ends))?.counts.skipped, 1);
    assert.deepEqual(
      bench.questions.map(({ name }) => name),
      ["a"],
    );
    assert.equal(text(await new Storage(ends.from).bytes("new/a")), "precious");
    assert.ok(await new Storage(ends.from).exists("a"));
  });

  it("is over where somebody else has deleted the source meanwhile", async () => {
    const ends = await copied("ask");
    await new Storage(ends.from).delete(["a"]);
    assert.equal((await takenUp(ends))?.status, "done");
    await assertMoved(ends, "");
  });

  it("leaves its copy and the source where it is cancelled then", async () => {
    const ends = await copied("ask");
    bench.add("from", new Storage(ends.from));
    const queue = bench.queue();
    await queue.restore(false);
    await queue.cancel(queue.state.transfers[0]?.id ?? "");
    assert.ok(await new Storage(ends.from).exists("a"));
    assert.ok(await new Storage(ends.from).exists("new/a"));
    assert.deepEqual(readdirSync(bench.local("state")), []);
  });
});
