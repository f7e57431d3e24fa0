import assert from "node:assert/strict";
import { Watches } from "../../../src/app/files/watches.ts";

/** Of folders below what is watched, those that are asked for, by what is excluded. */
const table: readonly (readonly [
  exclude: string,
  asked: readonly string[],
  spared: readonly string[],
])[] = [
  ["**/node_modules/**", ["a", "node", "my_node_modules"], ["node_modules", "a/node_modules/b/c"]],
  [
    "**/node_modules/*/**",
    ["node_modules", "a/node_modules"],
    ["node_modules/b", "a/node_modules/b/c"],
  ],
  ["**/.git/objects/**", [".git", ".git/refs", "objects"], [".git/objects", "a/.git/objects/4f"]],
  ["**/.git", ["git"], [".git", "a/.git", "a/.git/refs"]],
  ["**", [], ["a", "a/b"]],
  [".git/**", ["a/.git"], [".git", ".git/refs"]],
  ["build", ["a/build", "builds"], ["build", "build/out"]],
  ["build/", ["builds"], ["build", "build/out"]],
  ["build/out", ["build"], ["build/out", "build/out/js"]],
  ["a/**/z", ["a", "a/b", "z"], ["a/z", "a/b/c/z/d"]],
  ["*.tmp", ["a/b.tmp", "tmp", "axtmp"], ["b.tmp", ".tmp/a"]],
  ["out?", ["out", "out/1", "out22"], ["out1", "out1/a"]],
  ["**/{dist,out-{js,css}}/**", ["out", "out-"], ["dist", "a/out-js", "out-css/b"]],
  ["v[0-9]", ["v", "vx"], ["v1"]],
  ["v[!0-9]", ["v1", "v/a"], ["vx"]],
  ["v[z-a]", ["v", "vz"], []],
  ["a+(b)|c.^$\\", ["a", "ab"], ["a+(b)|c.^$\\"]],
  ["/~/photos/build", ["a/build"], ["build"]],
  ["/elsewhere/build", ["build"], []],
  ["", ["a"], []],
];

describe("what VS Code wants to be told of", () => {
  for (const [exclude, asked, spared] of table)
    it(`heeds what is excluded by ${JSON.stringify(exclude)}`, () => {
      const watches = new Watches();
      watches.add(at(""), { recursive: true, excludes: [exclude] });
      assert.deepEqual(
        [...asked, ...spared].filter((one) => watches.want(at(one))),
        asked,
      );
      assert.ok(spared.every((one) => watches.reach(at(one))));
      assert.ok(watches.want(at("")), "the folder itself");
    });

  it("is all below a folder, or the folder alone, until nobody watches it any more", () => {
    const watches = new Watches();
    const deep = watches.add(at("deep"), { recursive: true, excludes: [] });
    watches.add(at("flat"), { recursive: false, excludes: [] });
    const wanted = () =>
      ["", "deep", "deep/a/b", "deeper", "flat", "flat/a"].filter((one) => watches.want(at(one)));
    assert.deepEqual(wanted(), ["deep", "deep/a/b", "flat"]);
    assert.equal(watches.want({ ...at("deep"), connection: "other" }), false);
    deep.dispose();
    assert.deepEqual(wanted(), ["flat"]);
  });

  it("is what one watcher wants, whatever another excludes", () => {
    const watches = new Watches();
    watches.add(at(""), { recursive: true, excludes: ["**/logs"] });
    assert.equal(watches.want(at("a/logs")), false);
    watches.add(at("a/logs"), { recursive: false, excludes: [] });
    assert.equal(watches.want(at("a/logs")), true);
  });

  it("is a whole connection, too", () => {
    const watches = new Watches();
    const top = { connection: "c", path: "/" };
    watches.add(top, { recursive: true, excludes: ["*/build"] });
    const paths = ["/", "/~", "/bucket/a", "/bucket/build"];
    const wanted = paths.filter((path) => watches.want({ connection: "c", path }));
    assert.deepEqual(wanted, ["/", "/~", "/bucket/a"]);
  });
});

function at(path: string) {
  return { connection: "c", path: path === "" ? "/~/photos" : `/~/photos/${path}` };
}
