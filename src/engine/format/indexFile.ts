import { breather } from "../../base/breath.ts";
import { release } from "../../base/bytes.ts";
import { sealBytes } from "./crypto.ts";
import { tableRow, type PackTable } from "./blobIndex.ts";
import { JsonReader } from "./jsonReader.ts";
import { idPattern } from "./layout.ts";

/** Blobs that one index file lists at most, but for a pack that crosses the mark; restic's measure. */
export const blobsPerIndex = 50_000;

/** The text of an index file, made without holding the thread for long. */
export async function indexBytes(table: PackTable): Promise<Buffer> {
  const breathe = breather();
  const pieces: Buffer[] = [];
  for (const piece of indexPieces(table)) {
    await breathe();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Characters in one piece of an index file's text: a fraction of a millisecond's work. */
const pieceLength = 64 * 1024;

/** The same text in pieces, made as they are consumed. The blobs of `table` come pack by pack. */
export function* indexPieces({ packIds, blobs }: PackTable): Generator<Buffer, void, void> {
  const ids = Buffer.from(blobs.buffer, blobs.byteOffset, blobs.byteLength);
  let text = '{"packs":[';
  let at = 0;
  for (const [number, id] of packIds.entries()) {
    text += `${number > 0 ? "," : ""}{"id":"${id}","blobs":[`;
    const first = at;
    for (; at < blobs.length && blobs[at + 8] === number; at += tableRow) {
      if (at > first) text += ",";
      text += blobText(blobs, at, ids.toString("hex", at * 4, at * 4 + 32));
      if (text.length < pieceLength) continue;
      yield Buffer.from(text, "latin1");
      text = "";
    }
    text += "]}";
  }
  yield Buffer.from(`${text}]}\n`, "latin1");
}

function blobText(blobs: Uint32Array, at: number, id: string): string {
  const plain = blobs[at + 12]!;
  const plainLength = plain === 0 ? "" : `,"uncompressed_length":${plain}`;
  return `{"id":"${id}","type":"${blobs[at + 9] === 1 ? "tree" : "data"}","offset":${blobs[at + 10]},"length":${blobs[at + 11]}${plainLength}}`;
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
  const blobs = rows.words.slice(0, rows.count * tableRow);
  release(new Uint8Array(rows.words.buffer));
  return { packIds, blobs };
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
