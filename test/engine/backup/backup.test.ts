import assert from "node:assert/strict";
import {
  appendFile,
  mkdir,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { spawn } from "node:child_process";
import { join } from "node:path";
import {
  backUp,
  type BackupProgress,
  type BackupRequest,
} from "../../../src/engine/backup/backup.ts";
import { cacheTag, excludeNothing, type ExcludeRules } from "../../../src/engine/disk/ignore.ts";
import { Repository } from "../../../src/engine/repository/repository.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import type { Node } from "../../../src/engine/format/tree.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import { withLayers, type Layer } from "../../../src/storage/layers.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { pseudoRandom } from "../oddTree.ts";
import { ownKernels, initRepository, passphrase, withTemporaryFolder } from "../openRepository.ts";

for (const workers of [1, 2])
  describe(`a backup on ${workers === 1 ? "one thread" : "two threads"}`, function () {
    this.timeout(60_000);
    const kernels = ownKernels(workers);
    let sent: string[];
    let fault: ((operation: string, key: string) => Promise<void> | void) | undefined;
    let repository: Repository;
    let root: string;

    after(async () => {
      await kernels.dispose();
    });
    beforeEach(async () => {
      sent = [];
      fault = undefined;
      const watch: Layer = async ({ operation, request, send }) => {
        const key = "key" in request ? request.key : "";
        sent.push(`${operation} ${key.split("/")[0]}`);
        await fault?.(operation, key);
        return await send();
      };
      const storage = new Storage(withLayers(memoryDriver(), watch));
      repository = await initRepository(storage, { kernels });
      sent = [];
    });

    /** Runs `use` with a folder to back up. */
    const withRoot = async (use: () => Promise<void>) =>
      await withTemporaryFolder(async (folder) => {
        root = join(await realpath(folder), "root");
        await mkdir(root);
        await use();
      });
    const write = async (path: string, content: string | Uint8Array) => {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), content);
    };
    const run = async (more: Partial<BackupRequest> = {}) =>
      await backUp(repository, { roots: [root], ...more });
    const nodeAt = async (snapshot: Snapshot | undefined, path = ""): Promise<Node | undefined> => {
      assert.ok(snapshot);
      const segments = join(root, path).split("/").slice(1);
      return await repository.find(snapshot, segments);
    };
    const contentOf = async (snapshot: Snapshot | undefined, path: string): Promise<string> => {
      const node = await nodeAt(snapshot, path);
      assert.ok(node, `${path} is in the snapshot`);
      return Buffer.concat(await Array.fromAsync(repository.read(node))).toString("utf8");
    };
    const listOf = async (snapshot: Snapshot | undefined, path = ""): Promise<string[]> => {
      const node = await nodeAt(snapshot, path);
      assert.ok(node?.subtree);
      return (await repository.tree(node.subtree)).map(({ name }) => name);
    };

    it("names what lies deeper than the system goes, and saves the rest", async function () {
      if (process.platform === "win32") this.skip();
      await withRoot(async () => {
        await write("a", "kept");
        const long = Array.from({ length: 12 }, () => "n".repeat(250)).join("/");
        for (const name of ["upper", "lower"]) await write(`${name}/${long}/end`, "");
        // No path may be so long, but a folder with long paths can be moved below another.
        const [lower, moved] = [join(root, "lower"), join(root, "upper", long, "lower")];
        await rename(lower, moved);
        try {
          const { snapshot, failed } = await run();
          assert.equal(await contentOf(snapshot, "a"), "kept");
          assert.equal(failed.length, 1);
          assert.equal(failed[0]?.reason, "unreadable");
          assert.match(failed[0]?.message ?? "", /ENAMETOOLONG/);
        } finally {
          await rename(moved, lower);
        }
      });
    });

    it("saves what is there, and says what it did", async () => {
      await withRoot(async () => {
        await write("a.txt", "first");
        await write("folder/b.txt", "second");
        await write("folder/same.txt", "second");
        await write("empty", "");
        await mkdir(join(root, "hollow"));
        await symlink("a.txt", join(root, "link"));
        const { snapshot, summary, failed } = await run({ tags: ["one"] });
        assert.deepEqual(failed, []);
        assert.deepEqual(await listOf(snapshot), ["a.txt", "empty", "folder", "hollow", "link"]);
        assert.equal(await contentOf(snapshot, "folder/b.txt"), "second");
        assert.equal(await contentOf(snapshot, "empty"), "");
        assert.equal((await nodeAt(snapshot, "link"))?.linktarget, "a.txt");
        assert.deepEqual(await listOf(snapshot, "hollow"), []);
        assert.equal(summary.files_new, 4);
        assert.equal(summary.data_blobs, 2, "the same content is stored once");
        assert.equal(summary.total_bytes_processed, 17);
        assert.deepEqual(snapshot?.paths, [root]);
        assert.deepEqual(snapshot.tags, ["one"]);
        assert.equal(snapshot.program_version, "Offsite test");
        assert.deepEqual(snapshot.summary, summary);
        const again = await repository.anew().snapshots();
        assert.deepEqual(again, [snapshot]);
      });
    });

    it("writes packs, then the index, then the snapshot, and unlocks", async () => {
      await withRoot(async () => {
        await write("a.txt", "first");
        await run();
        const writes = sent.filter((line) => /^(write|delete)/.test(line));
        assert.deepEqual(
          writes.filter((line) => line !== "write data"),
          ["write locks", "write index", "write snapshots", "delete "],
        );
        assert.equal(writes.lastIndexOf("write data") + 1, writes.indexOf("write index"));
      });
    });

    it("reads nothing again that has not changed, and writes only a snapshot", async () => {
      await withRoot(async () => {
        for (let i = 0; i < 50; i++) await write(`folder${i % 5}/file${i}`, `content ${i}`);
        const first = await run();
        sent = [];
        const second = await run();
        assert.equal(second.summary.files_unmodified, 50);
        assert.equal(second.summary.data_blobs, 0);
        assert.equal(
          (await nodeAt(second.snapshot))?.subtree,
          (await nodeAt(first.snapshot))?.subtree,
        );
        assert.equal(second.snapshot?.parent, first.snapshot?.id);
        const writes = sent.filter((line) => line.startsWith("write"));
        // Folders above the root change with whatever else is done in them.
        const above = ["write data", "write index"];
        assert.deepEqual(
          writes.filter((line) => !above.includes(line)),
          ["write locks", "write snapshots"],
        );
        await writeFile(join(root, "..", "beside"), "changes the folder above");
        const { snapshot, summary } = await run({ skipIfUnchanged: true });
        assert.equal(snapshot, undefined);
        assert.equal(summary.files_unmodified, 50);
      });
    });

    it("goes on from a snapshot that it must fetch first", async () => {
      await withRoot(async () => {
        for (let i = 0; i < 50; i++) await write(`a/b${i % 5}/file${i}`, `content ${i}`);
        const first = await run();
        const other = ownKernels(workers);
        try {
          const options = { ...repository.options, kernels: other };
          const elsewhere = await Repository.open(options, passphrase);
          await write("a/b1/new", "new");
          const { summary, snapshot } = await backUp(elsewhere, { roots: [root] });
          assert.equal(summary.files_unmodified, 50);
          assert.equal(summary.files_new, 1);
          assert.equal(summary.data_blobs, 1);
          assert.equal(summary.dirs_changed, (root + "/a/b1").split("/").length - 1);
          assert.equal(summary.dirs_unmodified, 4);
          assert.equal(snapshot?.parent, first.snapshot?.id);
          repository.refresh();
          assert.equal(await contentOf(snapshot, "a/b1/new"), "new");
        } finally {
          await other.dispose();
        }
      });
    });

    it("notices every kind of change", async () => {
      await withRoot(async () => {
        for (const name of ["grown", "rewritten", "touched", "renamed", "removed", "kept"])
          await write(`in/${name}`, `content of ${name}`);
        await write("becomes-folder", "x");
        await run();
        await appendFile(join(root, "in/grown"), "!");
        await writeFile(join(root, "in/rewritten"), "contest of rewritten");
        await utimes(join(root, "in/touched"), 1, 1);
        await rename(join(root, "in/renamed"), join(root, "in/new name"));
        await rm(join(root, "in/removed"));
        await rm(join(root, "becomes-folder"));
        await write("becomes-folder/x", "y");
        const { snapshot, summary } = await run();
        const names = ["grown", "kept", "new name", "rewritten", "touched"];
        assert.deepEqual(await listOf(snapshot, "in"), names);
        assert.equal(await contentOf(snapshot, "in/grown"), "content of grown!");
        assert.equal(await contentOf(snapshot, "in/rewritten"), "contest of rewritten");
        assert.match((await nodeAt(snapshot, "in/touched"))?.mtime ?? "", /^1970-01-01T/);
        assert.equal(await contentOf(snapshot, "becomes-folder/x"), "y");
        assert.equal(summary.files_unmodified, 1);
        assert.equal(summary.files_changed, 3);
        assert.equal(summary.files_new, 2);
      });
    });

    it("looks only where something may have changed, when told", async () => {
      await withRoot(async () => {
        for (const name of ["a/b/one", "a/b/two", "a/c/three", "d/four", "e/f/five"])
          await write(name, name);
        await run();
        await write("a/b/one", "changed, and told");
        await write("a/b/new", "new, and told");
        await write("e/g/six", "new with its folder");
        await rm(join(root, "d"), { recursive: true });
        await write("a/c/three", "changed, and not told");
        const changed = ["a/b/one", "a/b/new", "e/g", "d"].map((name) => join(root, name));
        const { snapshot, summary } = await run({ changed });
        assert.equal(await contentOf(snapshot, "a/b/one"), "changed, and told");
        assert.equal(await contentOf(snapshot, "a/b/new"), "new, and told");
        assert.equal(await contentOf(snapshot, "e/g/six"), "new with its folder");
        assert.equal(await contentOf(snapshot, "a/c/three"), "a/c/three", "nobody looked there");
        assert.deepEqual(await listOf(snapshot), ["a", "e"]);
        assert.equal(summary.total_files_processed, 6);
        const walked = await run();
        assert.equal(await contentOf(walked.snapshot, "a/c/three"), "changed, and not told");
        assert.equal(walked.summary.files_changed, 1);
      });
    });

    it("looks everywhere when it has nothing of its own to compare with", async () => {
      await withRoot(async () => {
        await write("a/one", "one");
        await run();
        await kernels.backups.dispose();
        await write("a/one", "changed");
        const { snapshot } = await run({ changed: [] });
        assert.equal(await contentOf(snapshot, "a/one"), "changed");
      });
    });

    it("writes nothing in a dry run, and yet knows what it would write", async () => {
      await withRoot(async () => {
        await write("a.txt", "first");
        const { snapshot, summary } = await run({ dryRun: true });
        assert.equal(snapshot, undefined);
        assert.equal(summary.files_new, 1);
        assert.ok(summary.data_added > 5);
        assert.deepEqual(
          sent.filter((line) => !line.startsWith("list")),
          [],
        );
        assert.equal((await run()).summary.data_blobs, 1);
      });
    });

    it("reads everything when forced, and stores none of it twice", async () => {
      await withRoot(async () => {
        await write("a.txt", "first");
        await run();
        const { snapshot, summary } = await run({ force: true });
        assert.equal(summary.files_new, 1);
        assert.equal(summary.data_blobs, 0);
        assert.equal(snapshot?.parent, undefined);
      });
    });

    it("cuts large files, and spreads their pieces", async () => {
      await withRoot(async () => {
        const large = pseudoRandom(15_000_000);
        await write("large", large);
        await write("small", "small");
        const { snapshot, summary } = await run();
        assert.ok(summary.data_blobs > 3);
        const node = await nodeAt(snapshot, "large");
        assert.equal(node?.size, large.length);
        const back = Buffer.concat(await Array.fromAsync(repository.read(node)));
        assert.ok(back.equals(large));
        const changed = Buffer.concat([Buffer.from("a few bytes more"), large]);
        await write("large", changed);
        const next = await run();
        assert.ok(next.summary.data_blobs <= 2, "all but the first pieces are the same");
      });
    });

    describe("excludes", () => {
      const excluding = (rules: Partial<ExcludeRules>): Partial<BackupRequest> => ({
        excludes: { ...excludeNothing, ...rules },
      });

      it("by patterns, ignore files, size, cache tags and places", async () => {
        await withRoot(async () => {
          await write(".gitignore", "out/\n");
          await write("out/x", "x");
          await write("cache/CACHEDIR.TAG", `${cacheTag}\n`);
          await write("cache/x", "x");
          await write("huge", "x".repeat(1000));
          await write("own/x", "x");
          await write("debug.log", "x");
          await write("kept", "x");
          const rules = excluding({
            patterns: ["*.log"],
            gitignore: true,
            maxFileBytes: 100,
            never: [join(root, "own")],
          });
          const { snapshot, excluded } = await run(rules);
          assert.deepEqual(await listOf(snapshot), [".gitignore", "cache", "kept"]);
          assert.deepEqual(await listOf(snapshot, "cache"), []);
          assert.equal(excluded, 6);
          assert.deepEqual(snapshot?.excludes, ["*.log"]);
          assert.equal((await run(rules)).excluded, 6);
        });
      });

      it("as they are now, not as they were", async () => {
        await withRoot(async () => {
          await write("a/x.log", "x");
          await write("b/x.log", "x");
          await run(excluding({ patterns: ["*.log"] }));
          const { snapshot } = await run(excluding({ patterns: ["b/"] }));
          assert.deepEqual(await listOf(snapshot), ["a"]);
          assert.deepEqual(await listOf(snapshot, "a"), ["x.log"]);
          await write("a/.offsiteignore", "*.log\n");
          const next = await run({ changed: [join(root, "a/.offsiteignore")] });
          assert.deepEqual(await listOf(next.snapshot, "a"), [".offsiteignore"]);
        });
      });
    });

    describe("what goes wrong", () => {
      it("with a root that is not there is said, and makes no snapshot of nothing", async () => {
        await withRoot(async () => {
          const gone = join(root, "..", "gone");
          const nothing = await run({ roots: [gone] });
          assert.equal(nothing.snapshot, undefined);
          assert.deepEqual(
            nothing.failed.map(({ path, reason }) => ({ path, reason })),
            [{ path: gone, reason: "vanished" }],
          );
          await write("a", "a");
          const { snapshot, failed } = await run({ roots: [gone, root] });
          assert.equal(failed.length, 1);
          assert.deepEqual(await listOf(snapshot), ["a"]);
        });
      });

      it("with a file that is written to all the while is said, and it is saved all the same", async () => {
        await withRoot(async () => {
          await write("log", pseudoRandom(12_000_000));
          await write("quiet", "quiet");
          const script = 'while :; do echo "one more line" >> "$0"; done';
          const writer = spawn("/bin/sh", ["-c", script, join(root, "log")]);
          const exited = new Promise((done) => writer.on("exit", done));
          let report = await run();
          // On a busy machine the writer may just then not have had its turn.
          for (let i = 0; i < 20 && report.failed.length === 0; i++)
            report = await run({ force: true });
          writer.kill();
          await exited;
          const { snapshot, failed } = report;
          assert.deepEqual(
            failed.map(({ path, reason }) => ({ path, reason })),
            [{ path: join(root, "log"), reason: "changed-while-read" }],
          );
          const size = (await nodeAt(snapshot, "log"))?.size ?? 0;
          assert.ok(size >= 12_000_000);
          assert.equal((await contentOf(snapshot, "log")).length > 0, true);
          const next = await run();
          assert.equal(next.summary.files_changed, 1, "it is read again");
          assert.deepEqual(next.failed, []);
        });
      });

      it("on the storage ends the backup, without a snapshot, and the next one completes", async () => {
        await withRoot(async () => {
          await write("a", pseudoRandom(1000));
          fault = (operation, key) => {
            if (operation === "write" && key.startsWith("data/"))
              throw new StorageError("full", "no room");
          };
          await assert.rejects(run(), { kind: "full" });
          assert.ok(!sent.includes("write snapshots"));
          fault = undefined;
          const { snapshot } = await run();
          assert.equal((await contentOf(snapshot, "a")).length > 0, true);
        });
      });

      it("in a thread that dies is an error, and the next backup has new threads", async () => {
        await withRoot(async () => {
          await write("a", pseudoRandom(20_000_000));
          let hit = false;
          fault = async (operation, key) => {
            if (hit || operation !== "write" || !key.startsWith("data/")) return;
            hit = true;
            await kernels.backups.dispose();
          };
          await assert.rejects(run(), /thread has ended/);
          fault = undefined;
          const { snapshot } = await run();
          assert.equal((await nodeAt(snapshot, "a"))?.size, 20_000_000);
        });
      });

      it("by cancelling ends at once, with the reason given", async () => {
        await withRoot(async () => {
          await write("a", pseudoRandom(20_000_000));
          const controller = new AbortController();
          const reason = new Error("the user said so");
          fault = async (operation, key) => {
            if (operation !== "write" || !key.startsWith("data/")) return;
            controller.abort(reason);
            await new Promise((done) => setTimeout(done, 50));
          };
          await assert.rejects(run({ signal: controller.signal }), reason);
          fault = undefined;
          assert.deepEqual(await repository.snapshots(), []);
          const locks = await Array.fromAsync(repository.options.storage.list("locks/"));
          assert.deepEqual(locks, []);
          await assert.rejects(run({ signal: AbortSignal.abort(reason) }), reason);
          assert.ok((await run()).snapshot);
        });
      });

      for (const damage of ["gone", "no tree"])
        it(`with a parent's folder that is ${damage} is mended by reading it again`, async () => {
          await withRoot(async () => {
            await write("a/one", "one");
            await write("b/two", "two");
            const first = await run();
            const other = ownKernels(workers);
            try {
              const options = { ...repository.options, kernels: other };
              const elsewhere = await Repository.open(options, passphrase);
              const load = elsewhere.loadBlob.bind(elsewhere);
              const broken = (await nodeAt(first.snapshot, "a"))?.subtree;
              elsewhere.loadBlob = async (kind, id, signal) => {
                if (id === broken && damage === "gone") throw new Error("damaged");
                if (id === broken) return new Uint8Array([1, 2, 3]);
                return await load(kind, id, signal);
              };
              const { snapshot, summary } = await backUp(elsewhere, { roots: [root] });
              repository.refresh();
              assert.equal(await contentOf(snapshot, "a/one"), "one");
              assert.equal(summary.files_new, 1);
              assert.equal(summary.files_unmodified, 1);
            } finally {
              await other.dispose();
            }
          });
        });
    });

    it("tells how far it is, and what there is in all", async () => {
      await withRoot(async () => {
        for (let i = 0; i < 200; i++) await write(`file${i}`, pseudoRandom(2000, String(i)));
        const seen: BackupProgress[] = [];
        await run({ onProgress: (progress) => seen.push(progress) });
        const last = seen.at(-1);
        assert.equal(last?.phase, "finishing");
        assert.deepEqual([last.filesDone, last.filesTotal], [200, 200]);
        assert.deepEqual([last.bytesDone, last.bytesTotal], [400_000, 400_000]);
        assert.ok(seen.some(({ phase }) => phase === "saving"));
      });
    });

    it("takes its turn behind another", async () => {
      await withRoot(async () => {
        await write("a", "a");
        const [one, two] = await Promise.all([run({ force: true }), run({ force: true })]);
        const trees = await Promise.all([nodeAt(one.snapshot), nodeAt(two.snapshot)]);
        assert.equal(trees[0]?.subtree, trees[1]?.subtree);
      });
    });

    it("saves thousands of files of one folder", async () => {
      await withRoot(async () => {
        await mkdir(join(root, "many"));
        const count = 2000;
        for (let i = 0; i < count; i += 100)
          await Promise.all(
            Array.from({ length: 100 }, (_, k) => write(`many/${i + k}`, `${i + k}`)),
          );
        const { snapshot, summary } = await run();
        assert.equal(summary.files_new, count);
        assert.equal((await listOf(snapshot, "many")).length, count);
        assert.equal(await contentOf(snapshot, "many/1999"), "1999");
      });
    });
  });
