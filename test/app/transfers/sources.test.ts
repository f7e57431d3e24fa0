import assert from "node:assert/strict";
import { plansFor, sourceAt, withoutNested } from "../../../src/app/transfers/sources.ts";
import { never } from "../../../src/base/abort.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { at } from "./queue.ts";

describe("what is picked up and put down", () => {
  const storage = new Storage(memoryDriver());
  const open = async () => storage;
  const options = { open, existing: "ask" } as const;
  const source = (key: string) => ({
    at: at("s", key),
    name: key.replace(/\/$/, "").split("/").at(-1) ?? "",
  });

  before(async () => {
    for (const key of ["a.txt", "a (2).txt", "f/x", "f/g/y"])
      await storage.write(key, new Blob([key]));
  });

  it("gets a name of its own beside its original", async () => {
    const plans = await plansFor("copy", [source("a.txt"), source("f/")], at("s"), options);
    assert.deepEqual(
      plans.map(({ existing, sources }) => [existing, sources.map((one) => one.name)]),
      [["rename", ["a (3).txt", "f (2)"]]],
    );
  });

  it("is not moved to where it is, nor a folder into itself", async () => {
    assert.deepEqual(await plansFor("move", [source("a.txt")], at("s"), options), []);
    for (const place of ["f/", "f/g/"])
      assert.deepEqual(await plansFor("move", [source("f/")], at("s", place), options), []);
  });

  it("is moved once, even if its folder is moved, too", async () => {
    const sources = [source("f/"), source("f/x"), source("a.txt")];
    assert.deepEqual(withoutNested(sources), [source("f/"), source("a.txt")]);
  });

  it("is found by an address that does not say whether it is a folder", async () => {
    const keys = ["a.txt", "f", "f/g"].map(async (key) => {
      const found = await sourceAt(at("s", key), open, never);
      return [found.at.key, found.name];
    });
    assert.deepEqual(await Promise.all(keys), [
      ["a.txt", "a.txt"],
      ["f/", "f"],
      ["f/g/", "g"],
    ]);
  });
});
