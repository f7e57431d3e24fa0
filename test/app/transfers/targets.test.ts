import assert from "node:assert/strict";
import { TransferTargets } from "../../../src/app/transfers/targets.ts";
import { never } from "../../../src/base/abort.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";

describe("what is known of a target", () => {
  /** Each of its folders holds so many objects. */
  function full(count: number): { readonly driver: Driver; readonly listed: string[] } {
    const listed: string[] = [];
    const plain = memoryDriver();
    const driver: Driver = {
      ...plain,
      list: async ({ prefix }) => {
        listed.push(prefix);
        if (prefix === "")
          return { entries: ["a/", "b/", "c/"].map((key) => ({ type: "folder", key })) };
        const keys = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
        return { entries: keys.map((key) => ({ type: "object", key, size: 1 })) };
      },
    };
    return { driver, listed };
  }

  it("is so much in all folders together, and the last of them", async () => {
    const { driver, listed } = full(15_000);
    const targets = new TransferTargets(new Storage(driver), "", () => new Date(0));
    for (const key of ["a/1", "b/1", "c/1", "b/2", "c/2", "a/2"])
      assert.equal((await targets.find(key, never))?.key, key);
    assert.deepEqual(listed, ["", "a/", "b/", "c/", "a/"]);
  });

  it("is all of it where that is little", async () => {
    const { driver, listed } = full(10);
    const targets = new TransferTargets(new Storage(driver), "", () => new Date(0));
    for (const key of ["a/1", "b/1", "c/1", "b/2", "c/2", "a/2"])
      assert.equal((await targets.find(key, never))?.key, key);
    assert.deepEqual(listed, ["", "a/", "b/", "c/"]);
  });
});
