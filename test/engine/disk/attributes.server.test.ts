import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFile, lstat, mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { never } from "../../../src/base/abort.ts";
import { setAttributes } from "../../../src/engine/disk/attributes.ts";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { copySnapshot } from "../../../src/engine/upkeep/copy.ts";
import { forget } from "../../../src/engine/snapshots/forget.ts";
import { prune } from "../../../src/engine/upkeep/prune.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import { planRestore } from "../../../src/engine/restore/restorePlan.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import type { Node } from "../../../src/engine/format/tree.ts";
import { undoRestore } from "../../../src/engine/restore/restoreUndo.ts";
import { found, orSkip } from "../../servers/process.ts";
import { debianRestic, newestRestic, type Restic } from "../../servers/restic.ts";
import { withTemporaryFolder } from "../openRepository.ts";
import { madeByRestic, madeByUs } from "../peer.ts";

const versions = { "Debian's restic": debianRestic, "the newest restic": newestRestic };

for (const [name, get] of Object.entries(versions))
  describe(`what ${name} has recorded and we cannot read`, function () {
    this.timeout(120_000);
    let restic: Restic;

    before(async function () {
      restic = await orSkip(this, get);
      await orSkip(this, async () => found("setfattr", "attr"));
    });

    it("stays with files and folders through backup, copy, prune and restore", async () => {
      await withTemporaryFolder(async (folder) => {
        const work = await realpath(folder);
        const source = join(work, "source");
        await makeAttributed(source);
        const shared = await madeByRestic(join(work, "repository"), restic);
        await shared.theirs("backup", "--host", "desk", source);
        const repository = await shared.open();
        const [theirs] = await repository.snapshots();
        const texts = await attributesIn(repository, theirs!, source);
        assert.ok(texts.every((text) => text?.includes("extended_attributes")));

        await writeFile(join(source, "new"), "makes the folder another");
        await appendFile(join(source, "sub", "b"), "more");
        const { snapshot } = await backUp(repository, { roots: [source] });
        assert.equal(snapshot?.parent, theirs?.id);
        assert.deepEqual(await attributesIn(repository, snapshot!, source), texts);
        // Had we read them ourselves, restic would write the very same folders.
        const added = await shared.theirs("backup", "--force", "--host", "desk", "--json", source);
        const summary: unknown = JSON.parse(added.trim().split("\n").at(-1) ?? "");
        assert.equal((summary as { data_blobs: number }).data_blobs, 0);
        const [, , again] = await repository.snapshots();
        const node = async (one: Snapshot) =>
          (await repository.find(one, source.split("/").slice(1)))?.subtree;
        assert.equal(await node(snapshot!), await node(again!));

        const what = { type: "ids", ids: [theirs!.id, again!.id] } as const;
        await forget(repository, { what, now: new Date() });
        await prune(repository, { maxUnusedPercent: 0 });
        const target = await madeByUs(join(work, "copy"), restic);
        const copy = await target.open();
        await copySnapshot({ from: repository, to: copy, snapshot: snapshot! });
        const [copied] = await copy.snapshots();
        assert.deepEqual(await attributesIn(copy, copied!, source), texts);

        const report = await restored(copy, copied!, source, join(work, "target"));
        assert.equal(report.lackingAttributes, 0);
        for (const path of ["a", "sub", "sub/b"])
          assert.equal(
            attributesOf(join(work, "target", path)),
            attributesOf(join(source, path)),
            path,
          );
      });
    });

    it("is restored by us as far as it can be, and taken back", async () => {
      await withTemporaryFolder(async (folder) => {
        const work = await realpath(folder);
        const source = join(work, "source");
        await mkdir(source);
        execFileSync("mkfifo", ["-m", "640", join(source, "pipe")]);
        execFileSync("mkfifo", [join(source, "-m pipe\n")]);
        await writeFile(join(source, "file"), "");
        setAttribute(join(source, "file"), "security.offsite", "for root alone");
        const shared = await madeByRestic(join(work, "repository"), restic);
        await shared.theirs("backup", source);
        const repository = await shared.open();
        const [snapshot] = await repository.snapshots();
        const target = join(work, "target");
        const report = await restored(repository, snapshot!, source, target);
        const pipe = await lstat(join(target, "pipe"));
        assert.ok(pipe.isFIFO());
        assert.equal(pipe.mode & 0o777, 0o640);
        assert.equal(
          Math.floor(pipe.mtimeMs),
          Math.floor((await lstat(join(source, "pipe"))).mtimeMs),
        );
        assert.ok((await lstat(join(target, "-m pipe\n"))).isFIFO());
        assert.doesNotMatch(attributesOf(join(target, "file")), /security/);
        const base = source.split("/").slice(1);
        const again = await planRestore(repository, {
          snapshot: snapshot!,
          select: [],
          target,
          base,
        });
        assert.equal(again.counts.same, 3);
        assert.deepEqual((await undoRestore(report.undo)).left, []);
        await assert.rejects(lstat(target), { code: "ENOENT" });
      });
    });
  });

describe("attributes that a forged snapshot has", () => {
  before(async function () {
    await orSkip(this, async () => found("setfattr", "attr"));
  });

  it("reach no other file, and are no other attributes", async () => {
    await withTemporaryFolder(async (folder) => {
      const root = await realpath(folder);
      const outside = join(root, "outside");
      const target = join(root, "target");
      await mkdir(target);
      const odd = `a\n# file: ${outside}\nuser.forged=""\n#`.replaceAll("/", "∕");
      for (const path of [outside, join(target, odd), join(target, "b")]) await writeFile(path, "");
      await symlink(outside, join(target, "link"));
      await symlink(root, join(target, "way out"));
      const value = Buffer.from("x").toString("base64");
      const names = [
        "user.good",
        `user.x\n# file: ${outside}\nuser.y`,
        "user.a=b",
        "user.back\\012slash",
        "security.capability",
        "trusted.overlay.opaque",
        "system.posix_acl_access",
        "-h",
      ];
      const forged = names.map((name) => ({ name, value }));
      const entry = (path: string, fields: unknown) => ({
        path: join(target, path),
        node: { ...node, attributes: `,${JSON.stringify(fields).slice(1, -1)}` },
      });
      const lacking = await setAttributes(
        target,
        [
          entry("b", { extended_attributes: forged }),
          entry(odd, { extended_attributes: forged.slice(0, 1) }),
          entry("link", { extended_attributes: forged.slice(0, 1) }),
          entry("way out/outside", { extended_attributes: forged.slice(0, 1) }),
          entry("gone", { extended_attributes: forged.slice(0, 1) }),
          entry("b", { extended_attributes: "nonsense" }),
          entry("b", { extended_attributes: [null, 1, { name: 1 }, { name: "user.none" }] }),
        ],
        never,
      );
      assert.equal(lacking, 4);
      assert.equal(attributesOf(outside), "");
      assert.equal(attributesOf(join(target, "b")), "user.good=0x78\nuser.none=0x\n\n");
      assert.equal(attributesOf(join(target, odd)), "user.good=0x78\n\n");
    });
  });

  const node: Node = { type: "file", name: "any", mode: 0o644, mtime: "" };
});

async function makeAttributed(source: string): Promise<void> {
  await mkdir(join(source, "sub"), { recursive: true });
  for (const path of ["a", "sub/b"]) await writeFile(join(source, path), path);
  for (const path of ["", "a", "sub", "sub/b"]) {
    setAttribute(join(source, path), "user.offsite.plain", `of ${path}`);
    setAttribute(join(source, path), "user.odd#name", "0x00ff80003c263e");
    setAttribute(join(source, path), "user.empty", "");
  }
}

function setAttribute(path: string, name: string, value: string): void {
  execFileSync("setfattr", ["-n", name, "-v", value, path]);
}

/** All of a file's, as `getfattr` prints them, but for its name. */
function attributesOf(path: string): string {
  const args = ["--absolute-names", "-d", "-m", "-", "-e", "hex", path];
  return execFileSync("getfattr", args, { encoding: "utf8" }).split("\n").slice(1).join("\n");
}

async function attributesIn(repository: Repository, snapshot: Snapshot, source: string) {
  const paths = ["", "a", "sub", "sub/b"];
  return await Promise.all(
    paths.map(async (path) => {
      const segments = join(source, path).split("/").filter(Boolean);
      return (await repository.find(snapshot, segments))?.attributes;
    }),
  );
}

async function restored(
  repository: Repository,
  snapshot: Snapshot,
  source: string,
  target: string,
) {
  const base = source.split("/").slice(1);
  const plan = await planRestore(repository, { snapshot, select: [], target, base });
  const report = await restore(repository, plan, `${target}.kept`);
  assert.deepEqual(report.failed, []);
  return report;
}
