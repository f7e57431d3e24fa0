import assert from "node:assert/strict";
import { never } from "../../src/base/abort.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { openStorage } from "../../src/storage/open.ts";
import { memoryDriver, memoryProvider } from "../../src/storage/providers/memory.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../src/storage/providers/webdav/webdav.ts";
import { extrasOf } from "../../src/storage/provider.ts";
import { rooted } from "../../src/storage/rooted.ts";
import { Storage } from "../../src/storage/storage.ts";
import { conformance } from "./conformance/conformance.ts";
import { failsWith } from "./failsWith.ts";

conformance(
  "a folder of a container",
  async () => {
    const driver = memoryDriver({ pageSize: 3 });
    const whole = new Storage(driver);
    for (const key of ["fold", "folder", "folder/", "folder0", "folder/inner", "other/x"])
      await whole.write(key, utf8("outside"));
    return new Storage(rooted(driver, "folder/inner/"));
  },
  { pageSize: 3 },
);

describe("A connection that begins at a folder", () => {
  const answers = { container: "photos", folder: "/2026/summer/" };

  it("reaches nothing outside, whatever the key", async () => {
    const provider = memoryProvider();
    const whole = await openStorage({ provider, answers: { container: "photos" } }, () => {});
    for (const key of ["2026/summer", "2026/summer/", "2026/summer/a", "2026/summer2/b", "secret"])
      await whole.write(key, utf8(key));
    const storage = await openStorage({ provider, answers }, () => {});
    assert.deepEqual(await Array.fromAsync(storage.list(), ({ key }) => key), ["a"]);
    for (const key of ["../../secret", "/secret", "../summer2/b", "secret", "2026/summer/a"]) {
      await failsWith({ kind: "not-found" }, storage.stat(key));
      await failsWith({ kind: "not-found" }, storage.bytes(key));
      await storage.delete([key]);
      await failsWith({ kind: "not-found" }, storage.copy(key, "stolen"));
      if (storage.canMove) await failsWith({ kind: "not-found" }, storage.move(key, "stolen"));
    }
    for (const key of [""]) {
      await failsWith({ kind: "invalid" }, storage.stat(key));
      await failsWith({ kind: "invalid" }, storage.delete([key]));
      await failsWith({ kind: "invalid" }, storage.write(key, utf8("x")));
      await failsWith({ kind: "invalid" }, storage.copy("a", key));
    }
    await storage.write("../secret", utf8("odd, but its own"));
    assert.equal((await whole.bytes("secret")).length, 6);
    assert.deepEqual(await Array.fromAsync(whole.list("2026/summer/"), ({ key }) => key), [
      "2026/summer/",
      "2026/summer/../secret",
      "2026/summer/a",
    ]);
  });

  it("believes no server that lists what was not asked for", async () => {
    const listing = (...keys: readonly string[]): Storage => {
      const objects = keys.map((key) => ({ type: "object", key, size: 1 }) as const);
      const versions = keys.map((key) => ({ key, size: 1, id: "1", ...latest }));
      const lying: Driver = {
        ...memoryDriver(),
        list: async () => ({ entries: objects }),
        extras: {
          versions: {
            list: async () => ({ versions }),
            read: async () => assert.fail(),
            restore: async ({ key }) => ({ key, size: 1 }),
            delete: async () => {},
            deleteMany: async () => [],
          },
        },
      };
      return new Storage(rooted(lying, "folder/"));
    };
    const latest = { isLatest: true, isDeletion: false };
    for (const key of ["else", "fold", "folder", "folder0/x"]) {
      const storage = listing("folder/mine", key);
      await failsWith({ kind: "unexpected" }, Array.fromAsync(storage.list()));
      const versions = storage.extras.versions?.list({ prefix: "", signal: never });
      await failsWith({ kind: "unexpected" }, versions ?? assert.fail());
    }
    const honest = listing("folder/mine", "folder/");
    assert.deepEqual(await Array.fromAsync(honest.list(), ({ key }) => key), ["mine"]);
    const restored = await honest.extras.versions?.restore({ key: "a", id: "1", signal: never });
    assert.equal(restored?.key, "a");
  });

  it("says in its own terms where an error happened, and to the log in whole keys", async () => {
    const lines: string[] = [];
    const target = { provider: memoryProvider(), answers, name: "Summer" };
    const storage = await openStorage(target, (line) => lines.push(line));
    await failsWith({ kind: "not-found" }, storage.stat("lost"));
    await storage.stat("lost").catch(({ place }) => {
      assert.deepEqual(place, { operation: "stat", key: "lost", connection: "Summer" });
    });
    assert.match(lines.join("\n"), /stat "2026\/summer\/lost" not-found/);
  });

  it("is told by its folder from others to the same bucket, and named whole elsewhere", () => {
    const given = { region: "eu-west-1", bucket: "b", folder: " a b/c/ ", accessKeyId: "k" };
    assert.equal(s3.rootOf(given), "a b/c/");
    assert.equal(s3.place(given, "wasabi"), "s3.eu-west-1.wasabisys.com/b/a b/c");
    const { url, arn } = s3.addresses(given, { key: "d" }, "wasabi");
    assert.equal(url, "https://s3.eu-west-1.wasabisys.com/b/a%20b/c/d");
    assert.equal(arn, "arn:aws:s3:::b/a b/c/d");
    const repository = "s3:https://s3.eu-west-1.wasabisys.com/b/a b/c";
    assert.equal(s3.restic?.(given, "backup", "wasabi")?.repository, `${repository}/backup`);
    assert.equal(s3.restic?.(given, "", "wasabi")?.repository, repository);
    const files = { url: "https://dav.example.com/files/", folder: "Photos" };
    assert.equal(webdav.place(files, "other"), "dav.example.com/files/Photos");
  });

  it("is offered nothing that holds for the whole bucket", () => {
    assert.ok(extrasOf(s3, { answers: {} }).includes("rules"));
    assert.ok(!extrasOf(s3, { answers: { folder: "a" } }).includes("rules"));
    assert.ok(extrasOf(s3, { answers: { folder: "a" } }).includes("versions"));
  });

  it("needs a bucket, and a folder that leads nowhere else", () => {
    const key = { accessKeyId: "a", secretAccessKey: "b" };
    assert.deepEqual(s3.problems({ ...key, folder: "x" }, "aws"), [
      { field: "bucket", fault: { type: "missing" }, text: "Bucket is missing." },
    ]);
    for (const folder of ["..", "a/../b", "./a", "a/.", "/../"])
      assert.equal(s3.problems({ ...key, bucket: "b", folder }, "aws")[0]?.field, "folder", folder);
    for (const folder of ["", "/", "a", "/a/b/", "..a", "ü+%"])
      assert.deepEqual(s3.problems({ ...key, bucket: "b", folder }, "aws"), [], folder);
    assert.equal(s3.rootOf({ folder: "/" }), "");
  });
});
