import assert from "node:assert/strict";
import {
  abortUploads,
  arrivedBytes,
  unfinishedUploads,
} from "../../../src/app/buckets/unfinishedUploads.ts";
import { versionedStore } from "../objects/versionedStore.ts";

describe("unfinished uploads", () => {
  it("are found on every page, told with what has arrived, and given up", async () => {
    const { storage, begin, uploads } = versionedStore({ pageSize: 2 });
    const ids = ["a", "b", "c"].map((key) => begin(`in/${key}`, new Date(0)));
    begin("elsewhere", new Date(0));
    const pages = await Array.fromAsync(unfinishedUploads(storage, "in/"));
    const found = pages.flat();
    assert.deepEqual(
      found.map(({ id }) => id),
      ids,
    );
    assert.equal(found[0] && (await arrivedBytes(storage, found[0])), 100);
    let aborted = 0;
    await abortUploads(storage, found, { onAborted: () => aborted++ });
    assert.equal(aborted, 3);
    assert.equal(uploads.size, 1);
  });
});
