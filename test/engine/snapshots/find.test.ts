import assert from "node:assert/strict";
import { findPaths, findVersions, matchPattern } from "../../../src/engine/snapshots/find.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import { initRepository, memoryStorage } from "../openRepository.ts";
import { saveTree } from "../sampleSnapshot.ts";

describe("the history of a file", () => {
  let repository: Repository;
  /** Newest first. */
  let snapshots: readonly Snapshot[];

  before(async () => {
    const storage = await memoryStorage();
    repository = await initRepository(storage);
    const states = [
      { src: { "a.ts": "one", "b.ts": "b" }, "read.md": "r" },
      { src: { "a.ts": "two", "b.ts": "b" }, "read.md": "r" },
      { src: { "b.ts": "b" }, "read.md": "r" },
      { src: { "a.ts": "one", "b.ts": "b" }, "read.md": "r", old: { "a.ts": "two" } },
    ];
    const saved: Snapshot[] = [];
    for (const [day, state] of states.entries())
      saved.push(await saveTree(repository, state, `2026-01-0${day + 1}T00:00:00Z`));
    snapshots = saved.toReversed();
  });

  const days = (list: readonly Snapshot[]) => list.map(({ time }) => Number(time.slice(8, 10)));

  it("names each distinct content once, with the snapshots that have it", async () => {
    const versions = await findVersions(repository, { snapshots, path: ["src", "a.ts"] });
    assert.deepEqual(
      versions.map((version) => days(version.snapshots)),
      [[4, 1], [2]],
    );
    assert.equal(new Set(versions.map((version) => version.contentId)).size, 2);
  });

  it("is empty for what never was", async () => {
    assert.deepEqual(await findVersions(repository, { snapshots, path: ["src", "c.ts"] }), []);
    assert.deepEqual(await findVersions(repository, { snapshots, path: ["read.md", "x"] }), []);
  });

  it("follows a file that lay elsewhere in some snapshots", async () => {
    const path = ({ time }: Snapshot) => (time < "2026-01-04" ? ["src", "a.ts"] : ["old", "a.ts"]);
    const versions = await findVersions(repository, { snapshots, path });
    assert.deepEqual(
      versions.map((version) => days(version.snapshots)),
      [[4, 2], [1]],
    );
  });

  it("reads a folder that snapshots share once", async () => {
    const reads = counted(repository);
    await findVersions(reads.repository, { snapshots, path: ["src", "b.ts"] });
    // Four roots, and three states of src.
    assert.equal(reads.trees.length, 7);
    assert.equal(new Set(reads.trees).size, 7);
  });

  describe("by a pattern", () => {
    const search = async (pattern: string, limit?: number) => {
      const matches = matchPattern(pattern);
      assert.ok(matches);
      const request = { snapshots, matches, ...(limit !== undefined && { limit }) };
      const { found, cut } = await findPaths(repository, request);
      const lines = found.map(({ path, versions }) => {
        const states = versions.map((version) => days(version.snapshots).join("+"));
        return `${path.join("/")}: ${states.join(", ")}`;
      });
      return { lines: lines.toSorted(), cut };
    };

    it("finds names at any depth, in all snapshots", async () => {
      assert.deepEqual(await search("a.ts"), {
        lines: ["old/a.ts: 4", "src/a.ts: 4+1, 2"],
        cut: false,
      });
    });

    it("knows wildcards and does not mind case", async () => {
      assert.deepEqual((await search("READ.*")).lines, ["read.md: 4+3+2+1"]);
      assert.deepEqual((await search("src/*.ts")).lines, ["src/a.ts: 4+1, 2", "src/b.ts: 4+3+2+1"]);
    });

    it("lets a folder stand for what is in it", async () => {
      assert.deepEqual((await search("src")).lines, ["src: 4+1, 3, 2"]);
    });

    it("says when there is more than was asked for", async () => {
      const { lines, cut } = await search("*.ts", 2);
      assert.equal(lines.length, 2);
      assert.equal(cut, true);
    });

    it("visits what snapshots share once", async () => {
      const reads = counted(repository);
      await findPaths(reads.repository, { snapshots, matches: () => false });
      assert.equal(new Set(reads.trees).size, reads.trees.length);
    });

    it("does not take nothing for everything", () => {
      assert.equal(matchPattern(" "), undefined);
    });
  });
});

/** The repository, and the trees that were read through it. */
function counted(repository: Repository): { repository: Repository; trees: string[] } {
  const trees: string[] = [];
  const proxy = new Proxy(repository, {
    get: (target, property) => {
      if (property !== "tree") return Reflect.get(target, property, target);
      return async (id: string, signal?: AbortSignal) => {
        trees.push(id);
        return await target.tree(id, signal);
      };
    },
  });
  return { repository: proxy, trees };
}
