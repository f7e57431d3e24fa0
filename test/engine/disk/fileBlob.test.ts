import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collected } from "../../../src/base/bytes.ts";
import { openFileBlob } from "../../../src/engine/disk/fileBlob.ts";
import { pattern } from "../../storage/conformance/test.ts";

describe("A file as a blob", () => {
  const folder = mkdtempSync(join(tmpdir(), "offsite-blob-"));
  after(() => rmSync(folder, { recursive: true }));

  const file = (name: string, length: number) => {
    const path = join(folder, name);
    const bytes = pattern(length);
    writeFileSync(path, bytes);
    return { path, bytes };
  };

  it("gives all bytes, and those of each part, as often as it is asked", async () => {
    for (const length of [0, 1, 1000, 256 * 1024, 256 * 1024 + 1, 3_500_000]) {
      const { path, bytes } = file("read", length);
      const blob = await openFileBlob(path);
      assert.equal(blob.size, length);
      for (let time = 0; time < 2; time++)
        assert.ok(Buffer.from(await collected(blob.stream())).equals(bytes), `${length}`);
      assert.ok(Buffer.from(await blob.bytes()).equals(bytes));
      assert.ok(Buffer.from(await blob.arrayBuffer()).equals(bytes));
      for (const [start, end] of [
        [0, 10],
        [500, 300_000],
        [1_100_000, undefined],
        [-7, -2],
        [9, 3],
      ] as const) {
        const part = blob.slice(start, end);
        const expected = bytes.slice(start, end);
        assert.equal(part.size, expected.length);
        assert.ok(Buffer.from(await collected(part.stream())).equals(expected));
        const inner = part.slice(1, 5);
        assert.ok(Buffer.from(await inner.bytes()).equals(expected.slice(1, 5)));
      }
    }
  });

  it("is refused once the file has changed, and while it is read too", async () => {
    const isRefused = { name: "NotReadableError" };
    const change = [
      (path: string) => utimesSync(path, 1, 1),
      (path: string) => truncateSync(path, 1_500_000),
      (path: string) => rmSync(path),
    ];
    for (const [i, changed] of change.entries()) {
      const { path } = file(`changed${i}`, 3_000_000);
      const blob = await openFileBlob(path);
      const reader = blob.stream().getReader();
      await reader.read();
      changed(path);
      if (i < 2) await assert.rejects(reader.read(), isRefused);
      else await reader.cancel();
      await assert.rejects(collected(blob.stream()), isRefused);
      await assert.rejects(blob.slice(5).bytes(), isRefused);
    }
  });

  it("lets go of the file, read to its end or not", async function () {
    if (process.platform !== "linux") this.skip();
    const { path } = file("open", 3_000_000);
    const before = readdirSync("/proc/self/fd").length;
    const blob = await openFileBlob(path);
    await collected(blob.stream());
    const reader = blob.stream().getReader();
    await reader.read();
    await reader.cancel();
    assert.equal(readdirSync("/proc/self/fd").length, before);
  });
});
