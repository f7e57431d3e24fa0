import assert from "node:assert/strict";
import { listOrder } from "../../../src/app/browsing/listOrder.ts";

const order = (names: readonly string[], careful?: boolean) =>
  listOrder(names, (name) => ({ name, isFolder: name.endsWith("/") }), careful);

describe("the order of a list", () => {
  it("has folders first, and counts the way people do", () => {
    const names = ["file 10", "b/", "File 9", "file 9", "a 10/", "a 9/"];
    assert.deepEqual(order(names), ["a 9/", "a 10/", "b/", "File 9", "file 9", "file 10"]);
  });

  it("is plain where asked for, and where there are very many", () => {
    assert.deepEqual(order(["file 9", "file 10", "x/"], false), ["x/", "file 10", "file 9"]);
    const many = Array.from({ length: 6000 }, (_, index) => `file ${index}`);
    assert.deepEqual(order(many), many.toSorted());
  });
});
