import assert from "node:assert/strict";
import type { FolderRow, ObjectRow } from "../../../src/app/browsing/browse.ts";
import { selectionText } from "../../../src/ui/objects/selectionText.ts";
import { plain } from "../translate.ts";

const at = { connection: "c", key: "a" };
const object = (size: number): ObjectRow => ({
  type: "object",
  at,
  name: "a",
  writable: true,
  info: { key: "a", size },
});
const folder: FolderRow = { type: "folder", at, name: "a", writable: true };

describe("what is said of several rows", () => {
  it("counts objects and adds up their sizes", () => {
    const text = selectionText(plain, [object(1_000_000), object(500_000)]);
    assert.equal(text, "Selected objects: 2, 1.5 MB together.");
  });

  it("claims nothing of what is in folders", () => {
    const mixed = selectionText(plain, [object(1), folder, folder]);
    assert.match(mixed, /^Selected objects: 1, 1 byte together. Selected folders: 2; “Count Obj/);
    assert.match(selectionText(plain, [folder]), /^Selected folders: 1; /);
  });
});
