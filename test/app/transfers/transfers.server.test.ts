import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { moveStored } from "../../../src/app/transfers/moving.ts";
import type { TransferPlan } from "../../../src/app/transfers/plan.ts";
import { isOver, type Transfer } from "../../../src/app/transfers/state.ts";
import type { Transfers } from "../../../src/app/transfers/transfers.ts";
import { never } from "../../../src/base/abort.ts";
import { forEachPooled } from "../../../src/base/pool.ts";
import { openStorage } from "../../../src/storage/open.ts";
import type { Answers } from "../../../src/storage/provider.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { createBucket } from "../../servers/buckets.ts";
import { startCeph, type Ceph } from "../../servers/ceph.ts";
import { startFaults, type Passing } from "../../servers/faults.ts";
import { resolveBelowLocalhost } from "../../servers/localhost.ts";
import { caselessDisk } from "../../servers/caselessDisk.ts";
import { orSkip, Unavailable } from "../../servers/process.ts";
import { smallDisk, type SmallDisk } from "../../servers/smallDisk.ts";
import { at, carried, copy, download, TransferBench, until, upload } from "./queue.ts";

resolveBelowLocalhost();

const mib = 1024 * 1024;

describe("transfers with Ceph", function () {
  this.timeout(90_000);
  let ceph: Ceph | undefined;
  let answers: Answers;
  let bench: TransferBench;
  let storage: Storage;
  let sent: string[];

  before(async function () {
    ceph = await orSkip(this, startCeph);
    answers = { ...ceph.answers, bucket: "transfers" };
    await createBucket(ceph.answers, "transfers");
  });
  after(async () => await ceph?.stop());
  beforeEach(async () => {
    sent = [];
    bench = new TransferBench();
    const target = { provider: s3, answers, name: "ceph" };
    storage = await openStorage(target, (line) => sent.push(line));
    bench.add("ceph", storage);
  });
  afterEach(async () => await bench.dispose());

  /** Starts a process with this transfer, and kills it once `isTime` resolves. */
  async function killed(
    plan: TransferPlan,
    isTime: (lines: AsyncIterable<string>) => Promise<unknown>,
    endpoint = answers["endpoint"],
  ): Promise<void> {
    const job = {
      answers: { ...answers, endpoint },
      state: bench.local("state"),
      plan,
      bytesPerSecond: 40 * mib,
    };
    const program = join(import.meta.dirname, "victim.ts");
    const child = spawn(process.execPath, [program, JSON.stringify(job)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await isTime(createInterface({ input: child.stdout }));
    child.kill("SIGKILL");
    await ended;
  }

  /** Until so many requests of a kind have succeeded. */
  function lines(beginning: string, count: number): Parameters<typeof killed>[1] {
    return async (all) => {
      let seen = 0;
      for await (const line of all) {
        if (line.startsWith(beginning) && line.includes(" ok ")) seen++;
        if (seen >= count) break;
      }
    };
  }

  const parts = (count: number) => lines("uploads.part ", count);

  /** What the next window finds, once it is over. */
  async function takenUp(queue: Transfers): Promise<Transfer> {
    const [{ id } = { id: "" }] = queue.state.transfers;
    return await until(queue, id, ({ status }) => isOver(status));
  }

  it("take an upload up again after the process was killed, and send no part twice", async () => {
    const bytes = randomBytes(90 * mib);
    writeFileSync(bench.local("big.bin"), bytes);
    await killed(upload([bench.local("big.bin")], at("ceph")), parts(2));
    const { uploads } = storage.extras;
    assert.ok(uploads);
    const [unfinished] = (await uploads.list({ prefix: "", signal: never })).uploads;
    assert.equal(unfinished?.key, "big.bin");
    const arrived = await uploads.parts({ key: "big.bin", id: unfinished.id, signal: never });
    assert.ok(arrived.length >= 2);
    sent.length = 0;

    const queue = bench.queue();
    await queue.restore(false);
    const [paused] = queue.state.transfers;
    assert.equal(paused?.status, "paused");
    queue.resume(paused.id);
    const { status, counts } = await takenUp(queue);
    assert.deepEqual([status, counts.done, counts.bytesDone], ["done", 1, bytes.length]);
    const again = sent.filter((line) => line.startsWith("uploads.part ")).length;
    assert.equal(again, Math.ceil(90 / 8) - arrived.length);
    assert.ok(Buffer.from(await storage.bytes("big.bin")).equals(bytes));
    assert.deepEqual((await uploads.list({ prefix: "", signal: never })).uploads, []);
    assert.deepEqual(readdirSync(bench.local("state")), []);
  });

  it("begin anew where the file has changed, and free what was sent of the old one", async () => {
    writeFileSync(bench.local("big.bin"), randomBytes(60 * mib));
    await killed(upload([bench.local("big.bin")], at("ceph", "new/")), parts(1));
    const bytes = randomBytes(50 * mib);
    writeFileSync(bench.local("big.bin"), bytes);
    const queue = bench.queue();
    await queue.restore(true);
    assert.equal((await takenUp(queue)).status, "done");
    assert.ok(Buffer.from(await storage.bytes("new/big.bin")).equals(bytes));
    const { uploads = [] } =
      (await storage.extras.uploads?.list({ prefix: "", signal: never })) ?? {};
    assert.deepEqual(uploads, []);
  });

  it("know again what was completed when nobody was told, and send none of it", async () => {
    const faults = await startFaults(String(answers["endpoint"]));
    try {
      const target = {
        provider: s3,
        answers: { ...answers, endpoint: faults.origin },
        name: "ceph",
      };
      bench.add("ceph", await openStorage(target, () => {}));
      const bytes = randomBytes(40 * mib);
      writeFileSync(bench.local("told.bin"), bytes);
      const completed = new Promise<void>((resolve) => {
        faults.rule(({ method, url }) => {
          const isCompletion = method === "POST" && url.includes("uploadId=");
          const wasCompleted = faults.passed.some(
            (one) => one.method === "POST" && /uploadId=/.test(one.url),
          );
          // The window is closed while it still tries to find out.
          if (wasCompleted && !isCompletion) resolve();
          return isCompletion
            ? { type: "lose-answer" }
            : wasCompleted
              ? { type: "silence" }
              : undefined;
        });
      });
      const first = bench.queue();
      first.add(upload([bench.local("told.bin")], at("ceph")));
      await completed;
      await first.close();

      faults.rule(() => undefined);
      const queue = bench.queue();
      await queue.restore(true);
      assert.equal((await takenUp(queue)).status, "done");
      assert.deepEqual(bench.questions, []);
      assert.ok(!faults.passed.some(({ method }) => method === "PUT"));
      assert.ok(Buffer.from(await storage.bytes("told.bin")).equals(bytes));
    } finally {
      await faults.stop();
    }
  });

  it("take a download up again, by a ranged read, and never show a part of it", async () => {
    const bytes = randomBytes(80 * mib);
    await storage.write("film.bin", new Blob([bytes]));
    mkdirSync(bench.local("in"));
    const plan = download([at("ceph", "film.bin")], bench.local("in"));
    let partial = "";
    await killed(plan, async () => {
      partial = await partialOf(bench.local("in"), 20 * mib);
    });
    assert.deepEqual(readdirSync(bench.local("in")), [partial]);
    sent.length = 0;

    const queue = bench.queue();
    await queue.restore(true);
    assert.equal((await takenUp(queue)).status, "done");
    assert.ok(
      sent.some((line) => /^read "film.bin" \d{8,}-/.test(line)),
      sent.join("\n"),
    );
    assert.deepEqual(readdirSync(bench.local("in")), ["film.bin"]);
    assert.ok(readFileSync(bench.local("in", "film.bin")).equals(bytes));
  });

  it("show no small file but whole ones, whenever the process is killed", async () => {
    const names = Array.from({ length: 300 }, (_, i) => `${i}`);
    const content = (name: string) => Buffer.alloc(4096, `the file ${name}, `);
    const assertWhole = (folder: string, name: string) =>
      assert.ok(readFileSync(join(folder, "many", name)).equals(content(name)), name);
    await forEachPooled(names, 16, async (name) => {
      await storage.write(`many/${name}`, new Uint8Array(content(name)));
    });
    const faults = await startFaults(String(answers["endpoint"]));
    try {
      for (const count of [1, 40, 150, 290]) {
        const folder = bench.local(`killed after ${count}`);
        mkdirSync(folder);
        // So it never comes to its end before it is killed.
        const isObject = ({ url }: Passing) => url.includes("/many/");
        faults.rule((one) =>
          isObject(one) && faults.passed.filter(isObject).length > count
            ? { type: "silence" }
            : undefined,
        );
        const plan = download([at("ceph", "many/")], folder);
        await killed(plan, lines("read ", count), faults.origin);
        for (const name of readdirSync(join(folder, "many")))
          if (!name.startsWith(".")) assertWhole(folder, name);

        const queue = bench.queue();
        await queue.restore(true);
        assert.equal((await takenUp(queue)).status, "done");
        for (const name of names) assertWhole(folder, name);
        assert.deepEqual(bench.questions, [], "what has arrived is known again");
        await queue.close();
      }
    } finally {
      await faults.stop();
    }
  });

  it("go on with a move whose process was killed before it had deleted the source", async () => {
    const bytes = randomBytes(2 * mib);
    const faults = await startFaults(String(answers["endpoint"]));
    const plan = copy([at("ceph", "moved.bin")], at("ceph", "to/"), "move");
    const wasCopied = ({ method, url }: Passing) => method === "PUT" && url.includes("/to/");
    try {
      for (const lost of ["the copy's answer", "the deletion"]) {
        await storage.write("moved.bin", new Blob([bytes]));
        const isTime = new Promise<void>((resolve) => {
          faults.rule((one) => {
            const isDeletion = one.method === "DELETE" || one.url.includes("?delete");
            if (wasCopied(one) && lost === "the copy's answer") return { type: "lose-answer" };
            const isOver = isDeletion || (lost !== "the deletion" && faults.passed.some(wasCopied));
            if (!isOver) return undefined;
            resolve();
            return { type: "silence" };
          });
        });
        await killed(plan, async () => await isTime, faults.origin);
        faults.rule(() => undefined);
        assert.ok(
          (await storage.exists("moved.bin")) && (await storage.exists("to/moved.bin")),
          lost,
        );
        const queue = bench.queue();
        await queue.restore(true);
        assert.equal((await takenUp(queue)).status, "done", lost);
        await queue.close();
        assert.deepEqual(bench.questions, [], lost);
        assert.equal(await storage.exists("moved.bin"), false, lost);
        assert.ok(Buffer.from(await storage.bytes("to/moved.bin")).equals(bytes), lost);
        await storage.delete(["to/moved.bin"]);
      }
    } finally {
      await faults.stop();
    }
  });

  it("move nothing into itself, over two connections to one bucket", async () => {
    const folder = `same-${randomBytes(4).toString("hex")}`;
    // By another address, so that nobody can know.
    const endpoint = String(answers["endpoint"]).replace("localhost", "127.0.0.1");
    assert.notEqual(endpoint, answers["endpoint"]);
    const rooted = { provider: s3, answers: { ...answers, endpoint, folder }, name: "folder" };
    const other = bench.add("folder", await openStorage(rooted, () => {}));
    for (const key of ["in/a", "in/deep/b"]) await other.write(key, new Blob([key]));
    const plan = copy([at("ceph", `${folder}/in/`)], at("folder"), "move", "replace");
    const { status, counts } = await carried(bench.queue(), plan);
    assert.deepEqual([status, counts.failed], ["failed", 2]);
    const ends = [
      { storage, key: `${folder}/in/` },
      { storage: other, key: "in/" },
    ] as const;
    const { kept } = await moveStored(...ends, { signal: never });
    assert.deepEqual(kept, [`${folder}/in/a`, `${folder}/in/deep/b`]);
    for (const key of ["in/a", "in/deep/b"])
      assert.equal(Buffer.from(await other.bytes(key)).toString(), key);
  });

  it("verify what they have carried by its MD5", async () => {
    const bytes = randomBytes(1 * mib);
    writeFileSync(bench.local("a.bin"), bytes);
    const queue = bench.queue();
    const up = await carried(queue, upload([bench.local("a.bin")], at("ceph", "md5/")));
    assert.equal(up.status, "done");
    const { version } = await storage.stat("md5/a.bin");
    assert.equal(version, createHash("md5").update(bytes).digest("hex"));
    const again = await carried(queue, upload([bench.local("a.bin")], at("ceph", "md5/")));
    assert.equal(again.counts.skipped, 1, "the same content is known by its MD5");
  });

  it("say that the disk is full, and leave nothing on it", async function () {
    const disk: SmallDisk = await orSkip(this, async () => await smallDisk(2 * mib));
    try {
      await storage.write("large.bin", new Blob([randomBytes(4 * mib)]));
      const plan = download([at("ceph", "large.bin")], disk.path);
      const { status, error } = await carried(bench.queue(), plan);
      assert.equal(status, "failed");
      assert.equal((error as { code?: string }).code, "ENOSPC");
      assert.deepEqual(readdirSync(disk.path), []);
    } finally {
      await disk.remove();
    }
  });
});

describe("a download to a disk that knows no case", () => {
  it("puts no two files into one, whatever is to become of those that are there", async function () {
    this.timeout(30_000);
    const disk = await caselessDisk().catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      console.log(`      skipped: ${error.message}`);
      return this.skip();
    });
    const bench = new TransferBench();
    try {
      const storage = bench.storage("s", memoryDriver());
      for (const name of ["Report", "report", "REPORT", "other"])
        await storage.write(`f/${name}`, new Blob([name]));
      const plan = download([at("s", "f/")], disk.path, "replace");
      const { counts } = await carried(bench.queue(), plan);
      assert.deepEqual([counts.done, counts.failed], [2, 2]);
      assert.equal(readFileSync(join(disk.path, "f", "report"), "utf8"), "REPORT");
      assert.deepEqual(readdirSync(disk.path), ["f"]);
    } finally {
      await bench.dispose();
      await disk.remove();
    }
  });
});

/** The name of the partial file in `folder`, once it has so many bytes. */
async function partialOf(folder: string, bytes: number): Promise<string> {
  for (;;) {
    const [name] = readdirSync(folder);
    if (name !== undefined && statSync(join(folder, name)).size >= bytes) return name;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
