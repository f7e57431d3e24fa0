import assert from "node:assert/strict";
import { Changes } from "../../../src/app/backups/changes.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import { handClock } from "../ports.ts";

/** After so long a watcher speaks of what has happened since. */
const echoesMs = 6000;

describe("Changes", () => {
  it("knows no count before a snapshot or a comparison", () => {
    const { changes } = make();
    changes.touch("/w/a");
    assert.equal(changes.count, undefined);
    assert.equal(changes.mark().changed, undefined);
  });

  it("counts each changed path once and no excluded one", () => {
    const { changes, clock } = make();
    changes.settle(changes.mark(), { files: 3 });
    clock.pass(echoesMs);
    for (const path of ["/w/a", "/w/b", "/w/a", "/w/node_modules/x"]) changes.touch(path);
    assert.equal(changes.count, 2);
  });

  it("adds what a comparison has found to what the watcher saw meanwhile", () => {
    const { changes } = make();
    changes.touch("/w/a");
    changes.compared(snapshot, ["/w/a", "/w/b"]);
    assert.equal(changes.count, 2);
  });

  it("asks for a full walk until this window has made a snapshot itself", () => {
    const { changes } = make();
    changes.compared(snapshot, []);
    assert.equal(changes.mark().changed, undefined);
    changes.settle(changes.mark(), { files: 3 });
    changes.touch("/w/a");
    assert.deepEqual(changes.mark().changed, ["/w/a"]);
  });

  it("asks for a full walk where that costs next to nothing", () => {
    const { changes } = make();
    changes.settle(changes.mark(), { files: 2 });
    assert.equal(changes.mark().changed, undefined);
    changes.settle(changes.mark(), { files: 3 });
    assert.deepEqual(changes.mark().changed, []);
  });

  it("keeps what is touched while a backup runs", () => {
    const { changes } = make();
    changes.touch("/w/a");
    changes.touch("/w/b");
    const mark = changes.mark();
    changes.touch("/w/b");
    changes.touch("/w/c");
    changes.settle(mark, { files: 3 });
    assert.deepEqual(changes.mark().changed, ["/w/b", "/w/c"]);
    changes.believe();
    assert.equal(changes.count, 2);
  });

  it("counts what a watcher says right after a backup only once it was looked at", () => {
    const { changes, clock } = make();
    const mark = changes.mark();
    changes.touch("/w/settings");
    changes.settle(mark, { files: 3 });
    changes.touch("/w/a");
    assert.equal(changes.count, 0);
    assert.deepEqual(changes.mark().changed, ["/w/settings", "/w/a"]);
    changes.touch("/w/saved", { isKnown: true });
    assert.equal(changes.count, 1);
    changes.same(new Map([...changes.touched].filter(([path]) => path === "/w/settings")));
    changes.believe();
    assert.equal(changes.count, 2);
    clock.pass(echoesMs);
    changes.touch("/w/b");
    assert.equal(changes.count, 3);
  });

  it("keeps everything when the backup fails", () => {
    const { changes, clock } = make();
    changes.settle(changes.mark(), { files: 3 });
    clock.pass(echoesMs);
    changes.touch("/w/a");
    changes.mark();
    assert.equal(changes.count, 1);
  });

  it("counts a file that could not be read again", () => {
    const { changes } = make();
    changes.touch("/w/a");
    changes.settle(changes.mark(), { files: 3, failed: ["/w/locked"] });
    assert.deepEqual(changes.mark().changed, ["/w/locked"]);
  });

  it("asks for a full walk once an hour, since a watcher may lose events", () => {
    const { changes, clock } = make();
    changes.settle(changes.mark(), { files: 3 });
    clock.pass(59 * 60_000);
    assert.deepEqual(changes.mark().changed, []);
    changes.settle(changes.mark(), { files: 3 });
    clock.pass(60_000);
    assert.equal(changes.mark().changed, undefined);
  });

  it("asks for a full walk after more changes than it keeps", () => {
    const { changes, clock } = make();
    changes.settle(changes.mark(), { files: 3 });
    clock.pass(echoesMs);
    for (let file = 0; file < 10_001; file++) changes.touch(`/w/${file}`);
    assert.ok(changes.overflowed);
    assert.equal(changes.count, 10_000);
    const mark = changes.mark();
    assert.equal(mark.changed, undefined);
    changes.settle(mark, { files: 3 });
    assert.ok(!changes.overflowed);
    assert.equal(changes.count, 0);
  });

  it("does not forget an overflow that happened while a backup ran", () => {
    const { changes } = make();
    changes.settle(changes.mark(), { files: 3 });
    const mark = changes.mark();
    for (let file = 0; file < 10_001; file++) changes.touch(`/w/${file}`);
    changes.settle(mark, { files: 3 });
    assert.equal(changes.mark().changed, undefined);
  });

  it("counts a version-control folder as one", () => {
    const { changes } = make();
    changes.settle(changes.mark(), { files: 3 });
    for (const path of ["HEAD", "index", "objects/ab/cd"]) changes.touch(`/w/.git/${path}`);
    changes.touch("/w/sub/.git/HEAD");
    changes.touch("/w/.gitignore");
    changes.compared(snapshot, ["/w/.git/refs/heads/main"]);
    assert.deepEqual(changes.mark().changed, ["/w/.git", "/w/sub/.git", "/w/.gitignore"]);
  });

  it("asks for a full walk where the watcher is kept from seeing", () => {
    const clock = handClock();
    const changes = new Changes({
      clock,
      excluded: () => false,
      sightless: () => true,
      cheapWalkFiles: 3,
    });
    changes.settle(changes.mark(), { files: 3 });
    clock.pass(echoesMs);
    changes.touch("/w/a");
    assert.equal(changes.count, 1);
    assert.equal(changes.mark().changed, undefined);
  });

  it("forgets what was looked at and is the same, unless it was touched again", () => {
    const { changes } = make();
    changes.settle(changes.mark(), { files: 3 });
    changes.touch("/w/a");
    changes.touch("/w/b");
    const { touched } = changes;
    changes.touch("/w/b");
    changes.same(touched);
    assert.deepEqual(changes.mark().changed, ["/w/b"]);
  });

  it("knows nothing any more after a reset", () => {
    const { changes } = make();
    changes.settle(changes.mark(), { files: 3 });
    changes.reset();
    assert.equal(changes.count, undefined);
    assert.equal(changes.mark().changed, undefined);
  });
});

const snapshot: Snapshot = { id: "1", time: "2026-03-01T10:00:00Z", tree: "2", paths: ["/w"] };

function make() {
  const clock = handClock();
  const excluded = (path: string) => path.includes("node_modules");
  return { changes: new Changes({ clock, excluded, cheapWalkFiles: 3 }), clock };
}
