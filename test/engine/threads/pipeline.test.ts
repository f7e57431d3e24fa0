import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainArithmetic } from "../../../src/engine/format/arithmetic.ts";
import { BlobIndex } from "../../../src/engine/format/blobIndex.ts";
import { chunkerWindow } from "../../../src/engine/format/chunker.ts";
import { Cancelled, Control } from "../../../src/engine/threads/control.ts";
import { Key, sha256Hex } from "../../../src/engine/format/crypto.ts";
import { lookAt } from "../../../src/engine/disk/files.ts";
import { IdSet } from "../../../src/engine/format/idSet.ts";
import { packContents, type FinishedPack } from "../../../src/engine/format/pack.ts";
import { Pipeline, stampOf } from "../../../src/engine/threads/pipeline.ts";
import { parseTree, treeText } from "../../../src/engine/format/tree.ts";
import { withTemporaryFolder } from "../openRepository.ts";

const key = Key.random();

describe("a pipeline on a host without WebAssembly", () => {
  let packs: FinishedPack[];
  let control: Control;

  const pipelineOf = (version = 2) => {
    packs = [];
    control = new Control();
    const order = {
      key: key.bytes,
      polynomial: 0x3da3358b4dc173n,
      version,
      control: control.memory,
      stored: new IdSet().memory,
      index: new BlobIndex().memory,
    };
    const send = (pack: FinishedPack) => {
      packs.push(pack);
      control.packWritten(pack.bytes.length);
    };
    return new Pipeline(order, plainArithmetic(chunkerWindow), send, () => undefined);
  };
  const seen = (path: string) => ({ path, name: "name", stamp: stampOf(lookAt(path)) });

  for (const version of [1, 2])
    it(`saves a file into a pack of format ${version}`, async () => {
      await withTemporaryFolder(async (folder) => {
        const path = join(folder, "file");
        writeFileSync(path, "content");
        const pipeline = pipelineOf(version);
        const saved = pipeline.saveFile(seen(path));
        assert.ok(!("reason" in saved) && !saved.warning);
        const [node] = parseTree(treeText([saved.head + saved.tail]));
        assert.deepEqual(node?.content, [sha256Hex(Buffer.from("content"))]);
        pipeline.finish();
        const [blob] = packContents(key, packs[0]!.bytes);
        assert.ok(blob);
        assert.equal(blob.id, node.content[0]);
        assert.equal(blob.plainLength, version === 1 ? undefined : 7);
        assert.equal(pipeline.totals.packs, 1);
      });
    });

  it("reads a file once more that is not as it was seen", async () => {
    await withTemporaryFolder(async (folder) => {
      const path = join(folder, "file");
      writeFileSync(path, "short");
      const before = seen(path);
      writeFileSync(path, "much longer than it was");
      const saved = pipelineOf().saveFile(before);
      assert.ok(!("reason" in saved) && !saved.warning);
      const [node] = parseTree(treeText([saved.head + saved.tail]));
      assert.deepEqual(node?.content, [sha256Hex(Buffer.from("much longer than it was"))]);
      assert.equal(node.size, 23);
    });
  });

  it("says of a file that is gone, or something else now, that it has vanished", async () => {
    await withTemporaryFolder(async (folder) => {
      const path = join(folder, "file");
      const replacements: (() => void)[] = [
        () => {},
        () => mkdirSync(path),
        () => symlinkSync("/etc/passwd", path),
        () => execFileSync("mkfifo", [path]),
      ];
      for (const replace of replacements) {
        writeFileSync(path, "content");
        const before = seen(path);
        rmSync(path);
        replace();
        const saved = pipelineOf().saveFile(before);
        assert.ok("reason" in saved);
        assert.equal(saved.reason, "vanished");
        rmSync(path, { recursive: true, force: true });
      }
    });
  });

  it("stops when told, even where it waits for packs to be written", async () => {
    const pipeline = pipelineOf();
    control.packSent(1 << 30);
    pipeline.saveTree(treeText([]));
    control.cancel();
    assert.throws(() => pipeline.finish(), Cancelled);
  });
});
