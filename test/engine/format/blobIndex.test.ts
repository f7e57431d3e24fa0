import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  BlobIndex,
  tableRow,
  type BlobKind,
  type PackContents,
  type PackTable,
} from "../../../src/engine/format/blobIndex.ts";

describe("the blob index", () => {
  it("finds a blob by kind and id", () => {
    const index = new BlobIndex();
    index.add(pack("p", [blob("a", 0), blob("b", 100, { kind: "tree", plainLength: 7 })]));
    assert.deepEqual(index.find("data", idOf("a")), { ...blob("a", 0), pack: idOf("p") });
    assert.deepEqual(index.find("tree", idOf("b")), {
      ...blob("b", 100, { kind: "tree", plainLength: 7 }),
      pack: idOf("p"),
    });
    assert.equal(index.has("tree", idOf("a")), false);
    assert.equal(index.has("data", idOf("absent")), false);
    assert.equal(index.has("data", "no id"), false);
  });

  it("keeps every copy of a blob, and no entry twice", () => {
    const index = new BlobIndex();
    index.add(pack("p", [blob("a", 0)]));
    index.add(pack("q", [blob("x", 0), blob("a", 100)]));
    index.add(pack("p", [blob("a", 0)]));
    assert.equal(index.size, 3);
    assert.deepEqual(
      index.findAll("data", idOf("a")).map((place) => [place.pack, place.offset]),
      [
        [idOf("p"), 0],
        [idOf("q"), 100],
      ],
    );
  });

  it("lists packs with their blobs in order", () => {
    const index = new BlobIndex();
    const packs = [
      pack("p", [blob("a", 0), blob("b", 100)]),
      pack("q", [blob("c", 0, { kind: "tree" }), blob("a", 100)]),
    ];
    index.add({ ...packs[0]!, blobs: packs[0]!.blobs.toReversed() });
    index.add(packs[1]!);
    assert.deepEqual([...index.contents()], packs);
  });

  it("takes flat tables as it takes objects", () => {
    const packs = [
      pack("p", [blob("a", 0), blob("b", 100, { plainLength: 9 })]),
      pack("q", [blob("c", 0, { kind: "tree" })]),
    ];
    const index = new BlobIndex();
    index.addTable(tableOf(packs));
    assert.deepEqual([...index.contents()], packs);
  });

  it("refuses an index made to slow it down", () => {
    const index = new BlobIndex();
    const copies = Array.from({ length: 20_000 }, (_, i) => blob("a", i));
    assert.throws(() => index.add(pack("p", copies)), { kind: "damaged" });
  });

  it("holds a hundred thousand blobs in 60 bytes each", () => {
    const index = new BlobIndex();
    const blobs = Array.from({ length: 100_000 }, (_, i) => blob(`blob ${i}`, i * 100));
    const table = tableOf([pack("p", blobs)]);
    const before = process.memoryUsage().arrayBuffers;
    index.reserve(blobs.length);
    index.addTable(table);
    const perBlob = (process.memoryUsage().arrayBuffers - before) / blobs.length;
    assert.ok(perBlob < 60, `${perBlob} bytes each`);
    for (const { id } of blobs) assert.ok(index.has("data", id));
  });
});

function idOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

function blob(
  name: string,
  offset: number,
  { kind = "data", plainLength }: { kind?: BlobKind; plainLength?: number } = {},
): PackContents["blobs"][number] {
  return {
    kind,
    id: idOf(name),
    offset,
    length: 100,
    ...(plainLength !== undefined && { plainLength }),
  };
}

function pack(name: string, blobs: PackContents["blobs"]): PackContents {
  return { id: idOf(name), blobs };
}

function tableOf(packs: readonly PackContents[]): PackTable {
  const rows = packs.flatMap(({ blobs }, number) =>
    blobs.map((entry) => [
      ...new Uint32Array(new Uint8Array(Buffer.from(entry.id, "hex")).buffer),
      number,
      Number(entry.kind === "tree"),
      entry.offset,
      entry.length,
      entry.plainLength ?? 0,
    ]),
  );
  assert.ok(rows.every((row) => row.length === tableRow));
  return { packIds: packs.map(({ id }) => id), blobs: new Uint32Array(rows.flat()) };
}
