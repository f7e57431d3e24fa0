import assert from "node:assert/strict";
import {
  deletionDetail,
  keepingOfAll,
  undoneText,
} from "../../../src/ui/browsing/deletionWords.ts";
import { plain } from "../translate.ts";

describe("what is said before something is deleted", () => {
  it("promises an Undo only where versions are kept", () => {
    for (const keeping of ["on", "off", "suspended", "unknown", "never"] as const)
      assert.equal(/Undo or/.test(deletionDetail(plain, keeping)), keeping === "on", keeping);
    for (const keeping of ["off", "never"] as const)
      assert.match(deletionDetail(plain, keeping), /cannot be undone/);
  });

  it("promises nothing for buckets that differ", () => {
    assert.equal(keepingOfAll(["on", "on"]), "on");
    assert.equal(keepingOfAll(["on", "off"]), "unknown");
    assert.equal(keepingOfAll([]), "unknown");
  });
});

describe("what is said when a deletion was taken back", () => {
  it("counts what is there, and says where to look for the rest", () => {
    assert.equal(undoneText(plain, 1, 1), "It is there again.");
    assert.equal(undoneText(plain, 1200, 1200), "All 1,200 are there again.");
    assert.match(undoneText(plain, 2, 3), /^2 of 3 are there again. “Show Deleted Objects…”/);
  });
});
