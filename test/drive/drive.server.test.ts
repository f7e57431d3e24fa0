import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withTemporaryFolder } from "../engine/openRepository.ts";

const program = fileURLToPath(new URL("drive.ts", import.meta.url));

describe("the driver program", function () {
  // Each call is a process of its own, with a passphrase to derive.
  this.timeout(120_000);

  it("backs up, lists, compares, finds, restores, forgets, prunes and checks", async () => {
    await withTemporaryFolder(async (work) => {
      const source = join(work, "source");
      await mkdir(source);
      await writeFile(join(source, "a.txt"), "one");
      const connection = await connectionFile(work);
      const drive = async <T = never>(...args: string[]) =>
        JSON.parse((await run(connection, ["--json", ...args])).stdout) as T;

      await drive("init");
      const first: { snapshot: string } = await drive("backup", source, "--tag", "first");
      await writeFile(join(source, "a.txt"), "two");
      await writeFile(join(source, "b.txt"), "new");
      await drive("backup", source);
      const listed: { id: string; tags?: string[] }[] = await drive("snapshots");
      assert.deepEqual(
        listed.map(({ tags }) => tags),
        [["first"], undefined],
      );
      const changes: { type: string; path: string }[] = await drive(
        "diff",
        first.snapshot.slice(0, 10),
        "latest",
      );
      assert.deepEqual(
        changes.filter(({ type }) => type !== "metadata"),
        [
          { type: "changed", path: `${source}/a.txt` },
          { type: "added", path: `${source}/b.txt` },
        ],
      );
      const found: { path: string; versions: unknown[] }[] = await drive("find", "a.txt");
      assert.deepEqual(
        found.map(({ path, versions }) => [path, versions.length]),
        [[`${source}/a.txt`, 2]],
      );
      const cat = await run(connection, ["cat", "latest", `${source}/a.txt`]);
      assert.equal(cat.stdout, "two");
      const part = await run(connection, ["cat", "latest", `${source}/a.txt`, "--range", "1-9"]);
      assert.equal(part.stdout, "wo");
      const listing: { path: string }[] = await drive("ls", "latest", source);
      assert.deepEqual(
        listing.map(({ path }) => path),
        [`${source}/a.txt`, `${source}/b.txt`],
      );
      assert.equal((await drive<unknown[]>("keys", "list")).length, 1);
      assert.deepEqual(await drive("unlock"), { removed: [] });
      const target = join(work, "target");
      const options = ["--target", target, "--dry-run", "--exclude", "b.txt"];
      const planned = await drive<{ counts: { create: number } }>("restore", "latest", ...options);
      assert.equal(planned.counts.create, source.split("/").length);
      await drive("restore", `${first.snapshot}:${source}`, "--target", target);
      assert.equal(await readFile(join(target, "a.txt"), "utf8"), "one");
      const { removed }: { removed: { id: string }[] } = await drive(
        "forget",
        "--keep-last",
        "1",
        "--prune",
      );
      assert.deepEqual(
        removed.map(({ id }) => id),
        [first.snapshot],
      );
      const report: { sound: boolean } = await drive("check", "--read-data");
      assert.equal(report.sound, true);
    });
  });

  it("explains what keeps a path out of a backup", async () => {
    await withTemporaryFolder(async (work) => {
      await mkdir(join(work, "out"));
      await writeFile(join(work, ".gitignore"), "# made anew\nout/\n");
      const connection = await connectionFile(work);
      const of = ["--of", work, "--gitignore"];
      const { stdout } = await run(connection, ["why", join(work, "out", "file"), ...of]);
      assert.match(stdout, /out is excluded by line 2 of .*\.gitignore: out\//);
      const kept = await run(connection, ["why", join(work, "source"), ...of]);
      assert.match(kept.stdout, /it is backed up/);
    });
  });

  it("moves objects in and out of a storage", async () => {
    await withTemporaryFolder(async (work) => {
      const connection = await connectionFile(work);
      const file = join(work, "file");
      await writeFile(file, "an object");
      await run(connection, ["storage", "put", file, "folder/object"]);
      await run(connection, ["storage", "copy", "folder/object", "folder/other"]);
      assert.equal((await run(connection, ["storage", "get", "folder/other"])).stdout, "an object");
      await run(connection, ["storage", "delete", "folder/object"]);
      const { stdout } = await run(connection, ["storage", "list", "-r", "--json"]);
      const keys = (JSON.parse(stdout) as { type: string; key: string }[])
        .filter(({ type }) => type === "object")
        .map(({ key }) => key);
      assert.deepEqual(keys, ["folder/other"]);
    });
  });

  it("says what is wrong, and ends accordingly", async () => {
    await withTemporaryFolder(async (work) => {
      const connection = await connectionFile(work);
      const attempts: readonly [readonly string[], number, RegExp][] = [
        [["--help"], 0, /backup +save a snapshot/],
        [["restore", "--help"], 0, /--target DIR/],
        [[], 2, /npm run drive/],
        [["unknown"], 2, /no verb "unknown"/],
        [["backup"], 2, /DIR is missing/],
        [["snapshots", "--unknown"], 2, /--unknown/],
        [["snapshots"], 1, /neither a config nor a key/],
      ];
      for (const [args, code, says] of attempts) {
        const ended = await run(connection, args, { mayFail: true });
        assert.equal(ended.code, code, args.join(" "));
        assert.match(ended.stdout + ended.stderr, says);
      }
    });
  });
});

async function connectionFile(work: string): Promise<string> {
  const file = join(work, "connection.json");
  const storage = join(work, "storage");
  await mkdir(storage);
  await writeFile(file, JSON.stringify({ provider: "folder", answers: { path: storage } }));
  return file;
}

async function run(
  connection: string,
  args: readonly string[],
  { mayFail = false } = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const common = ["--connection", connection, "--no-cache"];
  const env = { ...process.env, OFFSITE_PASSPHRASE: "words" };
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...common, ...args], { env }, (error, stdout, stderr) => {
      const code = error ? Number(error.code) : 0;
      if (error && !mayFail) reject(new Error(`${args.join(" ")}: ${stdout}${stderr}`));
      else resolve({ code, stdout, stderr });
    });
  });
}
