import assert from "node:assert/strict";
import { forget, groupSnapshots } from "../../../src/engine/snapshots/forget.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { initRepository, openRepository, memoryStorage } from "../openRepository.ts";
import { filesOf, saveTree } from "../sampleSnapshot.ts";

const now = new Date("2026-02-01T00:00:00Z");

describe("forget", () => {
  let storage: Storage;
  let repository: Repository;
  let history: readonly Snapshot[];

  beforeEach(async () => {
    storage = await memoryStorage();
    repository = await initRepository(storage);
    const saved: Snapshot[] = [];
    for (const day of ["01", "02", "03"])
      saved.push(await saveTree(repository, { day }, `2026-01-${day}T10:00:00Z`));
    history = saved;
  });

  const left = async () => (await repository.snapshots()).map(({ time }) => time.slice(8, 10));

  it("deletes what the policy does not keep, and says why the rest stays", async () => {
    const what = { type: "policy", policy: { counts: { last: 2 } } } as const;
    const { groups, removed } = await forget(repository, { what, now });
    assert.deepEqual(await left(), ["02", "03"]);
    assert.deepEqual(removed, [history[0]]);
    assert.deepEqual(
      groups.map(({ hostname, paths, keep }) => ({ hostname, paths, kept: keep.length })),
      [{ hostname: "desk", paths: ["/sample"], kept: 2 }],
    );
    assert.deepEqual(await filesOf(repository, history[2]!), { day: "03" });
  });

  it("deletes nothing in a dry run", async () => {
    const what = { type: "policy", policy: { counts: { last: 1 } } } as const;
    const { removed } = await forget(repository, { what, now, dryRun: true });
    assert.equal(removed.length, 2);
    assert.deepEqual(await left(), ["01", "02", "03"]);
  });

  it("deletes snapshots by id, and passes over ids that are not there", async () => {
    const ids = [history[1]!.id, "0".repeat(64)];
    const { removed } = await forget(repository, { what: { type: "ids", ids }, now });
    assert.deepEqual(removed, [history[1]]);
    assert.deepEqual(await left(), ["01", "03"]);
  });

  it("refuses a policy without a rule", async () => {
    const what = { type: "policy", policy: {} } as const;
    await assert.rejects(forget(repository, { what, now }), RangeError);
    assert.deepEqual(await left(), ["01", "02", "03"]);
  });

  it("spares a group of which nothing would be left", async () => {
    const what = { type: "policy", policy: { tags: [["kept"]] } } as const;
    const { groups, removed } = await forget(repository, { what, now });
    assert.deepEqual(removed, []);
    assert.equal(groups[0]?.spared.length, 3);
    assert.deepEqual(await left(), ["01", "02", "03"]);
  });

  it("looks only at what it is shown", async () => {
    const policy = { counts: { last: 1 } };
    const only = ({ time }: Snapshot) => time < "2026-01-03";
    await forget(repository, { what: { type: "policy", policy, only }, now });
    assert.deepEqual(await left(), ["02", "03"]);
  });

  it("waits for nobody: a backup under way keeps it out", async () => {
    const what = { type: "ids", ids: [history[0]!.id] } as const;
    const other = await openRepository(storage);
    await other.withLock("shared", async () => {
      await assert.rejects(forget(repository, { what, now }), { kind: "locked" });
    });
    assert.deepEqual(await left(), ["01", "02", "03"]);
  });
});

describe("groups of snapshots", () => {
  const snapshot = (id: string, hostname: string, paths: string[], tags: string[] = []) => ({
    id,
    time: "2026-01-01T00:00:00Z",
    tree: "",
    hostname,
    paths,
    tags,
  });
  const all = [
    snapshot("1", "desk", ["/a", "/b"], ["x"]),
    snapshot("2", "desk", ["/b", "/a"]),
    snapshot("3", "laptop", ["/a", "/b"]),
    snapshot("4", "desk", ["/a"]),
  ];
  const table = [
    { by: ["host", "paths"], groups: ["12", "3", "4"] },
    { by: ["host"], groups: ["124", "3"] },
    { by: ["paths"], groups: ["123", "4"] },
    { by: ["tags"], groups: ["1", "234"] },
    { by: [], groups: ["1234"] },
  ] as const;
  for (const { by, groups } of table)
    it(`differ by ${by.join(" and ") || "nothing"}`, () => {
      const found = groupSnapshots(all, by);
      assert.deepEqual(
        found.map(({ members }) => members.map(({ id }) => id).join("")),
        groups,
      );
    });
});
