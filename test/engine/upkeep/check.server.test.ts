import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { backUp } from "../../../src/engine/backup/backup.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { orSkip } from "../../servers/process.ts";
import { newestRestic, type Restic } from "../../servers/restic.ts";
import { writeState } from "../../torture/sampleState.ts";
import { withTemporaryFolder } from "../openRepository.ts";
import { madeByUs } from "../peer.ts";

/** What is done to a repository, given the paths of its files of a type, largest first. */
const harms: Readonly<
  Record<string, (files: (type: string) => Promise<readonly string[]>) => Promise<void>>
> = {
  nothing: async () => {},
  "a bit turned in a large pack": async (files) => await turn((await files("data"))[0]!, 1000),
  "a bit turned in a small pack": async (files) => await turn((await files("data")).at(-1)!, 40),
  "a bit turned in a pack's header": async (files) => await turn((await files("data"))[0]!, -30),
  "the length of a pack's header changed": async (files) =>
    await turn((await files("data"))[0]!, -2),
  "a pack cut": async (files) => await truncate((await files("data"))[0]!, 5000),
  "a pack lost": async (files) => await rm((await files("data"))[0]!),
  "all folders lost": async (files) => await rm((await files("data")).at(-1)!),
  "an index lost": async (files) => await rm((await files("index"))[0]!),
  "an index turned": async (files) => await turn((await files("index"))[0]!, 50),
  "a snapshot turned": async (files) => await turn((await files("snapshots"))[0]!, 50),
  "a snapshot lost": async (files) => await rm((await files("snapshots"))[0]!),
  "a pack nobody knows": async (files) =>
    await cp((await files("data"))[0]!, join((await files("data"))[0]!, "..", "ab".repeat(32))),
};

describe("check agrees with restic about", function () {
  this.timeout(60_000);
  let restic: Restic;

  before(async function () {
    restic = await orSkip(this, newestRestic);
  });

  for (const [title, harm] of Object.entries(harms))
    it(title, async () => {
      await withTemporaryFolder(async (location) => {
        const { open, theirs } = await madeByUs(location, restic);
        const repository = await open();
        await withTemporaryFolder(async (files) => {
          for (const state of [0, 1]) {
            await writeState(files, state);
            await backUp(repository, { roots: [files] });
          }
        });
        await harm(async (type) => await largestFirst(join(location, type)));
        const isSoundToThem = await theirs("check", "--read-data").then(
          () => true,
          () => false,
        );
        const { sound, findings } = await check(repository, { readData: { type: "all" } });
        assert.equal(sound, isSoundToThem, JSON.stringify(findings));
      });
    });
});

async function largestFirst(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const sized = await Promise.all(
    paths.map(async (path) => ({ path, size: (await readFile(path)).length })),
  );
  return sized.toSorted((a, b) => b.size - a.size).map(({ path }) => path);
}

/** Turns a bit of a file; `at` counts from its end if negative. */
async function turn(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 4;
  await rm(path);
  await writeFile(path, bytes);
}
