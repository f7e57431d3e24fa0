import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { never } from "../../../src/base/abort.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { check } from "../../../src/engine/upkeep/check.ts";
import { compress } from "../../../src/engine/format/compress.ts";
import { copySnapshot } from "../../../src/engine/upkeep/copy.ts";
import { sha256, sha256Hex } from "../../../src/engine/format/crypto.ts";
import { diff } from "../../../src/engine/snapshots/diff.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { findPaths } from "../../../src/engine/snapshots/find.ts";
import { fileKey, listFiles, type FileType } from "../../../src/engine/format/layout.ts";
import { PackBuilder, packTable } from "../../../src/engine/format/pack.ts";
import { prune } from "../../../src/engine/upkeep/prune.ts";
import { repairIndex } from "../../../src/engine/upkeep/repairIndex.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { restore } from "../../../src/engine/restore/restore.ts";
import { planRestore } from "../../../src/engine/restore/restorePlan.ts";
import type { Snapshot } from "../../../src/engine/format/snapshot.ts";
import { openUnpacked, sealUnpacked } from "../../../src/engine/format/unpacked.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { faultRounds } from "./rounds.ts";
import { copyOf, singleDriver } from "./chaos.ts";
import { mutated } from "./mutate.ts";
import {
  initRepository,
  openRepository,
  memoryStorage,
  withTemporaryFolder,
} from "../openRepository.ts";
import { randomFrom, type Random } from "../random.ts";
import { filesOf, saveTree } from "../sampleSnapshot.ts";

/** Repositories spoilt, and trees forged. */
const rounds = faultRounds(30);

const state = { a: "first", b: { c: "second", d: { e: "third" } }, f: "x".repeat(5000) };

describe("a hostile repository", () => {
  /** Everything that reads a repository. */
  const readers: Readonly<Record<string, (repository: Repository) => Promise<unknown>>> = {
    check: async (repository) => await check(repository, { readData: { type: "all" } }),
    find: async (repository) =>
      await findPaths(repository, { snapshots: await repository.snapshots(), matches: () => true }),
    diff: async (repository) => {
      const [one, other] = await repository.snapshots();
      await Array.fromAsync(diff(repository, { before: one?.tree, after: other?.tree }));
    },
    read: async (repository) => {
      for (const snapshot of await repository.snapshots()) await filesOf(repository, snapshot);
    },
    prune: async (repository) => await prune(repository, { dryRun: true }),
    copy: async (repository) => {
      const to = await initRepository(await memoryStorage());
      for (const snapshot of await repository.snapshots())
        await copySnapshot({ from: repository, to, snapshot });
    },
    repair: async (repository) => await repairIndex(repository, { readAll: true }),
  };

  it("is read or refused, whatever is wrong with it, and never for long", async () => {
    const driver = singleDriver();
    const honest = await initRepository(new Storage(driver));
    await saveTree(honest, state, "2026-01-01T00:00:00Z");
    await saveTree(honest, { ...state, g: "new" }, "2026-01-02T00:00:00Z");
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      const random = randomFrom(round);
      const spoilt = new Storage(await copyOf(driver));
      for (let i = random.below(2); i >= 0; i--) await spoil(spoilt, honest, random);
      for (const [name, read] of Object.entries(readers)) {
        const begun = performance.now();
        try {
          await read(await openRepository(spoilt));
        } catch (error) {
          refused += 1;
          const isOurs = isRepositoryError(error) || isStorageError(error);
          if (!isOurs) throw new Error(`${name} in round ${round}`, { cause: error });
        }
        assert.ok(performance.now() - begun < 10_000, `${name} in round ${round} hung`);
        await removeLocks(spoilt);
      }
    }
    assert.ok(refused > rounds / 2);
  }).timeout(60_000 + rounds * 1000);

  it("writes nothing outside the target, whatever names and links it holds", async () => {
    let [written, refused] = [0, 0];
    for (let round = 0; round < rounds; round++)
      await withTemporaryFolder(async (sandbox) => {
        const random = randomFrom(round);
        const repository = await initRepository(await memoryStorage());
        const snapshot = await forgedSnapshot(repository, random);
        const target = join(sandbox, "target");
        const outside = join(sandbox, "outside");
        await mkdir(target);
        await mkdir(join(outside, "x"), { recursive: true });
        await writeFile(join(outside, "a"), "untouched");
        // Links that were in the target before, as a restore over old work finds them.
        for (const name of ["a", "b", "x"])
          if (random.below(3) === 0)
            await symlink(outside, join(target, name)).catch(() => undefined);
        const before = await described(outside);
        try {
          const request = { snapshot, select: [], base: [], target, overwrite: "always" } as const;
          const plan = await planRestore(repository, request);
          refused += plan.counts.refuse;
          written += (await restore(repository, plan, join(sandbox, "safety"))).written;
        } catch (error) {
          if (!isRepositoryError(error) && !isStorageError(error)) throw error;
        }
        assert.deepEqual(await described(outside), before, `round ${round}`);
        const others = (await readdir(sandbox)).filter((name) => name !== "safety");
        assert.deepEqual(others.toSorted(), ["outside", "target"], `round ${round}`);
      });
    assert.ok(
      written > rounds / 2 && refused > rounds / 2,
      `${written} written, ${refused} refused`,
    );
  }).timeout(60_000 + rounds * 500);

  describe("that is a bomb", () => {
    it("of folders within folders that share themselves is walked once", async () => {
      const repository = await initRepository(await memoryStorage());
      let tree = await saveTrees(repository, ['{"nodes":[]}\n']);
      for (let depth = 0; depth < 60; depth++) {
        const nodes = ["a", "b"].map((name) => folderNode(name, tree));
        tree = await saveTrees(repository, [`{"nodes":[${nodes.join()}]}\n`]);
      }
      await saveForged(repository, tree);
      const { trees, sound } = await check(repository);
      assert.deepEqual({ trees, sound }, { trees: 61, sound: true });
      assert.equal((await prune(repository, { dryRun: true })).bytes.freed, 0);
      // Whoever must visit every path of 2^60 can be stopped.
      const signal = AbortSignal.timeout(100);
      const snapshots = await repository.snapshots();
      const request = { snapshots, matches: () => false, signal };
      await assert.rejects(findPaths(repository, request), { name: "TimeoutError" });
      const all = Array.fromAsync(diff(repository, { before: undefined, after: tree, signal }));
      await assert.rejects(all, { name: "TimeoutError" });
    });

    it("of folders deeper than any path is refused", async () => {
      const repository = await initRepository(await memoryStorage());
      const texts: string[] = ['{"nodes":[]}\n'];
      for (let depth = 0; depth < 5000; depth++)
        texts.push(`{"nodes":[${folderNode("a", sha256Hex(utf8(texts.at(-1)!)))}]}\n`);
      await saveForged(repository, await saveTrees(repository, texts));
      const { findings } = await check(repository);
      assert.deepEqual(
        findings.map(({ kind }) => kind),
        ["tree-damaged"],
      );
      await assert.rejects(prune(repository), { kind: "damaged" });
      const snapshots = await repository.snapshots();
      await assert.rejects(findPaths(repository, { snapshots, matches: () => false }), {
        kind: "damaged",
      });
    }).timeout(30_000);

    it("of a gigabyte in a few bytes is not unpacked", async () => {
      const storage = await memoryStorage();
      const repository = await initRepository(storage);
      const frame = compress(new Uint8Array(600 * 1024 * 1024));
      const builder = new PackBuilder(repository.sealingKey, "tree");
      const id = sha256(utf8("not its hash"));
      builder.addSealed(id, repository.sealingKey.seal(frame), 600 * 1024 * 1024);
      builder.addSealed(sha256(utf8("another")), repository.sealingKey.seal(frame), 1000);
      await savePack(repository, builder);
      for (const tree of [id.toString("hex"), sha256Hex(utf8("another"))])
        await assert.rejects(repository.tree(tree), { kind: "damaged" });
      const small = compress(new Uint8Array(20 * 1024 * 1024));
      const bomb = repository.sealingKey.seal(Buffer.concat([Uint8Array.of(2), small]));
      await storage.write(fileKey("snapshots", sha256Hex(bomb)), bomb);
      await assert.rejects(repository.snapshots(), { kind: "damaged" });
    }).timeout(30_000);

    it("of hundreds of thousands of entries in one folder does not stop it", async () => {
      const repository = await initRepository(await memoryStorage());
      const entry = (i: number) =>
        `{"name":"${String(i).padStart(7, "0")}","type":"file","mtime":"2026-01-01T00:00:00Z","content":[]}`;
      const nodes = Array.from({ length: 300_000 }, (_, i) => entry(i));
      await saveForged(repository, await saveTrees(repository, [`{"nodes":[${nodes.join()}]}\n`]));
      assert.equal((await check(repository)).sound, true);
    }).timeout(30_000);
  });

  const removeLocks = async (storage: Storage) => {
    const locks = await listFiles(storage, "locks", never);
    await storage.delete([...locks.keys()].map((id) => fileKey("locks", id)));
  };
});

/** Makes one file of a repository wrong: as a disk would, or as someone who has the key. */
async function spoil(storage: Storage, { sealingKey }: Repository, random: Random): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of storage.list()) keys.push(key);
  const key = keys[random.below(keys.length)] ?? "config";
  const bytes = await storage.bytes(key);
  const [type] = key.split("/");
  const canBeForged = type === "index" || type === "snapshots";
  switch (random.below(canBeForged ? 4 : 2)) {
    case 0:
      return await storage.write(key, mutated(bytes, random)).then(() => undefined);
    case 1:
      return await storage.delete([key]);
    default: {
      const forged = await sealUnpacked(
        sealingKey,
        2,
        mutated(openUnpacked(sealingKey, 2, bytes), random),
      );
      await storage.delete([key]);
      // One of the two types that were asked for above.
      await storage.write(fileKey(type as FileType, sha256Hex(forged)), forged);
    }
  }
}

const names = [
  "a",
  "b",
  "x",
  "..",
  ".",
  "../outside/a",
  "../../x",
  "/outside",
  "a/../../outside/a",
  "..\\\\outside",
  "C:",
  "\\x00",
  "a\\x00b",
  "NUL",
  "con.txt",
  " ",
  "\\n",
  "\\xff\\xfe",
  "~",
  "-",
];

/** A snapshot whose folders hold names and links that lead elsewhere, and some names twice. */
async function forgedSnapshot(repository: Repository, random: Random): Promise<Snapshot> {
  const [blob] = await saveBlobs(repository, "data", [utf8("forged")]);
  const any = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const forge = async (depth: number): Promise<string> => {
    const nodes: string[] = [];
    for (let i = random.below(6); i >= 0; i--) {
      const name = any(names);
      const kind = random.below(depth > 3 ? 2 : 3);
      const target = any(["../outside", "..", "/", "a", "../../outside/x", "outside/a", "."]);
      if (kind === 0) nodes.push(fileNode(name, blob!));
      else if (kind === 1) nodes.push(linkNode(name, target));
      else nodes.push(folderNode(name, await forge(depth + 1)));
    }
    return await saveTrees(repository, [`{"nodes":[${nodes.join()}]}\n`]);
  };
  return await saveForged(repository, await forge(0));
}

function nodeText(name: string, type: string, mode: number, more: object): string {
  const quoted = name.replaceAll("\\\\", "\\");
  const time = "2026-01-01T00:00:00Z";
  return JSON.stringify({
    name: quoted,
    type,
    mode,
    mtime: time,
    atime: time,
    ctime: time,
    ...more,
  });
}

function fileNode(name: string, blob: string): string {
  return nodeText(name, "file", 0o644, { size: 6, content: [blob] });
}

function linkNode(name: string, linktarget: string): string {
  return nodeText(name, "symlink", 0o1000000777, { linktarget, content: null });
}

function folderNode(name: string, subtree: string): string {
  return nodeText(name, "dir", 2 ** 31 + 0o755, { content: null, subtree });
}

async function saveForged(repository: Repository, tree: string): Promise<Snapshot> {
  return await repository.saveSnapshot({ time: "2026-01-01T00:00:00Z", tree, paths: ["/forged"] });
}

/** Saves the texts of trees; returns the id of the last. */
async function saveTrees(repository: Repository, texts: readonly string[]): Promise<string> {
  return (await saveBlobs(repository, "tree", texts.map(utf8))).at(-1)!;
}

async function saveBlobs(
  repository: Repository,
  kind: "data" | "tree",
  blobs: readonly Uint8Array[],
): Promise<readonly string[]> {
  const builder = new PackBuilder(repository.sealingKey, kind, compress);
  const ids = blobs.map(sha256);
  for (const [i, plain] of blobs.entries()) builder.add(ids[i]!, plain);
  await savePack(repository, builder);
  return ids.map((id) => id.toString("hex"));
}

async function savePack(repository: Repository, builder: PackBuilder): Promise<void> {
  const pack = builder.finish();
  await repository.loadIndex();
  await repository.savePack(pack);
  await repository.addPacks(packTable(pack));
  await repository.saveIndex();
}

/** All that lies in `folder`: names, contents, links. */
async function described(folder: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeMs } = await lstat(path);
    const content = entry.isFile() ? await readFile(path, "utf8") : "";
    const link = entry.isSymbolicLink() ? await readlink(path) : "";
    lines.push(`${path} ${mode} ${mtimeMs} ${content} ${link}`);
  }
  return lines.toSorted();
}
