import assert from "node:assert/strict";
import { errorFrom, rememberedError } from "../../../src/app/transfers/rememberedError.ts";
import { isStorageError, StorageError } from "../../../src/storage/errors.ts";

const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("an error that another window finds", () => {
  it("still says what has happened, where, and why", () => {
    const error = new StorageError("conflict", "no", { reason: "in-the-way" });
    error.place = { operation: "write", key: "a/b", connection: "Disk" };
    const found = errorFrom(written(rememberedError(error)));
    assert.ok(isStorageError(found, "conflict"));
    assert.equal(found.details.reason, "in-the-way");
    assert.deepEqual(found.place, error.place);
  });

  it("is as good as what anyone has made of it", () => {
    const found = errorFrom({ kind: "conflict", message: "no", reason: "odd", place: [] });
    assert.ok(isStorageError(found, "conflict"));
    assert.equal(found.details.reason, undefined);
    assert.equal(found.place, undefined);
    assert.equal(errorFrom({ kind: "odd", message: "no" })?.message, "no");
    assert.equal(errorFrom({ kind: "conflict" }), undefined);
  });
});
