import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { bucketContents, emptyBucket } from "../../src/app/buckets/contents.ts";
import { deleteKeys, keysToDelete } from "../../src/app/objects/deletion.ts";
import { Editing } from "../../src/app/files/editing.ts";
import { moveStored } from "../../src/app/transfers/moving.ts";
import { readProperties, saveProperties } from "../../src/app/objects/properties.ts";
import {
  bringBack,
  deletedObjects,
  restoreVersion,
  versionsOf,
} from "../../src/app/objects/versions.ts";
import { never as signal } from "../../src/base/abort.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { forEachPooled } from "../../src/base/pool.ts";
import { openStorage } from "../../src/storage/open.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type Faults, startFaults } from "../servers/faults.ts";
import { resolveBelowLocalhost } from "../servers/localhost.ts";
import { orSkip } from "../servers/process.ts";
import { sharedCeph } from "../servers/shared.ts";
import { withBucket } from "../servers/buckets.ts";
import { handClock, memoryMemento } from "./ports.ts";
import { at, carried, download, TransferBench, upload } from "./transfers/queue.ts";

resolveBelowLocalhost();

/** What an action is about: a bucket of its own, and a folder of this computer. */
interface Scene {
  readonly storage: Storage;
  readonly bench: TransferBench;
}
interface Action {
  readonly title: string;
  /** The most requests it may take, in the order in which they usually go out. */
  readonly requests: readonly string[];
  /** Sets the scene, and gives what is counted. */
  readonly prepare: (scene: Scene) => Promise<() => Promise<unknown>>;
}

/** Everything here is paid for by the request: one more is a decision, and this table its place. */
const actions: readonly Action[] = [
  {
    title: "the properties of an object",
    requests: ["HEAD", "GET tagging"],
    prepare: async ({ storage }) => {
      await storage.write("a", utf8("x"));
      return async () => await readProperties(storage, "a");
    },
  },
  {
    title: "new tags of an object",
    requests: ["HEAD", "GET tagging", "PUT tagging"],
    prepare: async ({ storage }) => {
      await storage.write("a", utf8("x"));
      const before = await readProperties(storage, "a");
      const edited = { ...before.details, tags: { t: "v" } };
      return async () => await saveProperties(storage, before, edited);
    },
  },
  {
    title: "new metadata of an object",
    // A look, a look that the copy is pinned to, its rights, its tags.
    requests: ["HEAD", "HEAD", "GET acl", "GET tagging", "PUT"],
    prepare: async ({ storage }) => {
      await storage.write("a", utf8("x"));
      const before = await readProperties(storage, "a");
      const edited = { ...before.details, metadata: { note: "n" } };
      return async () => await saveProperties(storage, before, edited);
    },
  },
  {
    title: "the versions of an object",
    requests: ["GET versions"],
    prepare: async (scene) => {
      const { storage } = await versioned(scene);
      return async () => await versionsOf(storage, "a");
    },
  },
  {
    title: "an earlier version, restored",
    requests: ["HEAD versionId", "HEAD", "PUT"],
    prepare: async (scene) => {
      const { storage } = await versioned(scene);
      const { versions } = await versionsOf(storage, "a");
      const [, old = assert.fail("there is one")] = versions;
      return async () => await restoreVersion(storage, old, versions);
    },
  },
  {
    title: "a hundred deleted objects, brought back",
    requests: ["POST delete", "HEAD"],
    prepare: async (scene) => {
      const { storage } = await versioned(scene);
      const keys = await fill(storage, "gone/", 100);
      await storage.delete(keys);
      const [{ found } = assert.fail("they are found")] = await Array.fromAsync(
        deletedObjects(storage, "gone/"),
      );
      return async () => assert.deepEqual(await bringBack(storage, found), []);
    },
  },
  {
    title: "a bucket of three hundred versions, emptied",
    // What is in it, before somebody agrees to it; then all of it at once.
    requests: ["GET versions", "GET uploads", "GET versioning", "POST delete"],
    prepare: async (scene) => {
      const { storage } = await versioned(scene);
      await fill(storage, "", 298);
      return async () => {
        const contents = await bucketContents(storage);
        assert.equal(contents.versions.length, 300);
        assert.deepEqual(await emptyBucket(storage, contents), []);
      };
    },
  },
  {
    title: "a folder of three hundred objects, deleted",
    requests: ["GET", "POST delete", "DELETE"],
    prepare: async ({ storage }) => {
      await fill(storage, "many/", 300);
      return async () => {
        const keys = await keysToDelete([{ storage, key: "many/" }], signal);
        await deleteKeys(keys, { signal, onDeleted: () => {} });
      };
    },
  },
  {
    title: "an object, renamed",
    // The source and the target as they are; a look for a service that pins no copy; and another
    // before the source goes. That the copy holds the same, its ETag tells.
    requests: ["HEAD", "HEAD", "HEAD", "PUT", "HEAD", "DELETE"],
    prepare: async ({ storage }) => {
      await storage.write("old", utf8("x"));
      const to = { storage, key: "new" };
      return async () => await moveStored({ storage, key: "old" }, to, { signal });
    },
  },
  {
    title: "an open object, saved",
    // Its tags go along; on the condition that it is what was opened.
    requests: ["GET tagging", "PUT"],
    prepare: async ({ storage }) => {
      await storage.write("open.txt", utf8("x"));
      const editing = new Editing({ memento: memoryMemento(), clock: handClock() });
      await editing.look(storage, at("ceph", "open.txt"));
      const options = { create: true, overwrite: true, signal };
      return async () => {
        await editing.save(storage, at("ceph", "open.txt"), utf8("y"), options);
      };
    },
  },
  {
    title: "a small file, uploaded",
    requests: ["GET", "PUT"],
    prepare: async ({ bench }) => {
      writeFileSync(bench.local("small"), "x");
      return async () => await transferred(bench, upload([bench.local("small")], at("ceph")));
    },
  },
  {
    title: "a folder of ten files, uploaded",
    requests: ["GET", ...Array.from({ length: 10 }, () => "PUT")],
    prepare: async ({ bench }) => {
      mkdirSync(bench.local("ten"));
      for (let i = 0; i < 10; i++) writeFileSync(bench.local("ten", String(i)), "x");
      return async () => await transferred(bench, upload([bench.local("ten")], at("ceph")));
    },
  },
  {
    title: "a file of three parts, uploaded",
    // Ceph holds no condition on a completion and tells no ETag: a look before, a look behind.
    requests: [
      "GET",
      "POST uploads",
      "PUT partNumber",
      "PUT partNumber",
      "PUT partNumber",
      "HEAD",
      "POST uploadId",
      "HEAD",
    ],
    prepare: async ({ bench }) => {
      writeFileSync(bench.local("large"), randomBytes(20_000_000));
      return async () => await transferred(bench, upload([bench.local("large")], at("ceph")));
    },
  },
  {
    title: "a file of three parts that is there already, uploaded",
    requests: ["GET"],
    prepare: async ({ bench }) => {
      writeFileSync(bench.local("large"), randomBytes(20_000_000));
      const plan = upload([bench.local("large")], at("ceph"));
      await transferred(bench, plan);
      return async () => {
        await transferred(bench, plan);
        assert.deepEqual(bench.questions, []);
      };
    },
  },
  {
    title: "a file of three parts, changed in one byte, uploaded over the old",
    requests: [
      "GET",
      "POST uploads",
      "PUT partNumber",
      "PUT partNumber",
      "PUT partNumber",
      "HEAD",
      "POST uploadId",
      "HEAD",
    ],
    prepare: async ({ bench }) => {
      const bytes = randomBytes(20_000_000);
      writeFileSync(bench.local("large"), bytes);
      await transferred(bench, upload([bench.local("large")], at("ceph")));
      bytes[19_999_999] = (bytes[19_999_999] ?? 0) ^ 1;
      writeFileSync(bench.local("large"), bytes);
      bench.answer = () => ({ choice: "replace", forAll: true });
      return async () => {
        await transferred(bench, upload([bench.local("large")], at("ceph")));
        assert.equal(bench.questions.length, 1);
      };
    },
  },
  {
    title: "a folder of ten files, downloaded",
    requests: Array.from({ length: 11 }, () => "GET"),
    prepare: async ({ storage, bench }) => {
      await fill(storage, "ten/", 10);
      const target = bench.local("down");
      mkdirSync(target);
      return async () => await transferred(bench, download([at("ceph", "ten/")], target));
    },
  },
];

describe("The requests of", function () {
  this.timeout(60_000);
  let faults: Faults;
  let bench: TransferBench;
  let storage: Storage;
  let told: number;

  before(async function () {
    const { answers } = await orSkip(this, sharedCeph);
    faults = await startFaults(String(answers["endpoint"]));
  });
  after(async () => await faults?.stop());
  beforeEach(async () => {
    const { answers } = await sharedCeph();
    const own = { ...(await withBucket(answers)), endpoint: faults.origin };
    told = 0;
    const counting = { beforeRequest: () => void told++ };
    storage = await openStorage({ provider: s3, preset: "ceph", answers: own }, () => {}, counting);
    bench = new TransferBench();
    bench.add("ceph", storage);
  });
  afterEach(async () => await bench.dispose());

  for (const { title, requests, prepare } of actions)
    it(`${title} are ${requests.length}`, async () => {
      const act = await prepare({ storage, bench });
      faults.rule(() => undefined);
      told = 0;
      await act();
      assert.equal(told, faults.passed.length, "the user is told of each");
      const sent = faults.passed.map(({ method, url }) => spoken(method, url));
      const isWithin = Object.entries(Object.groupBy(sent, (one) => one)).every(
        ([kind, all = []]) => all.length <= requests.filter((one) => one === kind).length,
      );
      assert.ok(isWithin, `${sent.join(", ")} instead of ${requests.join(", ")}`);
    });
});

/** The method and what beside the object is asked for. */
function spoken(method: string, url: string): string {
  const { searchParams } = new URL(url, "http://x");
  const told = ["tagging", "acl", "versions", "versioning", "versionId", "delete", "uploads"];
  const [what = ""] = [...told, "partNumber", "uploadId"].filter((name) => searchParams.has(name));
  return what === "" ? method : `${method} ${what}`;
}

/** With two versions of `a`. */
async function versioned(scene: Scene): Promise<Scene> {
  const { storage } = scene;
  await storage.extras.rules?.setVersioning({ on: true, signal });
  for (const text of ["one", "two"]) await storage.write("a", utf8(text));
  return scene;
}

async function fill(storage: Storage, prefix: string, count: number): Promise<readonly string[]> {
  const keys = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  await forEachPooled(keys, 16, async (key) => void (await storage.write(key, utf8("x"))));
  return keys;
}

async function transferred(
  bench: TransferBench,
  plan: Parameters<typeof carried>[1],
): Promise<void> {
  const { status, failures } = await carried(bench.queue(), plan);
  assert.equal(status, "done", String(failures[0]?.error));
}
