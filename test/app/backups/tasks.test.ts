import assert from "node:assert/strict";
import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Changes } from "../../../src/app/backups/changes.ts";
import type { JobContext } from "../../../src/app/backups/jobs.ts";
import type { RepositoryPlace } from "../../../src/app/backups/place.ts";
import { snapshotPath } from "../../../src/app/backups/snapshots.ts";
import {
  backUp,
  compareWithLast,
  type Destination,
  lookAgain,
  newestFirst,
  planRestore,
  restore,
  undo,
  withoutItems,
} from "../../../src/app/backups/tasks.ts";
import { never } from "../../../src/base/abort.ts";
import type { ExcludeRules } from "../../../src/engine/disk/ignore.ts";
import { folder } from "../../../src/storage/providers/folder/folder.ts";
import { withTemporaryFolder } from "../../engine/openRepository.ts";
import { type Machine, startMachine } from "../machine.ts";
import { handClock } from "../ports.ts";

const excludes: ExcludeRules = { patterns: ["node_modules/"], gitignore: true, never: [] };
const sample = { "README.md": "hello", "src/a.ts": "a", "src/b.ts": "b", "node_modules/x": "out" };

describe("backing up and restoring", function () {
  this.timeout(60_000);

  it("brings deleted and changed files back, and can be undone", async () => {
    await withDesk(async ({ desk, site, save, restoreTo }) => {
      const { snapshot = assert.fail() } = await save([site]);
      await writeFile(join(site, "README.md"), "spoilt");
      await rm(join(site, "src"), { recursive: true });
      await writeFile(join(site, "new.txt"), "made since");
      const { undo: parts, written } = await restoreTo(desk, snapshot.id, { type: "original" });
      assert.equal(written, 3);
      assert.deepEqual(await read(site), { ...sample, "new.txt": "made since" });
      await undo(parts);
      assert.deepEqual(await read(site), {
        "README.md": "spoilt",
        "node_modules/x": "out",
        "new.txt": "made since",
      });
    });
  });

  it("keeps for another undo what was replaced by something that was changed since", async () => {
    await withDesk(async ({ desk, site, save, restoreTo }) => {
      const { snapshot = assert.fail() } = await save([site]);
      await writeFile(join(site, "README.md"), "precious");
      const { undo: parts } = await restoreTo(desk, snapshot.id, { type: "original" });
      await writeFile(join(site, "README.md"), "changed since");
      const { left, rest } = await undo(parts);
      assert.deepEqual(left, [join(site, "README.md")]);
      assert.equal((await read(site))["README.md"], "changed since");
      await rm(join(site, "README.md"));
      assert.deepEqual(await undo(rest), { left: [], rest: [] });
      assert.equal((await read(site))["README.md"], "precious");
    });
  });

  it("restores only what was picked", async () => {
    await withDesk(async ({ desk, site, save, restoreTo }) => {
      const { snapshot = assert.fail() } = await save([site]);
      await rm(join(site, "src"), { recursive: true });
      await rm(join(site, "README.md"));
      const picked = [[...snapshotPath(site), "src", "a.ts"]];
      await restoreTo(desk, snapshot.id, { type: "original" }, picked);
      assert.deepEqual(await read(site), { "src/a.ts": "a", "node_modules/x": "out" });
    });
  });

  it("restores into another folder under the name of what was picked", async () => {
    await withDesk(async ({ desk, site, elsewhere, save, restoreTo }) => {
      const { snapshot = assert.fail() } = await save([site]);
      const into = { type: "into", folder: elsewhere } as const;
      await restoreTo(desk, snapshot.id, into, [[...snapshotPath(site), "src"]]);
      assert.deepEqual(await read(elsewhere), { "src/a.ts": "a", "src/b.ts": "b" });
      await restoreTo(desk, snapshot.id, into);
      assert.equal((await read(elsewhere))["site/README.md"], "hello");
    });
  });

  it("keeps all folders of a workspace in one snapshot, and restores each to its place", async () => {
    await withDesk(async ({ desk, site, elsewhere, save, restoreTo }) => {
      const docs = join(elsewhere, "docs");
      await write(docs, { "guide.md": "read me" });
      const { snapshot = assert.fail() } = await save([site, docs]);
      await rm(join(site, "README.md"));
      await rm(join(docs, "guide.md"));
      const result = await restoreTo(desk, snapshot.id, { type: "original" });
      assert.equal(result.undo.length, 2);
      assert.equal((await read(site))["README.md"], "hello");
      assert.equal((await read(docs))["guide.md"], "read me");
    });
  });

  it("leaves alone what is to be skipped", async () => {
    await withDesk(async ({ desk, site, save, place }) => {
      const { snapshot = assert.fail() } = await save([site]);
      await writeFile(join(site, "README.md"), "unsaved elsewhere");
      await writeFile(join(site, "src/a.ts"), "spoilt");
      const { repository } = await desk.repositories.open(place);
      const job = idle();
      const wish = { snapshot, picked: [], destination: { type: "original" } } as const;
      const preview = await planRestore(repository, wish, job);
      const rest = withoutItems(preview, ({ target }) => target.endsWith("README.md"));
      assert.deepEqual(
        rest.plans.map(({ counts }) => [counts.replace, counts.keep]),
        [[1, 1]],
      );
      await restore(repository, rest, join(dirname(site), "safety"), job);
      assert.equal((await read(site))["README.md"], "unsaved elsewhere");
      assert.equal((await read(site))["src/a.ts"], "a");
    });
  });

  it("leaves everything as it was when a restore is called off", async () => {
    await withDesk(async ({ desk, site, save, place }) => {
      const { snapshot = assert.fail() } = await save([site]);
      await writeFile(join(site, "README.md"), "spoilt");
      const { repository } = await desk.repositories.open(place);
      const controller = new AbortController();
      const job = { ...idle(), signal: controller.signal };
      const wish = { snapshot, picked: [], destination: { type: "original" } } as const;
      const preview = await planRestore(repository, wish, job);
      controller.abort(new Error("called off"));
      await assert.rejects(restore(repository, preview, join(dirname(site), "safety"), job), {
        message: "called off",
      });
      assert.equal((await read(site))["README.md"], "spoilt");
    });
  });

  it("saves nothing when nothing has changed", async () => {
    await withDesk(async ({ desk, site, save, place }) => {
      assert.ok((await save([site])).snapshot);
      assert.equal((await save([site])).snapshot, undefined);
      const { repository } = await desk.repositories.open(place);
      assert.equal((await newestFirst(repository)).length, 1);
    });
  });

  it("leaves a valid repository without a snapshot when it is called off", async () => {
    await withDesk(async ({ desk, site, save, place }) => {
      const controller = new AbortController();
      controller.abort(new Error("called off"));
      await assert.rejects(save([site], { signal: controller.signal }), { message: "called off" });
      const { repository } = await desk.repositories.open(place);
      assert.deepEqual(await newestFirst(repository), []);
      assert.ok((await save([site])).snapshot);
    });
  });

  it("finds what has changed since the last snapshot after a restart", async () => {
    await withDesk(async ({ desk, site, save, place }) => {
      const { repository } = await desk.repositories.open(place);
      const changed = async () => {
        const changes = new Changes({ clock: handClock(), excluded: () => false });
        await compareWithLast({ repository, folders: [site], excludes, changes }, never);
        return changes.count === undefined ? undefined : [...changes.touched.keys()];
      };
      assert.equal(await changed(), undefined, "there is no snapshot yet");
      await save([site]);
      assert.deepEqual(await changed(), []);
      await writeFile(join(site, "src/a.ts"), "longer than before");
      await writeFile(join(site, "node_modules/y"), "left out");
      assert.deepEqual(await changed(), [join(site, "src/a.ts")]);
    });
  });

  it("saves what a watcher has seen, and counts right afterwards", async () => {
    await withDesk(async ({ desk, site, save, place }) => {
      const changes = new Changes({
        clock: handClock(),
        excluded: () => false,
        cheapWalkFiles: 1,
      });
      await save([site], { changes });
      assert.equal(changes.count, 0);
      await writeFile(join(site, "src/a.ts"), "changed");
      changes.touch(join(site, "src/a.ts"));
      const { summary } = await save([site], { changes });
      assert.equal(summary.files_changed, 1);
      assert.equal(changes.count, 0);
      // The watcher speaks late of what is saved already, and in time of what is not.
      changes.touch(join(site, "src/a.ts"));
      changes.touch(join(site, "never was here"));
      await writeFile(join(site, "src/b.ts"), "changed after");
      changes.touch(join(site, "src/b.ts"));
      const { repository } = await desk.repositories.open(place);
      await lookAgain(repository, changes, never);
      assert.deepEqual([...changes.touched.keys()], [join(site, "src/b.ts")]);
    });
  });

  it("goes from one computer over the storage to another", async () => {
    await withDesk(async ({ desk, site, store, elsewhere, save, restoreTo }) => {
      await symlink("README.md", join(site, "link.md"));
      await mkdir(join(site, "empty"));
      const { snapshot = assert.fail() } = await save([site]);
      const [known = assert.fail()] = desk.repositories.list();
      const passphrase = await desk.repositories.passphrase(known.id);

      const laptop = startMachine({ provider: folder, hostname: "laptop" });
      const { id } = await laptop.connect({ path: store });
      const place = { ...known.place, connection: id };
      await laptop.repositories.open(place, passphrase);
      const instead = { type: "instead", root: site, folder: join(elsewhere, "clone") } as const;
      await restoreTo(laptop, snapshot.id, instead);
      const { "node_modules/x": _, ...expected } = sample;
      assert.deepEqual(await read(join(elsewhere, "clone")), { ...expected, "link.md": "hello" });
      assert.equal(await readlink(join(elsewhere, "clone", "link.md")), "README.md");
      assert.deepEqual(await readdir(join(elsewhere, "clone", "empty")), []);
    });
  });

  it("restores over a connection that may not write, and leaves no trace there", async () => {
    await withDesk(async ({ desk, site, store, elsewhere, save, restoreTo }) => {
      const { snapshot = assert.fail() } = await save([site]);
      const before = (await readdir(store, { recursive: true })).toSorted();
      const laptop = startMachine({ provider: folder, hostname: "laptop" });
      const { id } = await laptop.connections.save({
        name: "store",
        provider: folder.id,
        answers: { path: store },
        readOnly: true,
      });
      const [known = assert.fail()] = desk.repositories.list();
      const place = { ...known.place, connection: id };
      const { repository } = await laptop.repositories.open(place, "open sesame");
      await restoreTo(laptop, snapshot.id, { type: "into", folder: elsewhere });
      assert.equal((await read(elsewhere))["site/README.md"], "hello");
      assert.deepEqual((await readdir(store, { recursive: true })).toSorted(), before);
      const { repositories } = laptop;
      await assert.rejects(
        backUp({ repositories, repository, folders: [elsewhere], excludes }, idle()),
      );
    });
  });

  interface Desk {
    readonly desk: Machine;
    readonly place: RepositoryPlace;
    readonly store: string;
    readonly site: string;
    readonly elsewhere: string;
    readonly save: (
      folders: readonly string[],
      more?: { changes?: Changes; signal?: AbortSignal },
    ) => ReturnType<typeof backUp>;
    readonly restoreTo: (
      machine: Machine,
      snapshot: string,
      destination: Destination,
      picked?: readonly (readonly string[])[],
    ) => ReturnType<typeof restore>;
  }

  /** A computer with a folder "site", and a repository in a folder beside it. */
  async function withDesk(use: (desk: Desk) => Promise<void>) {
    await withTemporaryFolder(async (root) => {
      const [store, site, elsewhere] = ["store", "site", "elsewhere"].map((name) =>
        join(root, name),
      ) as [string, string, string];
      await write(site, sample);
      await mkdir(store);
      await mkdir(elsewhere);
      const desk = startMachine({ provider: folder });
      const { id } = await desk.connect({ path: store });
      const place = { connection: id, folder: "offsite/site" };
      await desk.repositories.create(place, "open sesame");
      await use({
        desk,
        place,
        store,
        site,
        elsewhere,
        save: async (folders, { changes, signal } = {}) => {
          const { repository } = await desk.repositories.open(place);
          const { repositories } = desk;
          return await backUp(
            { repositories, repository, folders, excludes, ...(changes && { changes }) },
            { ...idle(), ...(signal && { signal }) },
          );
        },
        restoreTo: async (machine, id, destination, picked = []) => {
          const [known = assert.fail()] = machine.repositories.list();
          const repository = await machine.repositories.openKnown(known.id);
          const snapshot = (await newestFirst(repository)).find((one) => one.id === id);
          const wish = { snapshot: snapshot ?? assert.fail(), picked, destination };
          const preview = await planRestore(repository, wish, idle());
          return await restore(repository, preview, join(root, "safety"), idle());
        },
      });
    });
  }
});

function idle(): JobContext {
  return { signal: never, progress: () => {}, record: () => {} };
}

async function write(root: string, files: Readonly<Record<string, string>>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

async function read(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    found[path.slice(root.length + 1)] = await readFile(path, "utf8");
  }
  return found;
}
