import assert from "node:assert/strict";
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileKey } from "../../../src/engine/format/layout.ts";
import { Repository } from "../../../src/engine/repository/repository.ts";
import { restoresCutOff } from "../../../src/engine/restore/putAside.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import { planRestore, type RestoreRequest } from "../../../src/engine/restore/restorePlan.ts";
import { undoRestore } from "../../../src/engine/restore/restoreUndo.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import {
  initRepository,
  memoryStorage,
  openRepository,
  ownKernels,
  passphrase,
} from "../openRepository.ts";
import { saveNodes, saveTree, type SampleFolder } from "../sampleSnapshot.ts";

const sample: SampleFolder = {
  "a.txt": "first",
  empty: "",
  folder: { "b.txt": "second", deep: { "c.txt": "third" }, hollow: {} },
};

/** What `saveTree` gives everything as its time. */
const savedMs = 1_700_000_000_123;

describe("restoring", () => {
  let repository: Repository;
  let snapshot: Snapshot;
  let work: string;
  let target: string;
  let safety: string;

  beforeEach(async () => {
    repository = await initRepository(await memoryStorage());
    snapshot = await saveTree(repository, sample);
    work = await mkdtemp(join(tmpdir(), "offsite-restore-"));
    target = join(work, "target");
    safety = join(work, "safety");
  });
  afterEach(async () => {
    await rm(work, { recursive: true, force: true });
  });

  const plan = async (more: Partial<RestoreRequest> = {}) =>
    await planRestore(repository, { snapshot, select: [], target, base: [], ...more });
  const carryOut = async (more: Partial<RestoreRequest> = {}) =>
    await restore(repository, await plan(more), safety);
  const onDisk = async () => await filesIn(target);

  it("makes everything in an empty place, with its mode and times", async () => {
    const report = await carryOut();
    assert.deepEqual(report.failed, []);
    assert.equal(report.written, 4);
    assert.equal(report.bytes, 16);
    assert.deepEqual(await onDisk(), sample);
    for (const path of ["a.txt", "folder", "folder/deep", "folder/hollow", "folder/deep/c.txt"])
      assert.equal(Math.floor((await stat(join(target, path))).mtimeMs), savedMs, path);
    assert.equal((await stat(join(target, "a.txt"))).mode & 0o777, 0o644);
    assert.equal((await stat(join(target, "folder"))).mode & 0o777, 0o755);
  });

  it("leaves nothing unfinished behind", async () => {
    await carryOut();
    const names = await readdir(target, { recursive: true });
    assert.deepEqual(
      names.filter((name) => name.includes(".offsite")),
      [],
    );
  });

  it("says before what it will do, and does just that", async () => {
    await carryOut();
    await writeFile(join(target, "a.txt"), "mine!");
    await rm(join(target, "folder", "b.txt"));
    await writeFile(join(target, "extra"), "not in the snapshot");
    const planned = await plan();
    const actions = Object.fromEntries(
      planned.items.map((item) => [item.path.join("/"), item.action]),
    );
    assert.deepEqual(actions, {
      "a.txt": "replace",
      empty: "same",
      folder: "same",
      "folder/b.txt": "create",
      "folder/deep": "same",
      "folder/deep/c.txt": "same",
      "folder/hollow": "same",
    });
    assert.deepEqual(planned.counts, { create: 1, replace: 1, same: 5, keep: 0, refuse: 0 });
    assert.equal(planned.bytes, 11);
    const report = await restore(repository, planned, safety);
    assert.equal(report.written, 2);
    assert.deepEqual(await onDisk(), { ...sample, extra: "not in the snapshot" });
  });

  it("calls a file the same only if its content is", async () => {
    await carryOut();
    const path = join(target, "a.txt");
    await writeFile(path, "FIRST");
    await utimes(path, savedMs / 1000, savedMs / 1000);
    assert.equal((await plan()).counts.replace, 1);
    await writeFile(path, "first");
    await utimes(path, 1, 1);
    assert.equal((await plan()).counts.replace, 0);
    await carryOut();
    assert.equal(Math.floor((await stat(path)).mtimeMs), savedMs, "its time is set again");
  });

  const modes = [
    { overwrite: "always", changed: "replace", newer: "replace", older: "replace" },
    { overwrite: "if-changed", changed: "replace", newer: "replace", older: "replace" },
    { overwrite: "if-newer", changed: "keep", newer: "keep", older: "replace" },
    { overwrite: "never", changed: "keep", newer: "keep", older: "keep" },
  ] as const;
  for (const { overwrite, newer, older } of modes)
    it(`overwrites ${overwrite}`, async () => {
      await mkdir(target);
      const path = join(target, "a.txt");
      await writeFile(path, "mine");
      const action = async () => (await plan({ overwrite })).items[0]?.action;
      await utimes(path, 2_000_000_000, 2_000_000_000);
      assert.equal(await action(), newer);
      await utimes(path, 1_000_000_000, 1_000_000_000);
      assert.equal(await action(), older);
      await carryOut({ overwrite });
      assert.equal(await readFile(path, "utf8"), older === "replace" ? "first" : "mine");
      assert.equal(await readFile(join(target, "folder", "b.txt"), "utf8"), "second");
    });

  it("restores only what is selected, and a folder to another place", async () => {
    await carryOut({ select: [["folder", "deep"], ["empty"]] });
    assert.deepEqual(await onDisk(), { empty: "", folder: { deep: { "c.txt": "third" } } });
    await rm(target, { recursive: true });
    await carryOut({ base: ["folder"], select: [["folder", "b.txt"]] });
    assert.deepEqual(await onDisk(), { "b.txt": "second" });
    await rm(target, { recursive: true });
    await carryOut({ base: ["folder"] });
    assert.deepEqual(await onDisk(), sample["folder"]);
    await assert.rejects(plan({ base: ["none"] }), RangeError);
  });

  it("leaves out what is excluded, and leaves that as it is", async () => {
    await carryOut({ exclude: ["deep/", "/a.txt"] });
    assert.deepEqual(await onDisk(), { empty: "", folder: { "b.txt": "second", hollow: {} } });
    await writeFile(join(target, "a.txt"), "mine");
    await writeFile(join(target, "extra"), "");
    await carryOut({ exclude: ["a.*", "!folder/**"], deleteExtra: true });
    assert.deepEqual(await onDisk(), { ...sample, "a.txt": "mine" });
  });

  it("makes the folders a file needs, even if they were left out", async () => {
    const planned = await plan();
    const items = planned.items.map((item) =>
      item.node.type === "dir" ? { ...item, action: "keep" as const } : item,
    );
    await restore(repository, { ...planned, items }, safety);
    assert.deepEqual(await onDisk(), {
      ...sample,
      folder: { "b.txt": "second", deep: { "c.txt": "third" } },
    });
  });

  it("does not overwrite what has appeared since the preview", async () => {
    const planned = await plan();
    await mkdir(target);
    await writeFile(join(target, "a.txt"), "mine");
    const { failed } = await restore(repository, planned, safety);
    assert.deepEqual(
      failed.map(({ path }) => path),
      [join(target, "a.txt")],
    );
    assert.deepEqual(await onDisk(), { ...sample, "a.txt": "mine" });
  });

  it("keeps what stands in the way, of whatever kind", async () => {
    await mkdir(join(target, "a.txt", "inside"), { recursive: true });
    await writeFile(join(target, "a.txt", "inside", "precious"), "kept");
    await symlink("/nowhere", join(target, "empty"));
    await writeFile(join(target, "folder"), "a file where a folder should be");
    const { undo, failed } = await carryOut();
    assert.deepEqual(failed, []);
    assert.deepEqual(await onDisk(), sample);
    assert.deepEqual((await undoRestore(undo)).left, []);
    assert.deepEqual(await onDisk(), {
      "a.txt": { inside: { precious: "kept" } },
      empty: "-> /nowhere",
      folder: "a file where a folder should be",
    });
    assert.deepEqual(await readdir(safety), []);
  });

  it("puts back what stood in the way of something that cannot be made", async () => {
    // No disk takes so long a link.
    const links = await saveNodes(repository, [], { linkTo: "x/".repeat(4000) });
    await mkdir(target);
    await writeFile(join(target, "twice"), "mine");
    const { failed, undo } = await carryOut({ snapshot: links });
    assert.equal(failed.length, 1);
    assert.deepEqual(await onDisk(), { good: "good", twice: "mine" });
    assert.deepEqual((await undoRestore(undo)).left, []);
    assert.deepEqual(await onDisk(), { twice: "mine" });
  });

  it("loses nothing when a thread dies in the middle of its work", async () => {
    await mkdir(target);
    for (const name of ["a.txt", "empty"]) await writeFile(join(target, name), `my ${name}`);
    const own = ownKernels(1);
    const dying = await openRepository(repository.options.storage, { kernels: own });
    const run = own.run.bind(own);
    // It has done its work, and dies before it can say so.
    own.run = async (name, ...rest) => {
      const output = await run(name, ...rest);
      if (name === "writeFiles") throw new Error("the thread has ended");
      return output;
    };
    const planned = await planRestore(dying, { snapshot, select: [], target, base: [] });
    await assert.rejects(restore(dying, planned, safety), /thread has ended/);
    await own.dispose();
    const { "a.txt": a, empty } = await onDisk();
    assert.deepEqual([a, empty], ["my a.txt", "my empty"]);
  });

  it("can be taken back although its process died, as far as it had replaced anything", async () => {
    await mkdir(join(target, "folder"), { recursive: true });
    for (const name of ["a.txt", "empty", "folder/b.txt"])
      await writeFile(join(target, name), `my ${name}`);
    const own = ownKernels(1);
    const dying = await openRepository(repository.options.storage, { kernels: own });
    const run = own.run.bind(own);
    const isDead = new Promise<void>((died) => {
      own.run = async (name, ...rest) => {
        const output = await run(name, ...rest);
        if (name !== "writeFiles") return output;
        died();
        return await new Promise(() => {});
      };
    });
    const planned = await planRestore(dying, { snapshot, select: [], target, base: [] });
    void restore(dying, planned, safety);
    await isDead;
    assert.equal(await readFile(join(target, "a.txt"), "utf8"), "first");
    // The last line may have been cut.
    const [folder = ""] = await readdir(safety);
    await appendFile(join(safety, folder, "journal"), '{"path":"/etc/pas');
    const [cutOff, ...others] = await restoresCutOff(safety);
    assert.ok(cutOff && others.length === 0);
    assert.equal(cutOff.made.length, 3);
    assert.deepEqual((await undoRestore(cutOff)).left, []);
    const { "a.txt": a, empty, folder: inside } = await onDisk();
    assert.deepEqual([a, empty], ["my a.txt", "my empty"]);
    assert.equal(typeof inside === "object" && Object.hasOwn(inside, "b.txt"), true);
    assert.equal(await readFile(join(target, "folder/b.txt"), "utf8"), "my folder/b.txt");
    assert.deepEqual(await restoresCutOff(safety), []);
    await own.dispose();
  });

  describe("can be taken back", () => {
    it("to where nothing was", async () => {
      const { undo } = await carryOut();
      const saved: unknown = JSON.parse(JSON.stringify(undo));
      assert.deepEqual(saved, undo, "it is plain data");
      assert.deepEqual((await undoRestore(undo)).left, []);
      assert.deepEqual(await readdir(work), []);
    });

    it("to what was there, with its modes and times", async () => {
      await mkdir(join(target, "folder"), { recursive: true });
      await writeFile(join(target, "a.txt"), "mine", { mode: 0o600 });
      await utimes(join(target, "a.txt"), 5, 5);
      await chmod(join(target, "folder"), 0o700);
      const { undo } = await carryOut();
      assert.deepEqual(await onDisk(), sample);
      await undoRestore(undo);
      assert.deepEqual(await onDisk(), { "a.txt": "mine", folder: {} });
      const file = await stat(join(target, "a.txt"));
      assert.deepEqual([file.mode & 0o777, file.mtimeMs], [0o600, 5000]);
      assert.equal((await stat(join(target, "folder"))).mode & 0o777, 0o700);
    });

    it("but for what has been changed since", async () => {
      await mkdir(target);
      await writeFile(join(target, "a.txt"), "before");
      const { undo } = await carryOut();
      await writeFile(join(target, "a.txt"), "after");
      await writeFile(join(target, "folder", "mine"), "new");
      const { left, rest } = await undoRestore(undo);
      assert.deepEqual(left.toSorted(), [join(target, "a.txt"), join(target, "folder")].toSorted());
      assert.deepEqual(await onDisk(), { "a.txt": "after", folder: { mine: "new" } });
      const [run] = await readdir(safety);
      assert.equal(await readFile(join(safety, run ?? "", "0"), "utf8"), "before");
      await rm(join(target, "a.txt"));
      await rm(join(target, "folder", "mine"));
      assert.deepEqual((await undoRestore(rest)).left, [], "and then the rest");
      assert.deepEqual(await onDisk(), { "a.txt": "before" });
      assert.deepEqual(await readdir(safety), []);
    });
  });

  describe("never leaves its target", () => {
    it("through names that are no names", async () => {
      const bad = await saveNodes(repository, ["..", "../out", "/etc/x", "a/b", ".", "x\0y"]);
      const planned = await plan({ snapshot: bad });
      assert.deepEqual(planned.counts, { create: 1, replace: 0, same: 0, keep: 0, refuse: 6 });
      assert.ok(
        planned.items.every(
          ({ action, reason }) => (action === "refuse") === (reason !== undefined),
        ),
      );
      await restore(repository, planned, safety);
      assert.deepEqual(await onDisk(), { good: "good" });
      assert.deepEqual(await readdir(work), ["target"]);
    });

    it("through a link in the target", async () => {
      const outside = join(work, "outside");
      await mkdir(join(outside, "deep"), { recursive: true });
      await mkdir(target);
      await symlink(outside, join(target, "folder"));
      await carryOut({ overwrite: "never" });
      assert.deepEqual(await filesIn(outside), { deep: {} });
      await carryOut();
      assert.deepEqual(await filesIn(outside), { deep: {} });
      assert.deepEqual(await onDisk(), sample);
    });

    it("through a link that appears after the preview", async () => {
      await mkdir(join(target, "folder", "deep"), { recursive: true });
      const outside = join(work, "outside");
      await mkdir(join(outside, "deep"), { recursive: true });
      const planned = await plan();
      await rm(join(target, "folder"), { recursive: true });
      await symlink(outside, join(target, "folder"));
      const { failed } = await restore(repository, planned, safety);
      assert.ok(failed.length >= 2);
      assert.deepEqual(await filesIn(outside), { deep: {} });
    });

    it("through a link of the snapshot, whose name a folder has too", async () => {
      const outside = join(work, "outside");
      await mkdir(outside);
      const bad = await saveNodes(repository, ["twice"], { linkTo: outside });
      const planned = await plan({ snapshot: bad });
      await restore(repository, planned, safety);
      assert.deepEqual(await readdir(outside), []);
    });
  });

  it("takes away what is not in the snapshot, only if asked, and brings it back", async () => {
    await carryOut();
    await mkdir(join(target, "folder", "extra", "deep"), { recursive: true });
    await writeFile(join(target, "folder", "extra", "deep", "file"), "precious");
    await writeFile(join(target, "more"), "more");
    const before = await onDisk();
    assert.deepEqual((await plan()).extra, []);
    const { extra } = await plan({ deleteExtra: true });
    assert.deepEqual(
      extra.map(({ path }) => path.join("/")),
      ["folder/extra", "more"],
    );
    const partly = await plan({ deleteExtra: true, select: [["folder", "deep"], ["empty"]] });
    assert.deepEqual(partly.extra, [], "only in what is restored");
    const { undo, deleted } = await carryOut({ deleteExtra: true });
    assert.equal(deleted, 2);
    assert.deepEqual(await onDisk(), sample);
    assert.deepEqual((await undoRestore(undo)).left, []);
    assert.deepEqual(await onDisk(), before);
  });

  it("reads again what it has written if asked", async () => {
    assert.deepEqual((await carryOut({ verify: true })).failed, []);
  });

  it("refuses a target that is no folder", async () => {
    await writeFile(target, "a file");
    await assert.rejects(plan(), RangeError);
  });

  it("restores what is whole where an index is damaged, and names what it misses", async () => {
    const { options } = repository;
    const again = await Repository.open(options, passphrase);
    const folder = { "new.txt": "new" };
    const [before] = await Array.fromAsync(options.storage.list("index/"));
    snapshot = await saveTree(again, { ...sample, folder });
    const bytes = await options.storage.bytes(before?.key ?? "");
    await options.storage.write(before?.key ?? "", bytes.subarray(1));
    repository = await Repository.open(options, passphrase);
    const { failed, written } = await carryOut();
    assert.deepEqual([failed.length, written], [1, 2]);
    assert.match(failed[0]?.path ?? "", /a\.txt$/);
    assert.deepEqual(await onDisk(), { empty: "", folder });
  });

  it("says which file is damaged, and restores the others", async () => {
    const { storage } = repository.options;
    await repository.loadIndex();
    const data = repository.index.packs.find((pack) =>
      [...repository.index.contents()].some(
        ({ id, blobs }) => id === pack && blobs[0]?.kind === "data",
      ),
    );
    const key = fileKey("data", data ?? "");
    const bytes = await storage.bytes(key);
    bytes[20]! ^= 1;
    await storage.write(key, bytes);
    const { failed, written } = await carryOut();
    assert.equal(failed.length, 1);
    assert.match(failed[0]?.message ?? "", /does not verify/);
    assert.equal(written, 3);
    const { "a.txt": _, ...others } = sample;
    const { "a.txt": __, ...restored } = await onDisk();
    assert.deepEqual({ ...restored }, others);
    assert.equal(Object.hasOwn(await onDisk(), "a.txt"), false);
  });

  it("takes back what it did when it is cancelled", async () => {
    const cancel = new AbortController();
    const planned = await plan({
      signal: cancel.signal,
      onProgress: () => cancel.abort(new Error("cancelled")),
    });
    await mkdir(target);
    await assert.rejects(restore(repository, planned, safety), /cancelled/);
    assert.deepEqual(await onDisk(), {});
  });

  it("restores a large file in parts, and reports its progress", async () => {
    const text = Array.from({ length: 30 }, (_, i) =>
      String.fromCharCode(65 + (i % 26)).repeat(1_000_000),
    );
    const large = await saveTree(repository, { large: { chunks: text } });
    const seen: number[] = [];
    await carryOut({ snapshot: large, onProgress: ({ bytesDone }) => seen.push(bytesDone) });
    assert.equal(await readFile(join(target, "large"), "utf8"), text.join(""));
    assert.ok(seen.length > 3);
    assert.equal(seen.at(-1), 30_000_000);
  });

  it("restores links as they are, and their time", async () => {
    const links = await saveNodes(repository, [], { linkTo: "../somewhere/else" });
    await carryOut({ snapshot: links });
    assert.equal(await readlink(join(target, "twice")), "../somewhere/else");
    assert.equal(Math.floor((await lstat(join(target, "twice"))).mtimeMs), savedMs);
    assert.equal((await plan({ snapshot: links })).counts.same, 2);
  });
});

async function filesIn(folder: string): Promise<SampleFolder> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<[string, string | SampleFolder]> => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return [entry.name, await filesIn(path)];
      if (entry.isSymbolicLink()) return [entry.name, `-> ${await readlink(path)}`];
      return [entry.name, await readFile(path, "utf8")];
    }),
  );
  return Object.fromEntries(found);
}
