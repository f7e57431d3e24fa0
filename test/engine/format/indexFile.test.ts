import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { utf8 } from "../../../src/base/bytes.ts";
import { BlobIndex, type PackContents } from "../../../src/engine/format/blobIndex.ts";
import { parseIndex } from "../../../src/engine/format/indexFile.ts";
import { indexText } from "../indexText.ts";

const hex = (digit: string) => digit.repeat(64);
const packs: readonly PackContents[] = [
  {
    id: hex("1"),
    blobs: [
      { kind: "data", id: hex("a"), offset: 0, length: 132 },
      { kind: "data", id: hex("b"), offset: 132, length: 4_000_000_000, plainLength: 7 },
    ],
  },
  { id: hex("2"), blobs: [{ kind: "tree", id: hex("c"), offset: 0, length: 32 }] },
];

describe("an index file", () => {
  const read = (json: string) => {
    const index = new BlobIndex();
    index.addTable(parseIndex(utf8(json)));
    return [...index.contents()];
  };

  it("reads what it writes", () => {
    assert.deepEqual(read(indexText(packs)), packs);
    assert.deepEqual(read(indexText([])), []);
  });

  it("takes any layout of JSON, in any order, with fields it does not know", () => {
    const json = JSON.stringify(
      {
        supersedes: [hex("9"), { a: ['\\"', 1.5e-3, true, false, null] }],
        packs: packs.map(({ id, blobs }) => ({
          blobs: blobs.map(({ kind, id: blob, offset, length, plainLength }) => ({
            length,
            uncompressed_length: plainLength ?? 0,
            future: { "}": "]" },
            type: kind,
            offset,
            id: blob,
          })),
          id,
        })),
      },
      undefined,
      "\t\r\n ",
    );
    assert.deepEqual(read(` ${json}\n`), packs);
    assert.deepEqual(read('{"packs":null}'), []);
    assert.deepEqual(read("{}"), []);
  });

  const blob = `"id":"${hex("a")}","type":"data","offset":0,"length":99`;
  const refused = {
    nothing: "",
    "a number": "7",
    "a list": "[]",
    "a cut text": indexText(packs).slice(0, -20),
    "something behind it": `${indexText(packs)}x`,
    "a short id": indexText(packs).replace(hex("a"), "aa"),
    "an id in capitals": indexText(packs).replace(hex("a"), hex("A")),
    "a pack's id that is none": indexText(packs).replace(hex("1"), "../../x"),
    "a pack without id": `{"packs":[{"blobs":[{${blob}}]}]}`,
    "an offset too large": indexText(packs).replace('"offset":132', '"offset":4294967296'),
    "a negative offset": indexText(packs).replace('"offset":132', '"offset":-1'),
    "a length below a seal's": indexText(packs).replace('"length":32', '"length":31'),
    "an unknown kind": indexText(packs).replace('"tree"', '"bush"'),
    "a missing offset": indexText(packs).replace('"offset":132,', ""),
    "a comma too many": `{"packs":[],}`,
    "an endless nest": `{"x":${"[".repeat(100_000)}`,
  };
  for (const [what, json] of Object.entries(refused))
    it(`refuses ${what}`, () => {
      assert.throws(() => read(json), Error);
    });

  it("reads fifty thousand blobs in the time of a breath", () => {
    const many = Array.from({ length: 500 }, (_, pack) => ({
      id: pack.toString(16).padStart(64, "0"),
      blobs: Array.from({ length: 100 }, (__, i) => ({
        kind: "data" as const,
        id: hash("sha256", `${pack} ${i}`),
        offset: i * 100,
        length: 100,
        plainLength: 200,
      })),
    }));
    const json = utf8(indexText(many));
    const table = parseIndex(json);
    const index = new BlobIndex();
    index.addTable(table);
    assert.deepEqual([...index.contents()], many);
  });
});
