import assert from "node:assert/strict";
import {
  fraction,
  type JobContext,
  type JobProgress,
  Jobs,
} from "../../../src/app/backups/jobs.ts";
import { handClock, memoryMemento, quietLog } from "../ports.ts";

describe("Jobs", () => {
  it("runs one job per target at a time", async () => {
    const { jobs } = make();
    const work = heldWork();
    const first = start(jobs, work.run);
    const second = jobs.start("restore", "a", async () => 1);
    assert.equal(second.type, "busy");
    assert.equal(second.job.id, first.job.id);
    assert.equal(jobs.start("backup", "b", async () => 1).type, "started");
    work.end();
    await first.outcome;
    assert.equal(jobs.start("restore", "a", async () => 1).type, "started");
  });

  it("ends as done with the work's value", async () => {
    const { jobs } = make();
    const { outcome } = start(jobs, async () => 42);
    assert.deepEqual(await outcome, { type: "done", value: 42 });
    assert.equal(jobs.state.running.length, 0);
    assert.equal(jobs.last("a", "backup")?.outcome, "done");
  });

  it("ends as failed with the work's error", async () => {
    const { jobs } = make();
    const error = new Error("no");
    const { outcome } = start(jobs, () => Promise.reject(error));
    assert.deepEqual(await outcome, { type: "failed", error });
    assert.equal(jobs.last("a", "backup", "failed")?.outcome, "failed");
    assert.equal(jobs.last("a", "backup", "done"), undefined);
  });

  it("counts as running until cancelled work has really ended", async () => {
    const { jobs } = make();
    const work = heldWork();
    const { job, outcome } = start(jobs, async (context) => {
      await work.run();
      context.signal.throwIfAborted();
    });
    jobs.cancel(job.id);
    assert.equal(jobs.running("a")?.cancelling, true);
    work.end();
    assert.deepEqual(await outcome, { type: "cancelled" });
    assert.equal(jobs.running("a"), undefined);
    assert.equal(jobs.last("a", "backup")?.outcome, "cancelled");
  });

  it("takes work that finished in spite of the cross as done", async () => {
    const { jobs } = make();
    const work = heldWork();
    const { job, outcome } = start(jobs, work.run);
    jobs.cancel(job.id);
    work.end();
    assert.equal((await outcome).type, "done");
  });

  it("tells of a new phase at once and of numbers ten times a second", async () => {
    const { jobs, clock } = make();
    const work = heldWork();
    let context: JobContext | undefined;
    const { outcome } = start(jobs, async (given) => {
      context = given;
      await work.run();
    });
    let told = 0;
    jobs.onDidChange(() => told++);
    const at = (phase: JobProgress["phase"], filesDone: number) =>
      context?.progress({ phase, filesDone, bytesDone: 0 });
    at("counting", 1);
    for (let file = 2; file < 100; file++) at("counting", file);
    assert.equal(told, 1);
    assert.equal(jobs.running("a")?.progress.filesDone, 99);
    clock.pass(100);
    at("counting", 100);
    at("saving", 0);
    assert.equal(told, 3);
    work.end();
    await outcome;
    at("saving", 1);
    assert.equal(told, 4, "a late word of a job that has ended is not heard");
  });

  it("replaces its state and never edits it", async () => {
    const { jobs } = make();
    const before = jobs.state;
    const { outcome } = start(jobs, async () => undefined);
    assert.deepEqual(before.running, []);
    const during = jobs.state;
    await outcome;
    assert.equal(during.running.length, 1);
  });

  it("keeps the history over a restart, newest first, with what the work recorded", async () => {
    const made = make();
    for (const files of [1, 2]) {
      const { outcome } = start(made.jobs, async (context) => context.record({ files }));
      await outcome;
    }
    const again = make(made.memento).jobs;
    assert.deepEqual(
      again.state.history.map(({ facts }) => facts),
      [{ files: 2 }, { files: 1 }],
    );
  });

  it("keeps at most fifty records", async () => {
    const { jobs } = make();
    for (let round = 0; round < 60; round++)
      await start(jobs, async (context) => context.record({ round })).outcome;
    assert.equal(jobs.state.history.length, 50);
    assert.deepEqual(jobs.state.history[0]?.facts, { round: 59 });
  });

  it("starts with no history where something else was saved", async () => {
    const memento = memoryMemento();
    for (const odd of [
      7,
      { version: 2, records: [] },
      { version: 1, records: [{ kind: "x" }, null] },
    ]) {
      await memento.update("jobs", odd);
      assert.deepEqual(make(memento).jobs.state.history, []);
    }
  });

  it("does not turn done work into a failure when the history cannot be saved", async () => {
    const memento = { ...memoryMemento(), update: () => Promise.reject(new Error("disk full")) };
    const { outcome } = start(make(memento).jobs, async () => 1);
    assert.equal((await outcome).type, "done");
  });

  it("cancels everything and waits when it is stopped", async () => {
    const { jobs } = make();
    const waits = (context: JobContext) =>
      new Promise<void>((_, reject) =>
        context.signal.addEventListener("abort", () => reject(new Error("stopped"))),
      );
    const outcomes = ["a", "b"].map((target) => jobs.start("backup", target, waits));
    await jobs.stop();
    assert.equal(jobs.state.running.length, 0);
    for (const started of outcomes)
      assert.equal(started.type === "started" && (await started.outcome).type, "cancelled");
  });
});

describe("the fraction of a job that is done", () => {
  const table: readonly [Partial<JobProgress>, number | undefined][] = [
    [{}, undefined],
    [{ filesTotal: 10, bytesTotal: 100, bytesDone: 25 }, 0.25],
    [{ filesTotal: 10, bytesTotal: 0, filesDone: 5 }, 0.5],
    [{ filesTotal: 0, bytesTotal: 0 }, 0],
    [{ filesTotal: 1, bytesTotal: 100, bytesDone: 100 }, 0.99],
    [{ filesTotal: 1, bytesTotal: 100, bytesDone: 150 }, 0.99],
  ];
  for (const [progress, expected] of table)
    it(`is ${expected} for ${JSON.stringify(progress)}`, () => {
      assert.equal(
        fraction({ phase: "saving", filesDone: 0, bytesDone: 0, ...progress }),
        expected,
      );
    });
});

function make(memento: ReturnType<typeof memoryMemento> = memoryMemento()) {
  const clock = handClock();
  return { jobs: new Jobs({ memento, clock, log: quietLog() }), clock, memento };
}

function start<T>(jobs: Jobs, work: (context: JobContext) => Promise<T>) {
  const started = jobs.start("backup", "a", work);
  assert.ok(started.type === "started");
  return started;
}

/** Work that goes on until it is let go. */
function heldWork() {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  return { run: () => held, end: () => release() };
}
