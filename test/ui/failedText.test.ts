import assert from "node:assert/strict";
import { StorageError } from "../../src/storage/errors.ts";
import { notDeletedText, notMovedText, notRequestedText } from "../../src/ui/failedText.ts";
import { plain } from "./translate.ts";

function failed(...keys: readonly string[]) {
  return keys.map((key) => {
    const error = new StorageError("denied", "no");
    error.place = { operation: "delete", key, connection: "Photos" };
    return { key, error };
  });
}

describe("what could not be done to some of many", () => {
  it("is named, with its reason", () => {
    assert.match(
      notDeletedText(plain, failed("a/b.txt")),
      /^“b\.txt” was not deleted\. “Photos” .+\.$/,
    );
    assert.match(notMovedText(plain, failed("a/in/")), /^“in” was not moved\. “Photos” .+\.$/);
    assert.match(notRequestedText(plain, failed("a")), /^“a” was not requested\. “Photos” .+\.$/);
  });

  it("is counted where it is much, and its first names are told", () => {
    const text = notDeletedText(plain, failed("a/1", "a/2", "a/3", "a/4", "a/5"));
    assert.match(text, /^5 were not deleted: “1”, “2”, “3” and 2 more\. “Photos” .+\.$/);
    assert.match(notMovedText(plain, failed("1", "2")), /^2 were not moved: “1”, “2”\. /);
    assert.match(notRequestedText(plain, failed("1", "2")), /^2 were not requested: “1”, “2”\. /);
  });
});
