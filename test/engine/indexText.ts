import { tableOf, type PackContents } from "../../src/engine/format/blobIndex.ts";
import { indexPieces } from "../../src/engine/format/indexFile.ts";

/** The text of an index file, in one. */
export function indexText(packs: readonly PackContents[]): string {
  return Buffer.concat([...indexPieces(tableOf(packs))]).toString();
}
