/** Somebody who pauses, resumes, cancels and answers, at moments that do not suit. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { Answer } from "../../../src/app/transfers/policy.ts";
import { isOver } from "../../../src/app/transfers/state.ts";
import { TransferFiles } from "../../../src/engine/disk/transferFiles.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { pattern } from "../../storage/conformance/test.ts";
import { at, download, gated, TransferBench, until, upload } from "./queue.ts";
import { storeWithUploads } from "./uploads.ts";

describe("a transfer under somebody's hands", () => {
  let bench: TransferBench;

  beforeEach(() => {
    bench = new TransferBench();
  });
  afterEach(async () => await bench.dispose());

  /** Files of this computer by the names of their content. */
  function files(...names: readonly string[]): readonly string[] {
    for (const name of names) writeFileSync(bench.local(name), `new ${name}`);
    return names.map((name) => bench.local(name));
  }

  it("remembers what was answered for all, when it goes on and in the next window", async () => {
    const plain = memoryDriver();
    const before = bench.storage("s", plain);
    for (const name of ["a", "b"]) await before.write(name, new Blob(["old"]));
    bench.storage("s", gated(plain, ({ key }) => key === "b").driver);
    bench.answer = () => ({ choice: "replace", forAll: true });
    const queue = bench.queue({ filesAtOnce: 1 });
    const { id } = queue.add(upload(files("a", "b"), at("s")));
    await until(queue, id, ({ counts, running }) => counts.done === 1 && running.length === 1);
    await queue.pause(id);
    queue.resume(id);
    await until(queue, id, ({ counts, running }) => counts.done === 1 && running.length === 1);
    await queue.close();
    const after = bench.storage("s", plain);
    const next = bench.queue();
    await next.restore(true);
    await until(next, id, ({ status }) => status === "done");
    assert.deepEqual(
      bench.questions.map(({ name }) => name),
      ["a"],
    );
    assert.equal((await after.stat("b")).size, "new b".length);
  });

  it("is asked about while no other is", async () => {
    const storage = bench.storage("s", memoryDriver());
    for (const name of ["a", "b"]) await storage.write(name, new Blob(["old"]));
    const asked: { readonly id: string; answer(answer: Answer): void }[] = [];
    const queue = bench.queue({
      ask: async ({ id }, _question, signal) =>
        await new Promise<Answer | undefined>((answer) => {
          asked.push({ id, answer });
          signal.addEventListener("abort", () => answer(undefined));
        }),
    });
    const [a = "", b = ""] = files("a", "b");
    const ids = [a, b].map((path) => queue.add(upload([path], at("s"))).id);
    for (const id of ids) await until(queue, id, ({ isAsking }) => isAsking === true);
    assert.equal(asked.length, 1, "the second would close the first one's question");
    const first = asked[0]?.id ?? "";
    asked[0]?.answer({ choice: "replace", forAll: false });
    await until(queue, first, ({ status }) => status === "done");
    const second = ids.find((id) => id !== first) ?? "";
    while (asked.length < 2) await new Promise(setImmediate);
    await queue.pause(second);
    assert.equal(queue.state.transfers.find(({ id }) => id === second)?.status, "paused");
  });

  it("is still this window's when it goes on while its pause is written down", async () => {
    bench.storage("s", gated(memoryDriver()).driver);
    const store = new TransferFiles(bench.local("state"));
    const release = store.release.bind(store);
    const pausing = Promise.withResolvers<void>();
    const releasing = Promise.withResolvers<void>();
    store.release = async (id) => {
      releasing.resolve();
      await pausing.promise;
      await release(id);
    };
    const queue = bench.queue({ store });
    const { id } = queue.add(upload(files("a"), at("s")));
    await until(queue, id, ({ running }) => running.length === 1);
    const paused = queue.pause(id);
    await releasing.promise;
    queue.resume(id);
    pausing.resolve();
    await paused;
    await until(queue, id, ({ running }) => running.length === 1);
    assert.ok(readdirSync(bench.local("state")).includes(`${id}.lock`));
  });

  it("leaves no parts that somebody pays for, when a file is gone before it goes on", async () => {
    const store = storeWithUploads();
    bench.storage("s", store.driver);
    mkdirSync(bench.local("album"));
    writeFileSync(bench.local("album", "lake.raw"), pattern(22_000_000));
    writeFileSync(bench.local("album", "list.txt"), "lake");
    const queue = bench.queue();
    const { id } = queue.add(upload([bench.local("album")], at("s")));
    store.onPart = (count) => (count === 2 ? void queue.pause(id) : undefined);
    await until(queue, id, ({ status }) => status === "paused");
    assert.equal(store.pending.size, 1);
    rmSync(bench.local("album", "lake.raw"));
    queue.resume(id);
    await until(queue, id, ({ status }) => status === "done");
    await queue.close();
    assert.equal(store.pending.size, 0);
  });

  it("leaves no hidden file where it is told to skip what it had begun to download", async () => {
    const plain = memoryDriver();
    const paused = Promise.withResolvers<void>();
    let isBroken = true;
    const storage = bench.storage("s", {
      ...plain,
      read: async (request, use) =>
        await plain.read(request, async ({ info, body }) => {
          if (!isBroken) return await use({ info, body });
          const slow = async function* () {
            let passed = 0;
            for await (const piece of body) {
              yield piece;
              passed += piece.length;
              if (passed <= 2_000_000) continue;
              paused.resolve();
              await new Promise((_, reject) => {
                request.signal.addEventListener("abort", () => reject(request.signal.reason));
              });
            }
          };
          return await use({ info, body: slow() });
        }),
    });
    await storage.write("big", pattern(20_000_000));
    mkdirSync(bench.local("here"));
    const queue = bench.queue();
    const { id } = queue.add(download([at("s", "big")], bench.local("here")));
    await paused.promise;
    await queue.pause(id);
    assert.equal(readdirSync(bench.local("here")).length, 1, "the hidden file");
    isBroken = false;
    writeFileSync(bench.local("here", "big"), "mine");
    bench.answer = () => ({ choice: "skip", forAll: false });
    queue.resume(id);
    await until(queue, id, ({ status }) => isOver(status));
    assert.deepEqual(readdirSync(bench.local("here")), ["big"]);
    assert.equal(bench.text("here", "big"), "mine");
  });
});
