import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../../../../src/base/bytes.ts";
import { folder } from "../../../../src/storage/providers/folder/folder.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import type { Storage } from "../../../../src/storage/storage.ts";
import { orSkip, Unavailable } from "../../../servers/process.ts";
import { toldAs } from "../../failsWith.ts";

describe("a folder on a disk of its own", () => {
  let disk: string;
  let storage: Storage;

  before(async function () {
    disk = await mkdtemp(join(tmpdir(), "offsite-disk-"));
    await orSkip(this, async () => mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", disk));
    storage = await openStorage({ provider: folder, answers: { path: disk } }, () => {});
  });
  after(async () => {
    if (storage) execFileSync("umount", [disk]);
    await rm(disk, { recursive: true });
  });

  it("keeps the old file when the disk is full, and leaves nothing of the new", async () => {
    await storage.write("file", utf8("old"));
    const isFull = toldAs("full", { reason: "disk-full" });
    await assert.rejects(storage.write("file", new Uint8Array(5_000_000)), isFull);
    await assert.rejects(
      storage.write("new", new Uint8Array(5_000_000), { ifAbsent: true }),
      isFull,
    );
    assert.deepEqual(await storage.bytes("file"), utf8("old"));
    assert.deepEqual(await readdir(disk), ["file"]);
    await storage.write("new", new Uint8Array(1_000_000));
  });

  it("tells that a disk is mounted for reading only", async () => {
    mount("-o", "remount,ro", disk);
    const isDenied = toldAs("denied");
    await assert.rejects(storage.write("file", utf8("x")), isDenied);
    await assert.rejects(storage.delete(["file"]), isDenied);
    await assert.rejects(storage.makeFolder("folder/"), isDenied);
    assert.deepEqual(await storage.bytes("file"), utf8("old"));
    mount("-o", "remount,rw", disk);
  });
});

function mount(...args: readonly string[]): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new Unavailable("only root on Linux can mount a small disk");
  try {
    execFileSync("mount", args, { stdio: "pipe" });
  } catch (cause) {
    throw new Unavailable("no disk can be mounted here", { cause });
  }
}
