import assert from "node:assert/strict";
import { nothingCounted, type Transfer } from "../../../src/app/transfers/state.ts";
import {
  totalProgress,
  transferFailed,
  transferName,
  transferProgress,
} from "../../../src/ui/transfers/words.ts";
import { plain } from "../translate.ts";

const begun: Transfer = {
  id: "1",
  plan: {
    kind: "upload",
    existing: "ask",
    sources: [{ path: "/home/me/a.txt" }],
    target: { connection: "c", key: "" },
  },
  status: "running",
  counts: { ...nothingCounted, found: 10, bytesFound: 10_000_000, isComplete: true },
  running: [],
  failures: [],
};
const { counts } = begun;

describe("a transfer in words", () => {
  const cases: readonly (readonly [string, Partial<Transfer>])[] = [
    ["0%", {}],
    [
      "42% · 3.1 MB/s · 2 min left",
      {
        counts: { ...counts, bytesDone: 4_200_000 },
        bytesPerSecond: 3_100_000,
        secondsLeft: 119,
      },
    ],
    ["Looking", { counts: nothingCounted }],
    ["3 files done", { counts: { ...nothingCounted, found: 5, done: 3 } }],
    ["Waiting for your answer", { isAsking: true }],
    ["Under way in another window", { isElsewhere: true, counts: nothingCounted }],
    [
      "In another window: 42% · 3.1 MB/s · 2 min left",
      {
        isElsewhere: true,
        counts: { ...counts, bytesDone: 4_200_000 },
        bytesPerSecond: 3_100_000,
        secondsLeft: 120,
      },
    ],
    ["Waiting", { status: "queued" }],
    ["Paused · 42%", { status: "paused", counts: { ...counts, bytesDone: 4_200_000 } }],
    [
      "Uploaded 8 files (9 MB), skipped 2",
      {
        status: "done",
        counts: { ...counts, done: 8, skipped: 2, bytesDone: 9_000_000 },
      },
    ],
    ["Nothing uploaded, skipped 10 files", { status: "done", counts: { ...counts, skipped: 10 } }],
    ["Nothing uploaded", { status: "done", counts: nothingCounted }],
    ["2 of 10 files failed", { status: "failed", counts: { ...counts, failed: 2 } }],
    ["Failed", { status: "failed", error: new Error("no") }],
    ["Cancelled after 1 file", { status: "cancelled", counts: { ...counts, done: 1 } }],
  ];
  for (const [words, change] of cases)
    it(`says “${words}”`, () => {
      assert.equal(transferProgress({ ...begun, ...change }, plain), words);
    });

  it("says how far all have come together, and no time while one of them waits", () => {
    const half = { ...begun, counts: { ...counts, bytesDone: 5_000_000 } };
    const fast = { ...half, bytesPerSecond: 2_000_000, secondsLeft: 3 };
    const slow = { ...begun, bytesPerSecond: 1_000_000, secondsLeft: 10 };
    const done: Transfer = { ...begun, status: "done" };
    const waiting: Transfer = { ...begun, status: "queued", counts: nothingCounted };
    assert.equal(totalProgress([fast, slow, done], plain), "25% · 3 MB/s · 10 s left");
    assert.equal(totalProgress([fast, slow, waiting], plain), "0 files done · 3 MB/s");
    assert.equal(totalProgress([fast, done], plain), "50% · 2 MB/s · 3 s left");
    assert.equal(totalProgress([done], plain), "");
  });

  it("says why files have failed, and no more of the others than there is to say", () => {
    const failed = (done: number, more: number, why = "The disk is full.") =>
      transferFailed(
        {
          ...begun,
          status: "failed",
          counts: { ...counts, done, failed: more + 1, bytesDone: 10 * done },
          failures: [{ name: "a/b.txt", error: new Error("no") }],
        },
        why,
        plain,
      );
    assert.equal(failed(0, 0), "1 file failed. “a/b.txt”: The disk is full.");
    assert.equal(failed(0, 0, "“a/b.txt” is gone."), "1 file failed. “a/b.txt” is gone.");
    assert.equal(
      failed(2, 3),
      "Uploaded 2 files (20 bytes). 4 files failed. “a/b.txt”: The disk is full.",
    );
  });

  it("is called by its first file and the number of others", () => {
    assert.equal(transferName(begun, plain), "a.txt");
    const sources = ["/a.txt", "/b.txt", "/c.txt"].map((path) => ({ path }));
    const plan = { ...begun.plan, kind: "upload", sources } as typeof begun.plan;
    assert.equal(transferName({ ...begun, plan }, plain), "a.txt and 2 more");
  });
});
