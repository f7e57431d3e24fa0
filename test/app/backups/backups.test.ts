import assert from "node:assert/strict";
import { Backups, type BackupRow, periodOf, rowId } from "../../../src/app/backups/backups.ts";
import type { RepositoryPlace } from "../../../src/app/backups/place.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { fileKey } from "../../../src/engine/format/layout.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import type { Provider } from "../../../src/storage/provider.ts";
import { memoryProvider } from "../../../src/storage/providers/memory.ts";
import { saveTree, type SampleFolder } from "../../engine/sampleSnapshot.ts";
import { type Machine, startMachine } from "../machine.ts";

const sample: SampleFolder = { "b.txt": "second", "a.txt": "first", src: { "c.txt": "third" } };

describe("the rows of the Backups view", () => {
  let provider: Provider;
  let machine: Machine;
  let place: RepositoryPlace;
  let repository: Repository;
  let target: RepositoryPlace | undefined;
  let backups: Backups;

  beforeEach(async () => {
    provider = memoryProvider();
    machine = startMachine({ provider });
    const { id } = await machine.connect();
    place = { connection: id, folder: "offsite/site" };
    ({ repository } = await machine.repositories.create(place, "open sesame"));
    target = undefined;
    backups = new Backups({ ...machine, target: () => target });
  });

  const below = async (...path: readonly number[]): Promise<readonly BackupRow[]> => {
    let rows = await backups.rows();
    for (const index of path) rows = await backups.rows(rows[index]);
    return rows;
  };
  const names = (rows: readonly BackupRow[]) =>
    rows.map((row) => (row.type === "entry" ? row.node.name : row.type));

  it("begin with this workspace's repository", async () => {
    const other = { ...place, folder: "offsite/other" };
    await machine.repositories.create(other, "open barley");
    target = place;
    const rows = await backups.rows();
    assert.deepEqual(
      rows.map((row) => row.type === "repository" && [row.place.folder, row.current]),
      [
        ["offsite/site", true],
        ["offsite/other", false],
      ],
    );
  });

  it("show a target that was never opened here", async () => {
    target = { ...place, folder: "offsite/elsewhere" };
    const [first] = await backups.rows();
    assert.ok(first?.type === "repository" && first.id === undefined && first.current);
    const [failure] = await backups.rows(first);
    assert.ok(failure?.type === "failure");
  });

  it("say that there is no snapshot yet", async () => {
    assert.deepEqual(names(await below(0)), ["empty"]);
  });

  it("show snapshots newest first, folders before files", async () => {
    await saveTree(repository, { "old.txt": "" }, "2026-02-01T10:00:00Z");
    await saveTree(repository, sample, "2026-02-02T10:00:00Z");
    machine.repositories.touch(repository);
    const snapshots = await below(0);
    assert.deepEqual(names(snapshots), ["snapshot", "snapshot"]);
    assert.deepEqual(names(await below(0, 0)), ["src", "a.txt", "b.txt"]);
    assert.deepEqual(names(await below(0, 0, 0)), ["c.txt"]);
    assert.deepEqual(names(await below(0, 1)), ["old.txt"]);
  });

  it("gather many snapshots by period", async () => {
    for (let day = 1; day <= 28; day++)
      await saveTree(repository, {}, `2026-02-${String(day).padStart(2, "0")}T12:00:00Z`);
    machine.repositories.touch(repository);
    const periods = await below(0);
    assert.deepEqual(
      periods.map((row) => row.type === "period" && row.period),
      ["yesterday", "this-week", "older"],
    );
    assert.equal((await below(0, 1)).length, 5);
  });

  it("show long folders a thousand rows at a time", async () => {
    const many = Object.fromEntries(Array.from({ length: 2500 }, (_, file) => [`f${file}`, ""]));
    await saveTree(repository, many);
    machine.repositories.touch(repository);
    const rows = await below(0, 0);
    const more = rows.at(-1);
    assert.ok(rows.length === 1001 && more?.type === "more" && more.hidden === 1500);
    backups.more(more);
    assert.equal((await below(0, 0)).length, 2001);
  });

  it("turn a failure into a row, which goes when its reason does", async () => {
    await saveTree(repository, sample);
    const laptop = startMachine({ provider, hostname: "laptop" });
    await laptop.connect();
    backups = new Backups({ ...laptop, target: () => place });
    const [failure] = await below(0);
    assert.ok(failure?.type === "failure" && isRepositoryError(failure.error, "wrong-passphrase"));
    await laptop.repositories.open(place, "open sesame");
    assert.deepEqual(names(await below(0)), ["snapshot"]);
  });

  it("show what is wrong with a snapshot beside those that can be read", async () => {
    const { options } = repository;
    for (const name of ["good.txt", "bad.txt", "worse.txt"]) {
      const { id } = await saveTree(repository, { [name]: "" });
      if (name === "good.txt") continue;
      const key = fileKey("snapshots", id);
      const bytes = await options.storage.bytes(key);
      await options.storage.write(key, bytes.subarray(1));
    }
    const laptop = startMachine({ provider, hostname: "laptop" });
    await laptop.connect();
    await laptop.repositories.open(place, "open sesame");
    backups = new Backups({ ...laptop, target: () => place });
    const rows = await below(0);
    assert.deepEqual(names(rows), ["failure", "failure", "snapshot"]);
    assert.equal(new Set(rows.map(rowId)).size, 3);
    assert.deepEqual(names(await below(0, 2)), ["good.txt"]);
  });

  it("look at the storage again on demand", async () => {
    assert.deepEqual(names(await below(0)), ["empty"]);
    const laptop = startMachine({ provider, hostname: "laptop" });
    await laptop.connect();
    await saveTree((await laptop.repositories.open(place, "open sesame")).repository, sample);
    await backups.refresh();
    assert.deepEqual(names(await below(0)), ["snapshot"]);
  });

  it("have ids that never meet", async () => {
    await saveTree(repository, sample);
    machine.repositories.touch(repository);
    const rows = [...(await backups.rows()), ...(await below(0)), ...(await below(0, 0))];
    assert.equal(new Set(rows.map(rowId)).size, rows.length);
  });
});

describe("the period of a snapshot", () => {
  const now = new Date("2026-03-04T00:30:00");
  const table: readonly [string, string][] = [
    ["2026-03-04T00:00:00", "today"],
    ["2026-03-05T00:00:00", "today"],
    ["2026-03-03T23:59:59", "yesterday"],
    ["2026-03-03T00:00:00", "yesterday"],
    ["2026-03-02T23:59:59", "this-week"],
    ["2026-02-26T00:00:00", "this-week"],
    ["2026-02-25T23:59:59", "older"],
  ];
  for (const [time, period] of table)
    it(`is ${period} for ${time}`, () => assert.equal(periodOf(new Date(time), now), period));
});
