import assert from "node:assert/strict";
import {
  parsePlace,
  placeKey,
  plainFolder,
  storageFolder,
} from "../../../src/app/backups/place.ts";
import {
  commonFolder,
  isInOneOf,
  isWithin,
  snapshotPath,
} from "../../../src/app/backups/snapshots.ts";

describe("the place of a repository", () => {
  const table: readonly [unknown, ReturnType<typeof parsePlace>][] = [
    [
      { connection: "c", folder: "a/b" },
      { connection: "c", folder: "a/b" },
    ],
    [{ connection: "c" }, { connection: "c", folder: "" }],
    [
      { connection: "c", container: "", folder: "/a//b/" },
      { connection: "c", folder: "a/b" },
    ],
    [
      { connection: "c", container: "photos", folder: "" },
      { connection: "c", container: "photos", folder: "" },
    ],
    [{ connection: "", folder: "a" }, undefined],
    [{ connection: "c", folder: "../a" }, undefined],
    [{ connection: "c", folder: "a/./b" }, undefined],
    [{ connection: "c", folder: "a\nb" }, undefined],
    [{ connection: "c", folder: 7 }, undefined],
    [{ connection: "c", container: {}, folder: "a" }, undefined],
    ["c", undefined],
    [null, undefined],
    [undefined, undefined],
  ];
  for (const [value, expected] of table)
    it(`is read from ${JSON.stringify(value)} as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(parsePlace(value), expected);
    });

  it("has one key, whatever its names hold", () => {
    const places = [
      { connection: "a", folder: "b/c" },
      { connection: "a", container: "b", folder: "c" },
      { connection: "a/b", folder: "c" },
      { connection: "a", folder: "" },
    ];
    assert.equal(new Set(places.map(placeKey)).size, places.length);
  });

  it("becomes a storage prefix", () => {
    assert.equal(storageFolder({ connection: "c", folder: "" }), "");
    assert.equal(storageFolder({ connection: "c", folder: "a/b" }), "a/b/");
    assert.equal(plainFolder("///"), "");
  });
});

describe("a path in a snapshot", () => {
  it("is restic's form of the absolute path", () => {
    assert.deepEqual(snapshotPath("/home/a b/w"), ["home", "a b", "w"]);
    assert.deepEqual(snapshotPath("C:\\Users\\a"), ["C", "Users", "a"]);
    assert.deepEqual(snapshotPath("d:/x/"), ["d", "x"]);
    assert.deepEqual(snapshotPath("/"), []);
  });

  it("lies in a folder, not beside one whose name begins alike", () => {
    const folders = ["/home/ann/site", "C:\\work"];
    assert.equal(isInOneOf(folders, "/home/ann/site"), true);
    assert.equal(isInOneOf(folders, "C:\\work\\a.txt"), true);
    assert.equal(isInOneOf(folders, "/home/ann/site-old/a.txt"), false);
  });

  it("lies within its folders and itself", () => {
    assert.ok(isWithin([], ["a"]));
    assert.ok(isWithin(["a"], ["a"]));
    assert.ok(isWithin(["a"], ["a", "b"]));
    assert.ok(!isWithin(["a", "b"], ["a"]));
    assert.ok(!isWithin(["a"], ["ab"]));
  });

  it("shares with others the innermost folder above them all", () => {
    assert.deepEqual(commonFolder([["a", "b", "c"]]), ["a", "b"]);
    assert.deepEqual(commonFolder([["a"]]), []);
    assert.deepEqual(
      commonFolder([
        ["a", "b", "c"],
        ["a", "b", "d", "e"],
      ]),
      ["a", "b"],
    );
    assert.deepEqual(
      commonFolder([
        ["a", "b"],
        ["a", "b", "c"],
      ]),
      ["a"],
    );
    assert.deepEqual(commonFolder([["a", "b"], ["c"]]), []);
    assert.deepEqual(commonFolder([[]]), []);
    assert.deepEqual(commonFolder([]), []);
  });
});
