import { sealBytes } from "./crypto.ts";
import { tableRow, type PackContents, type PackTable } from "./blobIndex.ts";
import { JsonReader } from "./jsonReader.ts";
import { idPattern } from "./layout.ts";

/** The text of an index file. */
export function indexText(packs: readonly PackContents[]): string {
  return `${JSON.stringify({
    packs: packs.map(({ id, blobs }) => ({
      id,
      blobs: blobs.map(({ kind, offset, length, plainLength, ...blob }) => ({
        id: blob.id,
        type: kind,
        offset,
        length,
        ...(plainLength !== undefined && { uncompressed_length: plainLength }),
      })),
    })),
  })}\n`;
}

/** The text of an index file from a table whose blobs come pack by pack. */
export function tableText({ packIds, blobs }: PackTable): string {
  const ids = Buffer.from(blobs.buffer, blobs.byteOffset, blobs.byteLength);
  const packs: string[][] = packIds.map(() => []);
  for (let at = 0; at < blobs.length; at += tableRow) {
    const [pack = 0, kind, offset, length, plain = 0] = blobs.subarray(at + 8, at + tableRow);
    const id = ids.toString("hex", at * 4, at * 4 + 32);
    const plainLength = plain === 0 ? "" : `,"uncompressed_length":${plain}`;
    packs[pack]?.push(
      `{"id":"${id}","type":"${kind === 1 ? "tree" : "data"}","offset":${offset},"length":${length}${plainLength}}`,
    );
  }
  const text = packIds.map((id, i) => `{"id":"${id}","blobs":[${packs[i]?.join() ?? ""}]}`);
  return `{"packs":[${text.join()}]}\n`;
}

/** What an index file says. Throws an `Error` that says what is wrong with it. */
export function parseIndex(json: Uint8Array): PackTable {
  const reader = new JsonReader(json);
  const packIds: string[] = [];
  const rows = new Rows(Math.ceil(json.length / 140));
  reader.object((name) => {
    if (name !== "packs") return reader.skip();
    reader.array(() => {
      const pack = packIds.length;
      let id = "";
      reader.object((field) => {
        if (field === "id") id = reader.string();
        else if (field === "blobs") reader.array(() => readBlob(reader, rows, pack));
        else reader.skip();
      });
      if (!idPattern.test(id)) throw new SyntaxError("a pack has no id");
      packIds.push(id);
    });
  });
  reader.end();
  return { packIds, blobs: rows.words.slice(0, rows.count * tableRow) };
}

function readBlob(reader: JsonReader, rows: Rows, pack: number): void {
  const at = rows.add();
  const { words } = rows;
  words[at + 8] = pack;
  let known = 0;
  reader.object((name) => {
    switch (name) {
      case "id":
        reader.id(words, at);
        known |= 1;
        break;
      case "type":
        words[at + 9] = kindNumber(reader.string());
        known |= 2;
        break;
      case "offset":
        words[at + 10] = reader.word();
        known |= 4;
        break;
      case "length":
        words[at + 11] = reader.word();
        known |= 8;
        break;
      case "uncompressed_length":
        words[at + 12] = reader.word();
        break;
      default:
        reader.skip();
    }
  });
  if (known !== 15) throw new SyntaxError("a blob lacks a field");
  if (words[at + 11]! < sealBytes) throw new SyntaxError("a blob is shorter than its seal");
}

function kindNumber(type: string): number {
  if (type === "data") return 0;
  if (type === "tree") return 1;
  throw new SyntaxError("a blob is neither data nor tree");
}

/** Rows of a `PackTable` that is being made. */
class Rows {
  words: Uint32Array<ArrayBuffer>;
  count = 0;

  constructor(expected: number) {
    this.words = new Uint32Array((expected + 1) * tableRow);
  }

  /** Where the new row starts. */
  add(): number {
    const at = this.count++ * tableRow;
    if (at + tableRow > this.words.length) {
      const larger = new Uint32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    return at;
  }
}
