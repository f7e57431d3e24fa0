import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { never } from "../../../src/base/abort.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { BlobIndex } from "../../../src/engine/format/blobIndex.ts";
import { Key } from "../../../src/engine/format/crypto.ts";
import { sealUnpacked } from "../../../src/engine/format/unpacked.ts";
import { kernels, ownKernels } from "../openRepository.ts";
import { indexText } from "../indexText.ts";

describe("the engine's threads", () => {
  const master = Key.random();
  const key = { masterKey: master.bytes, version: 2 };
  const id = "a".repeat(64);

  it("read an index as this thread would", async () => {
    const packs = [
      { id, blobs: [{ kind: "tree" as const, id: "b".repeat(64), offset: 0, length: 99 }] },
    ];
    const sealed = await sealUnpacked(master, 2, utf8(indexText(packs)));
    const index = new BlobIndex();
    index.addTable(await kernels.run("decodeIndex", { key, id, sealed }, never));
    assert.deepEqual([...index.contents()], packs);
  });

  it("pass on what went wrong, and go on working", async () => {
    const sealed = new Uint8Array(randomBytes(100));
    const attempts = Array.from({ length: 10 }, async () => {
      await assert.rejects(kernels.run("decodeIndex", { key, id, sealed }, never), {
        kind: "damaged",
        details: { file: `index/${id}` },
      });
    });
    await Promise.all(attempts);
  });

  it("do not begin what is cancelled", async () => {
    const sealed = new Uint8Array();
    const signal = AbortSignal.abort(new Error("cancelled"));
    await assert.rejects(kernels.run("decodeIndex", { key, id, sealed }, signal), /cancelled/);
  });

  it("end when told to, and reject what they were at", async () => {
    const own = ownKernels();
    const sealed = await sealUnpacked(master, 2, utf8(indexText([])));
    await own.run("decodeIndex", { key, id, sealed }, never);
    const rejected = assert.rejects(own.run("decodeIndex", { key, id, sealed }, never), /ended/);
    await own.dispose();
    await rejected;
  });
});
