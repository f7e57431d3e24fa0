import assert from "node:assert/strict";
import type { Location } from "../../../src/app/location.ts";
import { Places } from "../../../src/app/browsing/places.ts";
import { memoryMemento } from "../ports.ts";

const at = (key: string, connection = "c"): Location => ({ connection, key });
const keys = (places: readonly Location[]) => places.map(({ key }) => key);

describe("places", () => {
  it("keeps favourites in the order they were added, each once", async () => {
    const memento = memoryMemento();
    const places = new Places(memento, () => true);
    for (const key of ["b/", "a/", "b/"]) await places.addFavourite(at(key));
    assert.deepEqual(keys(new Places(memento, () => true).favourites()), ["b/", "a/"]);
    await places.removeFavourite(at("b/"));
    assert.deepEqual(keys(places.favourites()), ["a/"]);
    assert.equal(places.isFavourite(at("b/")), false);
  });

  it("tells which place has changed", async () => {
    const places = new Places(memoryMemento(), () => true);
    const told: string[] = [];
    places.onDidChange(({ key }) => told.push(key));
    await places.addFavourite(at("a/"));
    await places.removeFavourite(at("a/"));
    assert.deepEqual(told, ["a/", "a/"]);
  });

  it("remembers the latest places, a few of them, and no favourite twice", async () => {
    const places = new Places(memoryMemento(), () => true);
    for (let i = 0; i < 30; i++) await places.visit(at(`${i}/`));
    await places.visit(at("25/"));
    await places.addFavourite(at("29/"));
    const recent = keys(places.recent());
    assert.deepEqual(recent.slice(0, 3), ["25/", "28/", "27/"]);
    assert.equal(recent.length, 19);
  });

  it("forgets what lay in a connection that is gone", async () => {
    const places = new Places(memoryMemento(), ({ connection }) => connection === "here");
    await places.addFavourite(at("a/", "gone"));
    await places.addFavourite(at("a/", "here"));
    await places.visit(at("b/", "gone"));
    assert.deepEqual(places.favourites(), [at("a/", "here")]);
    assert.deepEqual(places.recent(), []);
  });

  it("makes nothing of a state it does not understand", () => {
    for (const state of [
      undefined,
      7,
      { favourites: "a" },
      { favourites: [null, { key: 1 }, {}] },
    ]) {
      const memento = memoryMemento();
      void memento.update("places", state);
      assert.deepEqual(new Places(memento, () => true).favourites(), []);
    }
  });
});
