import assert from "node:assert/strict";
import { addUp, find, matcher, type Looked } from "../../../src/app/browsing/search.ts";
import { never } from "../../../src/base/abort.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";

async function holding(keys: readonly string[], pageSize = 2): Promise<Storage> {
  const storage = new Storage(memoryDriver({ pageSize }));
  for (const key of keys) await storage.write(key, new Blob(["12345"]));
  return storage;
}

describe("search", () => {
  const fits = [
    ["report", "2026/Report.pdf", true],
    ["2026", "2026/Report.pdf", true],
    ["2025", "2026/Report.pdf", false],
    ["*.pdf", "2026/Report.PDF", true],
    ["*.pdf", "2026/report.pdf.txt", false],
    ["rep*", "old/2026/report.pdf", true],
    ["rep*", "reports/old.pdf", false],
    ["20??/*.pdf", "2026/report.pdf", true],
    ["20??/*.pdf", "2026x/report.pdf", false],
    ["a*b*c", "aXbXbXc", true],
    ["a*b*c", "aXbXbX", false],
    ["photos", "photos/", true],
    ["*", "", true],
    ["?", "", false],
  ] as const;
  for (const [text, path, expected] of fits)
    it(`${expected ? "takes" : "leaves"} “${path}” for “${text}”`, () => {
      assert.equal(matcher(text)(path), expected);
    });

  it("is not made slow by a pattern of many stars", () => {
    const text = "a".repeat(5000);
    assert.equal(matcher(`${"a*".repeat(500)}b`)(text), false);
  });

  it("finds what lies below the folder, page by page, and says how far it has looked", async () => {
    const storage = await holding(["a/1.txt", "a/b/2.txt", "a/b/3.jpg", "a/c/4.txt", "z/5.txt"]);
    const steps = await Array.fromAsync(find(storage, "a/", "*.txt", never));
    const found = steps.flatMap((step) => step.found.map(({ key }) => key));
    assert.deepEqual(found, ["a/1.txt", "a/b/2.txt", "a/c/4.txt"]);
    assert.deepEqual(
      steps.map(({ objects }) => objects),
      [2, 4],
    );
    assert.equal(steps.at(-1)?.lastKey, "a/c/4.txt");
  });

  it("asks for no page more when the caller has seen enough", async () => {
    let pages = 0;
    const driver = memoryDriver({ pageSize: 1 });
    const storage = new Storage({
      ...driver,
      list: async (request) => {
        pages++;
        return await driver.list(request);
      },
    });
    for (let i = 0; i < 10; i++) await storage.write(`f${i}`, new Blob(["x"]));
    for await (const { found } of find(storage, "", "f", never)) if (found.length > 0) break;
    assert.equal(pages, 1);
  });

  it("adds up objects and bytes, and leaves the folder's own marker out", async () => {
    const storage = await holding(["a/", "a/1", "a/b/2", "b/3"]);
    const all: Looked[] = await Array.fromAsync(addUp(storage, "a/", never));
    const { objects, bytes } = all.at(-1) ?? assert.fail("nothing was told");
    assert.deepEqual({ objects, bytes }, { objects: 2, bytes: 10 });
  });

  it("adds up what is charged for, where small objects are charged as larger ones", async () => {
    const storage = new Storage(memoryDriver());
    for (const bytes of [0, 10, 100, 1000])
      await storage.write(String(bytes), new Uint8Array(bytes));
    const whole = async (leastBytes?: number) => {
      const classes = leastBytes === undefined ? undefined : { STANDARD: { leastBytes } };
      return (await Array.fromAsync(addUp(storage, "", never, classes))).at(-1)?.billedBytes;
    };
    assert.equal(await whole(), 1110);
    assert.equal(await whole(100), 1300);
  });

  it("adds up each class of a bucket at its own terms", async () => {
    const driver = memoryDriver();
    const list: typeof driver.list = async (request) => {
      const page = await driver.list(request);
      const entries = page.entries.map((entry) =>
        entry.key === "cold" ? { ...entry, storageClass: "STANDARD_IA" } : entry,
      );
      return { ...page, entries };
    };
    const storage = new Storage({ ...driver, list });
    for (const key of ["cold", "warm"]) await storage.write(key, new Uint8Array(10));
    const classes = { STANDARD: {}, STANDARD_IA: { leastBytes: 1000 } };
    const whole = (await Array.fromAsync(addUp(storage, "", never, classes))).at(-1);
    assert.equal(whole?.billedBytes, 1010);
  });

  it("ends when it is called off", async () => {
    const storage = await holding(["a/1", "a/2", "a/3"], 1);
    const stop = new AbortController();
    await assert.rejects(async () => {
      for await (const _ of addUp(storage, "a/", stop.signal)) stop.abort(new Error("enough"));
    }, /enough/);
  });
});
